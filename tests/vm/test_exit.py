# SPDX-License-Identifier: LGPL-2.1-or-later
"""An exit node where each reverse path filter is strict and routers stand between: the kernel's side of wattle-filter."""

import exit_lab
from exit_lab import TARGET

COUNT = """table ip seen {
    chain pre {
        type filter hook prerouting priority -300; policy accept;
        ip saddr 10.0.0.0/8 counter
    }
}"""


def counted(host):
    return int(host.out("nft list table ip seen | grep -o 'packets [0-9]*' | cut -d' ' -f2"))


def answers(host, check=True):
    if check:
        host.wait(f"ping -c1 -W1 {TARGET}")
    return host.run(f"ping -c3 -i0.2 -W1 {TARGET}", check=False).code == 0


def test_answers_from_beyond_a_router(quick):
    """Without the table there are none, though src_valid_mark is set; with it there are, and strict stays strict."""
    lab = exit_lab.ExitLab(quick)
    lab.strict(1)
    lab.hold(lab.vps)
    assert not answers(lab.laptop, check=False)
    lab.hold(lab.laptop)
    assert answers(lab.laptop)
    # One who comes by another way than his address is at is still refused; so is one who has our port.
    lab.laptop.run("ip link add spoof type veth peer name other; ip addr add 172.16.0.1/24 dev spoof; ip link set spoof up; ip link set other up")
    assert lab.laptop.out("sysctl -n net.ipv4.conf.router.rp_filter net.ipv4.conf.all.rp_filter") == "1\n1"
    for mark in "", "mark 51820":
        assert lab.laptop.run(f"ip route get 192.168.1.2 from 203.0.113.6 iif spoof {mark}", check=False).code != 0
    lab.release(lab.laptop)
    assert not answers(lab.laptop, check=False)
    assert lab.laptop.out("nft list tables") == ""


def test_a_peer_that_calls_first_is_heard(quick):
    """Nothing of ours has gone out, so there is no connection to take the mark from."""
    lab = exit_lab.ExitLab(quick)
    lab.strict(1)
    lab.hold(lab.laptop)
    laptop, vps = lab.laptop, lab.vps
    laptop.run(f"wg set wg0 peer {vps.public_key} remove; ip route replace 10.42.0.0/16 dev wg0")
    laptop.run(f"wg set wg0 peer {vps.public_key} allowed-ips 10.42.0.2/32,0.0.0.0/0")
    router = next(host for host in quick.hosts if host.name == "router")
    router.run("nft add rule ip nat prerouting udp dport 51820 dnat to 192.168.1.2; conntrack -F 2>/dev/null || true")
    vps.run(f"wg set wg0 peer {laptop.public_key} endpoint 203.0.113.2:51820")
    vps.wait("ping -c1 -W1 10.43.0.1")


def test_nothing_leaves_with_an_address_of_the_mesh(quick):
    """From a subnet in which the exit node has none; also of a connection that is older than the table."""
    lab = exit_lab.ExitLab(quick)
    lab.target.run("ip route add 10.0.0.0/8 via 198.51.100.1")
    flow = lab.laptop.start(f"ping -i0.1 {TARGET}", 600)
    lab.laptop.wait(f"ping -c1 -W1 {TARGET}")
    lab.hold(lab.vps)
    lab.target.run(f"nft -f - <<'RULES'\n{COUNT}\nRULES")
    assert answers(lab.laptop, check=False) or answers(lab.laptop)
    lab.laptop.run(f"ping -c20 -i0.05 -W1 {TARGET}")
    assert counted(lab.target) == 0
    flow.signal()
    flow.finish(check=False)
