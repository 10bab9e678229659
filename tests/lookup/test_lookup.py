# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real wattle-lookup at name servers on the loopback interface, which the test plays: those that answer, that are silent, and that say
anything. It is asked as wattled asks it, by one packet on a socket that is its standard input."""

import contextlib
import os
import socket
import struct
import subprocess
import threading

import pytest

LOOKUP = os.environ["WATTLE_LOOKUP"]
LIMIT_S = 60
NAME = "vps.example.net"
A, AAAA, CNAME = 1, 28, 5
FOUND = {A: [socket.inet_aton("192.0.2.7")], AAAA: [socket.inet_pton(socket.AF_INET6, "2001:db8::7")]}
BOTH = ["192.0.2.7", "2001:db8::7"]
POINTER = b"\xc0\x0c"  # to the name of the question


def labels(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(kind, data, name=POINTER, length=None):
    return name + struct.pack(">HHIH", kind, 1, 60, len(data) if length is None else length) + data


class Question:
    def __init__(self, packet, source=None):
        self.source = source
        end, names = 12, []
        while packet[end]:
            names.append(packet[end + 1:end + 1 + packet[end]].decode())
            end += 1 + packet[end]
        self.id, self.name = packet[:2], ".".join(names)
        self.kind = struct.unpack(">H", packet[end + 1:end + 3])[0]
        self.section = packet[12:end + 5]

    def answer(self, *records, flags=0x8180, count=None):
        return self.id + struct.pack(">HHHHH", flags, 1, len(records) if count is None else count, 0, 0) + self.section + b"".join(records)

    def rightly(self):
        return self.answer(*(record(self.kind, data) for data in FOUND[self.kind]))


class Server:
    """At an address of the loopback interface; says is given a question and gives a packet, several, or None. Asked by TCP, it says what
    by_tcp gives."""

    def __init__(self, exits, says, address="127.0.0.1", by_tcp=None):
        self.asked, self.address = [], address
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.udp = exits.enter_context(socket.socket(family, socket.SOCK_DGRAM))
        self.udp.bind((address, 0))
        self.port = self.udp.getsockname()[1]
        threading.Thread(target=self._serve, args=(says,), daemon=True).start()
        if by_tcp:
            self.tcp = exits.enter_context(socket.socket(family, socket.SOCK_STREAM))
            self.tcp.bind((address, self.port))
            self.tcp.listen()
            threading.Thread(target=self._serve_tcp, args=(by_tcp,), daemon=True).start()

    def _serve(self, says):
        with contextlib.suppress(OSError):
            while True:
                packet, source = self.udp.recvfrom(4096)
                question = Question(packet, source)
                self.asked.append((question.name, question.kind))
                said = says(question)
                for one in said if isinstance(said, list) else [said]:
                    if one is not None:
                        self.udp.sendto(one, source)

    def _serve_tcp(self, says):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.tcp.accept()
                with connection:
                    connection.settimeout(LIMIT_S)
                    length = connection.recv(2, socket.MSG_WAITALL)
                    said = says(Question(connection.recv(struct.unpack(">H", length)[0], socket.MSG_WAITALL)))
                    if said:
                        connection.sendall(struct.pack(">H", len(said)) + said)


@pytest.fixture
def exits():
    with contextlib.ExitStack() as stack:
        yield stack


def server_bytes(server):
    address = socket.inet_pton(socket.AF_INET6, server.address) if ":" in server.address else socket.inet_aton(server.address) + bytes(12)
    return struct.pack(">BBH", 6 if ":" in server.address else 4, 0, server.port) + address


def question(servers, name=NAME, mark=0, link=0):
    return b"WTQ1" + struct.pack(">IIBBH", mark, link, len(servers), len(name), 0) + b"".join(map(server_bytes, servers)) + name.encode()


def say(packet, enter=()):
    """What comes of a packet: (status, what it logs, its answer or None)."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, its:
        if packet:
            ours.send(packet)
        else:
            ours.shutdown(socket.SHUT_WR)
        done = subprocess.run([*enter, LOOKUP], stdin=its, capture_output=True, text=True, timeout=LIMIT_S,
                              env={**os.environ, "LOCALDOMAIN": "search.example", "HOSTALIASES": "/nowhere"})
        its.close()
        ours.settimeout(1)
        return done.returncode, done.stderr, ours.recv(4096) or None


def look_up(servers, **more):
    """The addresses."""
    status, log, answer = say(question(servers, **more))
    assert status == 0 and log == "" and answer[:4] == b"WTA1" and answer[5:8] == bytes(3), (status, log, answer)
    return addresses(answer)


def addresses(answer):
    assert len(answer) == 8 + 17 * answer[4]
    found = [answer[at:at + 17] for at in range(8, len(answer), 17)]
    return [socket.inet_ntop(socket.AF_INET6, one[1:]) if one[0] == 6 else socket.inet_ntoa(one[1:5]) for one in found]


def only(kind):
    return lambda asked: asked.rightly() if asked.kind == kind else asked.answer()


def chain(asked, length, end=True):
    """CNAMEs, each of the one before."""
    names = [labels(asked.name)] + [labels(f"n{i}.example.net") for i in range(length)]
    found = [record(CNAME, after, name=before) for before, after in zip(names, names[1:])]
    return asked.answer(*found, *([record(asked.kind, FOUND[asked.kind][0], name=names[-1])] if end else []))


ANSWERS = {
    "both": (Question.rightly, BOTH),
    "IPv4 alone": (only(A), ["192.0.2.7"]),
    "IPv6 alone": (only(AAAA), ["2001:db8::7"]),
    "nothing of that kind": (Question.answer, []),
    "no such name": (lambda asked: asked.answer(flags=0x8183), []),
    "by another name": (lambda asked: chain(asked, 3), BOTH),
    "many": (lambda asked: asked.answer(*(record(A, bytes([192, 0, 2, i])) for i in range(20)) if asked.kind == A else ()),
             [f"192.0.2.{i}" for i in range(8)]),
    "twice": (lambda asked: [asked.rightly(), asked.rightly()], BOTH),
    "IPv6 is never answered": (lambda asked: asked.rightly() if asked.kind == A else None, ["192.0.2.7"]),
    # What is no answer counts for nothing, and the right one behind it does.
    "another id first": (lambda asked: [bytes([asked.id[0] ^ 1]) + asked.rightly()[1:], asked.rightly()], BOTH),
    "CNAMEs in a ring": (lambda asked: asked.answer(record(CNAME, labels("b.example.net")), record(CNAME, labels(asked.name), name=labels("b.example.net"))), []),
    "CNAMEs without an end": (lambda asked: chain(asked, 20, end=False), []),
}


@pytest.mark.parametrize("row", ANSWERS)
def test_answers(exits, row):
    says, wanted = ANSWERS[row]
    server = Server(exits, says)
    assert sorted(look_up([server])) == sorted(wanted)
    # A search list counts nowhere.
    assert {name for name, _ in server.asked} == {NAME} and {kind for _, kind in server.asked} == {A, AAAA}


HOSTILE = {
    "an empty packet": lambda asked: b"",
    "a part of a header": lambda asked: asked.id + b"\x81",
    "a header alone": lambda asked: asked.id + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0),
    "noise": lambda asked: os.urandom(400),
    "its own question": lambda asked: asked.id + struct.pack(">HHHHH", 0x0100, 1, 0, 0, 0) + asked.section,
    "fewer records than it says": lambda asked: asked.answer(count=9),
    "a record that is cut": lambda asked: asked.answer(record(asked.kind, FOUND[asked.kind][0]))[:-2],
    "a length beyond the end": lambda asked: asked.answer(record(asked.kind, FOUND[asked.kind][0], length=4000)),
    "an address of three bytes": lambda asked: asked.answer(record(asked.kind, b"\xc0\0\2")),
    "a name that points to itself": lambda asked: asked.answer(record(asked.kind, FOUND[asked.kind][0], name=struct.pack(">H", 0xc000 | 12 + len(asked.section)))),
    "a name that points beyond the end": lambda asked: asked.answer(record(asked.kind, FOUND[asked.kind][0], name=b"\xff\xff")),
}


@pytest.mark.parametrize("row", HOSTILE)
def test_what_is_no_answer_is_none(exits, row):
    """For some the next server is asked, and for others not: which, is the library's matter."""
    assert sorted(look_up([Server(exits, HOSTILE[row]), Server(exits, Question.rightly, "127.0.0.2")])) in ([], BOTH)


@pytest.mark.parametrize("says", [lambda asked: None, lambda asked: asked.answer(flags=0x8182), lambda asked: asked.answer(flags=0x8185)],
                         ids=["silent", "fails", "refuses"])
def test_the_next_server_is_asked(exits, says):
    first, second = Server(exits, says), Server(exits, Question.rightly, "127.0.0.2")
    assert sorted(look_up([first, second])) == BOTH
    assert first.asked and second.asked


def test_the_first_server_is_asked_alone_if_it_answers(exits):
    first, second = Server(exits, Question.rightly), Server(exits, Question.rightly, "127.0.0.2")
    assert sorted(look_up([first, second])) == BOTH
    assert second.asked == []


def test_all_are_silent(exits):
    servers = [Server(exits, lambda asked: None, f"127.0.0.{i}") for i in range(1, 5)]
    assert look_up(servers) == []
    assert all(server.asked for server in servers[:2])


def test_by_ipv6(exits):
    assert sorted(look_up([Server(exits, Question.rightly, "::1")])) == BOTH


def test_what_does_not_fit_comes_by_tcp(exits):
    server = Server(exits, lambda asked: asked.answer(flags=0x8380), by_tcp=Question.rightly)
    assert sorted(look_up([server])) == BOTH


@pytest.mark.parametrize("by_tcp", [None, lambda asked: None, lambda asked: b"x"], ids=["closed", "hangs up", "babbles"])
def test_what_does_not_come_by_tcp(exits, by_tcp):
    """There is an end to it, and nothing."""
    assert look_up([Server(exits, lambda asked: asked.answer(flags=0x8380), by_tcp=by_tcp)]) == []


def test_somebody_else_is_not_heard(exits):
    """Who knows the question, and has another port."""
    other = exits.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    other.bind(("127.0.0.1", 0))

    def says(asked):
        lie = asked.answer(record(asked.kind, bytes([192, 0, 2, 66]) if asked.kind == A else bytes(15) + b"B"))
        other.sendto(lie, asked.source)
        return asked.rightly()

    assert sorted(look_up([Server(exits, says)])) == BOTH


def test_bound_to_the_link(exits):
    server = Server(exits, Question.rightly)
    assert sorted(look_up([server], link=socket.if_nametoindex("lo"))) == BOTH


def test_a_link_that_has_gone(exits):
    """Nothing is sent by another."""
    server = Server(exits, Question.rightly)
    assert look_up([server], link=0x7fffffff) == [] and server.asked == []


def test_a_mark_that_may_not_be_set_is_told(exits):
    """By whoever is not root, and by root without its privileges."""
    server = Server(exits, Question.rightly)
    enter = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] if os.geteuid() == 0 else []
    status, log, answer = say(question([server], mark=7), enter)
    assert (status, log, answer) == (0, "", b"WTA1\0\0\0\x01") and server.asked == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a mark")
def test_all_that_leaves_has_the_mark():
    """UDP and TCP, in a network where what has no mark goes nowhere; CAP_NET_RAW is enough."""
    script = f"""
import sys
sys.path.insert(0, {os.path.dirname(__file__)!r})
import contextlib, socket, subprocess, test_lookup as t
subprocess.run("ip link set lo up; ip rule add pref 1 not fwmark 7 to 127.0.0.0/8 blackhole; ip rule add pref 2 fwmark 7 table local; ip rule del pref 0",
               shell=True, check=True)
with contextlib.ExitStack() as exits:
    server = t.Server(exits, lambda asked: asked.answer(flags=0x8380), by_tcp=t.Question.rightly)
    server.udp.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 7)
    server.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, 7)
    raw = ["setpriv", "--bounding-set", "-all,+net_raw", "--inh-caps", "-all,+net_raw"]
    for mark in 0, 7:
        status, log, answer = t.say(t.question([server], mark=mark), raw)
        assert (status, log) == (0, ""), log
        print(mark, len(server.asked) > 0, sorted(t.addresses(answer)))
"""
    done = subprocess.run(["unshare", "-n", "python3", "-c", script], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.stdout == f"0 False []\n7 True {BOTH}\n", done.stdout + done.stderr


def test_no_question(exits):
    server = Server(exits, Question.rightly)
    for packet in (b"x", question([]), question([server])[:-1], question([server]) + b"x", question([server], name="a b"), bytes(300), os.urandom(700)):
        status, log, answer = say(packet)
        assert status == 1 and "is no question" in log and answer is None, packet
    assert server.asked == []


def test_wattled_has_gone(exits):
    assert say(None)[:2] == (0, "")


def test_usage():
    for words, status, said in ((["--help"], 0, "wattle-lookup(8)"), (["--version"], 0, "wattle-lookup "), (["x"], 2, "no arguments"), ([], 1, "its socket unit")):
        done = subprocess.run([LOOKUP, *words], capture_output=True, text=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL)
        assert done.returncode == status and said in done.stdout + done.stderr
