# SPDX-License-Identifier: LGPL-2.1-or-later
"""Installed, upgraded, removed and purged in a root without PID 1, as an installer or an image builder does it."""

import re

import pytest

MESH = """wattle init home --subnet=10.42.0.0/16
    wattle genkey home
    wattle add home here --key="$(wattle pubkey home)"
    mkdir -p /var/lib/wattle; touch /var/lib/wattle/home.endpoints
    sha256sum /etc/wattle/home.mesh /etc/wattle/home.key >/tmp/mine"""
OF_WATTLE = "find / -xdev \\( -path /mnt -o -path /proc -o -path /tmp -o -path '/var/lib/dpkg' -o -path /sys -o -path /dev \\) -prune " \
            "-o \\( -name '*wattle*' -o -path '*wattle/*' \\) -print | sort"
ALL = "/mnt/now/*.deb"
NAMES = "$(dpkg-query -W -f '${Package}\\n' '*wattle*')"
HOSTS = "/etc/nsswitch.conf"


def lines(text, marker="files:"):
    return text.partition(f"{marker}\n")[2].splitlines()


def test_purge_leaves_nothing_where_there_was_no_mesh(chroot):
    assert lines(chroot(f"set -e; dpkg -i {ALL}; dpkg --purge {NAMES}; echo files:; {OF_WATTLE}")) == []


def test_purge_leaves_meshes_and_keys(chroot):
    """What README.Debian says is left, and no more."""
    said = chroot(f"set -e; dpkg -i {ALL}; {MESH}; dpkg --purge {NAMES}; sha256sum -c --quiet /tmp/mine; "
                  f"getent passwd wattle >/dev/null; echo files:; {OF_WATTLE}")
    assert lines(said) == ["/etc/wattle", "/etc/wattle/home.key", "/etc/wattle/home.mesh"]


def test_upgrade_reinstall_and_downgrade(chroot):
    chroot(f"""set -e
        dpkg -i /mnt/before/*.deb
        {MESH}
        for step in now now before now; do
                dpkg -i /mnt/$step/*.deb
                dpkg --verify
                sha256sum -c --quiet /tmp/mine
                wattle check home >/dev/null
        done""")


@pytest.mark.parametrize("line, with_names", [
    ("files dns", "files wattle dns"),
    ("files [NOTFOUND=return] mdns4_minimal dns", "files [NOTFOUND=return] wattle mdns4_minimal dns"),
    ("files mymachines", "files wattle mymachines"),
    ("dns", "wattle dns"),
    ("wattle files", "wattle files"),
])
def test_names_are_asked_for_where_the_package_is(chroot, line, with_names):
    """And the line is the administrator's: who takes the word out again does not get it back by an upgrade, but by an installation, though
    the package was not purged."""
    said = chroot(f"""set -e; echo 'hosts: {line}' >{HOSTS}; dpkg -i /mnt/now/libnss-wattle.deb >/dev/null; grep hosts: {HOSTS}
        echo 'hosts: {line}' >{HOSTS}; dpkg -i /mnt/now/libnss-wattle.deb >/dev/null; grep hosts: {HOSTS}
        echo 'hosts: {with_names}' >{HOSTS}; dpkg --remove libnss-wattle >/dev/null; grep hosts: {HOSTS}
        echo 'hosts: {line}' >{HOSTS}; dpkg -i /mnt/now/libnss-wattle.deb >/dev/null; grep hosts: {HOSTS}""")
    assert re.findall("^hosts:\\s+(.*)", said, re.M) == [with_names, line, with_names.replace("wattle ", ""), with_names]


def test_a_part_alone(chroot):
    """The VPN plugin needs no command; the group that the writer's unit runs with comes with it."""
    chroot("set -e; dpkg -i /mnt/now/network-manager-wattle.deb; getent group systemd-network; ! getent passwd wattle; "
           "dpkg --purge network-manager-wattle; dpkg -i /mnt/now/wattle.deb; getent passwd wattle")


def test_tmpfiles_purge_keeps_keys(chroot):
    """Where systemd knows the word: a 'd$' in our snippet would have it delete the folder with all that is in it."""
    said = chroot(f"set -e; dpkg -i {ALL}; {MESH}; if systemd-tmpfiles --help | grep -q -e --purge; then "
                  "systemd-tmpfiles --purge wattle.conf; echo purged; fi; sha256sum -c --quiet /tmp/mine")
    print(said.splitlines()[-1])
