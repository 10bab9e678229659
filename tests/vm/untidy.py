# SPDX-License-Identifier: LGPL-2.1-or-later
"""Networks as people have them, in the quick lab: an exit node far away, behind routers of every kind, for a mesh of two subnets.

    laptop -- home -- aftr -- hop -- vps -- target
         \\--- cell -----------/
     IPv4: no address of its own at home, the AFTR translates (DS-Lite)   |    vps: Docker's FORWARD policy
     IPv6: native                       six -- hop: IPv6 alone
     cell: what the laptop has on the road, with a NAT of its own; down until leave_home()

Each host that has a default route filters strictly, by `all` too. laptop and six use vps as their exit node; laptop and vps are in
different subnets of the mesh. What wattle renders for each stands below /run/HOST/root.

    lab = Untidy(quick)
    lab.call_by(4); lab.hold(lab.laptop); lab.hold(lab.vps); lab.open_docker()
"""

FILTER = "/usr/libexec/wattle/wattle-filter"
TARGET = "198.51.100.2"
MARK = 51820
LIMIT_S = 1200
TARGET6 = "2001:db8:7::2"
VPS, VPS6 = "203.0.113.6:51820", "[2001:db8:5::6]:51820"

# What Docker leaves on a host without a container: it drops what is forwarded, and calls a chain of the admin's first.
DOCKER = """table ip filter {
    chain DOCKER-USER {
        counter return
    }
    chain FORWARD {
        type filter hook forward priority filter; policy drop;
        counter jump DOCKER-USER
        oifname "docker0" ct state related,established counter accept
    }
}"""

# The address of each host's end of a wire: IPv4, and the IPv6 network with the last part of it.
WIRES = [("laptop", "192.168.1.2/24", "home", "192.168.1.1/24", "2001:db8:1"), ("home", "192.0.0.2/29", "aftr", "192.0.0.1/29", "2001:db8:2"),
         ("aftr", "203.0.113.2/30", "hop", "203.0.113.1/30", "2001:db8:3"), ("vps", "203.0.113.6/30", "hop", "203.0.113.5/30", "2001:db8:5"),
         ("laptop", "100.64.0.2/30", "cell", "100.64.0.1/30", "2001:db8:8"), ("cell", "203.0.113.10/30", "hop", "203.0.113.9/30", "2001:db8:9"),
         ("six", None, "hop", None, "2001:db8:6"), ("target", f"{TARGET}/24", "vps", "198.51.100.1/24", "2001:db8:7")]
ROUTERS = [("laptop", "192.168.1.1"), ("cell", "203.0.113.9"), ("home", "192.0.0.1"), ("aftr", "203.0.113.1"), ("vps", "203.0.113.5"),
           ("laptop", "2001:db8:1::1"), ("home", "2001:db8:2::1"), ("aftr", "2001:db8:3::1"), ("vps", "2001:db8:5::1"),
           ("cell", "2001:db8:9::1"), ("six", "2001:db8:6::1")]
ROUTES = [("aftr", "192.168.1.0/24", "192.0.0.2"), ("hop", "2001:db8:1::/64", "2001:db8:3::2"), ("hop", "2001:db8:2::/64", "2001:db8:3::2"),
          ("hop", "2001:db8:8::/64", "2001:db8:9::2"), ("aftr", "2001:db8:1::/64", "2001:db8:2::2")]
FORWARD = "home aftr hop cell"
LAST = {"vps": 6, "six": 2, "target": 2, "laptop": 2}  # 1 elsewhere, and 2 at the lower end of a wire


def filter_strictly(host):
    """Before there is a tunnel, as a host's own sysctl.d does it."""
    host.run("for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 1 >$f; done")


def forward_as_docker(host):
    host.run(f"sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1\nnft -f - <<'RULES'\n{DOCKER}\nRULES")


class Untidy:
    def __init__(self, quick):
        self.quick = quick
        names = "laptop", "home", "aftr", "hop", "cell", "vps", "six", "target"
        self.hosts = {name: quick.host(name) for name in names}
        self.laptop, self.home, self.aftr, self.hop, self.cell, self.vps, self.six, self.target = self.hosts.values()
        # One script for what is alike: in a guest each command costs a tenth of a second.
        quick.guest.run("\n".join([*self._wires(), "ip -n laptop link set cell down", *self._routes(),
                                   f"for host in {FORWARD}; do ip netns exec $host sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1; done"]))
        quick.nat(self.aftr, outside="hop")
        quick.nat(self.cell, outside="hop")
        self._strict()
        self._mesh()
        forward_as_docker(self.vps)
        self.jobs = {}

    def _wires(self):
        """In each host, its end is named after the host at the other end."""
        for low, low4, high, high4, net in WIRES:
            yield f"ip -n {low} link add {high} type veth peer name {low} netns {high}"
            for host, other, address, last in (low, high, low4, LAST.get(low, 2)), (high, low, high4, 1):
                if address:
                    yield f"ip -n {host} addr add {address} dev {other}"
                yield f"ip -n {host} addr add {net}::{last}/64 dev {other} nodad"
                yield f"ip -n {host} link set {other} up"

    def _routes(self):
        for host, via in ROUTERS:
            yield f"ip -n {host} route add default via {via}"
        for host, net, via in ROUTES:
            yield f"ip -n {host} route add {net} via {via}"

    def _strict(self):
        for host in self.laptop, self.vps, self.six:
            filter_strictly(host)

    def strict(self, host):
        """What is not strict."""
        return host.out("grep -L 1 /proc/sys/net/ipv4/conf/*/rp_filter | cut -d/ -f7")

    def _mesh(self):
        """laptop and six are in a subnet in which the exit node has no address."""
        laptop, six, vps = self.laptop, self.six, self.vps
        self.quick.wireguard(laptop, "10.43.0.1/16")
        self.quick.wireguard(six, "10.43.0.3/16")
        self.quick.wireguard(vps, "10.42.0.2/16")
        self.quick.peer(vps, laptop, "10.43.0.1/32")
        self.quick.peer(vps, six, "10.43.0.3/32")
        vps.run("ip route add 10.43.0.0/16 dev wg0")
        self.quick.peer(six, vps, "10.42.0.2/32,0.0.0.0/0", VPS6, keepalive=25)
        self.call_by(4)
        for host in laptop, six:
            self.quick.mark(host, MARK)
            host.run(f"""ip route add default dev wg0 table {MARK}
                ip rule add priority 30001 table main suppress_prefixlength 0
                ip rule add priority 30002 not fwmark {MARK} table {MARK}
                sysctl -qw net.ipv4.conf.all.src_valid_mark=1 net.ipv4.conf.wg0.rp_filter=2""")
        self._render()

    def _render(self):
        text = "\n".join(["[Mesh]", "Subnet=10.42.0.0/16 10.43.0.0/16",
                          "[Device laptop]", f"PublicKey={self.laptop.public_key}", "Address=10.43.0.1",
                          "[Device six]", f"PublicKey={self.six.public_key}", "Address=10.43.0.3",
                          "[Device vps]", f"PublicKey={self.vps.public_key}", "Address=10.42.0.2", "ExitNode=yes", ""])
        for host, settings in (self.laptop, "ExitNode=vps"), (self.six, "ExitNode=vps"), (self.vps, ""):
            host.put(f"/run/{host.name}/wg0.mesh", text)
            host.put(f"/run/{host.name}/local.conf", f"[Local]\n{settings}\n")
            host.run(f"cd /run/{host.name}; wattle render --as {host.name} --local local.conf --output root wg0.mesh")

    def rendered_metric(self):
        """That of a route which the laptop accepts from another, as wattle writes it for networkd."""
        self.laptop.run("""cd /run/laptop; sed 's,^ExitNode=yes,Routes=192.168.1.0/24,' wg0.mesh >route.mesh; printf '[Local]\\nAcceptRoutes=yes\\n' >accept.conf
            wattle render --as laptop --owner networkd --local accept.conf --output routed route.mesh""")
        return int(self.laptop.out("grep -rh -A3 Destination=192.168.1.0/24 /run/laptop/routed | sed -n 's/^Metric=//p' | head -1"))

    def by_dhcpcd(self):
        """The laptop's routes at home as dhcpcd makes them on Wi-Fi: the one to the link too has metric 3000 + ifindex (if-options.c)."""
        self.laptop.run("""metric=$((3000 + $(cat /sys/class/net/home/ifindex)))
            ip route del 192.168.1.0/24 dev home; ip route add 192.168.1.0/24 dev home src 192.168.1.2 metric $metric
            ip route del default via 192.168.1.1; ip route add default via 192.168.1.1 dev home metric $metric""")

    def leave_home(self):
        """By the other uplink: no address, no router and no network of before is there any more."""
        self.laptop.run("""ip link set home down; ip link set cell up; ip addr add 2001:db8:8::2/64 dev cell nodad || true
            ip route add default via 100.64.0.1; ip -6 route add default via 2001:db8:8::1""")

    def call_by(self, family):
        """The family of addresses by which laptop calls the exit node."""
        self.quick.peer(self.laptop, self.vps, "10.42.0.2/32,0.0.0.0/0", VPS6 if family == 6 else VPS, keepalive=25)

    def hold(self, host):
        self.jobs[host.name] = host.start(f"exec {FILTER} --root=/run/{host.name}/root wg0", LIMIT_S)
        host.wait("nft list table inet wattle-wg0")

    def release(self, host):
        self.jobs.pop(host.name).signal()
        host.wait("! nft list table inet wattle-wg0 2>/dev/null")

    def open_docker(self):
        """What doctor's command does, for iptables is not in every guest."""
        self.vps.run("nft insert rule ip filter DOCKER-USER iifname wg0 accept; nft insert rule ip filter DOCKER-USER oifname wg0 accept")

    def loosen(self):
        """No reverse path filter anywhere."""
        for host in self.laptop, self.vps, self.six:
            host.run("for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done")

    def tighten(self):
        self._strict()
        self.laptop.run("sysctl -qw net.ipv4.conf.wg0.rp_filter=2")
        self.six.run("sysctl -qw net.ipv4.conf.wg0.rp_filter=2")

    def masquerade(self):
        """What the exit node needs without wattle-filter: the admin's own rule."""
        self.vps.run("nft add table ip own; nft 'add chain ip own post { type nat hook postrouting priority srcnat; }'; "
                     "nft add rule ip own post oifname target masquerade")

    def masquerade_no_more(self):
        self.vps.run("nft delete table ip own")
