# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a host lives through: reloads, restarts, packages, the admin's overrides, keys that are wrong."""

import pytest

import mesh as meshes

pytestmark = pytest.mark.one_release

INODES = "find /run/systemd/network /run/wattle -name '*home*' -type f -exec stat -c '%n %i %Y' {} + | sort"


@pytest.mark.each_release
def test_reloads_and_restarts(lab):
    """The mesh stays up through all that happens to a host on an ordinary day, and no file that need not is renewed."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = mesh.join(lab, "a", "b")
    before = a.out(INODES)
    for event in ("systemctl daemon-reload",
                  "networkctl reload",
                  "systemctl reload wattle-networkd@home.service",
                  "systemctl restart wattle-networkd@home.service",
                  "systemctl restart systemd-networkd",
                  # what the scripts of a package do when it is installed again
                  "systemd-sysusers; systemd-tmpfiles --create; systemctl daemon-reload; systemctl try-restart systemd-networkd",
                  "wattle apply"):
        a.run(event)
        a.wait("ping -c1 -W1 10.42.0.2")
        assert a.out(INODES) == before, event
    assert a.out("systemctl --failed --no-legend") == ""
    assert meshes.complaints(a) == ""


@pytest.mark.each_release
def test_networkctl_reload_keeps_sessions(lab):
    mesh = meshes.Mesh("home", "a", "b")
    a, b = mesh.join(lab, "a", "b")
    a.wait("ping -c1 -W1 10.42.0.2")
    before = meshes.handshakes(a, "home")
    a.run("systemctl reload wattle-networkd@home.service; networkctl reload")
    a.run("ping -c3 -i0.2 -W2 10.42.0.2")
    assert meshes.handshakes(a, "home") == before


def test_the_admin_overrides_and_masks(lab):
    mesh = meshes.Mesh("home", "a", "b")
    a = lab.guest("a")
    a.plug(0, lab.lan)
    a.put("/etc/systemd/network/60-wattle-home.network.d/more.conf", "[Network]\nAddress=10.42.200.1/32\n")
    mesh.apply(a, "a", "ActivationPolicy=up")
    a.wait("ip addr show dev home | grep 10.42.200.1/32")
    a.wait("ip addr show dev home | grep 10.42.0.1/16")


def test_a_masked_netdev_is_the_admins(lab):
    """Its interface of the same name is neither changed nor removed."""
    mesh = meshes.Mesh("home", "a", "b")
    a = lab.guest("a")
    a.run("mkdir -p /etc/systemd/network; ln -s /dev/null /etc/systemd/network/60-wattle-home.netdev")
    assert "overridden" in mesh.apply(a, "a")
    assert a.run("ip link show dev home", check=False).code != 0
    a.run("ip link add home type wireguard; wg set home listen-port 40000")
    a.run("wattle apply home")
    assert a.out("wg show home listen-port; wg show home peers") == "40000"
    a.run("rm -r /etc/wattle/home.*; wattle apply")
    assert a.out("wg show home listen-port") == "40000"


def test_peers_of_the_admin_stay(lab):
    mesh = meshes.Mesh("home", "a", "b")
    a = lab.guest("a")
    a.put("/etc/systemd/network/60-wattle-home.netdev.d/guest.conf",
          f"[WireGuardPeer]\nPublicKey={meshes.Mesh('x', 'a', 'b', 'c')['c'].public}\nAllowedIPs=10.42.77.0/24\n")
    mesh.apply(a, "a")
    a.wait("[ $(wg show home peers | wc -l) = 2 ]")
    assert "overridden" in a.out("wattle apply home")
    assert a.out("wg show home peers | wc -l") == "2"


def not_taken(a, kind):
    a.run(f"ip link add home type {kind}")
    meshes.Mesh("home", "a", "b").put(a, "a")
    refused = a.run("wattle apply home", check=False)
    assert refused.code == 1 and "interface" in refused.err and "Interface=" in refused.err
    assert a.run("ls /run/systemd/network/60-wattle-home.netdev", check=False).code != 0


def test_an_interface_of_somebody_else_is_not_taken(lab):
    not_taken(lab.guest("a"), "wireguard")


def test_an_interface_of_another_kind_is_not_taken(native):
    not_taken(native.guest("a"), "bridge")


def refused(lab, key=None, mode=0o640, group="systemd-network"):
    """What apply says to a key, having made nothing; and what the boot's service says is the same."""
    mesh = meshes.Mesh("home", "a", "b")
    a = lab.guest("a")
    a.put(mesh.path, mesh.text())
    if key:
        a.put("/etc/wattle/home.key", key, mode, f"root:{group}")
    failed = a.run("wattle apply home", check=False)
    assert failed.code == 1
    assert a.out("ls /run/systemd/network 2>/dev/null || true") == ""
    assert a.run("ip link show dev home", check=False).code != 0
    a.run("systemctl daemon-reload; systemctl start wattle-networkd@home.service || true")
    reason = failed.err.splitlines()[0].removeprefix("wattle: ")
    assert reason in a.out("journalctl -b -o cat -u wattle-networkd@home")
    return failed.err


def test_key_is_missing(native):
    said = refused(native)
    assert "/etc/wattle/home.key" in said and "wattle genkey home" in said


def test_key_cannot_be_read_by_networkd(lab):
    assert "chgrp systemd-network" in refused(lab, meshes.Mesh("home", "a")["a"].key, 0o600, "root")


def test_key_is_in_a_closed_folder(native):
    mesh = meshes.Mesh("home", "a", "b")
    a = native.guest("a")
    mesh.put(a, "a", "PrivateKeyFile=/srv/keys/home")
    a.put("/srv/keys/home", mesh["a"].key, 0o640, "root:systemd-network")
    a.run("chmod 0700 /srv/keys")
    refused = a.run("wattle apply home", check=False)
    assert refused.code == 1 and "/srv/keys: systemd-networkd cannot look into this folder" in refused.err


def test_key_can_be_read_by_all(native):
    assert "chmod" in refused(native, meshes.Mesh("home", "a")["a"].key, 0o644)


def test_key_is_of_another_device(native):
    said = refused(native, meshes.Mesh("home", "a", "b")["b"].key)
    assert "device a" in said and "that of b" in said


@pytest.mark.each_release
def test_key_as_a_credential(lab):
    """From systemd 256 on networkd finds it by the file's name; before, that is said."""
    mesh = meshes.Mesh("home", "a", "b")
    a = lab.guest("a")
    a.put(mesh.path, mesh.text())
    a.put("/etc/credstore/network.wireguard.private.60-wattle-home", mesh["a"].key, 0o600)
    applied = a.run("wattle apply home", check=False)
    if lab.release == "bookworm":
        assert applied.code == 1 and "does not take" in applied.err
    else:
        assert applied.code == 0, applied.err
        a.wait(f"wg show home public-key | grep -F {mesh['a'].public}")
