# SPDX-License-Identifier: LGPL-2.1-or-later
"""A mesh with Coexist=mullvad beside the kill switch of Mullvad's app, as mullvad.py has it:

    laptop == up0, the uplink ==== world        203.0.113.2, a peer's endpoint
           == mole0, Mullvad's tunnel ==
           == office, the mesh ==               10.77.0.11, that peer inside

A UDP socket at the mesh's port is WireGuard here, with the mark that it is rendered with; every reverse path filter is strict."""

import shutil
import signal
import subprocess

import pytest

from mullvad import kill_switch
from test_filter import PROGRAM, Filter, Namespace, golden_tables, until  # noqa: F401

pytestmark = [pytest.mark.root, pytest.mark.skipif(not PROGRAM, reason="built without wattle-filter")]

MARK, PORT = 0x6d6f6c65, 51820
STATES = ["connected", "blocked"]


# listen ADDRESS PORT: answers with the address that it sees. ask ADDRESS PORT MARK TO TO_PORT: prints that answer.
TALK = """import socket, sys
verb, here, port, *more = sys.argv[1:]
s = socket.socket(socket.AF_INET6 if ":" in here else socket.AF_INET, socket.SOCK_DGRAM)
s.bind((here, int(port)))
if verb == "listen":
    if more:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, int(more[0]))
    print(flush=True)
    while True:
        data, source = s.recvfrom(9)
        try:
            s.sendto(source[0].encode(), source)
        except OSError:
            pass
s.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, int(more[0]))
s.settimeout(0.2)
for _ in range(3):
    try:
        s.sendto(b"x", (more[1], int(more[2])))
        print(s.recv(99).decode())
        sys.exit()
    except OSError:
        pass
sys.exit(1)
"""

# A session: each line that comes in is sent, and its echo printed.
SESSION = """import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), source_address=(sys.argv[3], 0)).makefile("rw")
for line in sys.stdin:
    s.write(line); s.flush()
    print(s.readline(), end="", flush=True)
"""
ECHO = """import socket, sys
s = socket.create_server((sys.argv[1], int(sys.argv[2])))
print(flush=True)
for line in (c := s.accept()[0].makefile("rw")):
    c.write(line); c.flush()
"""

# Of each family: the peer's endpoint, the laptop at its uplink and in Mullvad's tunnel; both in the mesh.
ENDS = {"ipv4": ("203.0.113.2", "192.168.1.2", "10.64.0.2", "10.77.0.10", "10.77.0.11"),
        "ipv6": ("2001:db8:9::2", "2001:db8::2", "fc00:bbbb::2", "fd77:77:77::10", "fd77:77:77::11")}


class Laptop:
    def __init__(self, tmp_path):
        self.laptop, self.world = Namespace(), Namespace()
        self._talk, self._rules = tmp_path / "talk", tmp_path / "rules"
        self._talk.write_text(TALK)
        self.session, self.echo = tmp_path / "session", tmp_path / "echo"
        self.session.write_text(SESSION)
        self.echo.write_text(ECHO)
        self._waiting = []
        self.world.run("ip link set lo up; ip addr add 203.0.113.2/32 dev lo; ip addr add 2001:db8:9::2/128 dev lo nodad; "
                       "sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv4.conf.all.arp_announce=2")  # as a router asks, or a strict filter leaves it without answer
        self.laptop.run("ip link set lo up; sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1 "
                        "net.ipv4.conf.all.src_valid_mark=1 net.ipv4.ip_forward=1 net.ipv6.conf.default.accept_dad=0")
        self._wire("up0", "192.168.1.2/24 2001:db8::2/64", "192.168.1.1/24 2001:db8::1/64")
        self._wire("mole0", "10.64.0.2/24 fc00:bbbb::2/64", "10.64.0.1/24 fc00:bbbb::1/64")
        self._wire("office", "10.77.0.10/24 fd77:77:77::10/64", "10.77.0.11/24 fd77:77:77::11/64")
        # The kernel tells of a carrier up to a second later, and IPv6 waits for that.
        for namespace in self.laptop, self.world:
            namespace.run("for i in $(seq 200); do ip -br link | grep -q ' DOWN ' || exit 0; sleep 0.05; done; exit 1")
        self.laptop.run(f"""ip route add default via 192.168.1.1; ip -6 route add default via 2001:db8::1
            ip route add default via 10.64.0.1 table {MARK}; ip -6 route add default via fc00:bbbb::1 table {MARK}""")

    def _wire(self, card, here, there):
        self.laptop.run(f"ip link add {card} type veth peer name {card} netns {self.world.pid}")
        for namespace, addresses in (self.laptop, here), (self.world, there):
            for address in addresses.split():
                namespace.run(f"ip addr add {address} dev {card} {'nodad' if ':' in address else ''}")
            namespace.run(f"ip link set {card} up")

    def mullvad(self, state, accepts=True):
        """Its table is written anew as a whole, and its rules of routing are there while it is connected."""
        self._rules.write_text(kill_switch(state, accepts))
        self.laptop.run(f"""nft -f {self._rules}
            for family in -4 -6; do
                while ip $family rule del table {MARK} 2>/dev/null; do :; done
                while ip $family rule del table main suppress_prefixlength 0 2>/dev/null; do :; done
                [ {state} = blocked ] || {{ ip $family rule add not fwmark {MARK} table {MARK}; ip $family rule add table main suppress_prefixlength 0; }}
            done""")

    def start(self, namespace, script, *arguments):
        process = namespace.start(shutil.which("python3"), str(script), *map(str, arguments), stdout=subprocess.PIPE, stdin=subprocess.PIPE)
        self._waiting.append(process)
        return process

    def ask(self, asker, address, port, mark, listener, to, to_port):
        """What the listener sees, None if it hears nothing or the answer does not come."""
        waits = self.start(listener, self._talk, "listen", to, to_port, *([MARK] if listener is self.laptop and to_port == PORT else []))
        waits.stdout.readline()
        asks = self.start(asker, self._talk, "ask", address, port, mark, to, to_port)
        seen = asks.stdout.read().strip() or None
        waits.kill()
        waits.wait()
        return seen

    def outer(self, family, mark=MARK):
        """The two ways in which WireGuard may begin."""
        peer, here = ENDS[family][:2]
        any_here = "::" if family == "ipv6" else "0.0.0.0"
        return (self.ask(self.laptop, any_here, PORT, mark, self.world, peer, PORT),
                self.ask(self.world, peer, PORT, 0, self.laptop, here, PORT))

    def inner(self, family):
        *_, here, peer = ENDS[family]
        return (self.ask(self.laptop, here, 4000, 0, self.world, peer, 5000), self.ask(self.world, peer, 4001, 0, self.laptop, here, 5001))

    def close(self):
        for process in self._waiting:
            process.kill()
            process.wait()
        self.laptop.close()
        self.world.close()


@pytest.fixture
def beside(tmp_path):
    made = Laptop(tmp_path)
    yield made
    made.close()


@pytest.fixture
def held(beside, host, golden_tables):  # noqa: F811
    """The laptop's filter, not started yet, with the table that is rendered for it."""
    made = Filter(beside.laptop, host)
    made.write(golden_tables["office-anna-coexist.golden"])
    yield made
    made.close()


@pytest.mark.parametrize("family", ENDS)
@pytest.mark.parametrize("state", STATES)
def test_wireguard_and_the_mesh_pass(beside, held, state, family):
    """Past the tunnel and with the uplink's address, whoever begins; and also if what is sent had no mark yet."""
    peer, here, _, mesh_here, mesh_peer = ENDS[family]
    beside.mullvad(state)
    assert beside.outer(family)[0] is None and beside.outer(family)[1] is None and beside.inner(family) == (None, None)
    held.start()
    assert held.is_there("mullvad-out")
    assert beside.outer(family) == (here, peer) and beside.outer(family, mark=0)[0] == here
    assert beside.inner(family) == (mesh_here, mesh_peer)
    held.end(signal.SIGKILL)
    assert held.is_gone()
    assert beside.ask(beside.world, mesh_peer, 4002, 0, beside.laptop, mesh_here, 5002) is None


@pytest.mark.parametrize("state", STATES)
def test_without_its_accept_nothing_passes(beside, held, state):
    """Which is what doctor looks for."""
    held.start()
    assert held.is_there("mullvad-out")
    beside.mullvad(state, accepts=False)
    assert "ct mark 0x00000f41 accept" not in beside.laptop.out("nft list table inet mullvad")
    assert beside.outer("ipv4") == (None, None) and beside.inner("ipv4") == (None, None)
    beside.laptop.run("nft insert rule inet mullvad output ct mark 0xf41 accept; nft insert rule inet mullvad input ct mark 0xf41 accept")
    assert beside.laptop.out("nft list table inet mullvad").count("ct mark 0x00000f41 accept") == 2
    assert beside.outer("ipv4") == ("192.168.1.2", "203.0.113.2") and beside.inner("ipv4") == ("10.77.0.10", "10.77.0.11")


@pytest.mark.parametrize("family", ENDS)
def test_nothing_else_passes(beside, held, family):
    peer, _, mole, _, mesh_peer = ENDS[family]
    any_here = "::" if family == "ipv6" else "0.0.0.0"
    held.start()
    assert held.is_there("mullvad-out")
    beside.mullvad("connected")
    assert beside.ask(beside.laptop, any_here, PORT + 1, 0, beside.world, peer, PORT) == mole
    assert beside.ask(beside.laptop, any_here, PORT + 1, 0, beside.world, peer, 53) is None
    beside.mullvad("blocked")
    assert beside.ask(beside.laptop, any_here, PORT + 2, 0, beside.world, peer, PORT) is None


def test_what_comes_out_of_the_mesh_is_not_passed_on(beside, held):
    """Though the host forwards for its containers: by the mark Mullvad would let it out by the uplink."""
    held.start()
    assert held.is_there("mullvad-out")
    beside.mullvad("blocked")
    beside.laptop.run("nft 'table ip seen { chain out { type filter hook postrouting priority 300; ip daddr 203.0.113.9 counter; }; }'")
    beside.world.run("ip route add 203.0.113.9 via 10.77.0.10")
    assert beside.ask(beside.world, "10.77.0.11", 4000, 0, beside.world, "203.0.113.2", 5000) == "10.77.0.11"
    beside.world.run("ping -c 1 -W 1 -I 10.77.0.11 203.0.113.9", check=False)
    assert "counter packets 0 " in beside.laptop.out("nft list table ip seen")


def test_a_session_lives_while_mullvad_connects_anew(beside, held):
    """An ssh session of the mesh. Its table is another one each time; nothing of ours is restarted."""
    held.start()
    assert held.is_there("mullvad-out")
    beside.mullvad("connected")
    beside.start(beside.world, beside.echo, "10.77.0.11", 22).stdout.readline()
    session = beside.start(beside.laptop, beside.session, "10.77.0.11", 22, "10.77.0.10")
    for state in "connected", "blocked", "connected", "blocked":
        beside.mullvad(state)
        session.stdin.write(f"{state}\n")
        session.stdin.flush()
        assert session.stdout.readline() == f"{state}\n"
    assert held.process.poll() is None
