# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a host has of its mesh after a true boot."""

import pytest

import mesh as meshes

pytestmark = pytest.mark.one_release

BAD = "[Mesh]\nSubnet=10.9.0.0/16\nSerail=1\n"


def boot(lab, mesh, device, settings="", **options):
    guest = lab.boot(device, files=mesh.files(device, settings) | options.pop("files", {}), **options)
    guest.wait_booted()
    guest.wait("ip link show dev eth0")  # udev may still be at it
    guest.lan = guest.plug(0, lab.lan)
    return guest


@pytest.mark.each_release
def test_networkd_host(lab):
    """Present and down, up by networkctl, a ping across in both families, down again; and nobody complains."""
    mesh = meshes.Mesh("home", "a", "b")
    mesh["b"].lines.append("PublicEndpoint=192.168.1.3:51820")
    mesh["b"].lines.append("Routes=192.168.2.0/24")
    a = boot(lab, mesh, "a", "AcceptRoutes=yes")
    print(a.out("systemd-analyze; systemd-analyze critical-chain --no-pager wattle-networkd@home.service; "
                "systemd-analyze blame --no-pager | grep -e wattle -e networkd"))

    a.wait("networkctl status home --no-pager | grep 'Activation Policy: manual'")
    assert "DOWN" in a.out("ip -br link show home")
    assert a.out("stat -c '%a %U:%G' /run/systemd/network/60-wattle-home.netdev") == "640 root:systemd-network"
    assert a.out("stat -c %a /run/systemd/network/60-wattle-home.network /run/wattle/home.hosts") == "644\n644"
    assert a.run("systemctl is-active systemd-networkd-wait-online", check=False).out.strip() == "inactive"
    assert "10.42" not in a.out("ip route show table all")

    b = lab.guest("b")
    assert str(b.plug(0, lab.lan).v4) == "192.168.1.3"
    mesh.apply(b, "b", "ActivationPolicy=up")
    b.wait("ip addr show dev home | grep 10.42.0.2/16")

    a.run("networkctl up home")
    a.wait("ping -c1 -W1 10.42.0.2")
    a.wait("ping -c1 -W1 fd42::2")
    assert "10.42.0.1/16" in a.out("ip addr show dev home") and "fd42::1/64" in a.out("ip addr show dev home")
    assert "metric 10000000" in a.out("ip route show 192.168.2.0/24")
    assert a.out("sysctl -n net.ipv4.conf.home.rp_filter net.ipv4.conf.home.forwarding net.ipv4.ip_forward") == "2\n0\n0"
    assert b.out("sysctl -n net.ipv4.conf.home.rp_filter net.ipv4.conf.home.forwarding net.ipv4.ip_forward "
                 "net.ipv6.conf.all.forwarding") == "0\n1\n1\n1"

    a.run("networkctl down home")
    a.wait("! ip route show table all | grep -e 10.42 -e 192.168.2")
    assert "inet" not in a.out("ip addr show dev home")
    assert a.out("systemctl --failed --no-legend") == ""
    assert meshes.complaints(a) == "" and meshes.complaints(b) == ""


def test_network_manager_host(native):
    """networkd is told to keep its hands off, and is not started. test_nm.py has what a guest's boot makes of it."""
    mesh = meshes.Mesh("home", "a", "b")
    a = native.boot("a", files=mesh.files("a"), enable=["NetworkManager.service"])
    a.wait_booted()
    assert a.out("ls /run/systemd/network") == "60-wattle-home.network"
    assert "Unmanaged=yes" in a.out("cat /run/systemd/network/60-wattle-home.network")
    assert a.run("systemctl is-active systemd-networkd", check=False).out.strip() == "inactive"
    assert a.out("systemctl --failed --no-legend") == ""
    assert meshes.complaints(a) == ""


def test_a_bad_mesh_does_not_block_the_boot(native):
    """It fails by name, the journal has file and line, and the good mesh beside it has its files."""
    mesh = meshes.Mesh("home", "a", "b")
    a = native.boot("a", files=mesh.files("a", "ActivationPolicy=up") | {"/etc/wattle/bad.mesh": (BAD, 0o644)})
    a.wait("(systemctl is-system-running || true) | grep -e degraded -e running")
    assert a.out("systemctl --failed --no-legend --plain | cut -d' ' -f1") == "wattle-networkd@bad.service"
    assert "/etc/wattle/bad.mesh:3:1: unknown key 'Serail': did you mean Serial?" in a.out(
        "journalctl -b -o cat -u wattle-networkd@bad")
    assert a.out("ls /run/systemd/network") == "60-wattle-home.netdev\n60-wattle-home.network"
    assert a.out("systemctl is-active systemd-networkd") == "active"
