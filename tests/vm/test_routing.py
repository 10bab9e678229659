# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exit node and subnet router: the traffic of a third guest really takes that way, and no other way is loosened."""

import pytest

import mesh as meshes
import nm_host
import untidy

pytestmark = pytest.mark.one_release


def count_from(guest, address):
    """Count the echo requests that come from an address."""
    guest.run(f"""nft add table inet counted; nft add chain inet counted in '{{ type filter hook input priority 0; }}'
        nft add rule inet counted in ip saddr {address} icmp type echo-request counter""")


def counted(guest):
    return int(guest.out("nft list table inet counted | grep -o 'packets [0-9]*' | cut -d' ' -f2"))


def test_exit_node(lab):
    """The client's ping goes through the mesh and leaves with the exit node's address. Between the two is a NAT router, and the client
    filters strictly: what comes from the exit node is not from a neighbour."""
    mesh = meshes.Mesh("home", "client", "vps")
    client, vps, outside = lab.guest("client"), lab.guest("vps"), lab.guest("outside")
    lab.router(lab.lan, lab.internet)
    vps.lan = vps.plug(0, lab.internet)
    client.plug(0, lab.lan)
    mesh["vps"].lines += ["ExitNode=yes", f"PublicEndpoint={vps.lan.v4}:{meshes.LISTEN_PORT}"]
    public = vps.plug(1, lab.segment("office"))
    target = outside.plug(0, lab.segment("office"))
    for name, guest in ("vps", vps), ("client", client):
        mesh.apply(guest, name, "ActivationPolicy=up")
    count_from(outside, public.v4)
    client.run("sysctl -q net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.rp_filter=1")
    client.wait(f"ping -c1 -W1 {mesh['vps'].v4}")
    assert client.run(f"ping -c1 -W1 {target.v4}", check=False).code != 0

    mesh.apply(client, "client", "ActivationPolicy=up\nExitNode=vps")
    client.wait("ip rule | grep -i 0xca6c")
    client.wait(f"ping -c1 -W1 {target.v4}")
    assert counted(outside) > 0
    assert client.out(f"ip route get {target.v4}").split()[2] == "home"
    assert client.out(f"ip route get {vps.lan.v4} mark 51820 | grep -o 'dev [a-z0-9]*'") == "dev eth0"
    assert client.out("ip route get 192.168.1.200").split()[2] == "eth0", "the LAN stays reachable"
    assert client.out("ip -6 route get 2001:db8::1 | grep -o 'dev [a-z0-9]*'") == "dev home", "IPv6 must not leak"
    assert client.out("sysctl -n net.ipv4.conf.all.src_valid_mark") == "1"
    # Loose on the mesh's interface, strict where it was strict.
    assert client.out("sysctl -n net.ipv4.conf.home.rp_filter net.ipv4.conf.eth0.rp_filter net.ipv4.conf.all.rp_filter") == "2\n1\n1"

    mesh.apply(client, "client", "ActivationPolicy=up")
    client.wait("! ip rule | grep -i 0xca6c")
    assert client.run(f"ping -c1 -W1 {target.v4}", check=False).code != 0
    assert meshes.complaints(client) == "" and meshes.complaints(vps) == ""


def test_subnet_router(lab):
    """A host of the office sees the client's own address, for it has a route back. The client is behind a NAT router; all filter
    strictly, and the subnet router has the chains of Docker."""
    mesh = meshes.Mesh("home", "client", "gw")
    client, gw, printer = lab.guest("client"), lab.guest("gw"), lab.guest("printer")
    lab.router(lab.lan, lab.internet)
    gw.lan = gw.plug(0, lab.internet)
    client.plug(0, lab.lan)
    inside = gw.plug(1, lab.segment("office"))
    target = printer.plug(0, lab.segment("office"))
    untidy.forward_as_docker(gw)
    mesh["gw"].lines += ["Routes=192.168.2.0/24", f"PublicEndpoint={gw.lan.v4}:{meshes.LISTEN_PORT}"]
    for name, guest in ("gw", gw), ("client", client):
        untidy.filter_strictly(guest)
        mesh.apply(guest, name, "ActivationPolicy=up")
    printer.run(f"ip route add 10.42.0.0/16 via {inside.v4}")
    count_from(printer, mesh["client"].v4)
    client.wait(f"ping -c1 -W1 {mesh['gw'].v4}")
    assert client.run(f"ping -c1 -W1 {target.v4}", check=False).code != 0

    mesh.apply(client, "client", "ActivationPolicy=up\nAcceptRoutes=yes")
    client.wait(f"ip route get {target.v4} | grep 'dev home'")
    assert client.run(f"ping -c1 -W1 {target.v4}", check=False).code != 0, "Docker drops what is forwarded"
    gw.run("nft insert rule ip filter DOCKER-USER iifname home accept; nft insert rule ip filter DOCKER-USER oifname home accept")
    client.wait(f"ping -c1 -W1 {target.v4}")
    assert counted(printer) > 0
    assert client.out("sysctl -n net.ipv4.conf.eth0.rp_filter") == gw.out("sysctl -n net.ipv4.conf.eth0.rp_filter") == "1"
    # At the office itself the client takes the short way.
    client.plug(1, lab.segment("office"))
    assert client.out(f"ip route get {target.v4}").split()[2] == "eth1"


DHCP_SERVER = "[Match]\nName=eth0\n[Network]\nAddress=192.168.1.77/24\nDHCPServer=yes\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"


@pytest.mark.each_release
def test_dhcpcd_has_the_lan(native):
    """dhcpcd takes all interfaces that it finds, and Routes= of another device are the LAN that this one is in: it keeps off the
    mesh's interface, and the way to the LAN stays its own."""
    mesh = meshes.Mesh("home", "a", "gw")
    mesh["gw"].lines.append("Routes=192.168.1.0/24")
    router = native.boot("router", enable=["systemd-networkd.service"], files={"/etc/systemd/network/lan.network": DHCP_SERVER})
    router.wait_booted()
    a = native.guest("a")
    for each in (router, a):
        each.plug(0, native.lan, configure=False)
    mesh.put(a, "a", "Owner=networkd\nAcceptRoutes=yes\n")
    a.run("systemctl start wattle-networkd@home")
    metric = a.out("grep -h -A3 Destination=192.168.1.0/24 /run/systemd/network/*home* | sed -n 's/^Metric=//p'")
    # Nothing of it is about WireGuard.
    a.run(f"ip tuntap add home mode tun; ip link set home up; ip route add 192.168.1.0/24 dev home metric {metric}")
    dhcpcd = a.start("exec dhcpcd --nobackground --nodev", 120)
    a.wait("ip route | grep 'default via 192.168.1.77 dev eth0'")
    assert a.out("ip route get 192.168.1.77 | grep -o 'dev [a-z0-9]*'") == "dev eth0"
    assert "169.254." not in a.out("ip addr show dev home")
    dhcpcd.signal()
    print(dhcpcd.finish(check=False))


# As tailscaled sets them with an exit node (wgengine/router/osrouter/router_linux.go).
EXIT_NODE_OF_TAILSCALE = """ip link add tailscale0 type veth peer name far; ip link set far up; ip link set tailscale0 up
for f in -4 -6; do
    ip $f rule add priority 5210 fwmark 0x80000/0xff0000 table main
    ip $f rule add priority 5230 fwmark 0x80000/0xff0000 table default
    ip $f rule add priority 5250 fwmark 0x80000/0xff0000 unreachable
    ip $f rule add priority 5270 table 52
    ip $f route add default dev tailscale0 table 52
done"""
KEEPS_RULES = "[Network]\nManageForeignRoutingPolicyRules=no\nManageForeignRoutes=no\n"
# A tun in place of WireGuard's link.
AS_TUN = f"sed -i '/^.wireguard/,/^.ipv4/{{/^.ipv4/!d}}; s/^type=wireguard/type=tun/; $a [tun]\\nmode=1' {nm_host.PROFILE}; nmcli connection load {nm_host.PROFILE}"


def takes(host, peer, card):
    """What is for the peer leaves by that card, and what is for elsewhere by Tailscale's."""
    for address in (peer.v4, peer.v6):
        host.wait(f"ip route get {address} | grep ' dev {card} '")
    for far in ("198.51.100.1", "2001:db8:9::1"):
        host.wait(f"ip route get {far} | grep ' dev tailscale0 '")


@pytest.mark.each_release
def test_beside_an_exit_node_of_tailscale(native):
    """Coexist=tailscale as the release's systemd-networkd and NetworkManager take it; nothing of it is about WireGuard. A card and a tun
    stand in for the interface."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = native.guest("a"), native.guest("b")
    for host in (a, b):
        host.run(EXIT_NODE_OF_TAILSCALE)
    a.plug(1, native.segment("office"), configure=False)
    a.put("/etc/systemd/networkd.conf.d/50-foreign.conf", KEEPS_RULES)
    a.put("/etc/systemd/network/60-wattle-home.network.d/kind.conf", "[Match]\nKind=\n")
    mesh.put(a, "a", "Owner=networkd\nCoexist=tailscale\n")
    a.run("ln -s /dev/null /etc/systemd/network/60-wattle-home.netdev; ip link set eth1 down; ip link set eth1 name home; "
          "systemctl start wattle-networkd@home systemd-networkd")
    a.wait("networkctl list --no-legend home | grep -v -e unmanaged -e pending")
    takes(a, mesh["b"], "tailscale0")
    a.run("networkctl up home")
    takes(a, mesh["b"], "home")
    assert a.out("ip rule | grep -c ^5100:") == a.out("ip -6 rule | grep -c ^5100:") == "1"
    a.run("networkctl down home")
    takes(a, mesh["b"], "tailscale0")
    assert a.out("ip rule | grep -c '^52[1357]0:'") == "4"

    mesh.put(b, "b", "Owner=NetworkManager\nCoexist=tailscale\n")
    b.put("/etc/NetworkManager/conf.d/tailscale.conf", "[device-tailscale]\nmatch-device=interface-name:tailscale0\nmanaged=0\n")
    b.run("systemctl start wattle-nm@home")
    nm_host.start_nm(b)
    b.run(AS_TUN)
    takes(b, mesh["a"], "tailscale0")
    b.run("nmcli connection up home")
    takes(b, mesh["a"], "home")
    b.run("nmcli connection down home")
    takes(b, mesh["a"], "tailscale0")
    assert "5100" not in b.out("ip rule; ip -6 rule")
