# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle-nm: the profile of a mesh for NetworkManager, and what it does not do."""

import os
import stat

import pytest

from conftest import MESHES, run

pytestmark = pytest.mark.skipif("WATTLE_NM" not in os.environ, reason="built without libnm")
PROFILE = "NetworkManager/system-connections/wattle-office.nmconnection"


def write(host, mesh="office"):
    return run([os.environ["WATTLE_NM"], f"--root={host.root}", mesh])


@pytest.fixture
def nm_host(host):
    host.mesh()
    host.key("anna", mode=0o600)
    host.settings("Device=anna\nOwner=NetworkManager")
    return host


def test_the_profile_alone_and_once(nm_host):
    done = write(nm_host)
    assert (done.returncode, done.stderr) == (0, "<6>mesh office: profile for NetworkManager: written\n")
    before = nm_host.files()
    assert list(before) == [PROFILE]
    assert before[PROFILE][0] == 0o600
    key = (MESHES / "keys" / "office-anna.key").read_text().strip()
    assert f"private-key={key}\n" in (nm_host.path("/run") / PROFILE).read_text()
    done = write(nm_host)
    assert done.stderr == "<6>mesh office: profile for NetworkManager: unchanged\n"
    assert nm_host.files() == before


def test_a_vpn_names_the_mesh_and_has_no_key(nm_host):
    nm_host.settings("Device=anna\nOwner=NetworkManager\nConnection=vpn")
    assert write(nm_host).returncode == 0
    text = (nm_host.path("/run") / PROFILE).read_text()
    assert "\ntype=vpn\n" in text and "\nmesh=office\n" in text and "private-key" not in text
    assert nm_host.files()[PROFILE][0] == 0o600
    # The same file is the native one again.
    nm_host.settings("Device=anna\nOwner=NetworkManager")
    assert write(nm_host).stderr.endswith(": written\n")
    assert "\ntype=wireguard\n" in (nm_host.path("/run") / PROFILE).read_text()


def test_a_mode_that_somebody_changed_is_mended(nm_host):
    write(nm_host)
    path = nm_host.path("/run") / PROFILE
    path.chmod(0o644)
    assert write(nm_host).returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("running", [False, True])
def test_what_networkmanager_has_not_read_is_marked(nm_host, running):
    """At boot it reads what is written; later 'wattle apply' has it do so, which the mark asks for."""
    if running:
        nm_host.path("/run/NetworkManager/devices").mkdir(parents=True)
    mark = nm_host.path("/run/wattle/office.pending")
    assert write(nm_host).returncode == 0
    assert mark.exists() == running
    if running:
        mark.unlink()
    assert write(nm_host).returncode == 0
    assert not mark.exists()
    nm_host.path("/etc/wattle/office.mesh").unlink()
    assert write(nm_host).returncode == 0
    assert mark.exists() == running


GONE = {
    "no profile": lambda h: h.path("/etc/wattle/office.mesh").unlink(),
    "masked": lambda h: h.link("/etc/wattle/office.mesh", "/dev/null"),
    "disabled": lambda h: h.settings("Device=anna\nEnable=no"),
}


@pytest.mark.parametrize("case", GONE)
def test_a_mesh_that_goes_loses_its_profile(nm_host, case):
    assert write(nm_host).returncode == 0
    GONE[case](nm_host)
    assert write(nm_host).stderr == "<6>mesh office: profile for NetworkManager: removed\n"
    assert nm_host.files() == {}
    assert write(nm_host).stderr == "<6>mesh office: profile for NetworkManager: none\n"


def test_another_owner_too(nm_host):
    assert write(nm_host).returncode == 0
    nm_host.key("anna", mode=0o640, gid=os.getegid())
    nm_host.settings("Device=anna\nOwner=networkd")
    assert write(nm_host).stderr == "<6>mesh office: profile for NetworkManager: removed\n"


BAD = {
    # what is wrong -> what is said
    "profile": (lambda h: h.mesh(text="[Mesh]\nSerail=1\n"), "unknown key 'Serail'"),
    "no key": (lambda h: h.path("/etc/wattle/office.key").unlink(), "no private key, 'wattle genkey office' makes one"),
    "key of another": (lambda h: h.key("ben", mode=0o600), "anna"),
    "key for all": (lambda h: h.path("/etc/wattle/office.key").chmod(0o644), "chmod 0640"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_changes_nothing_and_names_no_secret(nm_host, case):
    assert write(nm_host).returncode == 0
    before = nm_host.files()
    BAD[case][0](nm_host)
    done = write(nm_host)
    assert done.returncode == 1
    assert BAD[case][1] in done.stderr
    assert done.stderr.endswith("<3>mesh office: keeping the previous configuration\n")
    assert nm_host.files() == before
    assert (MESHES / "keys" / "office-anna.key").read_text().strip() not in done.stderr


def test_usage(host):
    program = os.environ["WATTLE_NM"]
    assert run([program, "--help"]).returncode == 0
    for wrong in ([], ["a", "b"], ["Not a name"]):
        assert run([program, *wrong]).returncode == 2
