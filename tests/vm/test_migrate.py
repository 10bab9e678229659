# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where packets go as a laptop moves: real WireGuard, real wattleds, and what is in their way. How long it takes is measured by
tests/bench/migrate; here it has to happen, with few packets lost."""

import pytest

import roam as roaming
from roam import LAN, PUBLIC, SECOND, Flow, lost

ROUNDS = 20


@pytest.mark.limit(900)
def test_coming_home_and_leaving(quick):
    roam = roaming.Roam(quick)
    flow = roam.start_flow()
    coming, leaving, before = [], [], len(roam.daemons["laptop"].said())
    for _ in range(ROUNDS):
        begin = flow.more()
        roam.come_home()
        roam.wait_path(LAN)
        there = flow.more()
        roam.leave_home()
        roam.wait_path(PUBLIC)
        coming.append((begin, there))
        leaving.append((there, flow.more()))
    answers = flow.stop()
    lost_coming = [lost(answers, *span) for span in coming]
    lost_leaving = [lost(answers, *span) for span in leaving]
    print("lost coming home:", *lost_coming)
    print("lost leaving:", *lost_leaving)
    assert sum(lost_coming) <= 1
    assert max(lost_leaving) <= SECOND
    said = roam.daemons["laptop"].said()[before:]
    # Each knows where the other is, and may go first.
    assert said.count("(LAN): the peer is on this link") + said.count("(LAN): the peer came from there") == ROUNDS
    assert said.count("(public): the way to the old one is gone") == ROUNDS
    # An emulated host with others beside it may be too slow for a try or two; a way that is there is no try in vain each time.
    assert said.count("did not answer") <= ROUNDS // 4


def packets(cafe):
    return int(cafe.out("nft list ruleset | sed -n 's/.*packets \\([0-9]*\\).*/\\1/p'"))


def test_a_stranger_has_the_private_address(quick):
    roam = roaming.Roam(quick)
    flow = roam.start_flow()
    cafe = roaming.join_cafe(roam)
    cafe.run("nft add table inet counted; nft add chain inet counted in '{ type filter hook input priority 0; }'; "
             "nft add rule inet counted in udp dport 51820 counter")
    begin = flow.more()
    roam.laptop.run("ip addr add 10.41.1.2/16 dev cafe")
    roam.laptop.wait("ping -c1 -W1 10.41.1.1")
    roam.laptop.wait("grep -q 'did not answer' /run/laptop/log", 120)
    roam.wait_path(PUBLIC)
    first = packets(cafe)
    end = flow.more(5 * SECOND)
    assert 0 < first <= SECOND
    assert packets(cafe) == first, "tried again at once"
    # And home again, by the same address on another link.
    roam.laptop.run("ip link del cafe")
    roam.come_home()
    roam.wait_path(LAN)
    flow.more()
    answers = flow.stop()
    print("packets to the stranger:", first, "lost:", lost(answers, begin, end))
    assert lost(answers, begin, end) <= SECOND


def test_the_lan_drops_wireguard(quick):
    """Ping and all other UDP go through, so that nothing but a try can tell."""
    roam = roaming.Roam(quick)
    flow = roam.start_flow()
    roam.desktop.run("""nft -f - <<'END'
table inet filter { chain in { type filter hook input priority 0; iifname home ip saddr 10.41.1.2 udp dport 51820 drop; }; }
END""")
    begin = flow.more()
    roam.come_home()
    roam.laptop.wait("ping -c1 -W1 10.41.1.1")
    roam.laptop.wait("grep -q 'did not answer' /run/laptop/log", 120)
    roam.wait_path(PUBLIC)
    end = flow.more()
    roam.desktop.run("nft delete table inet filter")
    roam.wait_path(LAN)  # the next try
    flow.more()
    answers = flow.stop()
    assert lost(answers, begin, end) <= SECOND


class Both(roaming.Roam):
    """Laptop and desktop know each other's address on a second link."""

    def lines(self, name):
        private = {"desktop": "10.55.0.1", "laptop": "10.55.0.2"}[name]
        return [*([f"PublicEndpoint={PUBLIC}"] if name == "desktop" else []), f"PrivateEndpoint={private}:51820"]


def test_both_upgrade_at_once(quick):
    roam = Both(quick)
    quick.guest.run("""ip -n laptop link add second type veth peer name second netns desktop
        ip -n laptop link set second up; ip -n desktop link set second up""")
    flow = roam.start_flow()
    begin = flow.more()
    quick.guest.run("ip -n laptop addr add 10.55.0.2/24 dev second; ip -n desktop addr add 10.55.0.1/24 dev second")
    roam.wait_path("10.55.0.1:51820")
    roam.wait_path("10.55.0.2:51820", roam.desktop)
    end = flow.more()
    flow.more(3 * SECOND)
    assert roam.endpoint() == "10.55.0.1:51820" and roam.endpoint(roam.desktop) == "10.55.0.2:51820"
    assert lost(flow.stop(), begin, end) <= 2


def ipv6_only(quick, private, other_public=""):
    """The same places with no IPv4 but the loopback's; PrivateEndpoint= as given, and another PublicEndpoint=, where nobody is."""
    class Six(roaming.Roam):
        def lines(self, name):
            return [f"PublicEndpoint=[2001:db8:1::2]:51820 {other_public}", f"PrivateEndpoint={private}"] if name == "desktop" else []

    roam = Six(quick)
    for host, interface, address in ((roam.laptop, "inet", "2001:db8:2::2"), (roam.inet, "laptop", "2001:db8:2::1"),
                                     (roam.inet, "home", "2001:db8:1::1"), (roam.desktop, "home", "2001:db8:1::2")):
        host.run(f"ip -4 addr flush dev {interface}; ip addr add {address}/64 dev {interface} nodad")
    # The desktop's own public prefix, as with IPv6 at home: its router is a bridge here.
    roam.home.run("ip -4 addr flush dev lan; ip -4 addr flush dev inet; ip link set dev inet master lan")
    # On its LAN it has that address alone: of two, which the desktop tells both of, the first that answers is the one that stays.
    lan = "fe80::1" if "fe80" in private else "fd41::1"
    roam.desktop.run(f"ip route add default via 2001:db8:1::1; ip addr add {lan}/64 dev home nodad")
    roam.laptop.run("ip route add default via 2001:db8:2::1")
    roam.tunnels()
    roam.laptop.run(f"wg set wg0 peer {roam.desktop.public_key} endpoint [2001:db8:1::2]:51820")
    roam.laptop.wait("ping -c1 -W2 fd42::1")
    roam.start_daemons()
    return roam


@pytest.mark.parametrize("private, endpoint", [("[fd41::1]:51820", "[fd41::1]:51820"), ("[fe80::1]:51820", "[fe80::1%")])
def test_ipv6_only(quick, private, endpoint):
    roam = ipv6_only(quick, private)
    flow = Flow(roam.laptop, "fd42::1")
    begin = flow.more()
    roam.come_home("fd41::2/64 nodad")
    roam.wait_path(endpoint)
    end = flow.more()
    roam.leave_home()
    roam.wait_path("[2001:db8:1::2]:51820")
    flow.more()
    answers = flow.stop()
    assert lost(answers, begin, end) <= SECOND  # the LAN's first answers wait for duplicate address detection


def test_a_public_address_is_on_our_link(quick):
    """As with IPv6 at home: the same endpoint here and there, and no reason to leave it with the link."""
    roam = ipv6_only(quick, "[fd41::1]:51820", "[2001:db8:9::9]:51820")
    public = "[2001:db8:1::2]:51820"
    flow = Flow(roam.laptop, "fd42::1")
    roam.come_home("2001:db8:1::22/64 nodad")
    roam.wait_path(public)
    flow.more(2 * SECOND)
    roam.daemons["laptop"].stop()
    roam.daemons["laptop"].start()  # it finds a neighbour
    begin = flow.more()
    roam.leave_home()
    flow.more(2 * SECOND)
    end = flow.more()
    roam.wait_path(public)
    answers = flow.stop()
    said = roam.daemons["laptop"].said()
    print(said, "lost:", lost(answers, begin, end))
    assert "the way to the old one is gone" not in said
    assert lost(answers, begin, end) <= SECOND


def test_an_advertisement_that_changes_nothing(quick):
    """A router says once more what it said before, and then a new prefix: to no peer packets go another way than before."""
    roam = roaming.Roam(quick)
    flow = roam.start_flow()
    roam.laptop.run("nft add table inet probes; nft add chain inet probes out '{ type filter hook output priority 0; }'; "
                    "nft add rule inet probes out oifname wg0 udp dport 21822 @th,96,8 { 1, 2 } counter")  # not HELLO
    probes = "nft list table inet probes | sed -n 's/.*packets \\([0-9]*\\).*/\\1/p'"
    roaming.advertise(roam.inet, "laptop", "2001:db8:1::")
    roam.laptop.wait("ip -6 addr show dev inet scope global -tentative | grep 2001:db8:1:")
    flow.more(5 * SECOND)
    before = roam.laptop.out(probes)
    news = roam.laptop.start("exec ip monitor address route >/run/news", roaming.LIMIT_S)
    for number in range(5):
        roaming.advertise(roam.inet, "laptop", "2001:db8:1::")
        roam.laptop.wait(f"[ $(grep -c 2001:db8:1: /run/news) -gt {number} ]")
        flow.more(SECOND)
    roaming.advertise(roam.inet, "laptop", "2001:db8:2::")
    roam.laptop.wait("ip -6 addr show dev inet scope global -tentative | grep 2001:db8:2:")
    flow.more(SECOND)
    news.signal(15)
    news.finish(check=False)
    flow.stop()
    assert roam.laptop.out(probes) == before, "the path was in doubt"
    assert roam.endpoint() == PUBLIC


@pytest.mark.parametrize("signal", ["TERM", "KILL"])
def test_wattled_ends_in_the_middle_of_a_try(quick, signal):
    """A user has a peer moved to where a stranger is, and wattled ends before it has gone back."""
    roam = roaming.Roam(quick)
    roam.tunnels()
    roam.laptop.wait("ping -c1 -W2 10.42.0.1")
    roaming.join_cafe(roam)
    roam.laptop.run("ip addr add 10.41.1.2/16 dev cafe")
    roam.laptop.wait("ping -c1 -W1 10.41.1.1")
    bus = roaming.start_bus(roam.laptop)
    daemon = roaming.Daemon(roam.laptop, roam.text(), on_bus=bus)
    roam.laptop.run(f"""{bus} busctl call org.wattle1 /org/wattle1/mesh/wg0 org.wattle1.Mesh Migrate ss desktop {LAN}
        until wg show wg0 endpoints | grep -qF {LAN}; do :; done
        kill -{signal} $(cat {daemon.pid})""")
    daemon.ended()
    if signal == "KILL":
        assert roam.endpoint() == LAN
        daemon.start()
        roam.laptop.wait(f"grep -qF 'desktop is at {PUBLIC} again: wattled ended in the middle of a move' {daemon.log}")
    roam.wait_path(PUBLIC)
    assert roam.laptop.out("ls /run/laptop/runtime") == ""
