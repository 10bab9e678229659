# SPDX-License-Identifier: LGPL-2.1-or-later
"""On a host that runs, with the release's systemd as PID 1: who is restarted, and who is not. There is no WireGuard here; what
traffic says of an upgrade is in tests/vm/test_upgrade.py."""

import re

import pytest

MESH = """wattle init home --subnet=10.42.0.0/16
    wattle genkey home
    wattle add home here --key="$(wattle pubkey home)" --public-endpoint=198.51.100.7:51820
    printf '[Local]\\nDevice=here\\n' >/etc/wattle/home.mesh.d/device.conf
"""
NO_NM = "ln -s /dev/null /etc/systemd/system/NetworkManager.service; dpkg -i /mnt/before/wattle.deb"
NM = "dpkg -i /mnt/before/wattle.deb /mnt/before/network-manager-wattle.deb"
PARTS = {"networkd": "/wattle.deb", "NetworkManager": "/*wattle.deb"}


def running(host):
    """Unit to the id of its run, of all that is active."""
    listed = host.out("systemctl show --type=service --all -p Id -p InvocationID -p ActiveState '*'")
    units = [dict(line.split("=", 1) for line in block.splitlines()) for block in listed.split("\n\n")]
    return {unit["Id"]: unit["InvocationID"] for unit in units if unit["ActiveState"] == "active"}


def changed(before, after):
    passing = re.compile(r"^(wattle-apply@|NetworkManager-dispatcher|systemd-(hostnamed|tmpfiles|sysusers|timedated|localed)|polkit|user)")
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name) and not passing.match(name)}


@pytest.fixture(params=PARTS)
def host(boot, request):
    """wattle of before, a mesh, wattled and the manager run."""
    made = boot(NO_NM if request.param == "networkd" else NM)
    made.manager = request.param
    made.parts = PARTS[request.param]
    made.run("mkdir -p /etc/wattle/home.mesh.d; " + MESH)
    made.run("systemctl daemon-reload; systemctl start wattle-networkd@home wattled "
             + ("systemd-networkd" if request.param == "networkd" else "NetworkManager wattle-nm@home"))
    return made


def test_wattled_alone_is_restarted(host):
    for step in ("now", "now", "before", "now"):
        units = running(host)
        host.run(f"dpkg -i /mnt/{step}{host.parts}")
        assert changed(units, running(host)) == {"wattled.service"}, step
        assert host.out("systemctl --failed --no-legend") == ""
    assert host.out("systemctl show -p NeedDaemonReload --value wattled") == "no"


def test_removal_stops_wattled_alone(host):
    host.run(f"dpkg -i /mnt/now{host.parts}")
    files = "find /run/systemd/network /run/NetworkManager/system-connections /run/NetworkManager/conf.d /run/sysctl.d -type f " \
            "-exec sha256sum {} + 2>/dev/null | sort"
    written, units = host.out(f"{files} || true"), running(host)
    host.run("dpkg --remove $(dpkg-query -W -f '${db:Status-Status} ${Package}\\n' '*wattle*' | sed -n 's/^installed //p')")
    assert changed(units, running(host)) == {"wattled.service"}
    assert host.out(f"{files} || true") == written != ""
    # Again: wattled has meshes to look after, and does so without a boot.
    host.run(f"dpkg -i /mnt/now{host.parts}")
    assert changed(units, running(host)) == {"wattled.service"}
    assert host.out("systemctl is-active wattled") == "active"
    host.run("dpkg --purge $(dpkg-query -W -f '${Package}\\n' '*wattle*'); ls /etc/wattle/home.key; ! ls /var/lib/wattle")
    assert host.out(f"{files} || true") == written


def test_a_host_without_meshes_runs_no_wattled(boot):
    host = boot(NO_NM.replace("before", "now"))
    assert host.run("systemctl is-active wattled", check=False).stdout.strip() == "inactive"
    host.run("dpkg -i /mnt/now/wattle.deb")
    assert host.run("systemctl is-active wattled", check=False).stdout.strip() == "inactive"


def test_needrestart_restarts_what_cuts_nothing(host):
    """A library that all of them have loaded is replaced, and needrestart told to restart all that it may."""
    host.run(f"dpkg -i /mnt/now{host.parts}")
    host.run("for lib in /lib/*-linux-gnu/libc.so.6; do cp -a $(readlink -f $lib) $lib.new; mv $lib.new $(readlink -f $lib); done")
    units = running(host)
    said = host.out("needrestart -r a -l -v 2>&1 || true")
    after = changed(units, running(host))
    assert "wattled.service" in after, said
    assert not {"systemd-networkd.service", "NetworkManager.service", "wattle-networkd@home.service", "wattle-nm@home.service"} & after


def test_a_host_of_networkmanager_without_its_part(boot):
    host = boot(NM.replace("/mnt/before/network-manager-wattle.deb", "").replace("before", "now"))
    host.run("mkdir -p /etc/wattle/home.mesh.d; " + MESH)
    host.wait("systemctl is-active NetworkManager")
    refused = host.run("wattle apply home", check=False)
    assert refused.returncode == 1
    assert "install the package network-manager-wattle, or write Owner=networkd below [Local]" in refused.stdout
    host.run("dpkg -i /mnt/now/network-manager-wattle.deb; ls /run/systemd/generator/sysinit.target.wants/wattle-nm@home.service")


def test_autopkgtest(boot):
    """debian/tests, as autopkgtest would run them."""
    host = boot("dpkg -i /mnt/now/wattle.deb")
    host.run("cp /mnt/tests/mesh /tmp/mesh; chmod +x /tmp/mesh; cd /tmp; ./mesh")
