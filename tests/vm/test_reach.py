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
