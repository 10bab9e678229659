# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tutorials of doc/tutorials, each played from its first command to its last on guests: tests/run docs. tests/docs/transcript.py
says how they are read."""

import pathlib
import sys

import pytest

sys.path += [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("docs", "boot")]

from mullvad import kill_switch  # noqa: E402  of tests/boot
from play import play  # noqa: E402  of tests/docs

pytestmark = [pytest.mark.docs, pytest.mark.one_release, pytest.mark.limit(1200)]

# One guest is the Internet, and the router of a home with a forwarded port: its networks outside, and its rules.
OUTSIDE = "123.45.67.89/24 98.76.65.1/24 45.67.89.1/24 172.20.3.1/24 9.9.9.9/32"
ROUTER = """sysctl -qw net.ipv4.ip_forward=1
ip link set eth0 up; ip link set eth1 up
ip addr add {inside} dev eth0
for address in """ + OUTSIDE + """; do ip addr add $address dev eth1; done
nft -f - <<'RULES'
table ip nat {{
    chain prerouting {{
        type nat hook prerouting priority dstnat;
        iifname eth1 ip daddr 123.45.67.89 udp dport 51820 dnat to {server}
    }}
    chain postrouting {{
        type nat hook postrouting priority srcnat;
        iifname eth0 oifname eth1 snat to 123.45.67.89
    }}
}}
RULES"""


class World:
    """segment is the LAN behind the router, whose port is sent on to server."""

    def __init__(self, lab, segment="lan", server="192.168.1.10"):
        self.lab = lab
        self.segment = lab.segment(segment)
        self.router = lab.guest("router", "quick")
        self.router.plug(0, self.segment, configure=False)
        self.router.plug(1, lab.internet, configure=False)
        self.router.run(ROUTER.format(inside=f"{self.segment.prefix4[1]}/24", server=server))

    def host(self, name):
        """With the names of meshes in nsswitch.conf, as the package libnss-wattle has it."""
        host = self.lab.guest(name)
        host.run("sed -i 's/^hosts:.*/hosts: files wattle dns/' /etc/nsswitch.conf; grep ^hosts: /etc/nsswitch.conf")
        return host

    def inside(self, host, address):
        return self._place(host, self.segment, address)

    def outside(self, host, address):
        return self._place(host, self.lab.internet, address)

    def _place(self, host, segment, address):
        host.plug(0, segment, configure=False)
        host.run(f"""ip addr flush dev eth0 scope global
            ip link set eth0 up
            ip addr add {address}/24 dev eth0
            ip route replace default via {address.rpartition('.')[0]}.1""")
        host.wait("ip link show eth0 | grep -q LOWER_UP")
        return host


def carry(one, other, *paths, mode=0o644):
    for path in paths:
        other.put(path, one.get(path), mode)


def make_mesh(name, endpoint, admin, *others):
    """A signed mesh that is up on all of them; the admin's host is the one that can be called."""
    admin.run(f"""wattle init {name} --sign --no-password --subnet=10.42.0.0/16
        wattle genkey {name}
        wattle add {name} {admin.name} --key="$(wattle pubkey {name})" --public-endpoint={endpoint}:51820""")
    for other in others:
        admin.run(f"wattle add {name} {other.name} --key={other.out(f'wattle genkey {name}')}")
    for host in (admin, *others):
        if host is not admin:
            carry(admin, host, *(f"/etc/wattle/{name}{end}" for end in (".mesh", ".mesh.minisig", ".pub")))
        host.put(f"/etc/wattle/{name}.mesh.d/local.conf", "[Local]\nActivationPolicy=up\n")
        host.run(f"wattle apply {name}", 180)
    for other in others:
        other.wait("ping -c1 -W1 10.42.0.1")


def test_home(lab):
    world = World(lab)
    desktop, laptop = world.inside(world.host("desktop"), "192.168.1.10"), world.inside(world.host("laptop"), "192.168.1.20")
    play("home", {"desktop": desktop, "laptop": laptop},
         {"the laptop goes to a café": lambda _: world.outside(laptop, "172.20.3.2")})


def test_office(lab):
    world = World(lab, "office", "192.168.2.10")
    gw, laptop = world.inside(world.host("gw"), "192.168.2.10"), world.outside(world.host("laptop"), "172.20.3.2")
    world.inside(lab.guest("printer", "quick"), "192.168.2.30")
    make_mesh("work", "123.45.67.89", gw, laptop)
    play("office", {"gw": gw, "laptop": laptop, "router": world.router},
         {"the laptop comes to the office": lambda _: world.inside(laptop, "192.168.2.20")})


def test_servers(lab):
    world = World(lab)
    web, db = world.outside(world.host("web"), "98.76.65.10"), world.outside(world.host("db"), "45.67.89.11")

    def invite(_):
        db.put("/etc/wattle/prod.invite", web.get("/root/prod.invite"), 0o600)

    play("servers", {"web": web, "db": db}, {"prod.invite is carried to db": invite})


def test_exit_node(lab):
    world = World(lab)
    vps, laptop = world.outside(world.host("vps"), "98.76.65.43"), world.outside(world.host("laptop"), "172.20.3.2")
    make_mesh("home", "98.76.65.43", vps, laptop)
    play("exit-node", {"vps": vps, "laptop": laptop})


def wg_quick(host, number, port, peer):
    """number and port are of this host; peer is the text of the other's section."""
    host.put("/etc/wireguard/wg0.conf", f"""[Interface]
PrivateKey = {host.private}
Address = 10.42.0.{number}/24
ListenPort = {port}

[Peer]
{peer}
""", 0o600)
    # Nobody manages the cards here, so that nothing is ever online for these two.
    host.run("systemctl mask --runtime NetworkManager-wait-online systemd-networkd-wait-online; systemctl enable --now wg-quick@wg0", 300)


def test_from_wg_quick(lab):
    world = World(lab)
    desktop, laptop = world.outside(world.host("desktop"), "98.76.65.43"), world.outside(world.host("laptop"), "172.20.3.2")
    for host in desktop, laptop:
        host.private = host.out("wg genkey")
        host.public = host.out(f"wg pubkey <<<{host.private}")
    wg_quick(desktop, 1, 51820, f"# Name = laptop\nPublicKey = {laptop.public}\nAllowedIPs = 10.42.0.2/32")
    wg_quick(laptop, 2, 51820, f"# Name = desktop\nPublicKey = {desktop.public}\nAllowedIPs = 10.42.0.1/32\n"
                               "Endpoint = 98.76.65.43:51820\nPersistentKeepalive = 25")
    laptop.wait("ping -c1 -W1 10.42.0.1")

    def gather(_):
        for host in desktop, laptop:
            desktop.put(f"/root/{host.name}.conf", host.get("/etc/wireguard/wg0.conf"), 0o600)

    play("from-wg-quick", {"desktop": desktop, "laptop": laptop},
         {"wg0.conf of both is on the desktop": gather,
          "home.mesh is carried to the laptop": lambda _: carry(desktop, laptop, "/etc/wattle/home.mesh")})


def test_mullvad(lab):
    """The app's rules, and for its tunnel an interface that leads nowhere."""
    world = World(lab)
    desktop, laptop = world.inside(world.host("desktop"), "192.168.1.10"), world.outside(world.host("laptop"), "172.20.3.2")
    make_mesh("home", "123.45.67.89", desktop, laptop)
    laptop.run(f"ip link add mole0 type dummy; ip addr add 10.64.0.2/32 dev mole0; ip link set mole0 up\nnft -f - <<'END'\n{kill_switch('connected')}\nEND")
    play("mullvad", {"laptop": laptop})
