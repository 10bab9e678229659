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

    def start(self, *command):
        return subprocess.Popen([*self._enter, *command], stderr=subprocess.PIPE, text=True)

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


@pytest.fixture
def packet_filter(net, host):
    started = Filter(net, host)
    yield started
    if started.process and started.process.poll() is None:
        started.end(signal.SIGKILL)


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
