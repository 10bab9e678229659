# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices find each other on a LAN where nobody could tell them: real WireGuard, real wattleds, real beacons."""

import re

import pytest

from lan import Lan
from roam import PUBLIC, SECOND, Undescribed, lost


@pytest.mark.limit(400)
def test_a_switch_and_nothing_else(quick):
    """With IPv4 and a session; then with IPv6 alone and none. A stranger on the switch hears what there is to hear."""
    lan = Lan(quick)
    lan.meet()
    lan.cut()
    stranger = lan.stranger()
    lan.plug("169.254.7.1/16", "169.254.7.2/16")
    lan.one.wait(f"ping -c1 -W1 {lan.TWO}", 60)
    for host, there in ((lan.one, 2), (lan.two, 1)):
        host.wait(f"wg show wg0 endpoints | grep -qE '169.254.7.{there}:51820|fe80::'")
    heard = re.findall(r"^(\d+) (\S+) (\S+)$", stranger.out("cat /run/heard"), re.M)
    print(heard)
    assert {size for size, _, _ in heard} == {"34"}
    assert {address for _, address, _ in heard} == {"169.254.7.1", "169.254.7.2"}
    assert len({beacon[:32] for _, _, beacon in heard}) == len(heard), "no two are the same"
    assert all(beacon[32:36] == "ca6c" for _, _, beacon in heard)

    lan.unplug()
    lan.forget_sessions()
    lan.plug()
    lan.two.wait(f"ping -c1 -W1 {lan.ONE}", 60)
    for name, host in lan.hosts.items():
        assert lan.endpoint(host).startswith("[fe80::"), name
        print(lan.daemons[name].said())
    assert "(LAN)" in lan.daemons["one"].said() + lan.daemons["two"].said()


@pytest.mark.limit(300)
def test_no_beacons(quick):
    """Discovery=no: nothing is sent and nothing is open; and with it again, both."""
    lan = Lan(quick)
    lan.one.put("/run/one/etc/wattle/wg0.mesh.d/discovery.conf", "[Local]\nDiscovery=no\n")
    lan.meet()
    stranger = lan.stranger()
    lan.plug("169.254.7.1/16", "169.254.7.2/16")
    stranger.wait("grep -q '34 169.254.7.2 ' /run/heard")
    assert "169.254.7.1" not in stranger.out("cat /run/heard")
    assert lan.one.out("ss -Hulpn 'sport = 21821'") == ""
    assert lan.two.out("ss -Hulpn 'sport = 21821' | grep -c wattled").strip() == "2"
    lan.one.run("rm /run/one/etc/wattle/wg0.mesh.d/discovery.conf")
    lan.daemons["one"].signal("HUP")
    stranger.wait("grep -q '34 169.254.7.1 ' /run/heard")


def test_coming_home_where_nobody_has_described_it(quick):
    """No PrivateEndpoint=: they have told each other where they are, and beacons do. Under 50 packets a second."""
    roam = Undescribed(quick)
    flow = roam.start_flow()
    begin = flow.more(2 * SECOND)
    leaving = []
    for _ in range(5):
        roam.come_home()
        roam.wait_home()
        there = flow.more()
        roam.leave_home()
        roam.wait_path(PUBLIC)
        leaving.append((there, flow.more(SECOND)))
    answers = flow.stop()
    lost_leaving = [lost(answers, *span) for span in leaving]
    in_all = lost(answers, begin, leaving[-1][1])
    print("lost coming home:", in_all - sum(lost_leaving), "leaving:", *lost_leaving)
    print(roam.daemons["laptop"].said())
    assert in_all - sum(lost_leaving) <= 1
    assert max(lost_leaving) <= SECOND
