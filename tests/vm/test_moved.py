# SPDX-License-Identifier: LGPL-2.1-or-later
"""An exit node whose address changes, on a host of NetworkManager's without systemd-resolved: its name is looked up past the tunnel, which is
dead then. One guest plays the world:

    laptop -- eth0, 192.168.1.2 ------ world: its router; 203.0.113.53, the uplink's name server; 203.0.113.1, and then .2, the exit node
           -- home, the tunnel ------- world: 10.42.0.2, the exit node and its name server
"""

import pytest

import mesh as meshes
import name_server
from nm_host import keyfile, load, manage, quiet, start_nm

pytestmark = pytest.mark.each_release

UPLINK, INSIDE, NAME = "203.0.113.53", "10.42.0.2", "vps.example.net"


class World:
    def __init__(self, lab, mesh):
        self.guest = lab.guest("vps")
        self.guest.lan = self.guest.plug(0, lab.lan)
        self.guest.run(f"ip addr add {UPLINK}/32 dev lo; sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0")
        self.move_to("203.0.113.1")
        mesh.apply(self.guest, "vps", "ActivationPolicy=up")
        self.guest.wait(f"ip addr show dev home | grep {INSIDE}/")
        # As a device behind NAT, the laptop is one that cannot be called: it hears from where it has sent to.
        self.guest.run("""systemctl stop wattled
            nft -f - <<'RULES'
table ip shy {
    chain out { type filter hook output priority 0; udp sport 51820 ct state new drop; }
}
RULES""")
        for address in UPLINK, INSIDE:
            name_server.start(self.guest, address)

    def move_to(self, address):
        name_server.set_record(self.guest, address)
        self.guest.run(f"for old in 203.0.113.1 203.0.113.2; do ip addr del $old/32 dev lo 2>/dev/null || :; done; ip addr add {address}/32 dev lo")

    def lose_sessions(self):
        """As by a restart."""
        self.guest.run("ip link set home down; ip link set home up")

    def asked(self, address):
        return name_server.asked(self.guest, address)


def make_laptop(lab, world):
    laptop = lab.guest("laptop")
    laptop.lan = laptop.plug(0, lab.lan)
    start_nm(laptop)
    manage(laptop, f"ipv4.gateway {world.guest.lan.v4} ipv4.dns {UPLINK}")
    laptop.wait(f"grep {UPLINK} /etc/resolv.conf")
    return laptop


def capture(laptop):
    laptop.start("exec tcpdump -i eth0 -n -l -U port 53 >/run/seen 2>/run/seen-ready", 900)
    laptop.wait("grep -q listening /run/seen-ready")


def reaches(laptop, address):
    """By the tunnel to the exit node's new address, within the time that wattled gives a peer and a name server."""
    laptop.start(f"ping -i 0.5 {INSIDE} >/run/ping", 900)
    laptop.wait(f"wg show home endpoints | grep {address}:51820", 180)
    laptop.wait(f"ping -c1 -W1 {INSIDE}")


def doctor(laptop):
    return [line for line in laptop.run("wattle doctor home", check=False).out.splitlines() if "will not be found" in line or "name alone" in line]


def test_an_exit_node_that_has_moved_is_found(lab):
    mesh = meshes.Mesh("home", "laptop", "vps")
    mesh["vps"].lines += ["ExitNode=yes", f"DNS={INSIDE}", "PublicEndpoint=203.0.113.1:51820", f"PublicEndpoint={NAME}:51820"]
    world = World(lab, mesh)
    laptop = make_laptop(lab, world)
    mesh.put(laptop, "laptop", "ExitNode=vps\nOwner=NetworkManager\nActivationPolicy=up")
    applied = laptop.run("wattle apply home")
    assert "will not be found" not in applied.err, applied
    laptop.wait(f"ping -c1 -W1 {INSIDE}")
    laptop.wait(f"grep {INSIDE} /etc/resolv.conf")
    assert UPLINK not in laptop.out("cat /etc/resolv.conf") and doctor(laptop) == []
    assert laptop.out("systemctl is-active wattle-lookup.socket") == "active"

    capture(laptop)
    laptop.run("getent ahostsv4 inside.example.org")
    assert "inside.example.org" in world.asked(INSIDE) and "inside.example.org" not in world.asked(UPLINK)

    for address in INSIDE, UPLINK:
        name_server.forget(world.guest, address)
    world.move_to("203.0.113.2")
    reaches(laptop, "203.0.113.2")
    # On the uplink that name and no other, at the uplink's server; in the tunnel not even that one.
    laptop.wait(f"grep -q {NAME} /run/seen")
    seen = [line for line in laptop.out("cat /run/seen").splitlines() if "?" in line]
    assert seen and all(f" {UPLINK}.53:" in line and f" {NAME}. " in line for line in seen), seen
    assert world.asked(UPLINK) == {NAME} and NAME not in world.asked(INSIDE)
    laptop.run("getent ahostsv4 again.example.org")
    assert "again.example.org" in world.asked(INSIDE) and world.asked(UPLINK) == {NAME}

    laptop.run("systemctl stop wattle-lookup.socket")
    assert [line.rsplit(" [")[0] for line in doctor(laptop)] and "does not run" in doctor(laptop)[0]
    assert laptop.run("wattle apply home").out and laptop.out("systemctl is-active wattle-lookup.socket") == "active"
    assert doctor(laptop) == []
    # A start and an end for each name would be no news.
    assert "wattle-lookup@" not in laptop.out("journalctl -b -o short")
    quiet(laptop)


def test_an_exit_node_that_has_a_name_alone(lab):
    """From nothing, and through an uplink that changes."""
    mesh = meshes.Mesh("home", "laptop", "vps")
    mesh["vps"].lines += ["ExitNode=yes", f"DNS={INSIDE}", f"PublicEndpoint={NAME}:51820"]
    world = World(lab, mesh)
    laptop = make_laptop(lab, world)
    mesh.apply(laptop, "laptop", "ExitNode=vps\nOwner=NetworkManager\nActivationPolicy=up")
    laptop.wait(f"ping -c1 -W1 {INSIDE}", 120)
    laptop.wait(f"grep {INSIDE} /etc/resolv.conf")
    assert doctor(laptop) == []

    world.guest.run("ip addr add 203.0.113.54/32 dev lo")
    name_server.start(world.guest, "203.0.113.54")
    laptop.run("nmcli connection modify lan ipv4.dns 203.0.113.54; nmcli device reapply eth0")
    for address in INSIDE, UPLINK:
        name_server.forget(world.guest, address)
    world.move_to("203.0.113.2")
    reaches(laptop, "203.0.113.2")
    assert world.asked("203.0.113.54") == {NAME} and world.asked(UPLINK) == set() and NAME not in world.asked(INSIDE)
    quiet(laptop)

    # Once more, and it has lost its sessions with its address; ours is new, and would be tried for three minutes.
    before = laptop.out("wg show home latest-handshakes").split()[1]
    world.lose_sessions()
    laptop.wait(f"test $(wg show home latest-handshakes | cut -f2) -gt {before}", 60)
    laptop.run("systemctl stop wattled")
    world.move_to("203.0.113.1")
    world.lose_sessions()
    laptop.run("systemctl start wattled")
    laptop.wait("wg show home endpoints | grep 203.0.113.1:51820", 100)
    laptop.wait(f"ping -c1 -W1 {INSIDE}")
    assert NAME not in world.asked(INSIDE)
    quiet(laptop)


def test_a_vpn_whose_exit_node_moves(lab):
    """A mesh that the connection carries: wattled looks after it while the VPN is up."""
    mesh = meshes.Mesh("home", "laptop", "vps")
    mesh["vps"].lines += ["ExitNode=yes", f"DNS={INSIDE}", f"PublicEndpoint={NAME}:51820"]
    world = World(lab, mesh)
    laptop = make_laptop(lab, world)
    load(laptop, keyfile(mesh, of="laptop", exit_node="vps"))
    laptop.run("nmcli connection up vpn")
    laptop.wait(f"ping -c1 -W1 {INSIDE}", 120)
    laptop.wait("systemctl is-active wattled")
    assert laptop.out("systemctl is-active wattle-lookup.socket") == "active"
    handed = "/run/wattle/~*"
    assert laptop.out(f"stat -c '%a %U %G' {handed}.carried {handed}.local").splitlines() == ["640 root wattle"] * 2
    assert mesh["laptop"].key.strip() not in laptop.out(f"cat {handed}")

    for address in INSIDE, UPLINK:
        name_server.forget(world.guest, address)
    world.move_to("203.0.113.2")
    reaches(laptop, "203.0.113.2")
    assert NAME in world.asked(UPLINK) and NAME not in world.asked(INSIDE)

    laptop.run("nmcli connection down vpn")
    laptop.wait("! ip link show dev home")
    laptop.wait(f"! ls {handed}.carried {handed}.local")
    assert laptop.out("systemctl --failed --no-legend") == ""
