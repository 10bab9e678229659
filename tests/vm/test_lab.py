# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lab keeps its own promises: what a scenario builds on is here seen to be so."""

import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

import runner

pytestmark = pytest.mark.one_release

NETDEV = """[NetDev]
Name=wg0
Kind=wireguard
[WireGuard]
PrivateKeyFile=/etc/wg.key
ListenPort=51820
"""
NETWORK = """[Match]
Name=wg0
[Network]
Address=10.42.0.1/24
"""
PACKETS = 2000


def wireguard(guest, address):
    """Kernel WireGuard by hand; returns the public key."""
    return guest.out(f"""umask 077; wg genkey >/run/key; ip link add wg0 type wireguard
        wg set wg0 private-key /run/key listen-port 51820
        ip addr add {address}/24 dev wg0; ip link set wg0 up; wg pubkey </run/key""")


def peer(guest, key, allowed, options=""):
    guest.run(f"wg set wg0 peer {key} allowed-ips {allowed}/32 {options}")


def received(ping):
    return int(re.search(r"(\d+) received", ping).group(1))


@pytest.mark.each_release
def test_resumed_guest_is_healthy(lab):
    guest = lab.guest("laptop")
    assert guest.out("hostname") == "laptop"
    assert guest.out("systemctl is-system-running") == "running"
    assert guest.out("systemctl --failed --no-legend") == ""
    for unit in ("systemd-networkd", "NetworkManager"):
        assert guest.run(f"systemctl is-active {unit}", check=False).out.strip() == "inactive"
    assert f"VERSION_CODENAME={lab.release}" in guest.out("cat /etc/os-release")


def test_copies_of_a_snapshot_differ(lab):
    one, other = lab.guest("one"), lab.guest("other")
    for command in ("hostname", "cat /etc/machine-id", "cat /sys/class/net/eth0/address", "wg genkey"):
        assert one.out(command) != other.out(command), command


def test_journal_is_read_after_the_change_of_machine_id(lab):
    guest = lab.guest("a")
    guest.run("logger the-laboratory-was-here")
    guest.wait("journalctl -b | grep the-laboratory-was-here")


def test_cold_boot_finds_its_files(lab):
    guest = lab.boot("server", files={"/etc/systemd/network/wg.netdev": NETDEV, "/etc/motd": ("hello\n", 0o600)},
                     enable=["systemd-networkd.service"])
    guest.wait_booted()
    assert guest.out("hostname") == "server"
    assert guest.out("cat /etc/motd; stat -c '%a %U' /etc/motd") == "hello\n600 root"
    assert guest.out("systemctl is-active systemd-networkd") == "active"
    assert guest.out("systemctl --failed --no-legend") == ""
    print(guest.out("systemd-analyze"))


@pytest.mark.each_release
def test_networkd_makes_wireguard(lab):
    guest = lab.guest("a")
    guest.run("umask 027; wg genkey >/etc/wg.key; chgrp systemd-network /etc/wg.key")
    guest.put("/etc/systemd/network/wg.netdev", NETDEV)
    guest.put("/etc/systemd/network/wg.network", NETWORK)
    guest.run("systemctl start systemd-networkd")
    guest.wait("ip addr show wg0 | grep 10.42.0.1/24")
    assert guest.out("wg show wg0 listen-port") == "51820"


@pytest.mark.each_release
def test_networkmanager_makes_wireguard(lab):
    guest = lab.guest("a")
    guest.run("systemctl start NetworkManager")
    guest.run("""nmcli connection add type wireguard ifname wg0 con-name mesh wireguard.private-key "$(wg genkey)" \
        ipv4.method manual ipv4.addresses 10.42.0.1/24""")
    guest.wait("ip addr show wg0 | grep 10.42.0.1/24")


@pytest.mark.each_release
def test_two_guests_ping_over_wireguard(lab, guests):
    a, b = guests(2)
    keys = wireguard(a, "10.42.0.1"), wireguard(b, "10.42.0.2")
    peer(a, keys[1], "10.42.0.2", f"endpoint {b.lan.v4}:51820")
    peer(b, keys[0], "10.42.0.1")
    a.wait("ping -c1 -W1 10.42.0.2")
    assert received(a.out("ping -q -c10 -i0.1 10.42.0.2")) == 10


def test_segment_loses_nothing(lab, guests):
    a, b = guests(2)
    assert received(a.out(f"ping -q -f -c{PACKETS} {b.lan.v4}")) == PACKETS
    assert received(a.out(f"ping -q -c5 -i0.2 {b.lan.v6}")) == 5
    assert lab.lan.dropped == 0


def test_wireguard_through_a_nat_router(lab):
    router = lab.router(lab.lan, lab.internet)
    laptop, vps = lab.guest("laptop"), lab.guest("vps")
    laptop.plug(0, lab.lan)
    public = vps.plug(0, lab.internet).v4
    keys = wireguard(laptop, "10.42.0.2"), wireguard(vps, "10.42.0.3")
    peer(vps, keys[0], "10.42.0.2")
    peer(laptop, keys[1], "10.42.0.3", f"endpoint {public}:51820")
    laptop.wait("ping -c1 -W1 10.42.0.3")
    outside = router.out("ip -4 -o addr show eth1 | grep -o '203[0-9.]*/' | tr -d /")
    assert vps.out("wg show wg0 endpoints").split()[1].rpartition(":")[0] == outside
    assert vps.run("ping -c1 -W1 192.168.1.3", check=False).code != 0, "the LAN is hidden behind the router"


def test_guest_roams_to_another_segment(lab, guests):
    a, b = guests(2)
    a.plug(0, lab.internet)
    assert a.run(f"ping -c1 -W1 {b.lan.v4}", check=False).code != 0
    a.plug(0, lab.lan)
    a.wait(f"ping -c1 -W1 {b.lan.v4}")
    a.unplug(0)
    a.wait("ip link show eth0 | grep -q NO-CARRIER")


def test_files_are_put_and_got(lab):
    guest = lab.guest("a")
    data = bytes(range(256)) * 4096
    guest.put("/etc/wattle/some.file", data, mode=0o640, owner="root:systemd-network")
    assert guest.get("/etc/wattle/some.file") == data
    assert guest.out("stat -c '%a %U:%G %F' /etc/wattle/some.file") == "640 root:systemd-network regular file"


def test_commands_run_side_by_side(lab):
    guest = lab.guest("a")
    ping = guest.start("ping -i 0.1 127.0.0.1")
    guest.wait("pgrep -x ping")
    ping.signal(signal.SIGINT)
    assert " 0% packet loss" in ping.finish(check=False).out


def test_command_over_its_limit_fails_and_is_killed(lab):
    guest = lab.guest("a")
    with pytest.raises(runner.CommandFailed, match=r"not done after \d+ s(?s:.*)partial"):
        guest.run("echo partial; sleep 1000 & wait", limit=1)
    with pytest.raises(runner.CommandFailed, match=r"not done after \d+ s"):
        guest.wait("false", limit=1)
    assert guest.run("pgrep -x sleep", check=False).code == 1


FAILING = """
import pytest

pytestmark = pytest.mark.one_release
def test_hangs(lab):
    guest = lab.guest("broken")
    guest.run("logger words-of-the-journal; journalctl --sync")
    guest.run("sleep 1000", limit=1)
"""


def test_failure_shows_the_journal_and_leaves_nothing(lab, tmp_path):
    """In a pytest of its own, which has to fail, tell why, and end without a guest or a directory left."""
    here = pathlib.Path(__file__).resolve().parent
    (tmp_path / "conftest.py").symlink_to(here / "conftest.py")
    (tmp_path / "test_failing.py").write_text(FAILING)
    process = subprocess.Popen([sys.executable, "-m", "pytest", "-q", str(tmp_path)], stdout=subprocess.PIPE, text=True,
                               env=os.environ | {"WATTLE_VM_RELEASES": lab.release})
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 1, said
    assert re.search(r"not done after \d+ s: sleep 1000", said)
    assert "words-of-the-journal" in said
    left = [path for top in ("/dev/shm", "/tmp") for path in pathlib.Path(top).glob(f"wattle-vm.{process.pid}.*")]
    assert left == []
