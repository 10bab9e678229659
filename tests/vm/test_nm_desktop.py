# SPDX-License-Identifier: LGPL-2.1-or-later
"""A desktop's day: the card that comes and goes, sleep, and what its user may do."""

import os
import pathlib
import shutil

import pytest

import desktop_user
import mesh as meshes
from nm_host import ASLEEP, NM, PROFILE, connections, join, manage, nm_complaints, quiet, session

pytestmark = pytest.mark.one_release

# A login at the machine's first terminal, which is what polkit calls active and local.
# With what a getty's login tells PAM: with systemd 262 the session of a service is else one in the background, at no seat.
AT_THE_MACHINE = ("systemd-run --quiet --wait --pipe --uid=anna -p PAMName=login -p TTYPath=/dev/tty1 "
                  "-E XDG_SEAT=seat0 -E XDG_VTNR=1 -E XDG_SESSION_TYPE=tty -E XDG_SESSION_CLASS=user --")
# As over ssh or from a timer: nobody is there to be asked.
ELSEWHERE = "setpriv --reuid=anna --regid=anna --init-groups --"


def test_nm_card_and_sleep(lab):
    """NetworkManager has the card too. Whatever it does with that, the mesh stays, and its session."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = join(lab, mesh)
    a.wait("ping -c1 -W1 10.42.0.2")
    manage(a)
    a.wait("ping -c1 -W1 10.42.0.2")
    handshake = session(a, mesh, "b")

    def check():
        a.wait("ping -c1 -W1 10.42.0.2")
        assert a.out("nmcli -g GENERAL.STATE connection show home") == "activated"
        assert connections(a)[1] == {"lan": "802-3-ethernet", "home": "wireguard"}
        assert session(a, mesh, "b") == handshake

    a.run("nmcli connection down lan")
    assert "10.42.0.1/16" in a.out("ip addr show dev home")
    assert a.run("ping -c1 -W1 10.42.0.2", check=False).code != 0
    a.run("nmcli connection up lan")
    check()

    a.unplug(0)
    a.wait("nmcli -g GENERAL.STATE device show eth0 | grep unavailable")
    a.plug(0, lab.lan, configure=False)
    check()

    sleep = "busctl call org.freedesktop.NetworkManager /org/freedesktop/NetworkManager org.freedesktop.NetworkManager Sleep b"
    a.run(f"{sleep} true")
    a.wait(f"{ASLEEP} && ! ip -4 addr show dev eth0 | grep inet")
    a.run(f"{sleep} false")
    check()

    a.run(f"systemctl restart {NM}")
    a.wait("nmcli -g GENERAL.STATE connection show home | grep -x activated")
    check()
    quiet(a)


@pytest.mark.limit(600)  # ten times up
@pytest.mark.each_release
def test_nm_as_a_vpn(lab):
    """Connection=vpn: the same mesh by the plugin's service; and from one kind to the other, and to networkd, while it is up."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = join(lab, mesh, ("Connection=vpn", ""))
    assert connections(a) == ({"home": "vpn"}, {})
    failed = a.run("wattle up home", check=False)
    assert failed.code == 1  # a VPN needs a network with a way out
    manage(a, "ipv4.gateway 192.168.1.1")
    assert a.out("wattle up home") == "home: up"
    assert a.out("wattle up home") == "home: up already"
    a.wait("ping -c1 -W1 10.42.0.2")
    lan, vpn, link = {"lan": "802-3-ethernet"}, {"home": "vpn"}, {"home (link)": "wireguard"}
    assert connections(a)[1] == lan | vpn | link
    assert a.out("ip route show default") == "default via 192.168.1.1 dev eth0 proto static metric 100"
    assert a.out("wattle apply home") == "home: nothing to change"

    # What is new takes a new interface.
    mesh["a"].lines.append("Address=10.42.9.9")
    assert "interface made anew by NetworkManager" in mesh.update(a)
    a.wait("ip addr show dev home | grep 10.42.9.9/16")
    a.wait("ping -c1 -W1 10.42.0.2")

    def settings(text):
        return mesh.apply(a, "a", text)

    # NetworkManager starts anew without the VPN, and its link stays: it is known for the mesh's.
    a.run(f"systemctl restart {NM}")
    a.wait("nmcli -g GENERAL.STATE connection show 'home (link)' | grep -x activated")
    assert connections(a)[1] == lan | link
    assert "interface made anew by NetworkManager" in settings("Owner=NetworkManager\nConnection=native")
    a.wait("ping -c1 -W1 10.42.0.2")
    assert connections(a) == (lan | {"home": "wireguard"},) * 2
    assert "interface made anew by NetworkManager" in settings("Owner=NetworkManager\nConnection=vpn")
    a.wait("ping -c1 -W1 10.42.0.2")
    assert connections(a)[1] == lan | vpn | link
    assert "interface home removed" in settings("Owner=networkd\nActivationPolicy=up")
    a.wait("networkctl list home --no-pager | grep routable")
    a.wait("ping -c1 -W1 10.42.0.2")
    assert connections(a) == (lan, lan)
    settings("Owner=NetworkManager\nConnection=vpn")
    a.run("wattle up home")
    a.run(f"systemctl restart {NM}")
    a.wait("nmcli -g GENERAL.STATE connection show 'home (link)' | grep -x activated")
    assert a.out("wattle down home") == "home: down"
    a.wait("! ip link show dev home")
    a.wait("nmcli -g GENERAL.STATE connection show lan | grep -x activated")
    a.run("wattle up home")
    a.run(f"rm {mesh.path}")
    assert "interface home removed" in a.out("wattle apply")
    assert connections(a) == (lan, lan)
    a.wait("! ip link show dev home")
    # Down without being switched off by anybody: the plugin is gone.
    mesh.put(a, "a", "Owner=NetworkManager\nConnection=vpn")
    a.run("rm /usr/lib/NetworkManager/VPN/nm-wattle-service.name")
    failed = a.run("wattle apply home", check=False)
    assert failed.code == 1 and "Connection=vpn needs wattle's VPN plugin" in failed.err
    assert nm_complaints(a) == ""


def test_nm_user(lab):
    """At the machine a user switches the mesh, and learns nothing of its key; elsewhere polkit says no."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = join(lab, mesh, ("", ""))
    a.run("useradd --create-home anna")
    assert a.out(f"{AT_THE_MACHINE} wattle up home") == "home: up"
    a.wait("ping -c1 -W1 10.42.0.2")
    assert a.out(f"{AT_THE_MACHINE} wattle up home") == "home: up already"
    assert a.out(f"{AT_THE_MACHINE} nmcli -g wireguard.private-key -s connection show home || true") in ("", "<hidden>")
    assert a.run(f"{AT_THE_MACHINE} cat {PROFILE} /etc/wattle/home.key", check=False).code != 0
    assert a.out(f"{AT_THE_MACHINE} wattle down home") == "home: down"

    failed = a.run(f"{ELSEWHERE} wattle up home", check=False)
    assert failed.code == 1 and "polkit does not let you switch" in failed.err
    a.run("wattle up home")
    failed = a.run(f"{ELSEWHERE} wattle down home", check=False)
    assert failed.code == 1 and "polkit does not let you switch" in failed.err
    assert a.out(f"{ELSEWHERE} wattle up home") == "home: up already"
    failed = a.run(f"{ELSEWHERE} wattle apply home", check=False)
    assert failed.code == 1 and "run it as root" in failed.err

    # What the manual page says of groups.
    a.run("groupadd mesh; usermod -aG mesh anna")
    a.put("/etc/polkit-1/rules.d/50-mesh.rules", """polkit.addRule(function(action, subject) {
        if (action.id == "org.freedesktop.NetworkManager.network-control" && subject.isInGroup("mesh"))
                return polkit.Result.YES;
        });
        """)
    a.run("systemctl restart polkit")
    assert a.out(f"{ELSEWHERE} wattle down home") == "home: down"
    # PAM has words of its own on each login.
    assert nm_complaints(a) == ""


def test_nm_applet(lab):
    """The mesh is in the menu of nm-applet, and a click there is all it takes."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = join(lab, mesh, ("", ""))
    manage(a)
    a.run(f"useradd --create-home --uid={desktop_user.USER} anna")
    with desktop_user.Desk(a) as desk:
        desk.start_applet()
        desk.open_vpn_menu()
        desk.click_vpn()
        a.wait("nmcli -g GENERAL.STATE connection show home | grep -x activated")
        a.wait("ping -c1 -W1 10.42.0.2")
        desk.open_vpn_menu()
        desk.point_at_vpn()
        if "WATTLE_PICTURES" in os.environ:
            shutil.copy(desk.shot("applet.png"), pathlib.Path(os.environ["WATTLE_PICTURES"]))
        desk.click_vpn()
        a.wait("! nmcli -g GENERAL.STATE connection show home | grep .")
        assert a.run("ip link show dev home", check=False).code != 0
    audit = a.out("journalctl -b -o cat -u NetworkManager | grep 'audit: op=.*name=\"home\"'").splitlines()
    assert [line.split('"')[1] for line in audit] == ["connection-activate", "connection-deactivate"]
    assert all(f"uid={desktop_user.USER} " in line and 'result="success"' in line for line in audit)
    assert nm_complaints(a) == ""


def test_networkd_user(lab):
    """On a host without NetworkManager the same: the user at the machine by way of wattled, elsewhere polkit says no."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = (lab.guest(name) for name in mesh.devices)
    for name, guest in zip(mesh.devices, (a, b)):
        mesh[name].lines.append(f"PublicEndpoint={guest.plug(0, lab.lan).v4}:51820")
    for name, guest in zip(mesh.devices, (a, b)):
        mesh.apply(guest, name)
        assert guest.out("wattle up home") == "home: up"
    a.run("useradd --create-home anna")
    a.wait("ping -c1 -W1 10.42.0.2")
    failed = a.run(f"{ELSEWHERE} wattle down home", check=False)
    assert failed.code == 1 and "sudo wattle down home" in failed.err
    assert a.out(f"{AT_THE_MACHINE} wattle up home") == "home: up already"
    assert a.out(f"{AT_THE_MACHINE} wattle down home") == "home: down"
    assert a.run("ping -c1 -W1 10.42.0.2", check=False).code != 0
    assert a.out(f"{AT_THE_MACHINE} wattle up home") == "home: up"
    a.wait("ping -c1 -W1 10.42.0.2")
    assert a.out("wattle down home") == "home: down"
    a.run("systemctl stop systemd-networkd.socket systemd-networkd")
    failed = a.run("wattle up home", check=False)
    assert failed.code == 1 and "not running" in failed.err
