# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle-filter in a network namespace of its own: its table is there while the interface is up, and at no other time."""

import os
import shutil
import signal
import subprocess
import time

import pytest

PROGRAM = os.environ.get("WATTLE_FILTER")
pytestmark = [pytest.mark.root, pytest.mark.skipif(not PROGRAM, reason="built without wattle-filter")]

TABLE = """table inet wattle-office {
        flags owner
        chain sent {
                type filter hook output priority -150; policy accept;
                meta mark 51820 ct mark set %d
        }
}
"""
OF_THE_ADMIN = "table inet admin {\nchain in {\ntype filter hook input priority 0\n}\n}\n"


class Namespace:
    """A shell in it; a sleeping process keeps it."""

    def __init__(self):
        self._keeper = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._keeper.stdout.readline()
        self._enter = ["nsenter", "-n", "-t", str(self._keeper.pid)]

    def run(self, script, check=True):
        return subprocess.run([*self._enter, "sh", "-ec", script], capture_output=True, text=True, timeout=30, check=check)

    def out(self, script):
        return self.run(script).stdout.strip()

    @property
    def pid(self):
        return self._keeper.pid

    def start(self, *command, **streams):
        return subprocess.Popen([*self._enter, *command], stderr=subprocess.PIPE, text=True, **streams)

    def close(self):
        self._keeper.stdin.close()
        self._keeper.wait()


def until(condition):
    """What the program does is seen by looking; the test ends at once when it is there."""
    for _ in range(1000):
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def net():
    assert shutil.which("nft"), "needs nft"
    namespace = Namespace()
    yield namespace
    namespace.close()


class Filter:
    def __init__(self, net, host):
        self._net, self._host = net, host
        host.mesh()
        self.write(TABLE % 1)
        self.process = None

    def write(self, text):
        self._host.write("/run/wattle/office.nft", text)

    def start(self):
        self.process = self._net.start(PROGRAM, f"--root={self._host.root}", "office")
        return self

    def table(self):
        done = self._net.run("nft list table inet wattle-office", check=False)
        return done.stdout if done.returncode == 0 else None

    def is_there(self, text=""):
        return until(lambda: (self.table() or "").find(text or "sent") >= 0)

    def is_gone(self):
        return until(lambda: self.table() is None)

    def end(self, sig):
        self.process.send_signal(sig)
        return self.process.wait(10)

    def close(self):
        if self.process and self.process.poll() is None:
            self.end(signal.SIGKILL)


@pytest.fixture
def packet_filter(net, host):
    made = Filter(net, host)
    yield made
    made.close()


def test_it_is_there_while_the_interface_is_up(net, packet_filter):
    packet_filter.start()
    for _ in range(2):
        net.run("ip tuntap add office mode tun")
        assert packet_filter.is_gone()
        net.run("ip link set office up")
        assert packet_filter.is_there()
        net.run("ip link set office down")
        assert packet_filter.is_gone()
        net.run("ip link set office up")
        assert packet_filter.is_there()
        net.run("ip link del office")
        assert packet_filter.is_gone()


def test_an_interface_that_is_renamed_is_another_one(net, packet_filter):
    net.run("ip tuntap add office mode tun; ip link set office up")
    packet_filter.start()
    assert packet_filter.is_there()
    net.run("ip link set office down; ip link set office name other; ip link set other up")
    assert packet_filter.is_gone()
    net.run("ip link set other down; ip link set other name office; ip link set office up")
    assert packet_filter.is_there()


@pytest.mark.parametrize("sig, code", [(signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)])
def test_nothing_is_left_when_it_ends(net, packet_filter, sig, code):
    net.run(f"ip tuntap add office mode tun; ip link set office up; nft '{OF_THE_ADMIN}'")
    packet_filter.start()
    assert packet_filter.is_there()
    assert packet_filter.end(sig) == code
    assert packet_filter.is_gone()
    assert net.out("nft list tables") == "table inet admin"


def test_a_reload_of_the_hosts_own_ruleset_does_not_take_it(net, packet_filter, tmp_path):
    """What nftables.service does with /etc/nftables.conf."""
    rules = tmp_path / "nftables.conf"
    rules.write_text(f"flush ruleset\n{OF_THE_ADMIN}")
    net.run("ip tuntap add office mode tun; ip link set office up")
    packet_filter.start()
    assert packet_filter.is_there()
    for _ in range(2):
        net.run(f"nft -f {rules}")
        assert packet_filter.is_there()
        assert "table inet admin" in net.out("nft list tables")


def test_a_reload_changes_it_and_keeps_it_where_the_new_one_is_bad(net, packet_filter):
    net.run("ip tuntap add office mode tun; ip link set office up")
    packet_filter.start()
    assert packet_filter.is_there("set 0x00000001")
    packet_filter.write(TABLE % 2)
    packet_filter.process.send_signal(signal.SIGHUP)
    assert packet_filter.is_there("set 0x00000002")
    os.unlink(packet_filter._host.path("/run/wattle/office.nft"))
    packet_filter.process.send_signal(signal.SIGHUP)
    assert packet_filter.is_gone()


BAD = {
    "no language of nft's": ("table inet wattle-office { flags owner; nonsense }\n", "nftables: "),
    "what the kernel refuses": (TABLE % 1 + "add rule inet wattle-office none accept\n", "nftables: "),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_table_is_no_table(net, packet_filter, case):
    text, message = BAD[case]
    packet_filter.write(text)
    net.run("ip tuntap add office mode tun; ip link set office up")
    packet_filter.start()
    assert packet_filter.process.wait(10) == 1
    assert f"mesh office: {message}" in packet_filter.process.stderr.read()
    assert packet_filter.table() is None


def test_one_without_an_owner_is_taken_over(net, packet_filter):
    """Of an older version, or of somebody who has loaded the file."""
    net.run("ip tuntap add office mode tun; ip link set office up; "
            "nft 'table inet wattle-office { chain old { type filter hook input priority 0; policy drop; }; }'")
    packet_filter.start()
    assert packet_filter.is_there("set 0x00000001")
    assert "old" not in packet_filter.table() and "owner" in net.out("nft list table inet wattle-office")
    packet_filter.end(signal.SIGTERM)
    assert packet_filter.is_gone()


def test_two_of_one_mesh(net, host, packet_filter):
    """The second is refused and takes nothing away."""
    net.run("ip tuntap add office mode tun; ip link set office up")
    packet_filter.start()
    assert packet_filter.is_there()
    second = net.start(PROGRAM, f"--root={host.root}", "office")
    assert second.wait(10) == 1 and "nftables: " in second.stderr.read()
    assert packet_filter.is_there()


@pytest.mark.parametrize("arguments, code", [(["--help"], 0), (["--version"], 0), ([], 2), (["a", "b"], 2), (["../x"], 2), (["none"], 0)])
def test_arguments(net, arguments, code):
    process = net.start(PROGRAM, *arguments)
    if arguments == ["none"]:  # a mesh without a table waits for one
        time.sleep(0)
        process.terminate()
    assert process.wait(10) in (code, -signal.SIGTERM)


@pytest.fixture
def golden_tables():
    """Every table that the golden files have: what is rendered is what nft takes."""
    folder = os.path.join(os.path.dirname(__file__), "..", "golden")
    found = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".golden"):
            continue
        for part in open(os.path.join(folder, name)).read().split("\n--- ")[1:]:
            head, _, text = part.partition("\n")
            if head.endswith(".nft"):
                found[name] = text.split("\n===")[0].split("\n\n")[0] + "\n"
    return found


def test_nft_takes_what_is_rendered(net, golden_tables, tmp_path):
    assert len(golden_tables) >= 5
    for name, text in golden_tables.items():
        (tmp_path / "table").write_text(text)
        done = net.run(f"nft -c -f {tmp_path}/table", check=False)
        assert done.returncode == 0, f"{name}: {done.stderr}"

TALK = """import socket, sys
family, here, there, first = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, sys.argv[1], sys.argv[2], sys.argv[3]
s = socket.socket(family, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 51820 if here.endswith("2") else 0)
s.bind((here, 51820))
if first == "wait":
    print(flush=True)
    while True:
        s.sendto(*s.recvfrom(9))
s.settimeout(0.3)
for _ in range(int(first)):
    s.sendto(b"x", (there, 51820))
    try:
        s.recvfrom(9)
        sys.exit()
    except TimeoutError:
        pass
sys.exit(1)
"""

# As firewalld with IPv6_rpfilter=strict has it, at its place.
IPV6_RPFILTER = """table inet their-firewalld {
        chain mangle_PREROUTING {
                type filter hook prerouting priority -140; policy accept;
                icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
                meta nfproto ipv6 fib saddr . mark . iif oif missing drop
        }
}
"""


class Beyond:
    """client -- router -- vps, every filter strict, and the client's default route in the mesh: office is a pair here, and a marked
    UDP socket is WireGuard."""

    ENDS = {"ipv4": ("192.168.1.2", "203.0.113.2"), "ipv6": ("fd00:1::2", "fd00:2::2")}

    def __init__(self, tmp_path):
        self.client, self.router, self.vps = (Namespace() for _ in range(3))
        (tmp_path / "talk").write_text(TALK)
        (tmp_path / "rpfilter").write_text(IPV6_RPFILTER)
        self._talk = str(tmp_path / "talk")
        for host, number in (self.client, 1), (self.vps, 2):
            host.run(f"""ip link add up0 type veth peer name r{number} netns {self.router.pid}; ip link set lo up; ip link set up0 up
                ip addr add {self.ENDS['ipv4'][number - 1]}/24 dev up0; ip addr add {self.ENDS['ipv6'][number - 1]}/64 dev up0 nodad""")
            gateways = self.ENDS["ipv4"][number - 1][:-1] + "1", self.ENDS["ipv6"][number - 1][:-1] + "1"
            self.router.run(f"""ip link set r{number} up; ip addr add {gateways[0]}/24 dev r{number}
                ip addr add {gateways[1]}/64 dev r{number} nodad""")
            host.run(f"ip route add default via {gateways[0]}; ip -6 route add default via {gateways[1]}")
            host.run("for f in all default up0; do echo 1 >/proc/sys/net/ipv4/conf/$f/rp_filter; done")
        self.router.run("echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding")
        self.client.run(f"""ip link add office type veth peer name far; ip link set far up; ip link set office up
            ip addr add 10.77.0.10/24 dev office
            ip addr add fd77:77:77::10/64 dev office nodad
            for family in -4 -6; do
                ip $family route add default dev office table 51820
                ip $family rule add priority 30001 table main suppress_prefixlength 0
                ip $family rule add priority 30002 not fwmark 51820 table 51820
            done
            echo 1 >/proc/sys/net/ipv4/conf/all/src_valid_mark; nft -f {tmp_path}/rpfilter""")
        for host in self.client, self.router, self.vps:
            assert until(lambda: host.out("ip -6 addr show tentative") == "")  # link-local addresses, which NDP needs

    def answers(self, family, first="client", tries=30):
        ends = {"client": (self.client, *self.ENDS[family]), "vps": (self.vps, *self.ENDS[family][::-1])}
        other = "vps" if first == "client" else "client"
        python = shutil.which("python3")
        waits = ends[other][0].start(python, self._talk, ends[other][1], "-", "wait", stdout=subprocess.PIPE)
        waits.stdout.readline()
        asks = ends[first][0].start(python, self._talk, ends[first][1], ends[first][2], str(tries))
        code = asks.wait(30)
        waits.kill()
        waits.wait()
        return code == 0

    def close(self):
        for host in self.client, self.router, self.vps:
            host.close()


@pytest.fixture
def beyond(tmp_path):
    made = Beyond(tmp_path)
    yield made
    made.close()


@pytest.fixture
def held(beyond, host, golden_tables):
    """The client's filter, not started yet, with the table that is rendered for it."""
    made = Filter(beyond.client, host)
    made.write(golden_tables["office-anna-exit-node.golden"])
    yield made
    made.close()


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_answers_from_beyond_a_router_pass_strict_filters(beyond, held, family):
    """Without the table there are none, however src_valid_mark is set; whoever calls first."""
    assert not beyond.answers(family, tries=3) and not beyond.answers(family, "vps", tries=3)
    held.start()
    assert held.is_there()
    assert beyond.answers(family) and beyond.answers(family, "vps")
    assert beyond.client.out("cat /proc/sys/net/ipv4/conf/all/rp_filter /proc/sys/net/ipv4/conf/up0/rp_filter") == "1\n1"
    held.end(signal.SIGKILL)
    assert held.is_gone()
    assert not beyond.answers(family, "vps", tries=3)


def test_strict_stays_strict(beyond, held):
    """One who comes by another way than the one back to him is refused, to our port and with our mark."""
    held.start()
    assert held.is_there()
    beyond.client.run("ip link add other type veth peer name its; ip link set other up; ip link set its up; ip addr add 172.16.0.1/24 dev other")
    for mark in "", "mark 51820":
        assert beyond.client.run(f"ip route get 192.168.1.2 from 203.0.113.2 iif other {mark}", check=False).returncode != 0
