# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two hosts behind NAT and a relay on the Internet, in the quick lab, with a wattled on each.

    one -- nat1 -- core -- nat2 -- two

The routers drop what comes from outside and was not asked for. core is the relay and the Internet in one: it forwards between the
two routers. 20 ms each way. With a carrier one's router has no public address, and its provider masquerades once more:

    one -- nat1 -- cgnat -- core -- nat2 -- two
"""

from roam import LIMIT_S, Daemon, mesh, start_bus

RELAY = "/usr/libexec/wattle/wattle-relay"
CORE = "203.0.113.1"
OUTSIDE = {"one": "203.0.113.2", "two": "198.51.100.2"}
DROP = """nft -f - <<'RULES'
table ip closed {
    chain in { type filter hook input priority 0; iifname {core, cgnat} ct state new drop; }
    chain forward { type filter hook forward priority 0; iifname {core, cgnat} ct state new drop; }
}
table ip6 closed {
    chain forward { type filter hook forward priority 0; iifname core ct state new drop; }
}
RULES"""
# of IPv6, where nothing is masqueraded, and the routers drop as much
CORE6 = "2001:db8:a::1"
HOME6 = {"one": "2001:db8:1::2", "two": "2001:db8:2::2"}


# All that the routers have in mind, as conntrack(8) -F does: IPCTNL_MSG_CT_DELETE without a tuple.
FLUSH_NATS = """for nat in nat1 nat2; do ip netns exec $nat python3 -c 'import socket, struct
wire = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
wire.send(struct.pack("=IHHIIBBH", 20, 0x102, 5, 0, 0, 0, 0, 0))
assert struct.unpack_from("=i", wire.recv(99), 16)[0] == 0'; done"""


class Reach:
    def __init__(self, quick, how="", delay="20ms", carrier=False):
        """how is what masquerade gets, as fully-random: another port for each destination."""
        self.quick = quick
        self.one, self.nat1, self.core, self.nat2, self.two = (quick.host(name) for name in ("one", "nat1", "core", "nat2", "two"))
        quick.wire(self.one, "192.168.1.2/24", self.nat1, "192.168.1.1/24")
        quick.wire(self.two, "192.168.2.2/24", self.nat2, "192.168.2.1/24")
        outer = quick.host("cgnat") if carrier else self.nat1
        quick.wire(outer, f"{OUTSIDE['one']}/24", self.core, f"{CORE}/24")
        quick.wire(self.nat2, f"{OUTSIDE['two']}/24", self.core, "198.51.100.1/24")
        quick.route(self.one, "192.168.1.1")
        quick.route(self.two, "192.168.2.1")
        quick.route(outer, CORE)
        quick.route(self.nat2, "198.51.100.1")
        self.core.run("sysctl -qw net.ipv4.ip_forward=1")
        if carrier:
            quick.wire(self.nat1, "100.64.0.2/10", outer, "100.64.0.1/10")
            quick.route(self.nat1, "100.64.0.1")
            quick.nat(self.nat1, outside="cgnat")
            self.nat1.run(DROP)
        for nat in (outer, self.nat2):
            quick.nat(nat, outside="core")
            nat.run(DROP)
            if how:
                nat.run(f"nft flush chain ip nat postrouting; nft add rule ip nat postrouting oifname core masquerade {how}")
            quick.netem(self.core, nat.name, f"delay {delay}")
        self.daemons = {}
        self.all = [self.core, self.one, self.two]
        self.at_core = f"{CORE}:51820"
        self.outside = {name: f"{address}:51820" for name, address in OUTSIDE.items()}

    def only_ipv6(self):
        """Before the start: core is called by IPv6."""
        self.at_core = f"[{CORE6}]:51820"
        self.outside = {name: f"[{address}]:51820" for name, address in HOME6.items()}
        for number, host, nat, name in ((1, self.one, self.nat1, "a"), (2, self.two, self.nat2, "b")):
            host.run(f"ip addr add {HOME6[host.name]}/64 dev nat{number} nodad; ip route add default via 2001:db8:{number}::1")
            nat.run(f"""sysctl -qw net.ipv6.conf.all.forwarding=1
                ip addr add 2001:db8:{number}::1/64 dev {host.name} nodad
                ip addr add 2001:db8:{name}::2/64 dev core nodad; ip route add default via 2001:db8:{name}::1""")
            self.core.run(f"""sysctl -qw net.ipv6.conf.all.forwarding=1
                ip addr add 2001:db8:{name}::1/64 dev nat{number} nodad; ip route add 2001:db8:{number}::/64 via 2001:db8:{name}::2""")

    def tunnels(self):
        """As a manager would have set them up: core can be called, the others have no endpoint for each other."""
        for number, host in ((1, self.core), (2, self.one), (3, self.two)):
            self.quick.wireguard(host, f"10.42.0.{number}/16")
        for number, host, other in ((3, self.one, self.two), (2, self.two, self.one)):
            self.quick.peer(host, other, f"10.42.0.{number}/32")
            self.quick.peer(host, self.core, "10.42.0.1/32", self.at_core, keepalive=25)
        for number, host in ((2, self.one), (3, self.two)):
            self.quick.peer(self.core, host, f"10.42.0.{number}/32")

    def text(self, relay):
        return mesh(core=(self.core.public_key, 1, f"PublicEndpoint={self.at_core}", f"Relay={'yes' if relay else 'no'}"),
                    one=(self.one.public_key, 2), two=(self.two.public_key, 3))

    def start_relay(self):
        socket = "/run/core/run/wattle/relay/wg0"
        self.core.run(f"mkdir -p {socket.rpartition('/')[0]}")
        self._relay = self.core.start(f"exec systemd-socket-activate --seqpacket -l {socket} {RELAY} >/run/core/relay.log 2>&1", LIMIT_S)
        self.core.wait(f"test -S {socket}")

    def restart_relay(self):
        """It forgets all pairs."""
        self.core.run("pkill -KILL -f wattle-relay")
        self._relay.finish(check=False)
        self.start_relay()

    def forget(self, relay=True):
        """No session, and nothing in the NATs: as after a night."""
        for name in ("one", "two"):
            self.daemons[name].stop()
        self.quick.guest.run(f"""pkill -x ping || true
            ip netns exec one wg set wg0 peer {self.two.public_key} remove
            ip netns exec two wg set wg0 peer {self.one.public_key} remove
            {FLUSH_NATS}""", 30)
        self.quick.peer(self.one, self.two, "10.42.0.3/32")
        self.quick.peer(self.two, self.one, "10.42.0.2/32")
        if relay:
            self.restart_relay()
        for host in (self.one, self.two):
            self.daemons[host.name].start()
            host.wait("ping -c1 -W2 10.42.0.1")
            host.wait("wg show wg0 endpoints | grep -q 127.64.")

    def new_address(self):
        """Of one's router alone."""
        self.nat1.run("ip addr flush dev core; ip addr add 203.0.113.20/24 dev core; ip route replace default via 203.0.113.1")

    def new_addresses(self, last=20):
        """Of both routers at once, as when providers do that by night. Returns when that was done, by the guest's clock."""
        return float(self.quick.guest.out(f"""set +e
            for nat in 1 2; do ip -n nat$nat addr flush dev core; done
            ip -n nat1 addr add 203.0.113.{last}/24 dev core; ip -n nat1 route replace default via 203.0.113.1
            ip -n nat2 addr add 198.51.100.{last}/24 dev core; ip -n nat2 route replace default via 198.51.100.1
            date +%s.%N
            ip netns exec nat1 ping -q -c1 -W2 203.0.113.1 >/dev/null && ip netns exec nat2 ping -q -c1 -W2 198.51.100.1 >/dev/null"""))

    def join(self, host, other):
        """A cable between the two, beside what they have."""
        self.quick.wire(other, "10.9.0.1/24", host, "10.9.0.2/24")

    def start(self, on_bus=False, relay=True, settings=""):
        """on_bus: wattled of one is on a bus, and can be told to migrate(). Without relay, core can still be called by both.
        settings: of all, see Daemon."""
        self.tunnels()
        if relay:
            self.start_relay()
        self._bus = start_bus(self.one) if on_bus else None
        for host in self.all:
            self.daemons[host.name] = Daemon(host, self.text(relay), on_bus=self._bus if host is self.one else None, settings=settings)
        for host in (self.one, self.two):
            host.wait("ping -c1 -W2 10.42.0.1")

    def endpoint(self, host):
        """Of the other one."""
        other = self.two if host is self.one else self.one
        return host.out(f"wg show wg0 endpoints | grep -F '{other.public_key}'").split()[-1]

    def wait_direct(self):
        for host, other in ((self.one, "two"), (self.two, "one")):
            host.wait(f"for i in 1 2 3; do wg show wg0 endpoints | grep -qF '{self.outside[other]}'; done", 150)

    def wait_relayed(self):
        for host in (self.one, self.two):
            host.wait(f"for i in 1 2 3; do wg show wg0 endpoints | grep -qF '{CORE}:219'; done", 150)

    def migrate(self, peer, endpoint):
        """By wattled of one, as 'wattle migrate' asks it."""
        self.one.run(f"{self._bus} busctl call org.wattle1 /org/wattle1/mesh/wg0 org.wattle1.Mesh Migrate ss {peer} {endpoint}")

    def wait_told(self, peer, text):
        """Of a peer, by wattled of one."""
        self.one.wait(f"{self._bus} busctl call org.wattle1 /org/wattle1/mesh/wg0 org.wattle1.Mesh GetPeer s {peer} | grep -F '{text}'", 60)

    def said(self, name):
        return self.daemons[name].said()


class Four(Reach):
    """All kinds of paths: nas is on one's LAN, two is elsewhere, and of both NATs each takes another port for each destination, so that
    nobody but core is called from outside."""

    def __init__(self, quick):
        super().__init__(quick, "fully-random")
        self.nas = quick.host("nas")
        self.all.append(self.nas)
        quick.wire(self.nas, "192.168.3.2/24", self.nat1, "192.168.3.1/24")
        quick.route(self.nas, "192.168.3.1")
        self.join(self.one, self.nas)

    def tunnels(self):
        super().tunnels()
        self.quick.wireguard(self.nas, "10.42.0.4/16")
        self.quick.peer(self.nas, self.core, "10.42.0.1/32", self.at_core, keepalive=25)
        for host in (self.core, self.one, self.two):
            self.quick.peer(host, self.nas, "10.42.0.4/32")
        for number, host in ((2, self.one), (3, self.two)):
            self.quick.peer(self.nas, host, f"10.42.0.{number}/32")

    def text(self, relay):
        return mesh(vps=(self.core.public_key, 1, f"PublicEndpoint={self.at_core}", f"Relay={'yes' if relay else 'no'}"),
                    desktop=(self.one.public_key, 2, "PrivateEndpoint=10.9.0.2:51820"),
                    laptop=(self.two.public_key, 3),
                    nas=(self.nas.public_key, 4, "PrivateEndpoint=10.9.0.1:51820"))
