# SPDX-License-Identifier: LGPL-2.1-or-later
"""The quick lab: one small guest whose network namespaces are the hosts, for what needs the kernel's WireGuard and no systemd.

    a, nat, b = quick.host("a"), quick.host("nat"), quick.host("b")
    quick.wire(a, "192.168.1.2/24", nat, "192.168.1.1/24")      one veth pair; its ends are named after the other host
    quick.nat(nat, outside="b")
    quick.netem(a, "nat", "delay 20ms loss 1%")
    quick.wireguard(a, "10.42.0.1/24", port=51820); quick.peer(a, b, "10.42.0.2/32", "203.0.113.2:51820")
"""

import runner


def masquerade(outside):
    """A script: forward, and hide all that leaves by the interface outside behind its address."""
    return f"""sysctl -qw net.ipv4.ip_forward=1
        nft -f - <<'RULES'
table ip nat {{
    chain prerouting {{ type nat hook prerouting priority dstnat; }}
    chain postrouting {{
        type nat hook postrouting priority srcnat;
        oifname "{outside}" masquerade
    }}
}}
RULES"""


def forward_port(port, to):
    """A script: UDP port of the router's outside is the port of a host inside, as many home routers are set up."""
    return f"nft add rule ip nat prerouting udp dport {port} dnat to {to}"


class Host(runner.Place):
    """A network namespace. It has run, out, wait, start, put and get of its guest, and a WireGuard key once it has a tunnel."""

    def __init__(self, name, commands):
        super().__init__(name, commands, ["ip", "netns", "exec", name])
        self.public_key = None


class Quick:
    def __init__(self, guest):
        self.guest = guest
        self.hosts = []

    def host(self, name):
        self.guest.run(f"ip netns add {name}; ip -n {name} link set lo up")
        host = Host(name, self.guest.runner)
        self.hosts.append(host)
        return host

    def wire(self, one, one_address, other, other_address):
        """A veth pair. In each host, its end is named after the host at the other end; `name` and `dev`, for one is called inet, which
        newer iproute2 takes for a word of its own."""
        self.guest.run(f"""ip -n {one.name} link add name {other.name} type veth peer name {one.name} netns {other.name}
            ip -n {one.name} addr add {one_address} dev {other.name}
            ip -n {other.name} addr add {other_address} dev {one.name}
            ip -n {one.name} link set dev {other.name} up
            ip -n {other.name} link set dev {one.name} up""")

    def route(self, host, via, prefix="default"):
        host.run(f"ip route add {prefix} via {via}")

    def nat(self, host, outside):
        host.run(masquerade(outside))

    def netem(self, host, interface, what):
        """what is tc's: "delay 20ms loss 1%"."""
        host.run(f"tc qdisc replace dev {interface} root netem {what}")

    def wireguard(self, host, address, port=51820, interface="wg0"):
        """A WireGuard interface with a new key and no peer."""
        host.public_key = host.out(f"""umask 077; wg genkey >/run/{host.name}.key
            ip link add {interface} type wireguard
            wg set {interface} listen-port {port} private-key /run/{host.name}.key
            ip addr add {address} dev {interface}
            ip link set {interface} up
            wg pubkey </run/{host.name}.key""")

    def mark(self, host, mark, interface="wg0"):
        """Of what WireGuard itself sends."""
        host.run(f"wg set {interface} fwmark {mark}")

    def peer(self, host, other, allowed_ips, endpoint=None, keepalive=0, interface="wg0"):
        at = f"endpoint {endpoint}" if endpoint else ""
        host.run(f"wg set {interface} peer {other.public_key} allowed-ips {allowed_ips} {at} persistent-keepalive {keepalive}")

    def report(self):
        states = []
        for host in self.hosts:
            try:
                states.append((f"host {host.name}", host.run("ip addr; ip route; wg; nft list ruleset", 30, check=False).out))
            except Exception as error:  # noqa: BLE001  the report must not hide the failure it explains
                states.append((f"host {host.name}", str(error)))
        return states
