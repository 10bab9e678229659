# SPDX-License-Identifier: LGPL-2.1-or-later
"""Newer profiles on a host that may be killed, full, busy, or told what is not so: it runs the old one or the new one, whole, and
gets to the new one in the end. wattle-update is the service as it is built; who stands for wattle-fetch answers what a test says."""

import contextlib
import hashlib
import os
import pathlib
import re
import selectors
import socket
import subprocess
import threading

import pytest

import killed
from conftest import CONFDIR, ENV, needs_namespaces

pytestmark = needs_namespaces

# Killed at any other call it leaves what one of these does.
CALLS = ["mkdirat", "openat", "openat2", "write", "linkat", "renameat", "renameat2", "unlinkat", "sendmsg"]
# What it does beside an apply, which test_killed.py is about.
OWN_CALLS = fr"{CONFDIR}|wattle-update|update-lock"
NAS = "YMgWEvUXbVyijZqktimkDxNyP8ldz+d97xmslgPF+Xc="
FILES = ("office.mesh", "office.mesh.minisig")
LIMIT_S = 60
AS_SYSTEMD = """import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[2], sys.argv[2:])"""
AS_ITS_UNIT = ["setpriv", "--regid=systemd-network", "--clear-groups", "--bounding-set=-chown", os.environ.get("WATTLE_UPDATE")]


class Admin:
    """Who signs, elsewhere: each text that he made is kept."""

    def __init__(self, folder):
        self.root, self._key, self.texts = folder / "admin", f"--signing-key={folder}/s.key", {}
        self.config = self.root / CONFDIR.lstrip("/")
        self.config.mkdir(parents=True)
        self._n = 1

    def wattle(self, verb, *words):
        done = subprocess.run([os.environ["WATTLE"], verb, f"--root={self.root}", self._key, *words], env=ENV, capture_output=True, text=True,
                              timeout=LIMIT_S)
        assert done.returncode == 0, done.stderr

    def add(self, name, key):
        self._n += 1
        self.wattle("add", "office", name, f"--key={key}", f"--address=10.42.0.{self._n}")

    def change(self):
        """A higher Serial=, which is returned."""
        self.wattle("set", "office", "nas", f"Alias=nas{self._n}")
        self._n += 1
        return self.serial()

    def serial(self):
        [line] = [line for line in (self.config / "office.mesh").read_text().splitlines() if line.startswith("Serial=")]
        serial = int(line.partition("=")[2])
        self.texts[serial] = self.text()
        return serial

    def text(self):
        return tuple((self.config / name).read_bytes() for name in FILES)


@pytest.fixture
def admin(host, tmp_path):
    """Of a mesh whose members are the host, which runs it, and nas."""
    made = Admin(tmp_path)
    host.wattle("genkey", "office")
    made.wattle("init", "--subnet=10.42.0.0/16", "--sign", "--no-password", "office")
    made.add("us", host.wattle("pubkey", "office").strip())
    made.add("nas", NAS)
    made.serial()
    for path in made.config.iterdir():
        host.path(f"{CONFDIR}/{path.name}").write_bytes(path.read_bytes())
    host.shell('mkdir "$1/office.mesh.d"; printf "[Local]\\nOwner=networkd\\nDevice=us\\n" >"$1/office.mesh.d/test.conf"')
    host.wattle("apply", "office")
    return made


def installed(host):
    return tuple(host.path(f"{CONFDIR}/{name}").read_bytes() for name in FILES)


def update(host, source, *words):
    return subprocess.run(host.inside(os.environ["WATTLE"], "update", f"--from={source}", *words, "office"), env=ENV, capture_output=True,
                          text=True, timeout=LIMIT_S)


def everything(host):
    found = {}
    for path, (mode, group, content) in host.files().items():
        if not path.startswith(("run/active/", "run/read/")):
            # A group counts where it may read and others may not.
            found[path] = mode, group if mode & 0o044 == 0o040 else None, content
    for path in host.path(CONFDIR).rglob("*"):
        if path.is_file():
            found[str(path.relative_to(host.root))] = path.read_bytes()
    return found


def is_whole(host, pair):
    """Whether that text is installed, and a signature of it, which may have its name to come."""
    signatures = [host.path(f"{CONFDIR}/office.mesh.minisig{suffix}") for suffix in ("", ".new")]
    return host.path(f"{CONFDIR}/office.mesh").read_bytes() == pair[0] and pair[1] in [path.read_bytes() for path in signatures if path.exists()]


@pytest.mark.parametrize("ending", [killed.KILLED, killed.FULL])
def test_ended_anywhere(host, admin, tmp_path, ending):
    """What is installed is the old or the new one, and verifies; the service goes on with it, or the next command."""
    old, _ = admin.text(), admin.change()
    host.save()
    assert update(host, admin.config).returncode == 0
    whole, new = everything(host), admin.text()
    assert installed(host) == new
    points = killed.points(host.inside(os.environ["WATTLE"], "update", f"--from={admin.config}", "office"), tmp_path, host.restore, ending,
                           CALLS if ending == killed.KILLED else killed.CALLS, OWN_CALLS)
    n = 0
    for n, call in enumerate(points, 1):
        assert is_whole(host, old) or is_whole(host, new), call
        state = host.path("/var/lib/wattle-update/office.state")
        if n % 2 or (state.exists() and "Phase=held" in state.read_text()):
            # What could not be applied is tried again in an hour, which is over.
            host.shell("sed -i s/^RetryAt=.*/RetryAt=0/ /var/lib/wattle-update/office.state 2>/dev/null || true")
            subprocess.run(host.inside(*AS_ITS_UNIT, "office"), env=ENV, check=True, capture_output=True, timeout=LIMIT_S)
        if installed(host) != new or n % 2 == 0:
            done = update(host, admin.config)
            assert done.returncode == 0, (call, done)
        assert everything(host) == whole, call
    assert n > 10


def test_two_at_once(host, admin, tmp_path):
    """One after the other, and the higher one stays."""
    folders = []
    for _ in range(2):
        serial = admin.change()
        folders.append(tmp_path / str(serial))
        folders[-1].mkdir()
        for name, content in zip(FILES, admin.text()):
            (folders[-1] / name).write_bytes(content)
    processes = [subprocess.Popen(host.inside(os.environ["WATTLE"], "update", f"--from={folder}", "office"), env=ENV, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for folder in 3 * folders]
    said = [process.communicate(timeout=LIMIT_S)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 6, said
    assert installed(host) == admin.text()
    host.wattle("verify", "office")


def test_during_an_apply(host, admin):
    """It waits for an apply that holds the host, and then is in force."""
    admin.change()
    holder = subprocess.Popen(host.inside("flock", "/run/wattle/lock", "sh", "-c", "echo held; read -r _"), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    process = subprocess.Popen(host.inside(os.environ["WATTLE"], "update", f"--from={admin.config}", "office"), env=ENV, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for _ in killed.until(LIMIT_S):
        assert process.poll() is None
        if re.search(fr"-> FLOCK .* {process.pid} ", pathlib.Path("/proc/locks").read_text()):
            break
    holder.communicate(b"go\n")
    said, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, said
    assert installed(host) == admin.text()


@pytest.mark.parametrize("phase", ["trying", "back", "blind", "held"])
def test_applied_by_hand_while_it_waits(host, admin, phase):
    """A profile that is tried while its run is killed, and somebody who copies a third one there and applies it: he has decided."""
    admin.change()
    candidate = host.path(f"{CONFDIR}/office.next")
    candidate.mkdir()
    for name, content in zip(FILES, admin.text()):
        (candidate / name).write_bytes(content)
    host.path("/var/lib/wattle-update/office.state").write_text(f"[Profiles]\nVersion=1\nPhase={phase}\nTries=1\nWitnesses=nas;\n")
    admin.change()
    for name, content in zip(FILES, admin.text()):
        host.path(f"{CONFDIR}/{name}").write_bytes(content)
    host.wattle("apply", "office")
    subprocess.run(host.inside(*AS_ITS_UNIT, "office"), env=ENV, check=True, capture_output=True, timeout=LIMIT_S)
    assert installed(host) == admin.text()
    assert "Phase=done" in host.path("/var/lib/wattle-update/office.state").read_text()


def fifo(path):
    os.mkfifo(path)


def folder(path):
    path.mkdir()


def device(path):
    path.symlink_to("/dev/zero")


def gone(path):
    path.symlink_to("nowhere")


def large(path):
    with open(path, "wb") as file:
        file.truncate(8 * 1024 * 1024 + 1)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("make", [fifo, folder, device, gone, large])
def test_what_is_no_file(host, admin, tmp_path, make, name):
    """None is waited for, nor read without end."""
    before = installed(host)
    admin.change()
    source = tmp_path / "source"
    source.mkdir()
    for each, content in zip(FILES, admin.text()):
        (source / each).write_bytes(content)
    (source / name).unlink()
    make(source / name)
    done = update(host, source)
    assert done.returncode == 1 and str(source / name) in done.stderr, done
    assert installed(host) == before


def test_a_link_to_a_file(host, admin, tmp_path):
    admin.change()
    (tmp_path / "source").symlink_to(admin.config)
    assert update(host, tmp_path / "source").returncode == 0
    assert installed(host) == admin.text()


def test_off_for_fifty_serials(host, admin):
    for _ in range(50):
        admin.change()
    assert update(host, admin.config).returncode == 0
    assert installed(host) == admin.text()


class Members:
    """Stands for wattle-fetch and all that it could ask: device's address -> (text, signature), or bytes of a whole answer."""

    def __init__(self, host, answers):
        self.answers, self.asked, self._is_asked = answers, [], threading.Event()
        self.are_older = False
        self._socket = socket.socket(socket.AF_UNIX)
        host.shell("mkdir -p /run/wattle; rm -f /run/wattle/fetch")
        self._socket.bind(f"{host.root}/run/wattle/fetch")
        self._socket.listen()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection, contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self._answer(connection)

    def _answer(self, connection):
        request = b""
        while not request.endswith(b"\n\n"):
            request += connection.recv(4096)
        [url] = [line[4:] for line in request.decode().splitlines() if line.startswith("url ")]
        address = url.split("/")[2].split(":")[0]
        self.asked.append(address)
        self._is_asked.set()
        answer = self.answers[address]
        if self.are_older and url.endswith(".signed"):
            answer = b"missing the server says 404, and not 200\n"
        if not isinstance(answer, bytes):
            body = answer[1] + answer[0] if url.endswith(".signed") else answer[url.endswith(".minisig")]
            answer = b"ok %d\n" % len(body) + body
        connection.sendall(answer)

    def wait(self):
        """Until one was asked."""
        assert self._is_asked.wait(LIMIT_S)

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Service:
    """wattle-update as systemd starts it, with what wattled told it."""

    def __init__(self, host, tmp_path):
        self._path = str(tmp_path / "news")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._path)
        number = self._socket.fileno()
        self._process = subprocess.Popen(host.inside("python3", "-c", AS_SYSTEMD, number, *AS_ITS_UNIT, "office"), env=ENV,
                                         pass_fds=[number], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.said = ""

    def tell(self, device, serial, sum_of="0123456789abcdef"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
            ours.sendto(f"peer {device} {serial} {sum_of}\n".encode(), self._path)

    def wait(self, text, times=1):
        """Until it has said so."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stderr, selectors.EVENT_READ)
            while self.said.count(text) < times:
                assert selector.select(LIMIT_S), self.said
                chunk = os.read(self._process.stderr.fileno(), 65536)
                assert chunk, self.said
                self.said += chunk.decode()

    def close(self):
        self._process.kill()
        self._process.communicate()
        self._socket.close()


@pytest.fixture
def service(host, admin, tmp_path):
    made = Service(host, tmp_path)
    yield made
    made.close()


@pytest.fixture
def members(host, admin):
    """nas alone has an address of the mesh at first."""
    made = Members(host, {})
    yield made
    made.close()


AT_NAS = "10.42.0.3"
HTML = b"<!DOCTYPE html><html><title>Log in to the hotel's network</title></html>\n"


def wattle_sum(admin):
    """What HELLO says of a text: the first 8 bytes of its BLAKE2b."""
    return hashlib.blake2b(admin.text()[0], digest_size=32).hexdigest()[:16]


def test_told_by_a_member(host, admin, service, members):
    serial = admin.change()
    members.answers[AT_NAS] = admin.text()
    service.tell("nas", serial)
    service.wait(f"serial {serial} is in force")
    assert installed(host) == admin.text()
    service.tell("nas", serial, wattle_sum(admin))  # it is no news
    service.tell("nobody", serial + 1)
    service.wait("nobody")
    assert members.asked == [AT_NAS]


def garbage(old, new):
    return os.urandom(5000), new[1]


def garbage_signature(old, new):
    return new[0], os.urandom(300)


def a_page(old, new):
    return HTML, HTML


def a_page_as_text(old, new):
    return HTML, new[1]


def another_text(old, new):
    return old[0], new[1]


def a_byte_more(old, new):
    return new[0] + b"\n", new[1]


def cut_off(old, new):
    return new[0][:-1], new[1]


def the_old_one(old, new):
    return old


def nothing(old, new):
    return b"", b""


@pytest.mark.parametrize("what", [garbage, garbage_signature, a_page, a_page_as_text, another_text, a_byte_more, cut_off, the_old_one, nothing])
@pytest.mark.parametrize("announced", [None, 2 ** 63 - 1])
def test_a_member_gives_what_is_no_profile(host, admin, service, members, what, announced):
    """It is left alone with that Serial=, and another member's is taken."""
    old, serial = admin.text(), admin.change()
    members.answers[AT_NAS] = what(old, admin.text())
    for _ in range(2):
        service.tell("nas", announced or serial)
    members.wait()
    for times in (1, 2):
        service.tell("nobody", 1000)
        service.wait("nobody", times)
    assert len(members.asked) == 1
    assert installed(host) == old
    assert f"nas {announced or serial} " in host.path("/var/lib/wattle-update/office.state").read_text()
    members.answers[AT_NAS] = admin.text()
    service.tell("nas", serial + 1 if not announced else serial)
    service.wait(f"serial {serial} is in force")
    assert installed(host) == admin.text()


def test_an_older_member(host, admin, service, members):
    """One that has the two files, and not both in one."""
    serial = admin.change()
    members.are_older = True
    members.answers[AT_NAS] = admin.text()
    service.tell("nas", serial)
    service.wait(f"serial {serial} is in force")
    assert installed(host) == admin.text() and len(members.asked) == 3


@pytest.mark.parametrize("answer", [b"", b"ok 99999999\n", b"ok 10\nabc", b"error it takes too long\n", b"junk", b"progress 1 1\n" * 100])
def test_nothing_comes(host, admin, service, members, answer):
    """Whoever is killed, busy or slow at the other end: nothing changes, and the next one who has it is asked."""
    old, serial = admin.text(), admin.change()
    members.answers[AT_NAS] = answer
    service.tell("nas", serial)
    service.tell("nobody", 1)
    service.wait("nas:")
    assert installed(host) == old
    members.answers[AT_NAS] = admin.text()
    service.tell("nas", serial)
    service.wait(f"serial {serial} is in force")
    assert installed(host) == admin.text()


def test_ten_who_have_not_what_they_say(host, admin, service, members):
    for number in range(10):
        key = subprocess.run([os.environ["WATTLE"], "genkey"], env=ENV, capture_output=True, text=True, check=True).stdout.strip()
        public = subprocess.run([os.environ["WATTLE"], "pubkey"], env=ENV, input=key, capture_output=True, text=True, check=True).stdout.strip()
        admin.add(f"liar{number}", public)
    admin.serial()
    assert update(host, admin.config).returncode == 0
    old, serial = admin.text(), admin.change()
    for number in range(10):
        members.answers[f"10.42.0.{4 + number}"] = old if number % 2 else (HTML, HTML)
        service.tell(f"liar{number}", 2 ** 63 - 1 - number)
    members.answers[AT_NAS] = admin.text()
    service.tell("nas", serial)
    service.wait(f"serial {serial} is in force")
    assert installed(host) == admin.text()


def test_what_wattled_does_not_say(host, admin, service, members):
    """Datagrams that are none: passed over, each with a line."""
    serial = admin.change()
    members.answers[AT_NAS] = admin.text()
    for device, number in [("nas", 2 ** 63), ("nas", -1), ("nas", 0), ("../nas", serial), ("nas " * 60, serial)]:
        service.tell(device, number)
    service.tell("nas", serial)
    service.wait(f"serial {serial} is in force")
    assert service.said.count("a datagram was passed over") == 5


def test_two_admins_who_were_offline(host, admin, tmp_path):
    """8a and 8b, and then 9 from 8a: a host that has 8b says that they are two, takes 9, and is at peace."""
    keep = {path: path.read_bytes() for path in admin.config.iterdir() if path.is_file()}
    eight = admin.change()
    theirs = {path: path.read_bytes() for path in keep}
    for path, content in keep.items():
        path.write_bytes(content)
    admin.wattle("set", "office", "nas", "Alias=other")
    assert admin.serial() == eight and admin.text() != tuple(theirs[admin.config / name] for name in FILES)
    assert update(host, admin.config).returncode == 0  # 8b
    for path, content in theirs.items():
        path.write_bytes(content)
    done = update(host, admin.config)
    assert f"serial {eight} is here already with another text" in done.stdout + done.stderr
    assert f"ForkSerial={eight}" in host.path("/var/lib/wattle-update/office.state").read_text()
    nine = admin.change()
    done = update(host, admin.config)
    assert done.returncode == 0 and "the change of one of two people is lost" in done.stdout
    assert installed(host) == admin.text() and nine == eight + 1
    # That a change is lost is said until there is a higher one.
    assert f"ForkSerial={nine}" in host.path("/var/lib/wattle-update/office.state").read_text()
    admin.change()
    assert update(host, admin.config).returncode == 0
    assert "ForkSerial" not in host.path("/var/lib/wattle-update/office.state").read_text()


@pytest.mark.parametrize("years", [-30, 30])
def test_a_clock_that_is_wrong_by_years(host, admin, service, members, years):
    """What was put off under a wrong clock is not put off for years under the right one."""
    serial = admin.change()
    state = host.path("/var/lib/wattle-update/office.state")
    before = state.read_text() if state.exists() else "[Profiles]\nVersion=1\n"
    now = int(subprocess.run(["date", "+%s"], capture_output=True, text=True, check=True).stdout)
    state.write_text(before.rstrip() + f"\nRefused=nas {serial} {now + years * 31_556_952} 1;\n")
    members.answers[AT_NAS] = admin.text()
    service.tell("nas", serial)
    service.wait(f"serial {serial} is in force")
    assert pathlib.Path(host.path(f"{CONFDIR}/office.mesh")).read_bytes() == admin.text()[0]
