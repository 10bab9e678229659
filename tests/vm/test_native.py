# SPDX-License-Identifier: LGPL-2.1-or-later
"""The native lab keeps its promises."""

import os
import pathlib
import re
import subprocess

import pytest

pytestmark = pytest.mark.each_release


def test_a_host_is_healthy(native):
    a = native.guest("laptop")
    print(a.out("systemd-analyze"))
    assert a.out("hostname; cat /proc/1/comm") == "laptop\nsystemd"
    assert f"VERSION_CODENAME={native.release}" in a.out("cat /etc/os-release")
    assert a.out("systemctl --failed --no-legend") == ""
    for unit in ("systemd-networkd", "NetworkManager"):
        assert a.run(f"systemctl is-active {unit}", check=False).out.strip() == "inactive"
    a.run("logger the-laboratory-was-here; journalctl --sync")
    assert "the-laboratory-was-here" in a.out("journalctl -b")
    assert a.out("busctl call org.freedesktop.PolicyKit1 /org/freedesktop/PolicyKit1/Authority org.freedesktop.DBus.Peer Ping") == ""


MACHINES = ("kernel/core_pattern", "fs/file-max", "vm/swappiness")


def test_it_changes_nothing_of_this_machine(native):
    a = native.guest("a")
    before = [pathlib.Path("/proc/sys", name).read_text() for name in MACHINES]
    for command in ("sysctl -w kernel.core_pattern=x", "sysctl -w fs.file-max=1000", "sysctl -w vm.swappiness=1", "date -s @0", "modprobe dummy"):
        assert a.run(command, check=False).code != 0, command
    assert before == [pathlib.Path("/proc/sys", name).read_text() for name in MACHINES]
    a.run("sysctl -w net.ipv4.ip_forward=1")


def test_managers_configure_cards_on_one_lan(native):
    a, b = native.guest("a"), native.boot("b", enable=["systemd-networkd.service"], files={
        "/etc/systemd/network/lan.network": "[Match]\nName=eth0\n[Network]\nAddress=192.168.1.77/24\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"})
    b.wait_booted()
    for each in (a, b):
        each.plug(0, native.lan, configure=False)
    a.put("/etc/NetworkManager/conf.d/lab.conf", "[main]\nno-auto-default=*\n")
    a.run("systemctl start NetworkManager")
    a.run("nmcli connection add type ethernet ifname eth0 con-name lan ipv4.method manual ipv4.addresses 192.168.1.66/24 ipv6.method disabled")
    a.wait("ping -c1 -W1 192.168.1.77")
    assert "192.168.1.77" in b.out("networkctl status eth0 --no-pager")
    b.unplug(0)
    a.wait("! ping -c1 -W1 192.168.1.77")
    assert a.out("systemctl --failed --no-legend") == b.out("systemctl --failed --no-legend") == ""


def test_nothing_is_left(native):
    a = native.guest("a")
    machine = a._machine
    cgroup = machine.directory.name
    inside = machine.pid
    a.start("sleep 1000")
    a.wait("pgrep -x sleep")
    a.close()
    native.hosts.clear()
    assert not os.path.exists(f"/proc/{inside}") and not machine.directory.exists()
    mounts = subprocess.run(["unshare", "--mount", "sh", "-c", "mount -t cgroup2 cgroup2 /mnt && ls /mnt"], check=True, capture_output=True,
                            text=True).stdout
    assert cgroup not in re.split(r"\s+", mounts)
