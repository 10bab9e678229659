# SPDX-License-Identifier: LGPL-2.1-or-later
"""'wattle apply' killed at each system call by which it changes something, files or the bus: the next run ends as if nothing had
been, systemd-networkd has read what is there, and nothing is left."""

import os
import pathlib
import subprocess

import pytest

import killed
from conftest import CONFDIR, ENV, needs_namespaces

MESHES = pathlib.Path(__file__).parent.parent / "meshes"
# Those of the bus are sent by sendmsg().
CALLS = [*killed.CALLS, "sendmsg"]
pytestmark = needs_namespaces


def mesh(host, text=None):
    host.path(f"{CONFDIR}/office.mesh").write_text(text or (MESHES / "office.mesh").read_text())


def settings(host, text):
    host.path(f"{CONFDIR}/office.mesh.d").mkdir(exist_ok=True)
    host.path(f"{CONFDIR}/office.mesh.d/test.conf").write_text(f"[Local]\n{text}\n")


def is_new(host):
    mesh(host)
    host.path(f"{CONFDIR}/office.key").write_text((MESHES / "keys/office-gw.key").read_text())
    host.shell('chgrp systemd-network "$1/office.key"; chmod 0640 "$1/office.key"')
    settings(host, "Owner=networkd")


def has_changed(host):
    host.wattle("apply", "office")
    mesh(host, (MESHES / "office.mesh").read_text() + CHANGE)
    settings(host, "Owner=networkd\nListenPort=50000\nRoutingFeatures=both")


def has_gone(host):
    host.wattle("apply", "office")
    host.path(f"{CONFDIR}/office.mesh").unlink()


def is_network_managers(host):
    host.wattle("apply", "office")
    host.shell('touch "$WATTLE_UNITDIR/wattle-nm@.service"')
    settings(host, "Owner=NetworkManager")


def a_tailnet(host, text):
    host.shell('mkdir -p "$WATTLE_UNITDIR"; touch "$WATTLE_UNITDIR/tailscaled.service"')
    host.path(f"{CONFDIR}/work.tailnet").write_text(text)


def is_new_tailnet(host):
    a_tailnet(host, "[Tailscale]\nPort=41642\n")


def has_changed_tailnet(host):
    a_tailnet(host, "[Tailscale]\nPort=41642\n")
    host.wattle("apply", "work")
    a_tailnet(host, "[Tailscale]\nPort=41643\n[Local]\nRoutingFeatures=both\n")


CHANGE = """
[Device new]
PublicKey=YMgWEvUXbVyijZqktimkDxNyP8ldz+d97xmslgPF+Xc=
Address=10.77.0.77
"""


@pytest.mark.parametrize("change, words", [(is_new, ["office"]), (has_changed, []), (has_gone, ["office"]), (has_gone, []), pytest.param(
    is_network_managers, ["office"], marks=pytest.mark.skipif("WATTLE_NM" not in os.environ, reason="built without libnm"))])
def test_killed_and_run_again(host, tmp_path, change, words):
    """By its name, or as one of all."""
    is_new(host)
    if change is not is_new:
        change(host)
    host.save()
    host.wattle("apply", "office")
    whole = host.files()
    n = 0
    for call in killed.points(host.inside(os.environ["WATTLE"], "apply", "office"), tmp_path, host.restore, calls=CALLS):
        # Of a mesh that is gone and left nothing, its name says nothing any more.
        host.wattle("apply", *words if change is not has_gone or host.path("/run/wattle/office.pending").exists() else [])
        found = host.files()
        assert found.keys() == whole.keys(), call
        assert found == whole, call
        n += 1
    assert n > 10


@pytest.mark.parametrize("change", [is_new_tailnet, has_changed_tailnet])
@pytest.mark.parametrize("words", [["work"], []])
def test_a_tailnet(host, tmp_path, change, words):
    """tailscaled has what is there, and is not restarted for nothing: it may be the way to who looks."""
    change(host)
    host.save()
    host.wattle("apply", "work")
    whole = host.files()
    for call in killed.points(host.inside(os.environ["WATTLE"], "apply", "work"), tmp_path, host.restore, calls=CALLS):
        host.wattle("apply", *words)
        assert host.files() == whole, call


def test_the_loaded_netdev_is_there_for_each_reload(host, tmp_path):
    """Of a mesh that is up, or systemd-networkd 257 and newer would replace all peers; and behind it the new one."""
    is_new(host)
    has_changed(host)
    host.save()
    command = host.inside(os.environ["WATTLE_APPLY_SWAP"], "office")
    subprocess.run(command, env=ENV, check=True, timeout=60)
    whole = host.files()
    assert "run/read/another" not in whole and whole["run/read/loaded"] == whole["run/wattle/office.netdev-loaded"]
    assert whole["run/systemd/network/60-wattle-office.netdev"] != whole["run/read/loaded"]
    for call in killed.points(command, tmp_path, host.restore, calls=CALLS):
        subprocess.run(command, env=ENV, check=True, timeout=60)
        assert host.files() == whole, call
