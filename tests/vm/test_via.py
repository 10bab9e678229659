# SPDX-License-Identifier: LGPL-2.1-or-later
"""Via=: a phone with a plain wg-quick reaches a device behind another NAT, and is reached, by a server that forwards.

    phone -- home (NAT) -- vps -- office (NAT) -- nas
"""

FILTER = "/usr/libexec/wattle/wattle-filter"
VPS = "198.51.100.1"
DEVICES = {"vps": (1, f"PublicEndpoint={VPS}:51820"), "nas": (2, ""), "phone": (3, "Managed=no\nVia=vps")}
LIMIT_S = 600


def write_mesh(hosts):
    """Each host's configuration as wattle has it. Of the phone the file alone, as it is exported."""
    sections = ["[Mesh]", "Subnet=10.42.0.0/24 fd42::/64"]
    for name, (number, line) in DEVICES.items():
        sections += [f"[Device {name}]", f"PublicKey={hosts[name].public_key}", f"Address=10.42.0.{number} fd42::{number}", line]
    for host in hosts.values():
        folder = f"/run/{host.name}"
        host.put(f"{folder}/wg0.mesh", "\n".join([*sections, ""]))
        host.run(f"cd {folder}; wattle export --private-key={folder}.key -o wg0.conf {host.name} wg0.mesh")
    hosts["vps"].run("cd /run/vps; wattle render --as vps --output root wg0.mesh")


def make_hosts(quick):
    hosts = {name: quick.host(name) for name in ("vps", "nas", "phone")}
    home, office = quick.host("home"), quick.host("office")
    vps, nas, phone = hosts.values()
    quick.wire(phone, "192.168.1.2/24", home, "192.168.1.1/24")
    quick.wire(nas, "192.168.2.2/24", office, "192.168.2.1/24")
    quick.wire(home, "198.51.100.2/30", vps, f"{VPS}/30")
    quick.wire(office, "198.51.100.6/30", vps, "198.51.100.5/30")
    for inner, router, gateway in (phone, home, "192.168.1.1"), (nas, office, "192.168.2.1"):
        quick.route(inner, gateway)
        quick.nat(router, outside="vps")
    quick.route(home, VPS)
    quick.route(office, "198.51.100.5")
    # There is no udev, and wg-quick is a script of bash's with <( ).
    quick.guest.run("[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd")
    for host in hosts.values():
        host.public_key = host.out(f"umask 077; mkdir -p /run/{host.name}; wg genkey | tee /run/{host.name}.key | wg pubkey")
    return hosts, home, office


def test_a_phone_reaches_who_is_behind_nat_and_is_reached(quick):
    hosts, home, office = make_hosts(quick)
    vps, nas, phone = hosts.values()
    vps.run("sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0")
    write_mesh(hosts)
    for host in hosts.values():
        host.run(f"wg-quick up /run/{host.name}/wg0.conf")
    job = vps.start(f"exec {FILTER} --root=/run/vps/root wg0", LIMIT_S)
    vps.wait("nft list table inet wattle-wg0")
    vps.run("sysctl -q -p /run/vps/root/run/sysctl.d/60-wattle-wg0.conf")
    for host, address in (phone, "10.42.0.2"), (nas, "10.42.0.3"), (phone, "fd42::2"), (nas, "fd42::3"):
        host.wait(f"ping -c1 -W1 {address}")
        assert " 0% packet loss" in host.out(f"ping -q -c5 -i0.1 {address}")
    assert "Redirect" not in phone.out("ping -c2 10.42.0.2")

    # Nothing else is forwarded: IPv4 by the kernel's own setting, IPv6 by our table alone.
    assert vps.out("sysctl -n net.ipv4.conf.all.forwarding net.ipv4.conf.home.forwarding net.ipv4.conf.wg0.forwarding") == "0\n0\n1"
    for router, number in (home, 1), (office, 2):
        router.run(f"ip addr add fd00:{number}::2/64 dev vps nodad; ip route add fd00:{3 - number}::/64 via fd00:{number}::1")
        vps.run(f"ip addr add fd00:{number}::1/64 dev {router.name} nodad")
    home.wait("ping -c1 -W1 fd00:1::1")
    guarded = vps.out("cat /run/vps/root/run/wattle/wg0.nft").count("chain guard")
    assert guarded == 1 and home.run("ping -c1 -W1 fd00:2::2", check=False).code != 0
    job.signal()
    home.wait("ping -c1 -W1 fd00:2::2")
