# SPDX-License-Identifier: LGPL-2.1-or-later
"""The VPN plugin: a mesh that is switched on and off as a VPN connection, on an interface that is NetworkManager's own."""

import re

import pytest

import mesh as meshes
from nm_host import ASLEEP, NM, UUID, connections, keyfile, load, nm_complaints

pytestmark = pytest.mark.one_release

SERVICE = "nm-wattle-servi"  # as the kernel calls it: 15 characters
CALL = "busctl call org.freedesktop.NetworkManager /org/freedesktop/NetworkManager org.freedesktop.NetworkManager"
LINK_PROFILE = "'/run/NetworkManager/system-connections/vpn (link).nmconnection'"


def start_nm(lab, guest):
    """On the LAN by a connection "lan", with a default route (to nowhere): without one NetworkManager takes no VPN up."""
    guest.put("/etc/NetworkManager/conf.d/lab.conf", "[main]\nno-auto-default=*\n")
    guest.run(f"systemctl start {NM}")
    guest.wait("nmcli -t general status")
    guest.plug(0, lab.lan, configure=False)
    lan = lab.lan.next_addresses()
    guest.run(f"nmcli connection add type ethernet con-name lan ifname eth0 ipv4.method manual ipv6.method link-local "
              f"ipv4.addresses {lan.v4}/24 ipv4.gateway 192.168.1.254")
    guest.wait("nmcli -g GENERAL.STATE connection show lan | grep -x activated")
    guest.wait("ip -6 route show dev eth0 | grep fe80::/64")
    return lan


def join(lab, *others, mesh=None):
    """a belongs to NetworkManager, the others to networkd. Returns the mesh and the guests."""
    mesh = mesh or meshes.Mesh("home", "a", *others)
    guests = [lab.guest(name) for name in ("a", *others)]
    start_nm(lab, guests[0])
    for name, guest in zip(others, guests[1:]):
        guest.lan = guest.plug(0, lab.lan)
        mesh[name].lines.append(f"PublicEndpoint={guest.lan.v4}:51820")
    for name, guest in zip(others, guests[1:]):
        mesh.apply(guest, name, "ActivationPolicy=up")
        guest.wait(f"ip addr show dev {mesh.name} | grep {mesh[name].v4}/")
    return mesh, *guests


def gone(guest, interface="home"):
    """No link, no profile, no process, no route."""
    guest.wait(f"! ip link show dev {interface}")
    guest.wait("! nmcli -t -f NAME connection show | grep link")
    guest.wait(f"! pgrep -x {SERVICE}")
    assert "10.42" not in guest.out("ip route show table all")


def quiet(guest):
    """Nobody complains: NetworkManager, our service, systemd (of a service that outlives NetworkManager a moment it does)."""
    lines = guest.out("journalctl -b -o short -p warning --no-pager").splitlines()
    known = r"left-over process|remains running|" + meshes.ADDRESSES_OF_THE_LAB
    ours = [line for line in lines if re.search("wattle", line) and not re.search(known, line)]
    assert ours == []
    told = nm_complaints(guest) + guest.run(f"journalctl -b -o cat -u {NM} | grep '<warn>' | grep -e vpn -e 'route: get' -e {UUID}", check=False).out
    assert told == ""


@pytest.mark.each_release
def test_vpn_up_and_down(lab):
    mesh, a, b = join(lab, "b")
    load(a, keyfile(mesh))
    listed, active = connections(a)
    assert listed["vpn"] == "vpn" and "vpn" not in active
    routes = "ip route; ip -6 route show dev eth0"
    before = set(a.out(routes).splitlines())

    a.run("nmcli connection up vpn")
    a.run("ping -c1 -W2 10.42.0.2")
    a.run("ping -c1 -W2 fd42::2")
    assert connections(a)[1] == {"lan": "802-3-ethernet", "vpn": "vpn", "vpn (link)": "wireguard"}
    assert "home:wireguard:connected:vpn (link)" in a.out("nmcli -t device").splitlines()
    assert set(a.out(routes).splitlines()) - before == {"10.42.0.0/16 dev home proto kernel scope link src 10.42.0.1 metric 50 "}
    assert a.out(f"stat -c %a {LINK_PROFILE}") == "600" and "volatile=true" in a.out(f"cat {LINK_PROFILE}")
    assert "autoconnect=false" in a.out(f"cat {LINK_PROFILE}")

    # Again and again, with no moment between.
    a.run("for i in 1 2 3; do nmcli connection down vpn; nmcli connection up vpn; done", 120)
    a.wait("ping -c1 -W1 10.42.0.2")
    a.run("nmcli connection down 'vpn (link)'")
    a.wait("! nmcli -t -f NAME connection show --active | grep vpn")
    gone(a)
    a.run("nmcli connection up vpn")
    a.run("nmcli connection down vpn")
    gone(a)
    assert set(a.out(routes).splitlines()) == before
    quiet(a)


def test_vpn_import(lab):
    """As a user gets the mesh: a file, and a key that only this device has."""
    mesh, a, b = join(lab, "b")
    a.put("/root/home.mesh", mesh.text())
    a.run("nmcli connection import type wattle file /root/home.mesh")
    assert connections(a)[0]["home"] == "vpn"
    failed = a.run("nmcli connection up home", check=False)
    assert failed.code == 4 and "Invalid secrets" in failed.err
    a.run(f"nmcli connection modify home vpn.secrets private-key={mesh['a'].key.strip()}")
    a.run("nmcli connection up home")
    a.run("ping -c1 -W2 10.42.0.2")
    assert "vpn.persistent:yes" in a.out("nmcli -t connection show home")
    # The command has nothing to show of it, and says why.
    for verb in ("status", "status home", "doctor", "doctor home"):
        told = a.run(f"wattle {verb}", check=False)
        assert told.code == 1 and "carried in the VPN connection 'home'" in told.out + told.err, told
    a.run("nmcli connection export home /root/again.mesh")
    assert a.get("/root/again.mesh").decode() == mesh.text()
    assert a.run("nmcli connection import type wattle file /etc/passwd", check=False).code != 0
    a.run("nmcli connection down home")
    gone(a)


def test_vpn_survives(lab):
    """The base device, sleep, NetworkManager's end and beginning; and what changed meanwhile."""
    mesh, a, b, c = join(lab, "b", "c")
    load(a, keyfile(mesh))
    a.run("nmcli connection up vpn")
    a.run("ping -c1 -W2 10.42.0.2")
    handshake = meshes.handshakes(a, "home")[mesh["b"].public]

    a.run("ip link set eth0 down; ip link set eth0 up")
    a.wait("ping -c1 -W1 10.42.0.2")
    assert "vpn" in connections(a)[1]
    a.run(f"{CALL} Sleep b true")
    a.wait(ASLEEP)
    a.run(f"{CALL} Sleep b false")
    a.wait("ping -c1 -W1 10.42.0.2")
    assert "vpn" in connections(a)[1] and "vpn (link)" in connections(a)[1]

    a.run(f"systemctl restart {NM}")
    a.wait(f"! pgrep -x {SERVICE}")
    a.wait("nmcli -t -f NAME connection show --active | grep -x 'vpn (link)'")
    a.run("ping -c1 -W2 10.42.0.2")
    assert "vpn" not in connections(a)[1]
    a.run("nmcli connection up vpn")
    assert meshes.handshakes(a, "home")[mesh["b"].public] == handshake
    assert len(a.out(f"pgrep -x {SERVICE}").splitlines()) == 2

    # A device that is new, and an address that is other, are there at the next start, and the session as before.
    a.run(f"systemctl restart {NM}")
    a.wait("nmcli -t -f NAME connection show --active | grep -x 'vpn (link)'")
    d = mesh.add("d")
    mesh["a"].lines.append("Address=10.42.9.9")
    load(a, keyfile(mesh))
    a.run("nmcli connection up vpn")
    a.wait("ip addr show dev home | grep 10.42.9.9/16")
    assert set(meshes.allowed_ips(a, "home")) == {mesh["b"].public, mesh["c"].public, d.public}
    assert meshes.handshakes(a, "home")[mesh["b"].public] == handshake
    a.run("ping -c1 -W2 10.42.0.2")
    a.run("nmcli connection down vpn")
    gone(a)
    quiet(a)


def test_vpn_ends(lab):
    """However the service ends, nothing of it stays; and it ends with NetworkManager."""
    mesh, a, b = join(lab, "b")
    load(a, keyfile(mesh))
    for end in ("kill -9", "kill"):
        a.run("nmcli connection up vpn")
        a.run("ping -c1 -W2 10.42.0.2")
        a.run(f"{end} $(pgrep -o -x {SERVICE})")
        a.wait("! nmcli -t -f NAME connection show --active | grep vpn")
        gone(a)
    a.run("nmcli connection up vpn")
    a.run(f"systemctl stop {NM}")
    a.wait(f"! pgrep -x {SERVICE}")
    a.run("ping -c1 -W2 10.42.0.2")
    a.run(f"systemctl start {NM}")
    a.wait("nmcli -t -f NAME connection show --active | grep -x 'vpn (link)'")
    a.run("nmcli connection down 'vpn (link)'")
    gone(a)


def test_vpn_two_meshes_and_private(lab):
    """One of them alice's alone; and a way out through the other."""
    home = meshes.Mesh("home", "a", "b")
    home["b"].lines.append("ExitNode=yes")
    home, a, b = join(lab, "b", mesh=home)
    work = meshes.Mesh("work", "a", "b", net=43, port=51821)
    work["b"].lines.append(f"PublicEndpoint={b.lan.v4}:51821")
    work.apply(b, "b", "ActivationPolicy=up")
    b.run("ip addr add 203.0.113.99/32 dev lo; ip addr add 2001:db8::99/128 dev lo")
    b.wait("ip addr show dev work | grep 10.43.0.2/")
    a.run("useradd alice")
    load(a, keyfile(home, exit_node="b"))
    load(a, keyfile(work, "work", "c0ffee00-0000-4000-8000-000000000002")
         .replace("type=vpn\n", "type=vpn\npermissions=user:alice:;\n"), "work")
    a.run("nmcli connection up work")
    a.run("nmcli connection up vpn")
    a.wait("ping -c1 -W1 10.42.0.2")
    a.wait("ping -c1 -W1 10.43.0.2")
    a.wait("ping -c1 -W1 203.0.113.99")
    a.wait("ping -c1 -W1 2001:db8::99")
    assert a.out("nmcli -g connection.permissions connection show 'work (link)'") in ("user:alice", r"user\:alice")
    assert len(a.out(f"pgrep -x {SERVICE}").splitlines()) == 4
    # Names of the one that is for all users, with the domain alone.
    a.run("sed -i '/^hosts:/s/ files/& wattle/' /etc/nsswitch.conf")
    assert a.out("getent hosts 10.42.0.2 b.home").split() == ["10.42.0.2", "b.home", "fd42::2", "b.home"]
    assert a.run("getent hosts 10.43.0.2 || getent hosts b.work || getent hosts b", check=False).code == 2
    a.run("nmcli connection down vpn")
    a.wait("! ip rule | grep 51820")
    a.wait("! ip link show dev home")
    a.wait("! ls /run/wattle/*.names")
    a.run("ping -c1 -W2 10.43.0.2")
    a.run("nmcli connection down work")
    gone(a, "work")
    quiet(a)


def refused(guest, text, reason, user_reads="failed to start", name="vpn"):
    """The connection does not come up; the journal says why, where nmcli sends its user, and there is no key in it."""
    load(guest, text)
    failed = guest.run(f"nmcli connection up {name}", check=False)
    assert failed.code == 4 and user_reads in failed.err, failed
    assert reason in guest.out(f"journalctl -b -o cat NM_CONNECTION={UUID}")
    assert guest.run("nmcli -t -f NAME connection show | grep link", check=False).out == ""


def test_vpn_refuses(native):
    """What a connection carries is read before anything is made."""
    mesh, a = join(native)
    mesh.add("b")
    refused(a, keyfile(mesh, key=""), "the connection has no private key", "Invalid secrets")
    refused(a, keyfile(mesh, key="x"), "private-key: not a WireGuard key")
    refused(a, keyfile(mesh, key=mesh.add("z").key, text=meshes.Mesh("home", "a", "b").text()), "belongs to no device of the mesh")
    refused(a, keyfile(mesh, device="b"), "Device= says b, but the key in the connection is that of a")
    refused(a, keyfile(mesh, text="[Mesh]\nSubnet=10.42.0.0/33\n"), "home.mesh:2:8: Subnet: '10.42.0.0/33'")
    refused(a, keyfile(mesh, exit_node="b"), "ExitNode: b offers no way out")
    mesh["a"].lines.append("State=revoked")
    refused(a, keyfile(mesh), "device a is revoked")
    mesh["a"].lines.pop()
    refused(a, keyfile(mesh, profile=None, key=""), "no mesh home")
    mesh.put(a, "a", "Owner=NetworkManager")
    refused(a, keyfile(mesh, profile=None, key=""), "write Connection=vpn below [Local]")
    for device in mesh.devices.values():
        assert a.run(f"journalctl -b | grep -F {device.key.strip()}", check=False).out == ""


def test_vpn_of_an_installed_mesh(lab):
    """It is the admin's, and read anew at each start; and an interface of its name that is not ours stays."""
    mesh, a, b = join(lab, "b")
    a.run("ip link add home type wireguard; ip link set home up")
    a.wait("nmcli -t -f DEVICE,STATE device | grep ^home:")
    refused(a, keyfile(mesh), "there is an interface home already", "Unknown reason")
    a.run("ip link show dev home; ip link del home")

    mesh.put(a, "a", "Owner=NetworkManager\nConnection=vpn")
    load(a, keyfile(mesh, profile=None, key=""))
    a.run("nmcli connection up vpn")
    a.run("ping -c1 -W2 10.42.0.2")
    a.run("nmcli connection down vpn")
    mesh["b"].lines.append("Routes=192.168.77.0/24")
    a.put(mesh.path, mesh.text())
    load(a, keyfile(mesh, profile=None, key="", accept_routes="yes"))
    a.run("nmcli connection up vpn")
    assert "metric 10000000" in a.out("ip route show 192.168.77.0/24 dev home")
    for device in mesh.devices.values():
        assert a.run(f"journalctl -b | grep -F {device.key.strip()}", check=False).out == ""
