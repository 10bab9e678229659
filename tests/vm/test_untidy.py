# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exit nodes, routes and endpoints in networks as people have them; the kernel's side of wattle."""

import pytest

import test_exit
import untidy
from exit_lab import TARGET


def answers(host, limit=False):
    if limit:
        host.wait(f"ping -c1 -W1 {TARGET}")
    return host.run(f"ping -c3 -i0.2 -W1 {TARGET}", check=False).code == 0


def test_exit_node_behind_it_all(quick):
    """From DS-Lite's IPv4, its IPv6 and an IPv6-only device, each through strict filters, to a host of Docker's."""
    lab = untidy.Untidy(quick)
    for host in lab.laptop, lab.six, lab.vps:
        lab.hold(host)
    lab.laptop.wait("ping -c1 -W1 10.42.0.2")
    assert not answers(lab.laptop), "Docker drops what is forwarded"
    lab.open_docker()
    lab.target.run(f"ip route add 10.0.0.0/8 via 198.51.100.1; nft -f - <<'RULES'\n{test_exit.COUNT}\nRULES")
    for family in 4, 6:
        lab.call_by(family)
        assert answers(lab.laptop, limit=True)
        (endpoint,) = lab.laptop.out("wg show wg0 endpoints | cut -f2").splitlines()
        assert (family == 6) == endpoint.startswith("[")
    assert answers(lab.six, limit=True)
    assert test_exit.counted(lab.target) == 0, "nothing leaves with an address of the mesh"
    # Loose on the mesh's own interface, and nowhere else.
    for host in lab.laptop, lab.six:
        assert lab.strict(host) == "wg0"
    assert lab.strict(lab.vps) == ""


@pytest.mark.parametrize("family", (4, 6))
def test_without_the_table_answers_are_refused(quick, family):
    """IPv4's filter refuses them; of IPv6 the kernel has none, and a firewall's does, as firewalld's IPv6_rpfilter."""
    lab = untidy.Untidy(quick)
    lab.call_by(family)
    lab.hold(lab.vps)
    lab.open_docker()
    if family == 6:
        lab.laptop.run("""nft add table ip6 fw; nft 'add chain ip6 fw pre { type filter hook prerouting priority -140; }'
            nft add rule ip6 fw pre icmpv6 type '{ nd-router-advert, nd-neighbor-solicit }' accept
            nft add rule ip6 fw pre fib saddr . mark . iif oif missing drop
            ip -6 rule add priority 30001 table main suppress_prefixlength 0
            ip -6 rule add priority 30002 not fwmark 51820 table 51820
            ip -6 route add default dev wg0 table 51820""")
    assert not answers(lab.laptop)
    lab.hold(lab.laptop)
    assert answers(lab.laptop, limit=True)
    lab.release(lab.laptop)
    assert lab.laptop.out("nft list tables | grep wattle || true") == ""


def test_a_subnet_router_at_home(quick):
    """Its LAN is reached from the IPv6-only device through the exit node, which relays between the two."""
    lab = untidy.Untidy(quick)
    lab.open_docker()
    lab.vps.run(f"wg set wg0 peer {lab.laptop.public_key} allowed-ips 10.43.0.1/32,192.168.1.0/24")
    lab.vps.run("ip route add 192.168.1.0/24 dev wg0 metric 10000000")
    lab.laptop.run("sysctl -qw net.ipv4.conf.all.forwarding=1; ip route add 10.42.0.0/16 dev wg0")
    lab.home.run("ip route add 10.43.0.0/16 via 192.168.1.2")
    for host in lab.laptop, lab.six, lab.vps:
        lab.hold(host)
    lab.six.wait("ping -c1 -W1 10.43.0.1")
    lab.six.wait("ping -c1 -W1 192.168.1.1")
    # laptop's own LAN is not taken away by the route, and its neighbour is asked directly.
    assert lab.laptop.out("ip route get 192.168.1.1 | grep -o 'dev [a-z0-9]*'") == "dev home"
