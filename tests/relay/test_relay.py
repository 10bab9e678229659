# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real wattle-relay: told of pairs as wattled would, and two sockets of the loopback for the devices. Handshakes are none, but
their first packets say for whom they are, as WireGuard's do (mac1, drivers/net/wireguard/cookie.c)."""

import hashlib
import os
import re
import select
import signal
import socket
import struct
import subprocess

import pytest

RELAY = os.environ["WATTLE_RELAY"]
LOW, HIGH, OTHER = (bytes([n]) + bytes(31) for n in (1, 2, 3))
LIMIT_S = 20
NOT_REFUSED, FULL, SHARE, NO_PAIR, NO_PORT = range(5)


def initiation(receiver):
    message = b"\1\0\0\0" + os.urandom(112)
    key = hashlib.blake2s(b"mac1----" + receiver).digest()
    return message + hashlib.blake2s(message, key=key, digest_size=16).digest() + bytes(16)


def data(size=64):
    return b"\4\0\0\0" + os.urandom(size - 4)


class Relay:
    def __init__(self, folder):
        self.path = str(folder / "relay")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(self.path)
        listener.listen()
        self.log = open(folder / "log", "wb")
        script = f'exec 3<&{listener.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "{RELAY}"'
        self.process = subprocess.Popen(["bash", "-c", script], pass_fds=[listener.fileno()], stderr=self.log)
        listener.close()
        self.id = 0
        self.client = self.connect()

    def connect(self):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.settimeout(LIMIT_S)
        client.connect(self.path)
        return client

    def ask(self, message, client=None):
        client = client or self.client
        client.send(message)
        return client.recv(1024)

    def open(self, a, b, first=40000, last=40999, ends=("127.0.0.1", "127.0.0.2"), only_old=False, client=None):
        """(port, reason)."""
        self.id += 1
        message = b"WTR1\1" + bytes([only_old]) + struct.pack(">HIHH", first, self.id, last, 0) + a + b
        for end in ends:
            family = socket.AF_INET6 if ":" in end else socket.AF_INET
            message += (b"\6" if ":" in end else b"\4") + socket.inet_pton(family, end).ljust(16, b"\0")
        magic, kind, reason, port, number = struct.unpack(">4sBBHI", self.ask(message, client))
        assert (magic, kind, number) == (b"WTR1", 2, self.id)
        return port, reason

    def count(self):
        """pairs, ports, packets, bytes, dropped"""
        answer = self.ask(b"WTR1\3\0\0\0" + struct.pack(">I", 9))
        assert answer[:12] == b"WTR1\4\0\0\0" + struct.pack(">I", 9)
        return struct.unpack(">IIQQQ", answer[12:])

    def rss_kb(self):
        return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{self.process.pid}/status").read()).group(1))


@pytest.fixture
def relay(tmp_path):
    relay = Relay(tmp_path)
    yield relay
    relay.process.send_signal(signal.SIGTERM)
    assert relay.process.wait(LIMIT_S) == 0, (tmp_path / "log").read_text()
    assert (tmp_path / "log").read_text() == ""


class Device:
    def __init__(self, address, at="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.settimeout(LIMIT_S)
        self.at = at

    def send(self, port, packet):
        self.socket.sendto(packet, (self.at, port))

    def receive(self):
        packet, source = self.socket.recvfrom(16384)
        assert source[0] == self.at, "a NAT would drop it"
        return packet


def settled(relay, dropped):
    """What was sent before is taken: the relay reads its sockets in turn, and this counts what it has dropped."""
    for _ in range(1000):
        if relay.count()[4] >= dropped:
            return
        select.select([], [], [], 0.01)
    pytest.fail(f"{relay.count()} and not {dropped} dropped")


def meet(relay, low, high, **more):
    port, reason = relay.open(LOW, HIGH, **more)
    assert reason == NOT_REFUSED
    before = relay.count()[4]
    low.send(port, first := initiation(HIGH))
    settled(relay, before + 1)
    high.send(port, initiation(LOW))
    assert high.receive() == first
    return port


def test_two_meet(relay):
    low, high = Device("127.0.0.1"), Device("127.0.0.2")
    port = meet(relay, low, high)
    for sender, receiver in ((high, low), (low, high)) * 50:
        sender.send(port, packet := data())
        assert receiver.receive() == packet
    pairs, ports, packets, size, _ = relay.count()
    assert (pairs, ports, packets, size) == (1, 1000, 101, 148 + 100 * 64)


def test_it_answers_from_the_address_that_was_asked(relay):
    low, high = Device("127.0.0.1", at="127.0.0.77"), Device("127.0.0.2", at="127.0.0.88")
    port = meet(relay, low, high)
    high.send(port, packet := data())
    assert low.receive() == packet


def test_one_of_each_family(relay):
    low, high = Device("127.0.0.1"), Device("::1", at="::1")
    port = meet(relay, low, high, ends=("127.0.0.1", "::1"))
    for sender, receiver in ((high, low), (low, high)):
        sender.send(port, packet := data(1440))
        assert receiver.receive() == packet


def test_jumbo_frames_and_no_more(relay):
    low, high = Device("127.0.0.1"), Device("127.0.0.2")
    port = meet(relay, low, high)
    before = relay.count()[4]
    low.send(port, packet := data(9216))
    assert high.receive() == packet
    low.send(port, data(9232))
    settled(relay, before + 1)
    low.send(port, packet := data(32))
    assert high.receive() == packet


def test_a_stranger_gets_nothing(relay):
    low, high, stranger = Device("127.0.0.1"), Device("127.0.0.2"), Device("127.0.0.3")
    port = meet(relay, low, high)
    before = relay.count()[4]
    for packet in (initiation(HIGH), initiation(LOW), data(), b"", b"\1"):
        stranger.send(port, packet)
    settled(relay, before + 5)
    low.send(port, packet := data())
    assert high.receive() == packet
    assert not select.select([stranger.socket], [], [], 0)[0]


def test_the_same_pair_has_the_same_port(relay):
    """Also when wattled was started again, and whoever of the two asks."""
    low, high = Device("127.0.0.1"), Device("127.0.0.2")
    port = meet(relay, low, high)
    assert relay.open(HIGH, LOW, ends=("127.0.0.2", "127.0.0.1")) == (port, NOT_REFUSED)
    again = relay.connect()
    assert relay.open(LOW, HIGH, client=again, only_old=True) == (port, NOT_REFUSED)
    assert relay.client.recv(1) == b"", "the newest counts"
    relay.client = again
    low.send(port, packet := data())
    assert high.receive() == packet
    # One that is elsewhere now is heard from there alone.
    assert relay.open(LOW, HIGH, ends=("127.0.0.9", "127.0.0.2")) == (port, NOT_REFUSED)
    low.send(port, data())
    moved = Device("127.0.0.9")
    moved.send(port, packet := data())
    assert high.receive() == packet


def test_no_more_than_there_are_ports(relay):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        port = taken.getsockname()[1]
        assert relay.open(LOW, HIGH, port, port) == (0, NO_PORT)
    assert relay.open(LOW, HIGH, port, port) == (port, NOT_REFUSED)
    assert relay.open(LOW, OTHER, port, port) == (0, FULL)
    assert relay.open(LOW, OTHER, 40000, 40999, only_old=True) == (0, NO_PAIR)
    assert relay.count()[:2] == (1, 1000)


def test_no_device_has_all(relay):
    keys = [bytes([9, n]) + bytes(30) for n in range(9)]
    ports = [relay.open(LOW, key, 40000, 40030) for key in keys]
    assert [reason for _, reason in ports] == [NOT_REFUSED] * 8 + [SHARE]
    assert len({port for port, _ in ports}) == 9
    assert relay.open(keys[0], keys[1], 40000, 40030)[1] == NOT_REFUSED


def test_memory_of_100_pairs(relay):
    """A figure, and no pass or fail: sanitizers take their own."""
    for n in range(25):
        for m in range(4):
            assert relay.open(bytes([m]) + bytes(31), bytes([100 + n, m]) + bytes(30))[1] == NOT_REFUSED
    print("RSS with 100 pairs:", relay.rss_kb(), "KB")
    assert relay.count()[0] == 100


def test_bad_messages_are_passed_over(tmp_path):
    relay = Relay(tmp_path)
    for message in (b"x", b"WTR1", b"WTR1\1" + bytes(200), b"WTR1\2\0\0\0\0\0\0\1"):
        relay.client.send(message)
    assert relay.count()[0] == 0
    relay.process.send_signal(signal.SIGTERM)
    assert relay.process.wait(LIMIT_S) == 0
    assert (tmp_path / "log").read_text().count("a message that is none") == 4


@pytest.mark.parametrize("arguments, code, said", [
    ([], 1, "is started by its socket unit"), (["--help"], 0, "Usage: wattle-relay"), (["--version"], 0, "wattle-relay "),
    (["now"], 2, "no arguments are taken")])
def test_by_hand(arguments, code, said):
    done = subprocess.run([RELAY, *arguments], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == code and said in done.stdout + done.stderr
