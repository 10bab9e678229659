# SPDX-License-Identifier: LGPL-2.1-or-later
"""An endpoint that others change: a name server, a manager, a user; and a wattled that was not there to see it."""

import nat64
import roam as roaming
import untidy
from roam import LAN, PUBLIC, SECOND, Flow, lost


class Strict(roaming.Roam):
    """As hosts of the untidy lab are: each filters strictly, and the desktop has Docker's chains."""

    def tunnels(self):
        for host in self.laptop, self.desktop:
            untidy.filter_strictly(host)
        untidy.forward_as_docker(self.desktop)
        super().tunnels()


# A name server that knows one address, that in /run/dns.
DNS = """import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("198.51.100.1", 53))
while True:
    query, who = s.recvfrom(512)
    end = query.index(b"\\0", 12) + 5
    kind, = struct.unpack(">H", query[end - 4:end - 2])
    answer = b""
    if kind == 1:
        answer = b"\\xc0\\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + socket.inet_aton(open("/run/dns").read().strip())
    s.sendto(query[:2] + struct.pack(">HHHHH", 0x8180, 1, bool(answer), 0, 0) + query[12:end] + answer, who)
"""


class Named(Strict):
    def lines(self, name):
        return ["PublicEndpoint=desk.example:54444"] if name == "desktop" else []


def test_the_address_behind_a_name_changes(quick):
    roam = Named(quick)
    roam.inet.put("/run/dns.py", DNS)
    roam.inet.put("/run/dns", "203.0.113.2")
    server = roam.inet.start("exec python3 /run/dns.py", 600)
    roam.inet.wait("ss -Huln 'sport = 53' | grep -q :53")
    quick.guest.put("/etc/netns/laptop/resolv.conf", "nameserver 198.51.100.1\n")
    roam.tunnels()
    roam.laptop.run(f"wg set wg0 peer {roam.desktop.public_key} remove; wg set wg0 peer {roam.desktop.public_key} allowed-ips 10.42.0.1/32")
    roam.start_daemons()
    roam.wait_path(PUBLIC)  # found by its name: the manager's file has no endpoint
    flow = Flow(roam.laptop, "10.42.0.1")
    roam.home.run("""ip addr del 203.0.113.2/24 dev inet
        ip addr add 203.0.113.9/24 dev inet
        ip route replace default via 203.0.113.1
        nft add rule ip nat prerouting ip daddr 203.0.113.9 udp dport 54444 dnat to 10.41.1.1:51820""")
    roam.inet.put("/run/dns", "203.0.113.9")
    roam.wait_path("203.0.113.9:54444")
    # Answers come while it is still held there; it is said when it has proved itself.
    roam.laptop.wait("grep -qF '203.0.113.9:54444 (public): the old one was silent' /run/laptop/log")
    flow.more()
    flow.stop()
    server.signal()


class OfIPv6Alone(roaming.Roam):
    """The laptop has no IPv4 outside, and the desktop nothing else."""

    def lines(self, name):
        return ["PublicEndpoint=desk.example:54444"] if name == "desktop" else []

    def __init__(self, quick):
        super().__init__(quick)
        self.inet.put("/run/dns", "203.0.113.2")
        nat64.start(self.inet, "laptop", "2001:db8:64::1")
        self.laptop.run("ip -4 addr flush dev inet; ip addr add 2001:db8:64::2/64 dev inet nodad; ip route add default via 2001:db8:64::1")
        quick.guest.put("/etc/netns/laptop/resolv.conf", "nameserver 2001:db8:64::1\n")

    def tunnels(self):
        super().tunnels()
        self.laptop.run(f"wg set wg0 peer {self.desktop.public_key} remove; wg set wg0 peer {self.desktop.public_key} allowed-ips 10.42.0.1/32")


def test_behind_nat64(quick):
    """By its name, for which the network's name server has an address that the network translates."""
    roam = OfIPv6Alone(quick)
    roam.tunnels()
    roam.start_daemons()
    roam.laptop.wait("ping -c1 -W2 10.42.0.1")
    assert roam.endpoint() == "[64:ff9b::cb00:7102]:54444"
    flow = roaming.Flow(roam.laptop, "10.42.0.1")
    begin, end = flow.last(), flow.more(2 * SECOND)
    assert lost(flow.stop(), begin, end) == 0


def test_a_manager_resets_endpoints(quick):
    roam = Strict(quick)
    flow = roam.start_flow()
    roam.come_home()
    roam.wait_path(LAN)
    reset = f"wg set wg0 peer {roam.desktop.public_key} endpoint {PUBLIC}"
    begin = flow.more()
    roam.laptop.run(reset)
    flow.more()
    roam.wait_path(LAN)
    end = flow.more()
    # All peers replaced, as networkd does: the session is gone too.
    roam.laptop.run(f"""wg set wg0 peer {roam.desktop.public_key} remove
        wg set wg0 peer {roam.desktop.public_key} allowed-ips 10.42.0.1/32,fd42::1/128 endpoint {PUBLIC}""")
    roam.wait_path(LAN)
    flow.more()
    answers = flow.stop()
    assert lost(answers, begin, end) <= SECOND
    # With no traffic, at the next poll.
    roam.laptop.run(reset)
    roam.wait_path(LAN)


class OnTheBus(roaming.Roam):
    """The laptop has a bus, and so 'wattle' has somebody to ask."""

    def start(self):
        self.tunnels()
        self.laptop.wait("ping -c1 -W2 10.42.0.1")
        self._on_bus = roaming.start_bus(self.laptop)
        self.start_daemons(on_bus=self._on_bus)

    def migrate(self, *operands):
        return self.laptop.out(f"{self._on_bus} wattle migrate wg0 desktop {' '.join(operands)}")


def test_moved_by_name(quick):
    """'wattle migrate' to one endpoint and to another, and to the best; and there the peer stays."""
    roam = OnTheBus(quick)
    flow = roam.start_flow()
    roam.come_home()
    roam.wait_path(LAN)
    # Who leaves a link after ten seconds on it is not looked for there for a while: the desktop's wattled has not been asked.
    flow.more(12 * SECOND)
    begin = flow.more()
    assert roam.migrate(PUBLIC) == f"desktop: now at {PUBLIC}, public; it was at {LAN}, LAN"
    there = flow.more(4 * SECOND)
    assert roam.endpoint() == PUBLIC, "it did not stay"
    assert roam.migrate(PUBLIC) == f"desktop: already at {PUBLIC}, public"
    assert roam.migrate(LAN) == f"desktop: now at {LAN}, LAN; it was at {PUBLIC}, public"
    end = flow.more(SECOND)
    assert roam.endpoint() == LAN
    roam.migrate(PUBLIC)
    assert roam.migrate() == f"desktop: now at {LAN}, LAN; it was at {PUBLIC}, public"
    answers = flow.stop()
    print("lost:", lost(answers, begin, there), lost(answers, there, end))
    assert lost(answers, begin, end) <= 2


def test_our_own_address_changes(quick):
    """Probes go out from the one that the mesh has now, or no path would be proved."""
    roam = Strict(quick)
    flow = roam.start_flow()
    roam.come_home()
    roam.wait_path(LAN)  # now it knows that a wattled answers there, and asks in no other way
    roam.leave_home()
    roam.wait_path(PUBLIC)
    flow.stop()
    roam.laptop.run("ip addr flush dev wg0; ip addr add 10.42.0.3/16 dev wg0; ip addr add fd42::3/64 dev wg0 nodad")
    roam.desktop.run(f"wg set wg0 peer {roam.laptop.public_key} allowed-ips 10.42.0.3/32,fd42::3/128")
    for daemon in roam.daemons.values():
        daemon.update(roaming.mesh(desktop=(roam.desktop.public_key, 1, *roam.lines("desktop")),
                                   laptop=(roam.laptop.public_key, 3)))
    roam.laptop.wait("ss -Hulpn 'sport = 21822' | grep wattled | grep -F 10.42.0.3")
    flow = Flow(roam.laptop, "10.42.0.1")
    roam.come_home()
    roam.wait_path(LAN)
    flow.more(2 * SECOND)
    flow.stop()
    assert roam.endpoint() == LAN


def test_asleep_while_the_link_goes(quick):
    """Neither the daemon nor the link is there for a while; what is then is seen."""
    roam = Strict(quick)
    flow = roam.start_flow()
    roam.come_home()
    roam.wait_path(LAN)
    roam.daemons["laptop"].signal("STOP")
    roam.leave_home()
    roam.come_home()
    roam.leave_home()
    roam.daemons["laptop"].signal("CONT")
    roam.wait_path(PUBLIC)
    flow.more()
    # The same address again, and the link flaps.
    for _ in range(3):
        roam.come_home()
        roam.leave_home()
    roam.come_home()
    roam.wait_path(LAN)
    flow.more()
    flow.stop()


def test_killed_and_started_again(quick):
    """Without wattled all stays as it is; the next one takes it up."""
    roam = Strict(quick)
    flow = roam.start_flow()
    roam.come_home()
    roam.wait_path(LAN)
    begin = flow.more()
    roam.daemons["laptop"].signal("KILL")
    roam.daemons["desktop"].signal("KILL")
    flow.more(SECOND)
    assert roam.endpoint() == LAN
    for daemon in roam.daemons.values():
        daemon.start()
    end = flow.more(SECOND)
    assert roam.endpoint() == LAN
    roam.leave_home()
    roam.wait_path(PUBLIC)
    flow.more()
    assert lost(flow.stop(), begin, end) == 0
