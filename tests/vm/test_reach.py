# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two devices behind NAT find each other: real WireGuard, real wattleds, a real wattle-relay."""

import os
import re
import subprocess

import pytest

import mesh as meshes
import nm_host
import reach as reaching
from roam import SECOND, Flow, lost

PICTURES = os.environ.get("WATTLE_PICTURES")  # a folder that is to have the picture of the README


@pytest.mark.limit(400)
def test_over_the_relay_to_a_direct_way(quick):
    reach = reaching.Reach(quick)
    reach.start()
    assert reach.endpoint(reach.one).startswith("127.64."), "it waits to be wanted"
    reach.one.wait("ping -c1 -W1 10.42.0.3", 60)
    flow = Flow(reach.one, "10.42.0.3")
    begin = flow.last()
    reach.wait_direct()
    end = flow.more(SECOND)
    answers = flow.stop()
    print("lost:", lost(answers, begin, end), "of", end - begin)
    assert lost(answers, begin, end) <= 2
    assert "(direct): both opened their NAT for the other" in reach.said("one") + reach.said("two")
    # Nobody has them send anything while they do not speak, but that the NATs stay open.
    assert reach.one.out("wg show wg0 persistent-keepalive").split()[1::2] == ["25", "25"]
    # Another day those openings are closed: there it has to be wanted anew.
    reach.daemons["one"].stop()
    assert reaching.OUTSIDE["two"] not in reach.one.out("cat /run/one/state/* || true")


@pytest.mark.limit(400)
def test_introduced_by_a_third(quick):
    """No relay is there, but core, which both call: it tells each where it sees the other. One of them gets another address later."""
    reach = reaching.Reach(quick)
    reach.start(on_bus=True, relay=False)
    assert reach.endpoint(reach.one).startswith("127.64."), "it waits to be wanted"
    reach.one.wait("ping -c1 -W1 10.42.0.3", 60)
    reach.wait_direct()
    reach.wait_told("two", '"IntroducedBy" s "core"')
    flow = Flow(reach.one, "10.42.0.3")
    assert reach.one.out("wg show wg0 persistent-keepalive").split()[1::2] == ["25", "25"]
    reach.new_address()
    flow.more(SECOND)
    reach.two.wait("wg show wg0 endpoints | grep -qF 203.0.113.20:51820")
    begin = flow.last()
    end = flow.more(2 * SECOND)
    answers = flow.stop()
    print("lost:", lost(answers, begin, end), "of", end - begin)
    assert lost(answers, begin, end) <= 2
    assert "(direct): both opened their NAT for the other" in reach.said("one") + reach.said("two")


@pytest.mark.limit(400)
def test_killed_while_introduced(quick):
    """Each wattled of the three, at the first packets by the way that the other was told of; with it or without, they meet."""
    reach = reaching.Reach(quick)
    reach.start(relay=False)
    for name in ("one", "two", "core"):
        ping = reach.one.start("exec ping -i 0.2 10.42.0.3", 200)
        reach.one.wait("! wg show wg0 endpoints | grep -q 127.64.", 60)
        daemon = reach.daemons[name]
        daemon.signal("KILL")
        daemon.ended()
        daemon.start()
        reach.wait_direct()
        reach.one.wait("ping -c1 -W1 10.42.0.3", 60)
        ping.signal()
        ping.finish(check=False)
        reach.forget(relay=False)


@pytest.mark.limit(400)
def test_introduced_over_bad_ways(quick):
    """A carrier's NAT behind the router at home, 200 ms there and back, and a fifth of all packets is lost."""
    reach = reaching.Reach(quick, delay="100ms loss 20%", carrier=True)
    reach.start(relay=False)
    ping = reach.one.start("exec ping -i 0.5 10.42.0.3", 200)
    reach.wait_direct()
    ping.signal()
    ping.finish(check=False)


@pytest.mark.limit(400)
def test_introduced_by_ipv6(quick):
    """No NAT is there, but two routers that let nobody in."""
    reach = reaching.Reach(quick)
    reach.only_ipv6()
    reach.start(relay=False)
    reach.one.wait("ping -c1 -W1 10.42.0.3", 60)
    reach.wait_direct()


@pytest.mark.limit(400)
def test_introduced_in_vain(quick):
    """Each destination has another port there, so nothing can come of it; and that is said."""
    reach = reaching.Reach(quick, "fully-random")
    reach.start(on_bus=True, relay=False)
    ping = reach.one.start("exec ping -i 0.5 10.42.0.3", 200)
    reach.wait_told("two", "the NATs of both change the port")
    assert reach.endpoint(reach.one).startswith("127.64.")
    ping.signal()
    ping.finish(check=False)


@pytest.mark.limit(600)
def test_what_ends_a_way(quick):
    """The direct one is cut, and it is the relay again; the relay ends, and another one of its is taken; both get other addresses at
    once; a wattled is killed on the relay's way."""
    reach = reaching.Reach(quick)
    reach.start()
    reach.one.wait("ping -c1 -W1 10.42.0.3", 60)
    flow = Flow(reach.one, "10.42.0.3")
    reach.wait_direct()
    reach.core.run("""nft -f - <<'RULES'
table ip cut { chain forward { type filter hook forward priority 0; udp dport 51820 drop; }; }
RULES""")
    reach.wait_relayed()
    flow.more(SECOND)
    reach.restart_relay()
    flow.more(SECOND)
    reach.wait_relayed()
    reach.daemons["one"].signal("KILL")
    reach.daemons["one"].ended()
    reach.daemons["one"].start()
    flow.more(SECOND)
    reach.new_addresses()
    flow.more(SECOND)
    reach.wait_relayed()
    flow.stop()


@pytest.mark.limit(400)
def test_behind_one_router(quick):
    """They meet by the relay, tell each other where they are, and go on by their LAN, of which no profile knows."""
    reach = reaching.Reach(quick)
    reach.join(reach.two, reach.one)
    reach.start(settings="Discovery=no")  # by a beacon it may be another of the addresses there
    reach.one.wait("ping -c1 -W1 10.42.0.3", 60)
    flow = Flow(reach.one, "10.42.0.3")
    begin = flow.last()
    for host, address in ((reach.one, "10.9.0.2"), (reach.two, "10.9.0.1")):
        host.wait(f"for i in 1 2 3; do wg show wg0 endpoints | grep -qF '{address}:51820'; done", 150)
    end = flow.more(SECOND)
    answers = flow.stop()
    print("lost:", lost(answers, begin, end), "of", end - begin)
    assert lost(answers, begin, end) <= 2
    assert "(LAN): the peer is on this link" in reach.said("one") + reach.said("two")


@pytest.mark.limit(400)
def test_each_destination_another_port(quick):
    """No direct way can be found, and none is lost by looking for it."""
    reach = reaching.Reach(quick, "fully-random")
    reach.start(on_bus=True)
    reach.one.wait("ping -c1 -W1 10.42.0.3", 60)
    flow = Flow(reach.one, "10.42.0.3")
    begin = flow.last()
    end = flow.more(5 * SECOND)
    answers = flow.stop()
    print("lost:", lost(answers, begin, end), "of", end - begin)
    assert lost(answers, begin, end) <= 2
    assert reach.endpoint(reach.one).startswith(f"{reaching.CORE}:219")
    reach.wait_told("two", "the NATs of both change the port")


@pytest.mark.one_release
@pytest.mark.limit(400)
def test_real_units(lab):
    """Three hosts of a LAN, of which two know of the third alone: its units, in their sandboxes, bring the two together, and what they
    tell each other of themselves takes them off the relay again. One of the two belongs to NetworkManager."""
    mesh = meshes.Mesh("home", "a", "b", "c")
    guests = {name: lab.guest(name) for name in "abc"}
    for guest in guests.values():
        guest.lan = guest.plug(0, lab.lan)
    mesh["a"].lines += [f"PublicEndpoint={guests['a'].lan.v4}:{meshes.LISTEN_PORT}", "Relay=yes"]
    a, b, c = guests.values()
    nm_host.start_nm(c)
    for name, guest in guests.items():
        mesh.put(guest, name, "ActivationPolicy=up\n" + ("Owner=NetworkManager\n" if guest is c else ""))
        print(guest.out("wattle apply home"))
    assert a.out("systemctl is-active wattle-relay@home.socket") == "active"
    assert "relay" not in a.out("wattle doctor home || true")
    assert b.run("systemctl is-active wattle-relay@home.socket", check=False).code != 0
    for guest in (b, c):
        guest.wait(f"ping -c1 -W1 {mesh['a'].v4}")
    b.wait(f"ping -c1 -W1 {mesh['c'].v4}", 60)
    # Under traffic, so that there is a reason to look for better.
    flow = b.start(f"exec ping -i 0.1 -c 600 {mesh['c'].v4}", 120)
    b.wait(f"wattle status home | grep -E '^c .* LAN '", 90)
    probed = b.out("wattle probe home c")
    print(b.out("wattle status home"), probed, sep="\n")
    assert re.match(r"(?s).*c answered after .*, LAN\nWAY .*a relay's port for the two.*", probed)
    flow.signal(15)
    flow.finish(check=False)
    print(passed := re.search(r"relay: \d of 100 ports have a pair, (\d+) packets passed on", a.out("wattle status home")))
    assert int(passed[1]) > 0
    for guest in guests.values():
        print(guest.out("journalctl -b -o cat -u 'wattle-*' -u wattled | tail -n 20"))
        assert guest.out("systemctl --failed --no-legend") == ""
    assert a.out("systemctl is-active wattle-relay@home.service") == "active"
    assert "(relayed): a relay passes on" in b.out("journalctl -b -o cat -u wattled") + c.out("journalctl -b -o cat -u wattled")
    # What wattled set beside the files is no difference to them.
    assert "nothing to change" in b.out("wattle apply --dry-run home")


@pytest.mark.limit(400)
def test_the_graph_says_how_they_reach_each_other(quick):
    """'wattle show --graph', of four devices; and then each pair speaks, and does it so."""
    reach = reaching.Four(quick)
    reach.start()
    hosts = {"vps": reach.core, "desktop": reach.one, "laptop": reach.two, "nas": reach.nas}
    numbers = {"vps": 1, "desktop": 2, "laptop": 3, "nas": 4}
    ways = {"public": rf"{reaching.CORE}:51820", "LAN": r"(10\.9\.0\.|fe80)", "relayed by vps": rf"{reaching.CORE}:219"}
    graph = reach.one.out("wattle show --graph /run/one/etc/wattle/wg0.mesh")
    print(graph)
    pairs = re.findall(r'"(\w+)" -> "(\w+)" \[label="(LAN|public|relayed by vps)[,"]', graph)
    assert len(pairs) == 6
    for one, other, way in pairs:
        here, there = sorted((one, other), key=lambda name: name == "vps")  # who is called is vps
        hosts[here].wait(f"""ping -c1 -W1 10.42.0.{numbers[there]}
            for i in 1 2 3; do wg show wg0 endpoints | grep -F '{hosts[there].public_key}' | grep -qE '{ways[way]}'; done""", 150)
    if PICTURES:
        subprocess.run(["dot", "-Tsvg", "-o", f"{PICTURES}/mesh.svg"], input=graph.replace('label="wg0"; ', ""), text=True, check=True)
