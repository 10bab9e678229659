# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exit nodes, routes and endpoints in networks as people have them; the kernel's side of wattle."""

import pytest

import untidy
from untidy import TARGET

COUNT = """table ip seen {
    chain pre {
        type filter hook prerouting priority -300; policy accept;
        ip saddr 10.0.0.0/8 counter
    }
}"""


def count_private(lab):
    """At the target, what comes with an address of the mesh."""
    lab.target.run(f"ip route add 10.0.0.0/8 via 198.51.100.1; nft -f - <<'RULES'\n{COUNT}\nRULES")


def counted(host):
    return int(host.out("nft list table ip seen | grep -o 'packets [0-9]*' | cut -d' ' -f2"))


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
    count_private(lab)
    for family in 4, 6:
        lab.call_by(family)
        assert answers(lab.laptop, limit=True)
        (endpoint,) = lab.laptop.out("wg show wg0 endpoints | cut -f2").splitlines()
        assert (family == 6) == endpoint.startswith("[")
    assert answers(lab.six, limit=True)
    assert counted(lab.target) == 0, "nothing leaves with an address of the mesh"
    # Loose on the mesh's own interface, and nowhere else.
    for host in lab.laptop, lab.six:
        assert lab.strict(host) == "wg0"
    assert lab.strict(lab.vps) == ""


@pytest.mark.parametrize("family", (4, 6))
def test_without_the_table_answers_are_refused(quick, family):
    """IPv4's filter refuses them; of IPv6 the kernel has none, and a firewall's does, as firewalld's IPv6_rpfilter."""
    # On Linux 7.2 this fib expression of IPv6 finds the route of the table main, behind that by wg0: there nothing is refused.
    is_refused = family == 4 or quick.guest.release != "forky"
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
    assert answers(lab.laptop) != is_refused
    lab.hold(lab.laptop)
    assert answers(lab.laptop, limit=True)
    if family == 4:
        # One who comes by another way than his address is at is still refused; so is one who has our port.
        lab.laptop.run("ip link add spoof type veth peer name other; ip addr add 172.16.0.1/24 dev spoof; ip link set spoof up; "
                       "ip link set other up")
        for mark in "", "mark 51820":
            assert lab.laptop.run(f"ip route get 192.168.1.2 from 203.0.113.6 iif spoof {mark}", check=False).code != 0
    lab.release(lab.laptop)
    assert lab.laptop.out("nft list tables | grep wattle || true") == ""
    assert answers(lab.laptop) != is_refused


def test_a_peer_that_calls_first_is_heard(quick):
    """Nothing of ours has gone out, so there is no connection to take the mark from. The AFTR forwards a port, as PCP asks for it."""
    lab = untidy.Untidy(quick)
    lab.hold(lab.laptop)
    laptop, vps = lab.laptop, lab.vps
    laptop.run(f"""wg set wg0 peer {vps.public_key} remove; ip route replace 10.42.0.0/16 dev wg0
        wg set wg0 peer {vps.public_key} allowed-ips 10.42.0.2/32,0.0.0.0/0""")
    lab.aftr.run("nft add rule ip nat prerouting udp dport 51820 dnat to 192.168.1.2")
    vps.run(f"wg set wg0 peer {laptop.public_key} endpoint 203.0.113.2:51820")
    vps.wait("ping -c1 -W1 10.43.0.1")


def test_what_is_older_than_the_table(quick):
    """A connection that the exit node had before it masquerades goes on with no address of the mesh."""
    lab = untidy.Untidy(quick)
    lab.open_docker()
    lab.hold(lab.laptop)
    count_private(lab)
    flow = lab.laptop.start(f"ping -i0.1 {TARGET}", 600)
    lab.laptop.wait(f"ping -c1 -W1 {TARGET}")
    assert counted(lab.target) > 0
    lab.hold(lab.vps)
    lab.target.run(f"nft delete table ip seen; nft -f - <<'RULES'\n{COUNT}\nRULES")
    assert answers(lab.laptop) or answers(lab.laptop, limit=True)
    lab.laptop.run(f"ping -c20 -i0.05 -W1 {TARGET}")
    assert counted(lab.target) == 0
    flow.signal()
    flow.finish(check=False)


def test_the_uplink_changes(quick):
    """The user of an exit node leaves home by another uplink, behind another NAT: what is marked, restored and strict there is so at
    once, and nobody has to be told."""
    lab = untidy.Untidy(quick)
    lab.open_docker()
    for host in lab.laptop, lab.vps:
        lab.hold(host)
    assert answers(lab.laptop, limit=True)
    lab.leave_home()
    assert answers(lab.laptop, limit=True)
    assert lab.vps.out(f"wg show wg0 endpoints | grep {lab.laptop.public_key}").split()[1].startswith("203.0.113.10:")
    assert lab.strict(lab.laptop) == "wg0"
    lab.call_by(6)
    assert answers(lab.laptop, limit=True)
    assert lab.vps.out(f"wg show wg0 endpoints | grep {lab.laptop.public_key}").split()[1].startswith("[2001:db8:8::2]:")


def test_dhcpcd_beside_a_route_of_the_mesh(quick):
    """Somebody's Routes= are the network that the laptop is in. dhcpcd gives its own route a metric, on Wi-Fi above 3000, and it still
    goes before; elsewhere the mesh has that network."""
    lab = untidy.Untidy(quick)
    lab.by_dhcpcd()
    metric = lab.rendered_metric()
    lab.laptop.run(f"ip route add 192.168.1.0/24 dev wg0 metric {metric}")
    assert lab.laptop.out("ip route get 192.168.1.1 | grep -o 'dev [a-z0-9]*'") == "dev home"
    lab.laptop.run("ping -c1 -W1 192.168.1.1")
    lab.hold(lab.laptop)
    lab.laptop.wait("ping -c1 -W1 10.42.0.2")
    lab.leave_home()
    assert lab.laptop.out("ip route get 192.168.1.1 | grep -o 'dev [a-z0-9]*'") == "dev wg0"


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
