# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who wins where others take all traffic too, by their rules of routing: an exit node of ours, as networkd gets it, beside wg-quick(8),
NetworkManager and tailscaled. wattle.mesh(5), NETWORKS, says the same.

    up0     the uplink, 192.0.2.1                          office  our exit node, and the mesh 10.77.0.0/24
    wg0     theirs: wg-quick's or NetworkManager's         ts0     tailscale0
"""

import pathlib
import re

import pytest

from test_filter import Namespace

pytestmark = pytest.mark.root

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "golden"
CARDS = {"up0": ("192.0.2.9/24", "2001:db8::9/64"), "office": ("10.77.0.10/24", "fd77:77:77::10/64"), "wg0": ("10.9.0.2/24", "fd09::2/64"),
         "ts0": ("100.64.0.7/32", "fd7a:115c:a1e0::7/128")}
FAR = {"-4": "198.51.100.1", "-6": "2001:db8:9::1"}
OF_THE_MESH = {"-4": "10.77.0.2", "-6": "fd77:77:77::2"}
OF_WG0 = {"-4": "10.9.0.1", "-6": "fd09::1"}
OF_TAILSCALE = {"-4": "100.64.0.8", "-6": "fd7a:115c:a1e0::8"}
OURS = 51820  # our WireGuard's mark

# As 'wg-quick up' of a full tunnel, and Mullvad's app: the kernel gives the priorities, each one less than that of the first rule
# behind "local" (fib_default_rule_pref() in net/core/fib_rules.c).
WG_QUICK = """ip {f} route add default dev wg0 table 51820
ip {f} rule add not fwmark 51820 table 51820
ip {f} rule add table main suppress_prefixlength 0"""

# nm-device-wireguard.c: two of 30768 to 31766, and a mark above 51820.
NETWORK_MANAGER = """ip {f} route add default dev wg0 table 51900
ip {f} rule add priority 30768 table main suppress_prefixlength 0
ip {f} rule add priority 30769 not fwmark 51900 table 51900"""

# wgengine/router/osrouter/router_linux.go
TAILSCALED = """ip {f} rule add priority 5210 fwmark 0x80000/0xff0000 table main
ip {f} rule add priority 5230 fwmark 0x80000/0xff0000 table default
ip {f} rule add priority 5250 fwmark 0x80000/0xff0000 unreachable
ip {f} rule add priority 5270 table 52
ip {f} route add {tailnet} dev ts0 table 52"""
ITS_EXIT_NODE = "ip {f} route add default dev ts0 table 52"


def sections(case, name):
    """Of our .network file for networkd, the first in the golden file of that case."""
    text = (GOLDEN / f"office-anna-{case}.golden").read_text()
    network = text.split("60-wattle-office.network\n", 1)[1].split("\n--- ", 1)[0]
    for part in network.split("\n\n"):
        if part.startswith(f"[{name}]\n"):
            yield dict(line.split("=", 1) for line in part.splitlines()[1:])


def our_exit(family, mark=None):
    """What networkd makes of it; with FirewallMark= another mark."""
    for route in sections("exit-node", "Route"):
        if (":" in route["Destination"]) == (family == "-6"):
            yield f"ip {family} route add {route['Destination']} dev office table {route['Table']}"
    for rule in sections("exit-node", "RoutingPolicyRule"):
        assert rule["Family"] == "both"
        words = f"{'not ' if rule.get('InvertRule') == 'yes' else ''}priority {rule['Priority']} table {rule['Table']}"
        if "FirewallMark" in rule:
            words += f" fwmark {mark or rule['FirewallMark']}"
        if "SuppressPrefixLength" in rule:
            words += f" suppress_prefixlength {rule['SuppressPrefixLength']}"
        yield f"ip {family} rule add {words}"


def main_first(family, owner="networkd"):
    """What either owner makes of Coexist=tailscale and AcceptRoutes=yes: (routes, rules)."""
    routes = [f"ip {family} route add {route['Destination']} dev office metric {route['Metric']}"
              for route in sections("coexist-tailscale", "Route") if (":" in route["Destination"]) == (family == "-6")]
    rules = [f"priority {rule['Priority']} to {rule['To']} table {rule['Table']} suppress_prefixlength {rule['SuppressPrefixLength']}"
             for rule in sections("coexist-tailscale", "RoutingPolicyRule")]
    if owner == "NetworkManager":
        text = (GOLDEN / "nm/office-anna-coexist-tailscale.nmconnection").read_text()
        rules = [line.split("=", 1)[1] for line in text.splitlines() if line.startswith("routing-rule")]
    return routes, [f"ip {family} rule add {rule}" for rule in rules if (":" in re.search(r" to (\S+)", rule).group(1)) == (family == "-6")]


@pytest.fixture
def net():
    namespace = Namespace()
    for card, addresses in CARDS.items():
        namespace.run(f"ip link add {card} type veth peer name {card}-far; ip link set {card} up; ip link set {card}-far up")
        for address in addresses:
            namespace.run(f"ip addr add {address} dev {card} {'nodad' if ':' in address else ''}")
    namespace.run("ip route add default via 192.0.2.1; ip -6 route add default via 2001:db8::1")
    yield namespace
    namespace.close()


class Ways:
    def __init__(self, net, family):
        self._net, self._family = net, family

    def add(self, *scripts):
        for script in scripts:
            self._net.run(script.format(f=self._family, tailnet="100.64.0.0/10" if self._family == "-4" else "fd7a:115c:a1e0::/48"))

    def by(self, to, mark=0):
        """The card by which a packet of this host's leaves."""
        said = self._net.out(f"ip {self._family} route get {to[self._family]} mark {mark}")
        return re.search(r" dev (\S+)", said).group(1)


@pytest.fixture(params=["-4", "-6"], ids=["ipv4", "ipv6"])
def ways(net, request):
    return Ways(net, request.param)


def test_our_exit_node_alone(ways):
    ways.add(*our_exit(ways._family))
    assert (ways.by(FAR), ways.by(FAR, OURS), ways.by(OF_THE_MESH), ways.by(OF_WG0)) == ("office", "up0", "office", "wg0")


@pytest.mark.parametrize("last", ["ours", "theirs"])
def test_beside_wg_quick_who_is_up_last_wins(ways, last):
    """With its mark, which is ours, neither WireGuard goes through the other; and each network is reached."""
    parts = [list(our_exit(ways._family)), [WG_QUICK]]
    for part in reversed(parts) if last == "ours" else parts:
        ways.add(*part)
    winner = "office" if last == "ours" else "wg0"
    assert (ways.by(FAR), ways.by(FAR, 51820), ways.by(OF_THE_MESH), ways.by(OF_WG0)) == (winner, "up0", "office", "wg0")


def test_another_mark_beside_wg_quick_goes_round_in_circles(ways):
    """What our WireGuard sends goes into theirs, and what that sends into ours."""
    ways.add(*our_exit(ways._family, mark=7), WG_QUICK)
    assert (ways.by(FAR, 7), ways.by(FAR, 51820)) == ("wg0", "office")


def test_beside_network_manager_we_win(ways):
    """Its mark is another: FirewallMark= of that one is needed, or its WireGuard goes into ours, and ours into it."""
    ways.add(*our_exit(ways._family), NETWORK_MANAGER)
    assert (ways.by(FAR), ways.by(OF_THE_MESH), ways.by(OF_WG0)) == ("office", "office", "wg0")
    assert (ways.by(FAR, OURS), ways.by(FAR, 51900)) == ("wg0", "office")


def test_the_mark_of_network_manager(ways):
    ways.add(*our_exit(ways._family, mark=51900), NETWORK_MANAGER)
    assert (ways.by(FAR), ways.by(FAR, 51900)) == ("office", "up0")


@pytest.mark.parametrize("theirs", [WG_QUICK, NETWORK_MANAGER], ids=["wg-quick", "NetworkManager"])
def test_a_mesh_without_exit_node_beside_a_full_tunnel(ways, theirs):
    """The mesh is a route of the main table. What our WireGuard sends goes into the tunnel, unless it has its mark."""
    ways.add(theirs)
    assert (ways.by(FAR), ways.by(OF_THE_MESH)) == ("wg0", "office")
    assert ways.by(FAR, 51820 if theirs is WG_QUICK else 51900) == "up0"


def test_beside_tailscaled(ways):
    """It has its own network and we the rest; neither goes through the other."""
    ways.add(*our_exit(ways._family), TAILSCALED)
    assert (ways.by(OF_TAILSCALE), ways.by(FAR), ways.by(OF_THE_MESH)) == ("ts0", "office", "office")
    assert (ways.by(FAR, OURS), ways.by(FAR, 0x80000)) == ("up0", "up0")


def test_beside_an_exit_node_of_tailscale_it_wins(ways):
    """The mesh goes there too, and is lost; FirewallMark=0x80000 keeps our WireGuard out of it."""
    ways.add(*our_exit(ways._family, mark=0x80000), TAILSCALED, ITS_EXIT_NODE)
    assert (ways.by(FAR), ways.by(FAR, 0x80000), ways.by(OF_THE_MESH)) == ("ts0", "up0", "ts0")


@pytest.mark.parametrize("owner", ["networkd", "NetworkManager"])
@pytest.mark.parametrize("last", ["ours", "theirs"])
def test_coexist_tailscale_keeps_the_mesh(ways, owner, last):
    """Beside its exit node, whoever is up first: the mesh and accepted routes are ours, the rest is its. While the mesh is down it has
    all, and nothing of the mesh leaves by the uplink."""
    routes, rules = main_first(ways._family, owner)
    assert rules
    parts = [rules, [TAILSCALED, ITS_EXIT_NODE]]
    for part in reversed(parts) if last == "ours" else parts:
        ways.add(*part)
    ways.add(*routes)
    accepted = {"-4": "192.168.20.9", "-6": FAR["-6"]}
    assert (ways.by(FAR), ways.by(FAR, 0x80000), ways.by(OF_THE_MESH), ways.by(OF_TAILSCALE)) == ("ts0", "up0", "office", "ts0")
    assert ways.by(accepted) == ("office" if routes else "ts0")
    ways.add("ip link set office down")
    assert (ways.by(FAR), ways.by(OF_THE_MESH), ways.by(accepted)) == ("ts0", "ts0", "ts0")


def test_coexist_tailscale_and_our_exit_node(ways):
    """Of the two exit nodes it is Tailscale's while it has one, and else ours."""
    ways.add(*our_exit(ways._family, mark=0x80000), *main_first(ways._family)[1], TAILSCALED)
    assert (ways.by(FAR), ways.by(FAR, 0x80000), ways.by(OF_THE_MESH), ways.by(OF_TAILSCALE)) == ("office", "up0", "office", "ts0")
    ways.add(ITS_EXIT_NODE)
    assert (ways.by(FAR), ways.by(FAR, 0x80000), ways.by(OF_THE_MESH)) == ("ts0", "up0", "office")
