# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle-networkd: what it writes below /run, for whom, and when it keeps its hands off."""

import json
import os
import re
import socket

import pytest

import sandbox
from conftest import CONFDIR, GROUP, MESHES, VENDORDIR, run

NETDEV, NETWORK = "systemd/network/60-wattle-office.netdev", "systemd/network/60-wattle-office.network"
SYSCTL, HOSTS, NAMES = "sysctl.d/60-wattle-office.conf", "wattle/office.hosts", "wattle/office.names"
RECORDS = "systemd/resolve/static.d/60-wattle-office.rr"
NM_CONF = "NetworkManager/conf.d/60-wattle-office.conf"
GATEWAY = {NETDEV, NETWORK, SYSCTL, HOSTS, NAMES, NM_CONF}  # gw is a subnet router: with sysctls

PUBLIC_KEY = (MESHES / "keys/office-gw.pub").read_text().strip()


@pytest.fixture
def gateway(host):
    host.mesh()
    host.key("gw")
    return host


def ok(done):
    assert done.returncode == 0, done.stderr
    return done


def as_service(gid=GROUP):
    return lambda: sandbox.become(gid, 0o077)


def test_the_whole_tree(gateway):
    done = ok(gateway.apply())
    assert set(gateway.files()) == GATEWAY
    assert done.stderr == "<6>mesh office: 6 files, 6 changed, 0 removed\n"
    netdev = gateway.path(f"/run/{NETDEV}").read_text()
    assert netdev.startswith("# Made by wattle from office.mesh for device gw.")
    assert f"\nPrivateKeyFile={CONFDIR}/office.key\n" in netdev
    assert "Address=10.77.0.1/24\n" in gateway.path(f"/run/{NETWORK}").read_text()
    assert "10.77.0.10 anna.office.example anna" in gateway.path(f"/run/{HOSTS}").read_text()
    secret = (MESHES / "keys" / "office-gw.key").read_text().strip()
    assert not [name for name in gateway.files() if secret.encode() in gateway.path(f"/run/{name}").read_bytes()]


def test_records_for_resolved(gateway):
    """From systemd 261 on."""
    gateway.write("/usr/lib/systemd/libsystemd-shared-261.so")
    ok(gateway.apply())
    assert set(gateway.files()) == GATEWAY | {RECORDS}
    records = json.loads(gateway.path(f"/run/{RECORDS}").read_text())
    assert {"key": {"type": 1, "name": "anna.office.example"}, "address": "10.77.0.10"} in records
    gateway.settings("Names=no")
    ok(gateway.apply())
    assert set(gateway.files()) == GATEWAY - {NAMES}


@pytest.mark.root
def test_records_that_are_resolveds_are_left_alone(host):
    """Without capabilities: until its unit, as we have it, has given the folder back."""
    host.mesh()
    host.key("gw", gid=GROUP)
    host.write("/usr/lib/systemd/libsystemd-shared-261.so")
    ok(host.apply(preexec_fn=as_service()))
    assert set(host.files()) == GATEWAY | {RECORDS}
    before, folder = host.files(), host.path(f"/run/{RECORDS}").parent
    for path in (folder.parent, folder, host.path(f"/run/{RECORDS}")):
        os.chown(path, 65534, 65534)
    host.mesh(text=(MESHES / "office.mesh").read_text().replace("Address=10.77.0.11\n", "Address=10.77.0.12\n"))
    ok(host.apply(preexec_fn=as_service()))
    assert host.files()[NAMES] != before[NAMES] and host.files()[RECORDS][2] == before[RECORDS][2]
    os.chown(folder, 0, 0)
    ok(host.apply(preexec_fn=as_service()))
    assert "10.77.0.12" in host.path(f"/run/{RECORDS}").read_text()


def test_nothing_is_written_outside_run(gateway):
    before = gateway.everything()
    ok(gateway.apply())
    new = {name for name in gateway.everything().keys() - before.keys() if not name.startswith("run/")}
    assert not new
    assert not [name for name in gateway.files() if name.endswith("-new")]


@pytest.mark.root
def test_modes_and_group(host):
    """networkd reads the netdev by its group; all else is for everybody, and no chown was needed."""
    host.mesh()
    host.key("gw", gid=GROUP)
    ok(host.apply(preexec_fn=as_service()))
    assert {name: st[:2] for name, st in host.files().items()} == {
        NETDEV: (0o640, GROUP), NETWORK: (0o644, GROUP), SYSCTL: (0o644, GROUP), HOSTS: (0o644, GROUP), NAMES: (0o644, GROUP),
        NM_CONF: (0o644, GROUP)}
    for folder in ("systemd", "systemd/network", "sysctl.d", "wattle"):
        assert host.path(f"/run/{folder}").stat().st_mode & 0o7777 == 0o755


@pytest.mark.root
def test_a_netdev_of_another_group_is_written_anew(host):
    """Someone ran us by hand: networkd could not read it."""
    host.mesh()
    key = host.key("gw")
    ok(host.apply())
    os.chown(key, 0, GROUP)
    before = host.files()
    ok(host.apply(preexec_fn=as_service()))
    after = host.files()
    assert after[NETDEV][1] == GROUP
    assert {name for name in after if after[name] != before[name]} == {NETDEV}


def test_a_second_run_changes_nothing(gateway):
    ok(gateway.apply())
    before = gateway.files()
    assert ok(gateway.apply()).stderr == "<6>mesh office: 6 files, 0 changed, 0 removed\n"
    assert gateway.files() == before


def test_only_what_differs_is_replaced(gateway):
    ok(gateway.apply())
    before = gateway.files()
    gateway.mesh(text=(MESHES / "office.mesh").read_text().replace("Address=10.77.0.11\n", "Address=10.77.0.12\n"))
    ok(gateway.apply())
    after = gateway.files()
    assert {name for name in after if after[name] != before[name]} == {NETDEV, HOSTS, NAMES}


def test_a_changed_mode_is_mended(gateway):
    ok(gateway.apply())
    gateway.path(f"/run/{NETDEV}").chmod(0o666)
    ok(gateway.apply())
    assert gateway.files()[NETDEV][0] == 0o640


def test_what_a_crash_left_is_no_hindrance(gateway):
    gateway.write(f"/run/{NETDEV}.wattle-new", "half a file")
    ok(gateway.apply())
    assert set(gateway.files()) == GATEWAY


BAD = {
    # what is wrong -> what is said
    "bad mesh": (lambda h: h.mesh(text="[Mesh]\nSubnet=10.0.0.1/8\n"), r"<3>.*office\.mesh:2:8: Subnet: '10\.0\.0\.1/8' has host bits"),
    "bad settings": (lambda h: h.settings("Owner=ifupdown"), r"<3>.*10-test\.conf:2:7: Owner: 'ifupdown' is none of"),
    "empty mesh": (lambda h: h.mesh(text=""), r"<3>.*office\.mesh:1:1: no \[Mesh\] section"),
    "of another name": (lambda h: h.mesh(text="[Mesh]\nName=home\nSubnet=10.0.0.0/8\n"), r"<3>.*the mesh calls itself home: rename"),
    "no such device": (lambda h: h.settings("Device=nobody"), r"<3>.*10-test\.conf:2:8: mesh office has no device nobody"),
    "no exit node": (lambda h: h.settings("ExitNode=anna"), r"<3>.*ExitNode: anna offers no way out"),
    "key for all to read": (lambda h: h.key("gw", mode=0o644), r"<3>/.*office\.key: others can read or change .*mode 0644.*chmod 0640"),
    "key that others may change": (lambda h: h.key("gw", mode=0o660), r"<3>/.*office\.key: others can read or change .*mode 0660"),
    "key of a stranger": (lambda h: h.write(f"{CONFDIR}/office.key", (MESHES / "keys/wgnet-nas.key").read_text(), 0o640),
                          r"<3>.*belongs to no device of the mesh; .*PublicKey=: D7N656"),
    "no key at all": (lambda h: h.path(f"{CONFDIR}/office.key").unlink() or h.settings("Device=gw"),
                      r"<3>no private key, 'wattle genkey office' makes one: /.*office\.key"),
    "no base64": (lambda h: h.write(f"{CONFDIR}/office.key", "secret-and-long-enough-for-a-key-but-no-base64", 0o640),
                  r"<3>/.*office\.key: not a WireGuard key"),
    "key is a folder": (lambda h: h.path(f"{CONFDIR}/office.key").unlink() or h.path(f"{CONFDIR}/office.key").mkdir(),
                        r"<3>/.*office\.key: is not a regular file"),
    "key in a home folder": (lambda h: h.key("gw", path="/home/a/key") and h.settings("PrivateKeyFile=/home/a/key"),
                             r"<3>/home/a/key: systemd-networkd sees no home folder"),
    "two identities": (lambda h: h.settings("Device=anna"), r"<3>.*Device= says anna, but the key in .*office\.key is that of gw"),
    "disabled, or perhaps not": (lambda h: (h.settings("Enable=no").parent / "20-folder.conf").mkdir(), r"<3>.*20-folder\.conf: is a folder"),
    "the interface of another": (lambda h: (h.mesh("a", "[Mesh]\nSubnet=10.9.0.0/24\n[Device gw]\nPublicKey=" + PUBLIC_KEY + "\nAddress=10.9.0.1\n"),
                                            h.settings("Device=gw\nInterface=office", "a"), h.key("gw", path=f"{CONFDIR}/a.key")),
                                 r"<3>.*office\.mesh: interface office is that of mesh a \(.*/a\.mesh\): write another Interface="),
    "runs no wattle": (lambda h: h.key("phone"), r"<3>.*device phone has Managed=no"),
    "revoked": (lambda h: h.key("old"), r"<3>.*office\.mesh:\d+:1: device old is revoked"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_changes_no_file(gateway, case):
    prepare, message = BAD[case]
    ok(gateway.apply())
    before = gateway.files()
    prepare(gateway)
    done = gateway.apply()
    assert done.returncode == 1
    assert re.search(message, done.stderr), done.stderr
    assert done.stderr.endswith("<3>mesh office: keeping the previous configuration\n")
    assert "secret-and" not in done.stderr
    assert gateway.files() == before


def test_what_two_meshes_cannot_have_at_a_time_is_told(gateway):
    gateway.mesh("wgnet")
    gateway.key("nas", "wgnet")
    gateway.settings("ListenPort=51820", "wgnet")
    told = r"<4>.*{}\.mesh: warning: mesh {} \(.*/{}\.mesh\) listens on port 51820 too"
    assert re.search(told.format("office", "wgnet", "wgnet"), ok(gateway.apply()).stderr)
    assert re.search(told.format("wgnet", "office", "office"), ok(gateway.apply("wgnet")).stderr)


def test_warnings_about_lines_are_counted(gateway):
    """A mesh on one LAN has an address there for everybody to call: not a matter for the journal of every boot."""
    text = (MESHES / "office.mesh").read_text()
    for count, told in (1, "1 warning: 'wattle check' shows it"), (2, "2 warnings: 'wattle check' shows them"):
        text = text.replace("[Device printer]\n", f"[Device printer]\nPublicEndpoint=192.168.99.{count}:51820\n")
        gateway.mesh(text=text)
        lines = ok(gateway.apply()).stderr.splitlines()
        assert lines[0] == f"<6>{told}" and lines[1].startswith("<6>mesh office: "), lines
    gateway.mesh(text=text + "Adress=10.77.0.1\n")
    done = gateway.apply()
    assert done.returncode == 1 and "<4>" not in done.stderr and "<3>" in done.stderr and "<6>2 warnings" in done.stderr


@pytest.mark.root
def test_a_key_that_the_group_cannot_read(host):
    host.mesh()
    for mode, gid in ((0o600, GROUP), (0o640, 0)):
        host.key("gw", mode=mode, gid=gid)
        done = host.apply(preexec_fn=as_service())
        assert done.returncode == 1 and "systemd-networkd cannot read this private key: chgrp systemd-network" in done.stderr
        assert host.files() == {}


@pytest.mark.root
def test_the_host_name_is_the_weakest_evidence(host):
    host.mesh()
    host.key("gw", gid=GROUP)

    def named(name):
        return host.apply(preexec_fn=lambda: (sandbox.host_name(name), sandbox.become(GROUP, 0o077)))

    ok(named("GW.example.org"))
    done = named("anna")
    assert done.returncode == 1 and "the host name says device anna, but the key in" in done.stderr
    host.settings("Device=gw")
    ok(named("anna"))


def test_without_a_device_nothing_is_written(host):
    host.mesh()
    done = host.apply()
    assert done.returncode == 1
    assert f"no device with this host's name, {socket.gethostname().split('.')[0].lower()}" in done.stderr
    assert host.files() == {}


GONE = {
    "deleted": lambda h: h.path(f"{CONFDIR}/office.mesh").unlink(),
    "masked": lambda h: h.link(f"{CONFDIR}/office.mesh", "/dev/null"),
    "disabled": lambda h: h.settings("Enable=no"),
    "disabled, and bad": lambda h: (h.settings("Enable=no"), h.mesh(text="nonsense")),
    "disabled, and without a key": lambda h: (h.settings("Enable=no"), h.path(f"{CONFDIR}/office.key").unlink()),
}


@pytest.mark.parametrize("case", GONE)
def test_a_mesh_that_is_gone_loses_its_files_and_no_others(gateway, case):
    gateway.mesh("wgnet")
    gateway.key("nas", "wgnet")
    for other in ("systemd/network/60-wattle-office2.netdev", "systemd/network/10-office.network", "sysctl.d/60-wattle-.conf",
                  "systemd/network/60-wattle-office.link"):
        gateway.write(f"/run/{other}")
    ok(gateway.apply("wgnet"))
    others = gateway.files()
    ok(gateway.apply())
    GONE[case](gateway)
    assert "0 files, 0 changed, 6 removed" in ok(gateway.apply()).stderr
    assert gateway.files() == others


def test_a_file_no_longer_needed_is_removed(gateway):
    ok(gateway.apply())
    gateway.settings("RoutingFeatures=none")
    ok(gateway.apply())
    assert set(gateway.files()) == GATEWAY - {SYSCTL}


def test_networkmanagers_host(gateway):
    """Only the word to networkd to keep off; and no key is needed for that."""
    gateway.network_manager()
    gateway.path(f"{CONFDIR}/office.key").unlink()
    gateway.settings("Device=gw")
    ok(gateway.apply())
    assert set(gateway.files()) == GATEWAY - {NETDEV, NM_CONF}
    text = gateway.path(f"/run/{NETWORK}").read_text()
    assert text.split("\n\n", 1)[1] == "[Match]\nName=office\n\n[Link]\nUnmanaged=yes\n"


def test_a_change_of_owner(gateway):
    ok(gateway.apply())
    gateway.settings("Owner=NetworkManager")
    ok(gateway.apply())
    assert set(gateway.files()) == GATEWAY - {NETDEV, NM_CONF}


def test_a_key_as_a_credential(gateway):
    """networkd 256 and later; before that it says where the key has to be."""
    gateway.path(f"{CONFDIR}/office.key").rename(gateway.write("/etc/credstore/network.wireguard.private.60-wattle-office"))
    gateway.settings("Device=gw")
    gateway.write("/usr/lib/systemd/libsystemd-shared-257.13-1~deb13u1.so")
    ok(gateway.apply())
    assert "PrivateKeyFile" not in gateway.path(f"/run/{NETDEV}").read_text()
    gateway.path("/usr/lib/systemd/libsystemd-shared-257.13-1~deb13u1.so").unlink()
    gateway.write("/usr/lib/systemd/libsystemd-shared-252.so")
    done = gateway.apply()
    assert done.returncode == 1 and f"which networkd 252 does not take: put it in {CONFDIR}/office.key" in done.stderr


def test_meshes_of_all_folders(host):
    host.mesh(folder=VENDORDIR)
    host.key("gw")
    ok(host.apply())
    assert set(host.files()) == GATEWAY
    host.mesh(text="nonsense", folder="/run/wattle")
    assert host.apply().returncode == 1


@pytest.mark.parametrize("arguments", [["../office"], ["Office"], [""], [], ["a", "b"]])
def test_wrong_usage(gateway, arguments):
    done = run([os.environ["WATTLE_NETWORKD"], f"--root={gateway.root}", *arguments])
    assert done.returncode == 2 and done.stderr
    assert gateway.files() == {}


def unit_values(key):
    lines = open(os.environ["WATTLE_UNIT"]).read().splitlines()
    return [line.split("=", 1)[1] for line in lines if line.startswith(key + "=")]


@pytest.mark.root
def test_in_the_sandbox_of_its_unit(host):
    """As root with the group and without capabilities, all read-only but /run, no network, the unit's own system calls."""
    host.mesh()
    host.key("gw", gid=GROUP)
    filters = unit_values("SystemCallFilter")
    allowed = [f for f in filters if not f.startswith("~")]
    refused = " ".join(f[1:] for f in filters if f.startswith("~")).split()
    assert unit_values("ReadWritePaths") == ["/run"] and unit_values("ProtectSystem") == ["strict"]
    assert unit_values("CapabilityBoundingSet") == [""] and unit_values("RestrictAddressFamilies") == ["none"]
    rules = sandbox.service_filter(allowed, refused)

    def confine():
        sandbox.empty_network()
        sandbox.host_name("gw")
        sandbox.read_only_but([host.path("/run")])
        sandbox.become(GROUP, int(unit_values("UMask")[0], 8))
        rules.load()

    for changed in (6, 0):
        done = ok(host.apply(preexec_fn=confine, env={"ASAN_OPTIONS": "detect_leaks=0"}))
        assert f"6 files, {changed} changed" in done.stderr
    assert host.files()[NETDEV][:2] == (0o640, GROUP)


@pytest.mark.root
def test_a_full_or_read_only_run_keeps_the_old_files(gateway):
    ok(gateway.apply())
    before = gateway.files()
    gateway.mesh(text=(MESHES / "office.mesh").read_text().replace("10.77.0.11", "10.77.0.12"))
    done = gateway.apply(preexec_fn=lambda: sandbox.read_only_but([]))
    assert done.returncode == 1 and "Read-only file system" in done.stderr
    assert gateway.files() == before
