# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two hosts that met before, and then have nothing but a switch between them, in the quick lab, with a wattled on each.

    one -- far -- two        until they have met
    one == lan == two        a bridge in a namespace of its own; no router, no server, no address of the profile

    lan = Lan(quick)
    lan.meet()
    lan.cut()
    lan.plug("169.254.7.1/16", "169.254.7.2/16")
    lan.one.wait(f"ping -c1 -W1 {lan.TWO}")
"""

from roam import LIMIT_S, Daemon, mesh

HELLOS = """nft -f - <<'RULES'
table inet hellos {
    counter heard { }
    chain in { type filter hook input priority 0; iifname wg0 udp dport 21822 @th,96,8 3 counter name heard; }
}
RULES"""

# Every host of the link hears beacons: how many there are, of which size, and from which addresses.
LISTEN = """import socket, struct, sys
heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
heard.bind(("", 21821))
heard.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("4s4si", socket.inet_aton("239.255.87.84"), bytes(4), socket.if_nametoindex("lan")))
print("ready", flush=True)
while True:
    beacon, (address, port) = heard.recvfrom(1000)
    print(len(beacon), address, beacon.hex(), flush=True)
"""


class Lan:
    ONE, TWO = "10.42.0.1", "10.42.0.2"

    def __init__(self, quick):
        self.quick = quick
        self.one, self.two, self.switch = (quick.host(name) for name in ("one", "two", "switch"))
        self.hosts = {"one": self.one, "two": self.two}
        self.daemons = {}
        self.switch.run("ip link add lan type bridge; ip link set lan up")
        quick.wire(self.one, "198.51.100.1/24", self.two, "198.51.100.2/24")
        for name in self.hosts:
            quick.guest.run(f"""ip -n {name} link add lan type veth peer name {name} netns switch
                ip -n switch link set {name} master lan
                ip -n {name} link set lan up""")

    def text(self):
        """two can be called where it is in the beginning, and that is all that the profile knows."""
        return mesh(one=(self.one.public_key, 1), two=(self.two.public_key, 2, "PublicEndpoint=198.51.100.2:51820"))

    def peers(self, endpoint):
        self.quick.peer(self.one, self.two, f"{self.TWO}/32", endpoint)
        self.quick.peer(self.two, self.one, f"{self.ONE}/32")

    def meet(self):
        """Until each has told the other of itself."""
        for number, host in enumerate(self.hosts.values(), 1):
            self.quick.wireguard(host, f"10.42.0.{number}/16")
            host.run(HELLOS)
        self.peers("198.51.100.2:51820")
        for name, host in self.hosts.items():
            self.daemons[name] = Daemon(host, self.text())
        flow = self.one.start(f"exec ping -n -q -i 0.2 {self.TWO}", LIMIT_S)
        for host in self.hosts.values():
            host.wait("nft list counters | grep -q 'packets [1-9]'", 60)
        flow.signal()
        flow.finish(check=False)

    def cut(self):
        """The way by which they met is gone for good."""
        self.quick.guest.run("ip -n one link del two")

    def unplug(self):
        self.quick.guest.run("""for host in one two; do
                ip -n switch link set $host down
                ip -n $host -4 addr flush dev lan
            done""")

    def forget_sessions(self):
        """As after a night, of which each remembers that there is another."""
        self.quick.guest.run(f"""ip netns exec one wg set wg0 peer {self.two.public_key} remove
            ip netns exec two wg set wg0 peer {self.one.public_key} remove""")
        self.peers("198.51.100.2:51820")

    def plug(self, *addresses):
        """Both cables, with these addresses of one and two; without any there are those that IPv6 makes."""
        commands = "".join(f"ip -n {name} addr add {address} dev lan; " for name, address in zip(self.hosts, addresses))
        self.quick.guest.run(f"{commands} ip -n switch link set one up; ip -n switch link set two up")

    def endpoint(self, host):
        return host.out("wg show wg0 endpoints").split()[-1]

    def stranger(self):
        """A third host on the switch that listens; the job, whose lines are what it heard."""
        host = self.quick.host("stranger")
        self.quick.guest.run("""ip -n stranger link add lan type veth peer name stranger netns switch
            ip -n switch link set stranger master lan up
            ip -n stranger link set lan up
            ip -n stranger addr add 169.254.9.9/16 dev lan""")
        host.put("/run/listen.py", LISTEN)
        host.start("exec python3 /run/listen.py >/run/heard 2>&1", LIMIT_S)
        host.wait("grep -q ready /run/heard")
        return host
