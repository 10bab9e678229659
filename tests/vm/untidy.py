# SPDX-License-Identifier: LGPL-2.1-or-later
"""Networks as people have them, in the quick lab: an exit node far away, behind routers of every kind, for a mesh of two subnets.

    laptop -- home -- aftr -- hop -- vps -- target
     IPv4: no address of its own at home, the AFTR translates (DS-Lite)   |    vps: Docker's FORWARD policy
     IPv6: native                       six -- hop: IPv6 alone

Each host that has a default route filters strictly, by `all` too. laptop and six use vps as their exit node; laptop and vps are in
different subnets of the mesh. What wattle renders for each stands below /run/HOST/root.

    lab = Untidy(quick)
    lab.call_by(4); lab.hold(lab.laptop); lab.hold(lab.vps); lab.open_docker()
"""

from exit_lab import FILTER, LIMIT_S, MARK, TARGET

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
         ("six", None, "hop", None, "2001:db8:6"), ("target", f"{TARGET}/24", "vps", "198.51.100.1/24", "2001:db8:7")]
LAST = {"vps": 6, "six": 2, "target": 2, "laptop": 2}  # 1 elsewhere, and 2 at the lower end of a wire


class Untidy:
    def __init__(self, quick):
        self.quick = quick
        names = "laptop", "home", "aftr", "hop", "vps", "six", "target"
        self.hosts = {name: quick.host(name) for name in names}
        self.laptop, self.home, self.aftr, self.hop, self.vps, self.six, self.target = self.hosts.values()
        for low, low4, high, high4, net in WIRES:
            self._wire(low, low4, high, high4, net)
        for name in "home", "aftr", "hop":
            self.hosts[name].run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
        self._routes()
        quick.nat(self.aftr, outside="hop")
        self._strict()
        self._mesh()
        self.vps.run(f"sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1\nnft -f - <<'RULES'\n{DOCKER}\nRULES")
        self.jobs = {}

    def _wire(self, low, low4, high, high4, net):
        low, high = self.hosts[low], self.hosts[high]
        if low4:
            self.quick.wire(low, low4, high, high4)
        else:
            self.quick.guest.run(f"""ip -n {low.name} link add {high.name} type veth peer name {low.name} netns {high.name}
                ip -n {low.name} link set {high.name} up; ip -n {high.name} link set {low.name} up""")
        low.run(f"ip addr add {net}::{LAST.get(low.name, 2)}/64 dev {high.name} nodad")
        high.run(f"ip addr add {net}::1/64 dev {low.name} nodad")

    def _routes(self):
        for host, via in ("laptop", "192.168.1.1"), ("home", "192.0.0.1"), ("aftr", "203.0.113.1"), ("vps", "203.0.113.5"):
            self.quick.route(self.hosts[host], via)
        for host, via in (("laptop", "2001:db8:1::1"), ("home", "2001:db8:2::1"), ("aftr", "2001:db8:3::1"), ("vps", "2001:db8:5::1"),
                          ("six", "2001:db8:6::1")):
            self.quick.route(self.hosts[host], via)
        self.quick.route(self.aftr, "192.0.0.2", "192.168.1.0/24")
        for net in "2001:db8:1::/64", "2001:db8:2::/64":
            self.quick.route(self.hop, "2001:db8:3::2", net)
        self.quick.route(self.aftr, "2001:db8:2::2", "2001:db8:1::/64")

    def _strict(self):
        """Before there is a tunnel, as a host's own sysctl.d does it."""
        for host in self.laptop, self.vps, self.six:
            host.run("for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 1 >$f; done")

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
            host.run(f"""wg set wg0 fwmark {MARK}
                ip route add default dev wg0 table {MARK}
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
