# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real firewalld and the real ufw, whose defaults drop, let in what a mesh needs while it is up. Its interface is a tun:
nothing of it is about WireGuard."""

import functools
import pathlib
import subprocess
import tempfile

import pytest

import datagrams
import mesh as meshes
import test_vpn

pytestmark = pytest.mark.each_release

# Nobody listens there: what is let in is answered by the kernel, that the port is closed.
ASK = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.5)
s.connect((sys.argv[1], int(sys.argv[2])))
try:
    s.send(b"x")
    s.recv(1)
except ConnectionRefusedError:
    print("in")
except OSError:
    print("out")
"""
# There is no udev, and so no unit of the interface.
UNBOUND = "[Unit]\n# for want of udev\n"


def firewalled(native, settings, *hosts, start="systemctl start firewalld"):
    """a with a mesh that is down, a firewall, and a route out by eth0; and the other hosts on its LAN."""
    mesh = meshes.Mesh("home", "a", "b")
    a, *others = [native.guest(name) for name in ("a", *hosts)]
    for each in (a, *others):
        each.lan = each.plug(0, native.lan)
    a.run(f"ip route add default dev eth0; ip tuntap add home mode tun; {start}")
    a.put("/etc/systemd/system/wattle-filter@home.service.d/50-interface.conf", UNBOUND)
    mesh.put(a, "a", f"Owner=networkd\n{settings}")
    a.run("systemctl daemon-reload; systemctl start wattle-networkd@home; systemctl start wattle-filter@home")
    return a, *others


def opens(host, *zones, port=51820):
    """The port is open in these zones, and in no other."""
    host.wait(f"[ \"$(firewall-cmd --list-all-zones | awk '/^[a-z]/ {{zone=$1}} /^  ports:.*{port}\\/udp/ {{print zone}}' | sort | xargs)\" = "
              f"'{' '.join(sorted(zones))}' ]")


def is_in(host, zone):
    host.wait(f"[ \"$(firewall-cmd --get-zone-of-interface=home 2>/dev/null)\" = '{zone}' ]")


def gets_in(a, b, port=51820):
    return b.out(f"python3 -c '{ASK}' {a.lan.v4} {port}") == "in"


def tells(host, text, unit="wattle-filter@home"):
    host.wait(f"journalctl -b -u {unit} | grep -F {text!r}")


def killed(host, *after):
    """The packet filter's process was killed; another is in its stead, and these units are up again."""
    before = host.out("systemctl show -P MainPID wattle-filter@home")
    host.run(f"kill -9 {before}")
    host.wait(f"pid=$(systemctl show -P MainPID wattle-filter@home); [ $pid != 0 ] && [ $pid != {before} ]")
    for unit in after:
        host.wait(f"systemctl is-active {unit}")


def test_firewalld_lets_in_what_is_up(native):
    a, b = firewalled(native, "Firewall=auto\nTrust=internal\n", "b")
    opens(a)
    assert not gets_in(a, b)
    for _ in range(2):
        a.run("ip link set home up")
        opens(a, "public")
        is_in(a, "internal")
        a.wait("firewall-cmd --zone=internal --list-rich-rules | grep 'port=\"21822\"'")
        assert gets_in(a, b)
        a.run("ip link set home down")
        opens(a)
        is_in(a, "")
        assert not gets_in(a, b) and a.out("ls /run/wattle-filter/*.opened 2>/dev/null || true; firewall-cmd --zone=internal --list-rich-rules") == ""
    a.run("ip link set home up")
    opens(a, "public")
    for again in (lambda: a.run("firewall-cmd --reload"), lambda: a.run("systemctl restart firewalld"), lambda: killed(a)):
        again()
        opens(a, "public")
        is_in(a, "internal")
    a.run("systemctl stop wattle-filter@home")
    opens(a)
    is_in(a, "")
    a.put("/etc/systemd/system/wattle-filter@home.service.d/once.conf", "[Service]\nRestart=no\n")
    a.run("systemctl daemon-reload; systemctl start wattle-filter@home")
    opens(a, "public")
    a.run("kill -9 $(systemctl show -P MainPID wattle-filter@home)")
    opens(a)
    is_in(a, "")
    assert a.out("ls /run/wattle-filter/*.opened 2>/dev/null || true") == ""


def test_firewalld_changes_under_us(native):
    """Zones, routes, the admin's own word, the settings; it hangs and dies."""
    (a,) = firewalled(native, "Firewall=auto\n")
    a.run("ip link set home up")
    opens(a, "public")
    a.run("firewall-cmd --set-default-zone=home")
    opens(a, "home")
    a.run("firewall-cmd --zone=work --change-interface=eth0")
    opens(a, "home", "work")
    a.run("firewall-cmd --zone=external --change-interface=eth1; ip link set eth1 up; ip route replace default dev eth1")
    opens(a, "home", "external")
    a.run("ip route del default")
    opens(a, "home")
    a.run("firewall-cmd --set-default-zone=public")
    opens(a, "public")
    a.put("/etc/wattle/home.mesh.d/local.conf", "[Local]\nOwner=networkd\nFirewall=dmz nowhere\nTrust=nowhere\n")
    a.run("firewall-cmd --zone=dmz --add-port=51820/udp; systemctl restart wattle-networkd@home; systemctl reload wattle-filter@home")
    opens(a, "dmz")
    tells(a, "Trust: firewalld has no zone 'nowhere': 'firewall-cmd --get-zones' tells which it has")
    tells(a, "Firewall: firewalld has no zone 'nowhere'")
    a.run("ip link set home down; systemctl restart wattle-filter@home")
    opens(a, "dmz")  # the admin's stays
    a.put("/etc/wattle/home.mesh.d/local.conf", "[Local]\nOwner=networkd\nFirewall=work\nTrust=trusted\n")
    a.run("firewall-cmd --zone=internal --add-interface=home; systemctl restart wattle-networkd@home; systemctl reload wattle-filter@home; ip link set home up")
    opens(a, "dmz", "work")
    tells(a, "Trust: firewalld has the interface in another zone already")
    is_in(a, "internal")
    a.run("kill -STOP $(systemctl show -P MainPID firewalld); ip link set home down; ip link set home up; systemctl kill --signal=KILL firewalld; "
          "while systemctl is-active -q firewalld; do :; done; systemctl reset-failed firewalld; systemctl start firewalld")
    opens(a, "work")
    is_in(a, "trusted")
    # Down again before it has answered what its zones are.
    pid = a.out("systemctl show -P MainPID wattle-filter@home")
    a.run("ip link set home down")
    opens(a)
    a.run("kill -STOP $(systemctl show -P MainPID firewalld); ip link set home up; ip link set home down; "
          "kill -CONT $(systemctl show -P MainPID firewalld)")
    a.run("ip link set home up")
    opens(a, "work")
    assert a.out("systemctl show -P MainPID wattle-filter@home") == pid
    a.run("systemctl stop firewalld; ip link set home down; systemctl start firewalld")
    opens(a)
    a.run("ip link set home up")
    opens(a, "work")
    a.run("systemctl stop firewalld; systemctl stop wattle-filter@home")
    assert a.out("ls /run/wattle-filter/*.opened 2>/dev/null || true; systemctl is-failed wattle-filter@home || true") == "inactive"


def test_firewalld_reloads(native):
    """And what is let in is not disturbed, nor by our own reload and systemd's."""
    a, b = firewalled(native, "Firewall=auto\n", "b")
    a.run("ip link set home up")
    opens(a, "public")
    flow = datagrams.Datagrams(a, b, 51820)
    a.run("for i in 1 2 3; do firewall-cmd --reload; systemctl reload wattle-filter@home; systemctl daemon-reload; done")
    assert flow.lost() == [0]
    opens(a, "public")
    assert gets_in(a, b)


def added(host, *rules):
    """What ufw has of ours is this."""
    wanted = "".join(f"ufw {rule} comment 'wattle home'\n" for rule in sorted(rules))
    host.put("/run/wanted", wanted)
    host.wait("(ufw show added | grep \"comment 'wattle\" || true) | sort | diff - /run/wanted")


def test_ufw_lets_in_what_is_up(native):
    a, b = firewalled(native, "Firewall=auto\n", "b", start="ufw --force enable")
    mine = "ufw allow in on home to any port 21822 proto udp"
    a.run(f"{mine} comment mine")
    assert not gets_in(a, b)
    for _ in range(2):
        a.run("ip link set home up")
        added(a, "allow 21821/udp", "allow 51820/udp")
        assert gets_in(a, b)
        a.run("ip link set home down")
        added(a)
        assert not gets_in(a, b) and f"{mine} comment 'mine'" in a.out("ufw show added")
    a.run(f"{mine.replace('allow', 'delete allow')}; ip link set home up")
    added(a, "allow 21821/udp", "allow 51820/udp", "allow in on home to any port 21822 proto udp")
    a.put("/etc/wattle/home.mesh.d/local.conf", "[Local]\nOwner=networkd\nFirewall=auto\nTrust=trusted\n")
    a.run("systemctl restart wattle-networkd@home; systemctl reload wattle-filter@home")
    added(a, "allow 21821/udp", "allow 51820/udp", "allow in on home")
    # Left by a mesh that was up when the power went: with ufw at the next boot it goes.
    a.run("ufw allow 7/udp comment 'wattle gone'; systemctl start ufw")
    added(a, "allow 21821/udp", "allow 51820/udp", "allow in on home")
    killed(a, "wattle-ufw@home")
    added(a, "allow 21821/udp", "allow 51820/udp", "allow in on home")
    a.put("/etc/systemd/system/wattle-filter@home.service.d/once.conf", "[Service]\nRestart=no\n")
    a.run("systemctl daemon-reload; kill -9 $(systemctl show -P MainPID wattle-filter@home)")
    added(a)
    assert not gets_in(a, b)
    a.run("ufw disable; systemctl reset-failed wattle-filter@home; systemctl start wattle-filter@home")
    a.wait("systemctl is-active wattle-ufw@home")
    added(a)
    a.run("ufw --force enable")
    added(a, "allow 21821/udp", "allow 51820/udp", "allow in on home")
    a.run("ufw disable")
    added(a)
    a.run("ufw --force enable")
    added(a, "allow 21821/udp", "allow 51820/udp", "allow in on home")
    a.run("mv /usr/sbin/ufw /run/ufw; systemctl stop wattle-filter@home; mv /run/ufw /usr/sbin/ufw")
    tells(a, "ufw", "wattle-ufw@home")
    a.run("systemctl start wattle-ufw-clean")
    added(a)


def test_ufw_reloads(native):
    """That loses packets of all that is let in (findings/ufw-reload-drops-what-is-allowed.sh): of the mesh no more than of what is
    let in by hand."""
    by_hand = 51899
    a, b = firewalled(native, "Firewall=auto\n", "b", start="ufw --force enable")
    rules = ("allow 21821/udp", "allow 51820/udp", "allow in on home to any port 21822 proto udp")
    a.run(f"ufw allow {by_hand}/udp; ip link set home up")
    added(a, *rules)
    flow = datagrams.Datagrams(a, b, 51820, by_hand)
    a.run("for i in 1 2; do ufw reload; systemctl reload wattle-filter@home; systemctl daemon-reload; done")
    ours, hand = flow.lost()
    assert ours <= hand + datagrams.PER_SECOND // 2
    added(a, *rules)
    assert gets_in(a, b) and gets_in(a, b, by_hand)


def test_ufw_takes_the_place_of_firewalld(native):
    """While the mesh is up, and nobody tells wattle-filter; and back again."""
    a, b = firewalled(native, "Firewall=auto\n", "b")
    a.run("ip link set home up")
    opens(a, "public")
    a.run("systemctl stop firewalld; ufw --force enable")
    added(a, "allow 21821/udp", "allow 51820/udp", "allow in on home to any port 21822 proto udp")
    assert gets_in(a, b)
    a.run("ufw disable; systemctl start firewalld")
    added(a)
    opens(a, "public")
    assert gets_in(a, b)


def test_the_port_of_a_tailnet(native):
    """By firewalld and by ufw, while its interface is up."""
    a = native.guest("a")
    a.plug(0, native.lan)
    a.put("/etc/systemd/system/wattle-filter@work.service.d/50-interface.conf", UNBOUND)
    text = "[Tailscale]\nPort=1234\n[Local]\nFirewall="
    a.put("/etc/wattle/work.tailnet", text + "auto\n")
    a.run("ip route add default dev eth0; ip tuntap add tailscale0 mode tun; systemctl start firewalld; systemctl daemon-reload; "
          "systemctl start wattle-tailnet@work; systemctl start wattle-filter@work")
    opens(a, port=1234)
    a.run("ip link set tailscale0 up")
    opens(a, "public", port=1234)
    a.put("/etc/wattle/work.tailnet", text + "dmz\n")
    a.run("systemctl restart wattle-tailnet@work; systemctl reload wattle-filter@work")
    opens(a, "dmz", port=1234)
    a.run("ip link set tailscale0 down")
    opens(a, port=1234)
    a.put("/etc/wattle/work.tailnet", text + "auto\n")
    a.run("systemctl stop firewalld; ufw --force enable; systemctl restart wattle-tailnet@work; systemctl reload wattle-filter@work; "
          "ip link set tailscale0 up")
    a.wait("ufw show added | grep \"ufw allow 1234/udp comment 'wattle work'\"")
    a.run("kill -9 $(systemctl show -P MainPID wattle-filter@work); ip link del tailscale0")
    a.wait("! ufw show added | grep wattle")


LINK = "4ba9c640-25bd-5149-b72c-badfa45970a7"  # of test_vpn.UUID
PROGRAM = "/usr/libexec/wattle/nm-wattle-service"


@functools.cache
def tun_link():
    """What has NetworkManager make a tun in place of WireGuard's link."""
    source = pathlib.Path(__file__).resolve().parents[1] / "nm" / "tun-link.c"
    flags = subprocess.run(["pkg-config", "--cflags", "libnm"], check=True, capture_output=True, text=True).stdout.split()
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder, "tun-link.so")
        subprocess.run(["cc", "-shared", "-fPIC", *flags, "-o", made, source], check=True)
        return made.read_bytes()


def with_vpn(native, **data):
    """a with NetworkManager, firewalld, strict reverse path filters and a VPN connection that carries a mesh; b on its LAN."""
    mesh = meshes.Mesh("home", "a", "b")
    mesh["b"].lines += ["ExitNode=yes", "PublicEndpoint=192.0.2.7:51820"]
    a, b = native.guest("a"), native.guest("b")
    b.lan = b.plug(0, native.lan)
    a.run(f"sysctl -qw net.ipv4.conf.all.rp_filter=1; mv {PROGRAM} {PROGRAM}.real; systemctl start firewalld")
    a.put("/run/tun-link.so", tun_link(), 0o755)
    a.put(PROGRAM, f"#!/bin/sh\nLD_PRELOAD=/run/tun-link.so exec {PROGRAM}.real \"$@\"\n", 0o755)
    a.lan = test_vpn.start_nm(native, a)
    test_vpn.load(a, test_vpn.keyfile(mesh, **data))
    return a, b


def holds(host):
    host.wait(f"nft list table inet wattle-{LINK} | grep 'ct mark 0x0000ca6c meta mark set 0x0000ca6c'")
    opens(host, "public")


def holds_nothing(host):
    host.wait(f"[ \"$(systemctl is-active wattle-filter@{LINK})\" = inactive ]")
    opens(host)
    assert host.run(f"nft list table inet wattle-{LINK}", check=False).code != 0
    assert host.out("ls /run/wattle-filter/*.opened 2>/dev/null || true") == ""


def has_no_files(host):
    assert LINK not in host.out("ls /run/wattle 2>/dev/null || true")


def test_vpn_that_carries_a_mesh(native):
    """All that an installed mesh gets, while it is up: however that ends."""
    a, b = with_vpn(native, firewall="auto", exit_node="b")
    opens(a)
    for _ in range(2):
        a.run("nmcli connection up vpn")
        holds(a)
        assert gets_in(a, b)
        assert a.out("sysctl -n net.ipv4.conf.all.src_valid_mark net.ipv4.conf.home.rp_filter") == "1\n2"
        a.run("nmcli connection down vpn")
        holds_nothing(a)
        has_no_files(a)
        assert not gets_in(a, b)
    # NetworkManager puts the uplink into another zone.
    a.run("nmcli connection up vpn; nmcli connection modify lan connection.zone work; nmcli device reapply eth0")
    opens(a, "public", "work")
    a.run("nmcli connection down vpn; nmcli connection modify lan connection.zone ''; nmcli device reapply eth0")
    holds_nothing(a)
    a.run("for i in 1 2 3; do nmcli connection up vpn; nmcli connection down vpn; done; nmcli connection up vpn", 120)
    holds(a)
    a.run(f"kill -9 $(systemctl show -P MainPID wattle-filter@{LINK})")
    a.wait(f"systemctl is-active wattle-filter@{LINK}")
    holds(a)
    a.run(f"kill -9 $(pgrep -o -x {test_vpn.SERVICE})")
    test_vpn.gone(a)
    holds_nothing(a)
    has_no_files(a)
    a.run("nmcli connection up vpn; nmcli connection down 'vpn (link)'")
    test_vpn.gone(a)
    holds_nothing(a)
    has_no_files(a)
    # The link outlives NetworkManager, and what holds for it does.
    a.run("nmcli connection up vpn")
    holds(a)
    a.run("systemctl stop NetworkManager")
    a.wait(f"! pgrep -x {test_vpn.SERVICE}")
    holds(a)
    a.run("systemctl start NetworkManager; ip link del home")
    holds_nothing(a)


def test_vpn_that_carries_a_mesh_and_ufw(native):
    a, b = with_vpn(native, firewall="auto")
    a.run("systemctl stop firewalld; ufw --force enable")
    for how in ("nmcli connection down vpn", f"kill -9 $(pgrep -o -x {test_vpn.SERVICE})"):
        a.run("nmcli connection up vpn")
        a.wait(f"ufw show added | grep \"ufw allow 51820/udp comment 'wattle {LINK}'\"")
        assert gets_in(a, b)
        a.run(how)
        a.wait("! ufw show added | grep wattle")
        assert not gets_in(a, b)
