# SPDX-License-Identifier: LGPL-2.1-or-later
"""DNS= of an exit node: who is asked while the mesh is up, what is seen on the uplink, and that it is undone. A card stands in for
WireGuard's interface:

    laptop -- eth0, the uplink, 192.168.1.66 -- world: 203.0.113.53, the uplink's name server, beyond a router
           -- home, the mesh, 10.42.0.1 ------- world: 10.42.0.2, the exit node and its name server
"""

import pytest

import mesh as meshes
import name_server

pytestmark = pytest.mark.each_release

UPLINK, INSIDE = "203.0.113.53", "10.42.0.2"
TABLE = 0x776f9d6e  # of a mesh called home


class Servers:
    def __init__(self, native):
        self.world = native.guest("world")
        for nic, segment in enumerate([native.lan, native.segment("office")]):
            self.world.plug(nic, segment, configure=False)
        self.world.run(f"""ip link set eth0 up; ip link set eth1 up; ip link set lo up
            ip addr add 192.168.1.77/24 dev eth0; ip addr add {UPLINK}/32 dev lo; ip addr add {INSIDE}/16 dev eth1""")
        self.jobs = {address: name_server.start(self.world, address, record="192.0.2.7") for address in (UPLINK, INSIDE)}

    def asked(self, address):
        return name_server.asked(self.world, address)


def make_mesh():
    mesh = meshes.Mesh("home", "laptop", "vps")
    mesh["vps"].lines += ["ExitNode=yes", f"DNS={INSIDE}", "PublicEndpoint=vps.example.net:51820"]
    return mesh


def plug(laptop, native):
    """The second card is the mesh's interface."""
    laptop.plug(0, native.lan, configure=False)
    laptop.plug(1, native.segment("office"), configure=False)


def capture(laptop):
    laptop.start("exec tcpdump -i eth0 -n -l -U port 53 >/run/seen 2>/run/seen-ready", 600)
    laptop.wait("grep -q listening /run/seen-ready")


def ask(laptop, name):
    """As any program does."""
    laptop.wait(f"resolvectl query {name} | grep 192.0.2.7")


def ask_uplink(laptop, name):
    """As wattled does."""
    return laptop.out("busctl call org.freedesktop.resolve1 /org/freedesktop/resolve1 org.freedesktop.resolve1.Manager ResolveHostname "
                      f"isit $(cat /sys/class/net/eth0/ifindex) {name} 0 0")


def refuses(laptop, why):
    refused = laptop.run("wattle apply home", check=False)
    assert refused.code == 1 and why in refused.err, refused


def test_networkd_and_resolved(native):
    servers, laptop = Servers(native), native.guest("laptop")
    make_mesh().put(laptop, "laptop", "ExitNode=vps\nOwner=networkd\nActivationPolicy=up")
    refuses(laptop, "needs systemd-resolved, which does not run")
    laptop.run(f"systemctl start systemd-resolved; ip link add other type veth; ip link set other up; ip route add default dev other table {TABLE}")
    refuses(laptop, f"the routing table {TABLE}, which is to lead to the exit node vps, has routes by other: take them out of it")
    laptop.run("ip link del other")
    plug(laptop, native)
    laptop.put("/etc/systemd/network/lan.network", f"[Match]\nName=eth0\n[Network]\nAddress=192.168.1.66/24\nGateway=192.168.1.77\n"
                                                   f"DNS={UPLINK}\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n")
    laptop.put("/etc/systemd/network/60-wattle-home.network.d/kind.conf", "[Match]\nKind=\n")
    laptop.run("ln -s /dev/null /etc/systemd/network/60-wattle-home.netdev; systemctl start wattle-networkd@home; "
               "systemctl start systemd-networkd")
    ask(laptop, "before.example.org")
    assert "before.example.org" in servers.asked(UPLINK)

    laptop.run("ip link set eth1 down; ip link set eth1 name home; ip link set home up")
    laptop.wait("resolvectl domain home | grep -F '~.' && ip rule | grep 30002")
    capture(laptop)
    ask(laptop, "inside.example.org")
    assert "inside.example.org" in servers.asked(INSIDE) and "inside.example.org" not in servers.asked(UPLINK)

    # Past the tunnel, though the server is beyond a router; and when the tunnel leads nowhere.
    assert "192 0 2 7" in ask_uplink(laptop, "vps.example.net")
    servers.jobs[INSIDE].signal()
    assert "192 0 2 7" in ask_uplink(laptop, "again.example.net")
    assert {"vps.example.net", "again.example.net"} <= servers.asked(UPLINK)
    laptop.wait("grep -q again.example.net /run/seen")
    assert "inside.example.org" not in laptop.out("cat /run/seen")

    laptop.run("networkctl down home")
    ask(laptop, "after.example.org")
    assert "after.example.org" in servers.asked(UPLINK)


def test_network_manager(native):
    """Without systemd-resolved, in resolv.conf(5)."""
    laptop = native.guest("laptop")
    plug(laptop, native)
    mesh = make_mesh()
    mesh["vps"].lines.append("PublicEndpoint=203.0.113.1:51820")
    mesh.put(laptop, "laptop", "ExitNode=vps\nOwner=NetworkManager")
    profile = "/run/NetworkManager/system-connections/wattle-home.nmconnection"
    laptop.run("ip link set eth1 name home; systemctl start wattle-nm@home")
    sections = ("\n" + laptop.out(f"cat {profile}")).split("\n[")
    laptop.put(profile, "\n[".join(part for part in sections if not part.startswith("wireguard")).replace("type=wireguard", "type=ethernet") + "\n", 0o600)
    laptop.run("systemctl start NetworkManager")
    laptop.run(f"""nmcli connection add type ethernet ifname eth0 con-name lan ipv4.method manual ipv4.addresses 192.168.1.66/24 \\
        ipv4.dns {UPLINK} ipv6.method disabled""")
    laptop.wait(f"grep -q {UPLINK} /etc/resolv.conf")
    laptop.run("nmcli connection up home")
    laptop.wait(f"grep -q {INSIDE} /etc/resolv.conf")
    assert UPLINK not in laptop.out("cat /etc/resolv.conf")
    laptop.run("nmcli connection down home")
    laptop.wait(f"grep -q {UPLINK} /etc/resolv.conf")
    assert INSIDE not in laptop.out("cat /etc/resolv.conf")
