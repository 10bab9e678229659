# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two devices behind NAT find each other: real WireGuard, real wattleds, a real wattle-relay."""

import pytest

import reach as reaching
from roam import SECOND, Flow, lost


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
    reach.start()
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
    reach.start()
    reach.one.wait("ping -c1 -W1 10.42.0.3", 60)
    flow = Flow(reach.one, "10.42.0.3")
    begin = flow.last()
    end = flow.more(5 * SECOND)
    answers = flow.stop()
    print("lost:", lost(answers, begin, end), "of", end - begin)
    assert lost(answers, begin, end) <= 2
    assert reach.endpoint(reach.one).startswith(f"{reaching.CORE}:219")
