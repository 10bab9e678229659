# SPDX-License-Identifier: LGPL-2.1-or-later
"""An exit node in the quick lab, with routers between, and the table that wattle renders:

    laptop -- router (NAT) -- hop -- vps -- target

    lab = ExitLab(quick)
    lab.hold(lab.laptop); lab.hold(lab.vps)     wattle-filter, as its unit would run it
    lab.strict(1)                               reverse path filter of laptop and vps
"""

FILTER = "/usr/libexec/wattle/wattle-filter"
TARGET = "198.51.100.2"
MARK = 51820
LIMIT_S = 1200


class ExitLab:
    def __init__(self, quick):
        self.quick = quick
        self.laptop, router, hop, self.vps, self.target = (quick.host(name) for name in ("laptop", "router", "hop", "vps", "target"))
        quick.wire(self.laptop, "192.168.1.2/24", router, "192.168.1.1/24")
        quick.wire(router, "203.0.113.2/30", hop, "203.0.113.1/30")
        quick.wire(hop, "203.0.113.5/30", self.vps, "203.0.113.6/30")
        quick.wire(self.vps, "198.51.100.1/24", self.target, f"{TARGET}/24")
        quick.route(self.laptop, "192.168.1.1")
        quick.route(router, "203.0.113.1")
        quick.route(self.vps, "203.0.113.5")
        quick.nat(router, outside="hop")
        hop.run("sysctl -qw net.ipv4.ip_forward=1")
        self._tunnel()
        self.jobs = {}

    def _tunnel(self):
        """The laptop is in a subnet in which the exit node has no address."""
        laptop, vps = self.laptop, self.vps
        self.quick.wireguard(laptop, "10.43.0.1/16")
        self.quick.wireguard(vps, "10.42.0.2/16")
        self.quick.peer(vps, laptop, "10.43.0.1/32")
        self.quick.peer(laptop, vps, "10.42.0.2/32,0.0.0.0/0", "203.0.113.6:51820", keepalive=25)
        vps.run("ip route add 10.43.0.0/16 dev wg0; sysctl -qw net.ipv4.ip_forward=1")
        laptop.run(f"""wg set wg0 fwmark {MARK}
            ip route add default dev wg0 table {MARK}
            ip rule add priority 30001 table main suppress_prefixlength 0
            ip rule add priority 30002 not fwmark {MARK} table {MARK}
            sysctl -qw net.ipv4.conf.all.src_valid_mark=1 net.ipv4.conf.wg0.rp_filter=2""")
        text = "\n".join(["[Mesh]", "Subnet=10.42.0.0/16 10.43.0.0/16", "[Device laptop]", f"PublicKey={laptop.public_key}",
                          "Address=10.43.0.1", "[Device vps]", f"PublicKey={vps.public_key}", "Address=10.42.0.2", "ExitNode=yes", ""])
        for host, settings in (laptop, "ExitNode=vps"), (vps, ""):
            host.put(f"/run/{host.name}/wg0.mesh", text)
            host.put(f"/run/{host.name}/local.conf", f"[Local]\n{settings}\n")
            host.run(f"cd /run/{host.name}; wattle render --as {host.name} --local local.conf --output root wg0.mesh")

    def strict(self, value):
        for host in self.laptop, self.vps:
            host.run(f"for f in /proc/sys/net/ipv4/conf/*/rp_filter; do [ $f = /proc/sys/net/ipv4/conf/wg0/rp_filter ] || echo {value} >$f; done")

    def hold(self, host):
        self.jobs[host.name] = host.start(f"exec {FILTER} --root=/run/{host.name}/root wg0", LIMIT_S)
        host.wait("nft list table inet wattle-wg0")

    def release(self, host):
        self.jobs.pop(host.name).signal()
        host.wait("! nft list table inet wattle-wg0 2>/dev/null")

    def masquerade(self):
        """What the exit node needs without wattle-filter: the admin's own rule."""
        self.vps.run("nft add table ip own; nft 'add chain ip own post { type nat hook postrouting priority srcnat; }'; "
                     "nft add rule ip own post oifname target masquerade")

    def masquerade_no_more(self):
        self.vps.run("nft delete table ip own")
