# SPDX-License-Identifier: LGPL-2.1-or-later
"""A mesh that somebody was sent: imported by nmcli, shown, given a key, and exported again. test_vpn.py takes it up, on a guest."""

import re

import pytest

import mesh as meshes
from test_nm import start_nm

pytestmark = pytest.mark.one_release

IMPORT = "nmcli connection import type wattle file"
FIELDS = "connection.type,vpn.service-type,vpn.persistent,ipv4.never-default,ipv6.never-default"


def data(guest, connection):
    """vpn.data, as the connection's file has it, the text of the mesh left out."""
    text = guest.out(f"sed -n '/^\\[vpn\\]/,/^$/p' /etc/NetworkManager/system-connections/{connection}.nmconnection")
    return dict(line.split("=", 1) for line in text.splitlines() if re.match("(mesh|device|exit-node|accept-routes)=", line))


@pytest.mark.each_release
def test_import_and_export(native):
    """Nothing goes to /etc/wattle, whoever may see the connection gets the same bytes back, and nobody the key."""
    mesh = meshes.Mesh("home", "a", "b")
    mesh["b"].lines.append("# ; \\ \\n \"quoted\"\ta tab, and: \u00fc")
    a = native.guest("a")
    start_nm(a)
    a.put("/tmp/home.mesh", mesh.text())
    assert "successfully added" in a.out(f"{IMPORT} /tmp/home.mesh")
    assert a.out(f"nmcli -g {FIELDS} connection show home").split() == [
        "vpn", "org.freedesktop.NetworkManager.wattle", "yes", "yes", "yes"]
    assert data(a, "home") == {"mesh": "home", "device": "a"}
    assert a.out("ls -A /etc/wattle") == ""

    key = mesh["a"].key.strip()
    a.run(f"nmcli connection modify home vpn.secrets private-key={key}")
    a.run("nmcli connection reload")
    assert key in a.out("nmcli --show-secrets connection show home")
    assert key not in a.out("nmcli connection show home") + a.out("runuser -u nobody -- nmcli --show-secrets connection show home")
    assert key not in a.out("nmcli connection export home /tmp/root.mesh; cat /tmp/root.mesh")
    a.run("runuser -u nobody -- nmcli connection export home /tmp/nobody.mesh")
    for path in ("/tmp/root.mesh", "/tmp/nobody.mesh"):
        assert a.get(path) == mesh.text().encode()
        assert a.out(f"stat -c %a {path}") == "644"


def test_import_of_an_installed_mesh(native):
    """By name: the connection carries nothing, and export gives the installed file."""
    mesh = meshes.Mesh("home", "a", "b")
    a = native.guest("a")
    start_nm(a)
    a.put(mesh.path, mesh.text())
    a.run("nmcli connection add type vpn vpn-type wattle con-name mine ifname -- vpn.data mesh=home")
    a.run("nmcli connection export mine /tmp/out.mesh")
    assert a.get("/tmp/out.mesh") == mesh.text().encode()
    a.run(f"rm {mesh.path}")
    assert "there is no mesh home on this host" in a.run("nmcli connection export mine /tmp/out.mesh 2>&1", check=False).out


def test_import_is_refused(native):
    """In words, and nothing is added; which device this is, is not guessed."""
    mesh = meshes.Mesh("home", "a", "b")
    a = native.guest("elsewhere")
    start_nm(a)
    before = a.out("nmcli -t -f NAME connection show")
    files = {"wg0.conf": ("[Interface]\nPrivateKey=x\n", "wg0.conf: is no mesh of wattle's: it has no section [Mesh]"),
             "home.mesh": (mesh.text().replace("[Device b]", "[Device a]"), "home.mesh:9:1: the name a is taken already, in line 5"),
             "empty.mesh": ("", "empty.mesh: is empty")}
    for name, (text, reason) in files.items():
        a.put(f"/tmp/{name}", text)
        refused = a.run(f"{IMPORT} /tmp/{name} 2>&1", check=False)
        assert refused.code != 0 and reason in refused.out
    assert a.out("nmcli -t -f NAME connection show") == before

    a.put("/tmp/home.mesh", mesh.text())
    a.run(f"{IMPORT} /tmp/home.mesh")
    assert data(a, "home") == {"mesh": "home"}
