# SPDX-License-Identifier: LGPL-2.1-or-later
"""The quick lab keeps its promises."""

import re


def behind_nat(quick):
    """laptop - router - vps, with a tunnel between the outer two."""
    laptop, router, vps = (quick.host(name) for name in ("laptop", "router", "vps"))
    quick.wire(laptop, "192.168.1.2/24", router, "192.168.1.1/24")
    quick.wire(vps, "203.0.113.2/24", router, "203.0.113.1/24")
    quick.route(laptop, "192.168.1.1")
    quick.nat(router, outside="vps")
    quick.wireguard(laptop, "10.42.0.1/24")
    quick.wireguard(vps, "10.42.0.2/24")
    quick.peer(vps, laptop, "10.42.0.1/32")
    quick.peer(laptop, vps, "10.42.0.2/32", "203.0.113.2:51820")
    return laptop, router, vps


def test_wireguard_through_nat(quick):
    laptop, _, vps = behind_nat(quick)
    laptop.wait("ping -c1 -W1 10.42.0.2")
    assert " 0% packet loss" in laptop.out("ping -q -c10 -i0.1 10.42.0.2")
    assert vps.out("wg show wg0 endpoints").split()[1].startswith("203.0.113.1:")


def test_netem_delays(quick):
    laptop, _, _ = behind_nat(quick)
    quick.netem(laptop, "router", "delay 200ms")
    laptop.wait("ping -c1 -W2 203.0.113.2")
    fastest = re.search(r"= ([\d.]+)/", laptop.out("ping -q -c3 -i0.2 203.0.113.2")).group(1)
    assert float(fastest) >= 200
