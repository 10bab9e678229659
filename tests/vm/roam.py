# SPDX-License-Identifier: LGPL-2.1-or-later
"""A laptop that comes home and leaves, in the quick lab, with a wattled on each host.

    laptop --mobile-- inet --uplink-- home ==lan== desktop
       \\_____________________________/

    roam = Roam(quick)
    flow = roam.start_flow()                        50 packets a second either way
    begin = flow.more(); roam.come_home(); roam.wait_path(LAN); end = flow.more()
    assert lost(flow.stop(), begin, end) < 3

The desktop is 10.41.1.1 on its LAN, and its router forwards 203.0.113.2:54444 to it. The laptop has a mobile link at all times.
Interfaces of hosts are named after the other end.
"""

import re

WATTLED = "/usr/libexec/wattle/wattled"
LAN = "10.41.1.1:51820"
PUBLIC = "203.0.113.2:54444"
SECOND = 50  # packets of a flow
LIMIT_S = 1200


def mesh(**devices):
    """Text of mesh wg0: name to (public key, number, lines)."""
    parts = ["[Mesh]\nSubnet=10.42.0.0/16 fd42::/64\n"]
    for name, (key, number, *lines) in devices.items():
        parts.append("\n".join([f"[Device {name}]", f"PublicKey={key}", f"Address=10.42.0.{number} fd42::{number}", *lines, ""]))
    return "\n".join(parts)


class Flow:
    """50 packets a second from a host to an address, and their answers."""

    def __init__(self, host, address):
        self._host, self.log = host, f"/run/flow-{host.name}"
        host.run(f": >{self.log}")  # it is read before the job need have begun
        self._job = host.start(f"ping -n -D -i 0.02 {address} >{self.log} 2>&1", LIMIT_S)
        self.more()

    def last(self):
        """Number of the last packet that was answered."""
        return int(self._host.out(f"tail -n 3 {self.log} | sed -n 's/.*icmp_seq=\\([0-9]*\\) ttl.*/\\1/p' | tail -n 1") or 0)

    def more(self, answers=20):
        """Waits for so many more; returns the number of the last one then."""
        until = self.last() + answers
        self._host.wait(f"[ $(tail -n 3 {self.log} | sed -n 's/.*icmp_seq=\\([0-9]*\\) ttl.*/\\1/p' | tail -n 1) -ge {until} ]", 120)
        return self.last()

    def stop(self):
        """Answers by number: when they came, in seconds of the wall clock, and how long they took, in ms."""
        self._job.signal()
        self._job.finish(check=False)
        lines = re.findall(r"\[([\d.]+)\] .*icmp_seq=(\d+) ttl.* time=([\d.]+) ms", self._host.out(f"cat {self.log}"))
        return {int(number): (float(time), float(rtt)) for time, number, rtt in lines}


def lost(answers, begin, end):
    """How many of the packets from one number to another were not answered."""
    return sum(number not in answers for number in range(begin, end))


def start_bus(host):
    """A bus of the host's own, where everybody may do everything: what stands before a command that is to have it as the system
    bus."""
    host.run(f"mkdir -p /run/{host.name}")
    host.start(f"exec dbus-daemon --session --nofork --nopidfile --address=unix:path=/run/{host.name}/bus", LIMIT_S)
    host.wait(f"test -S /run/{host.name}/bus")
    return f"env DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/{host.name}/bus"


class Daemon:
    """A wattled in a namespace, with the profile and state of that host alone; and with on_bus of start_bus() on that. settings are
    lines below [Local]."""

    def __init__(self, host, text, program=WATTLED, on_bus=None, settings=""):
        self.host, self._folder = host, f"/run/{host.name}"
        self.log = f"{self._folder}/log"
        self.pid = f"{self._folder}/pid"
        host.run(f"mkdir -p /etc/wattle {self._folder}/state {self._folder}/runtime; sysctl -qw 'net.ipv4.ping_group_range=0 0'")
        # wattled is on a bus for / alone: there /etc/wattle is a folder of the namespace's own, see ip-netns(8).
        self._profile = f"/etc/netns/{host.name}/wattle/wg0.mesh" if on_bus else f"{self._folder}/etc/wattle/wg0.mesh"
        self._command = f"{on_bus or ''} {program} --root={'/' if on_bus else self._folder} --state={self._folder}/state --runtime={self._folder}/runtime"
        host.put(self._profile, text)
        if settings:
            host.put(f"{self._profile}.d/local.conf", f"[Local]\n{settings}\n")
        self.start()
        if on_bus:
            host.wait(f"{on_bus} busctl get-property org.wattle1 /org/wattle1 org.wattle1.Manager Version")

    def start(self):
        self._job = self.host.start(f"""echo $$ >{self.pid}
            exec {self._command} >>{self.log} 2>&1""", LIMIT_S)
        self.host.wait("ss -Hulpn 'sport = 21822' | grep -q wattled")

    def update(self, text):
        self.host.put(self._profile, text)
        self.signal("HUP")

    def signal(self, name):
        self.host.run(f"kill -{name} $(cat {self.pid})")

    def stop(self):
        self.signal("TERM")
        assert self._job.finish().code == 0

    def ended(self):
        """After a signal, however it ends."""
        self._job.finish(check=False)

    def said(self):
        return self.host.out(f"cat {self.log}")


ADVERTISE = """import socket, struct, sys, time
interface, prefix, period = sys.argv[1], socket.inet_pton(socket.AF_INET6, sys.argv[2]), int(sys.argv[3])
wire = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
wire.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
index = socket.if_nametoindex(interface)
while True:
    # RFC 4861: of a router for 1800 s, and a prefix to make addresses of, for 3600 s
    wire.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + struct.pack("!BBBBIII16s", 3, 4, 64, 0xc0, 3600, 1800, 0, prefix),
                ("ff02::1", 0, 0, index))
    if period == 0:
        break
    time.sleep(period)
"""


def advertise(router, interface, prefix, period_s=0):
    """Sends a router advertisement, or one each so many seconds."""
    router.put("/run/advertise.py", ADVERTISE)
    command = f"exec python3 /run/advertise.py {interface} {prefix} {period_s}"
    return router.start(command, LIMIT_S) if period_s else router.run(command)


def join_cafe(roam):
    """A network where somebody else has the desktop's private address and answers ping; the laptop's card there is cafe, and has
    no address yet."""
    cafe = roam.quick.host("cafe")
    cafe.run("ip link add lan type bridge; ip link set lan up; ip addr add 10.41.1.1/16 dev lan")
    roam.lan(roam.laptop, cafe, "cafe")
    return cafe


class Roam:
    # By beacons a neighbour is found at that of its addresses that is heard of first, and here endpoints are named.
    settings = "Discovery=no"

    def __init__(self, quick, delay="20ms"):
        self.quick = quick
        self.laptop, self.inet, self.home, self.desktop = (quick.host(name) for name in ("laptop", "inet", "home", "desktop"))
        quick.wire(self.laptop, "198.51.100.2/24", self.inet, "198.51.100.1/24")
        quick.wire(self.home, "203.0.113.2/24", self.inet, "203.0.113.1/24")
        quick.route(self.home, "203.0.113.1")
        quick.route(self.laptop, "198.51.100.1")
        quick.nat(self.home, outside="inet")
        self.inet.run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
        self.home.run("""ip link add lan type bridge
            ip addr add 10.41.0.1/16 dev lan
            ip link set lan up""")
        self.lan(self.desktop, self.home, "home")
        self.desktop.run("ip addr add 10.41.1.1/16 dev home; ip route add default via 10.41.0.1")
        self.lan(self.laptop, self.home, "home")
        self.laptop.run("ip link set home down")
        self.home.run("nft add rule ip nat prerouting ip daddr 203.0.113.2 udp dport 54444 dnat to 10.41.1.1:51820")
        if delay:
            quick.netem(self.inet, "laptop", f"delay {delay}")
        self.daemons = {}

    def lan(self, host, router, name):
        """A port of the router's bridge; the host's end is called name."""
        self.quick.guest.run(f"""ip -n {host.name} link add {name} type veth peer name {host.name} netns {router.name}
            ip -n {router.name} link set {host.name} master lan up
            ip -n {host.name} link set {name} up""")

    def lines(self, name):
        return {"desktop": [f"PublicEndpoint={PUBLIC}", f"PrivateEndpoint={LAN}"]}.get(name, [])

    def tunnels(self):
        """WireGuard on both, as a manager would have set it up."""
        for number, host in ((1, self.desktop), (2, self.laptop)):
            self.quick.wireguard(host, f"10.42.0.{number}/16")
            host.run(f"ip addr add fd42::{number}/64 dev wg0 nodad")
        self.quick.peer(self.desktop, self.laptop, "10.42.0.2/32,fd42::2/128")
        self.quick.peer(self.laptop, self.desktop, "10.42.0.1/32,fd42::1/128", PUBLIC)

    def text(self):
        return mesh(desktop=(self.desktop.public_key, 1, *self.lines("desktop")),
                    laptop=(self.laptop.public_key, 2, *self.lines("laptop")))

    def start(self):
        self.tunnels()
        self.laptop.wait("ping -c1 -W2 10.42.0.1")
        self.start_daemons()

    def start_daemons(self, **of_laptop):
        """of_laptop: see Daemon."""
        self.daemons = {"desktop": Daemon(self.desktop, self.text(), settings=self.settings),
                        "laptop": Daemon(self.laptop, self.text(), settings=self.settings, **of_laptop)}

    def start_flow(self):
        """Starts all, and then what goes from the laptop to the desktop."""
        self.start()
        return Flow(self.laptop, "10.42.0.1")

    def come_home(self, address="10.41.1.2/16"):
        """The LAN's address comes; returns when, by the guest's clock."""
        return float(self.laptop.out(f"ip link set home up; date +%s.%N; ip addr add {address} dev home"))

    def leave_home(self):
        return float(self.laptop.out("date +%s.%N; ip addr flush dev home; ip link set home down"))

    def endpoint(self, host=None):
        return (host or self.laptop).out("wg show wg0 endpoints").split()[-1]

    def wait_path(self, endpoint, host=None):
        """Until the endpoint is this, and stays for three looks. A try that an emulated host is too slow for holds the candidate
        for half a minute, and the next for a minute."""
        (host or self.laptop).wait(f"for i in 1 2 3; do wg show wg0 endpoints | grep -qF '{endpoint}'; done", 150)


class Undescribed(Roam):
    """The profile knows how the desktop is called from outside, and nothing of its LAN."""
    settings = ""

    def lines(self, name):
        return [f"PublicEndpoint={PUBLIC}"] if name == "desktop" else []

    def wait_home(self):
        """At whichever of the desktop's addresses there, and for three looks."""
        self.laptop.wait(f"for i in 1 2 3; do if wg show wg0 endpoints | grep -qF '{PUBLIC}'; then exit 1; fi; done", 150)
