# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hosts whose interfaces are NetworkManager's: the native connection, from boot to removal."""

import re

import pytest

import mesh as meshes
from nm_host import NM, PROFILE, boot, connections, join, manage, quiet, session, start_nm

pytestmark = pytest.mark.one_release


def with_endpoint_of_b():
    mesh = meshes.Mesh("home", "a", "b")
    mesh["b"].lines += ["PublicEndpoint=192.168.1.3:51820", "Routes=192.168.2.0/24"]
    return mesh


def networkd_peer(lab, mesh):
    b = lab.guest("b")
    assert str(b.plug(0, lab.lan).v4) == "192.168.1.3"
    mesh.apply(b, "b", "ActivationPolicy=up")
    b.wait("ip addr show dev home | grep 10.42.0.2/16")
    return b


@pytest.mark.each_release
def test_nm_boot_and_switch(lab):
    """Listed and down after a boot; up and down by wattle and by nmcli; what happens on an ordinary day between them."""
    mesh = with_endpoint_of_b()
    a = boot(lab, mesh, "AcceptRoutes=yes")
    assert a.out(f"stat -c '%a %U' {PROFILE}") == "600 root"
    listed, active = connections(a)
    assert listed["home"] == "wireguard" and "home" not in active
    assert a.run("ip link show dev home", check=False).code != 0
    assert a.run("systemctl is-active systemd-networkd", check=False).out.strip() == "inactive"
    b = networkd_peer(lab, mesh)

    assert a.out("wattle up home") == "home: up"
    assert a.out("wattle up home") == "home: up already"
    a.wait("ping -c1 -W1 10.42.0.2")
    a.wait("ping -c1 -W1 fd42::2")
    assert "10.42.0.1/16" in a.out("ip addr show dev home") and "fd42::1/64" in a.out("ip addr show dev home")
    assert "metric 10000000" in a.out("ip route show 192.168.2.0/24")
    assert a.out("ip route show default; ip -6 route show default") == ""
    assert len(a.out("ip route show dev home").splitlines()) == 2
    assert list(connections(a)[0]).count("home") == 1 and "extern" not in a.out("nmcli device | grep home")
    assert a.out("nmcli -g GENERAL.STATE connection show home") == "activated"
    assert a.out("sysctl -n net.ipv4.conf.home.rp_filter") == "2"

    handshake = meshes.handshakes(a, "home")
    a.run(f"systemctl restart {NM}")
    a.wait("nmcli -g GENERAL.STATE connection show home | grep -x activated")
    a.run("ping -c2 -W2 10.42.0.2")
    a.run("ip link set eth0 down; ip link set eth0 up")
    a.address(0, lab.lan, a.lan)
    a.wait("ping -c1 -W1 10.42.0.2")
    assert meshes.handshakes(a, "home") == handshake
    assert a.out("wattle apply home") == "home: nothing to change"

    a.run("nmcli connection down home")
    a.run("nmcli connection up home")
    a.wait("ping -c1 -W1 10.42.0.2")
    assert a.out("wattle down home") == "home: down"
    assert a.out("wattle down home") == "home: down already"
    assert a.run("ip link show dev home", check=False).code != 0
    assert "10.42" not in a.out("ip route show table all")
    quiet(a)
    quiet(b)


def test_nm_up_at_boot(lab):
    """By itself, on a LAN that has no default route."""
    mesh = with_endpoint_of_b()
    a = boot(lab, mesh, "ActivationPolicy=up")
    networkd_peer(lab, mesh)
    a.wait("nmcli -g GENERAL.STATE connection show home | grep -x activated")
    a.wait("ping -c1 -W1 10.42.0.2")
    quiet(a)


@pytest.mark.each_release
def test_nm_apply_under_traffic(lab):
    """b sends from another port than the profile says; that endpoint is a's to keep."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = join(lab, mesh, ("ActivationPolicy=up\nAcceptRoutes=yes", "ListenPort=44444"))
    a.wait("ip addr show dev home | grep 10.42.0.1/16")
    b.wait("ping -c1 -W1 10.42.0.1")
    b_endpoint = f"{b.lan.v4}:44444"
    assert meshes.endpoints(a, "home")[mesh["b"].public] == b_endpoint

    with meshes.Undisturbed(mesh, a, b):
        c = mesh.add("c")
        assert mesh.update(a) == f"home: {3 + meshes.gets_records(a)} files changed, 1 peer added"
        assert meshes.allowed_ips(a, "home")[c.public] == {f"{c.v4}/32", f"{c.v6}/128"}

        c.v4 = "10.42.7.7"
        c.lines = ["PublicEndpoint=192.168.1.77:51820", "Keepalive=10"]
        mesh.update(a)
        assert meshes.allowed_ips(a, "home")[c.public] == {"10.42.7.7/32", f"{c.v6}/128"}
        assert meshes.endpoints(a, "home")[c.public] == "192.168.1.77:51820"

        c.lines.append("Routes=192.168.77.0/24")
        assert "addresses and routes set by NetworkManager" in mesh.update(a)
        a.wait("ip route show 192.168.77.0/24 | grep 'dev home.*metric 10000000'")
        assert "192.168.77.0/24" in meshes.allowed_ips(a, "home")[c.public]

        mesh["a"].lines.append("Address=10.42.9.9")
        mesh.update(a)
        a.wait("ip addr show dev home | grep 10.42.9.9/16")

        # A peer goes with its route: NetworkManager alone would replace all peers.
        mesh.remove("c")
        assert "1 peer removed" in mesh.update(a)
        a.wait("! ip route show 192.168.77.0/24 | grep .")
        assert set(meshes.allowed_ips(a, "home")) == {mesh["b"].public}
        assert mesh.update(a) == "home: nothing to change"
    assert meshes.endpoints(a, "home")[mesh["b"].public] == b_endpoint

    # An endpoint that the profile changes is set.
    mesh["b"].lines = [f"PublicEndpoint={b.lan.v4}:44445"]
    mesh.update(a)
    assert f"{b.lan.v4}:44445" in a.get(PROFILE).decode()
    quiet(a)


def test_nm_a_revoked_device_is_gone(lab):
    """b was a peer a moment ago; nobody else notices."""
    mesh = meshes.Mesh("home", "a", "b", "c")
    a, b, c = join(lab, mesh)
    a.wait("ping -c1 -W1 10.42.0.3")
    a.wait("ping -c1 -W1 10.42.0.2")
    handshake = session(a, mesh, "c")
    mesh["b"].lines.append("State=revoked")
    assert "1 peer removed" in mesh.update(a)
    assert set(meshes.allowed_ips(a, "home")) == {mesh["c"].public}
    assert mesh["b"].public not in a.get(PROFILE).decode()
    assert a.run("ping -c1 -W1 10.42.0.2", check=False).code != 0
    a.run("ping -c1 -W2 10.42.0.3")
    assert session(a, mesh, "c") == handshake
    # Who is revoked himself is told so, and keeps what he had.
    failed = b.run(f"cat >{mesh.path} <<'END'\n{mesh.text()}\nEND\nwattle apply home", check=False)
    assert failed.code == 1 and "device b is revoked" in failed.err
    quiet(a)


def test_nm_an_apply_that_was_interrupted_is_finished_by_the_next(lab):
    """It ends when the profile is written and NetworkManager has not read it; or the writer is run by hand."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = join(lab, mesh)
    a.wait("ip addr show dev home | grep 10.42.0.1/16")
    # The unit is not done for as long as there is a file.
    a.put("/etc/systemd/system/wattle-nm@home.service.d/hold.conf",
          "[Service]\nExecReload=/bin/sh -c 'while [ -e /run/hold ]; do sleep 0.1; done'\n")
    a.run("systemctl daemon-reload; touch /run/hold")
    mesh["a"].lines.append("Address=10.42.9.9")
    mesh["b"].lines = ["PublicEndpoint=192.168.1.99:51820"]
    a.put(mesh.path, mesh.text())
    half = a.start("wattle apply home")
    a.wait(f"grep 10.42.9.9 {PROFILE} && ls /run/wattle/home.pending")
    a.run("pkill -KILL -x wattle; rm /run/hold")
    half.finish(check=False)
    assert "addresses and routes set by NetworkManager" in a.out("wattle apply home")
    a.wait("ip addr show dev home | grep 10.42.9.9")
    assert meshes.endpoints(a, "home")[mesh["b"].public] == "192.168.1.99:51820"
    assert a.out("wattle apply home") == "home: nothing to change"

    mesh["a"].lines.append("Address=10.42.8.8")
    a.put(mesh.path, mesh.text())
    a.run("systemctl restart wattle-nm@home")
    a.run("wattle apply home")
    a.wait("ip addr show dev home | grep 10.42.8.8")
    # A mesh that went with its profile, and whose interface is still there.
    a.run(f"rm {mesh.path}; systemctl restart wattle-nm@home; ls /run/wattle/home.pending; ip link show dev home")
    a.run("wattle apply")
    assert a.run("ip link show dev home", check=False).code != 0 and connections(a) == ({}, {})
    quiet(a)


def test_nm_two_meshes_come_and_go(lab):
    home, work = meshes.Mesh("home", "a", "b"), meshes.Mesh("work", "a", "b", net=43, port=51821)
    a, b = join(lab, home)
    work["b"].lines.append(f"PublicEndpoint={b.lan.v4}:51821")
    work.apply(a, "a", "Owner=NetworkManager")
    work.apply(b, "b", "ActivationPolicy=up")
    assert "work" not in connections(a)[1]
    a.run("wattle up work")
    a.wait("ping -c1 -W1 10.42.0.2")
    a.wait("ping -c1 -W1 10.43.0.2")

    a.run("rm /etc/wattle/work.mesh")
    assert "interface work removed" in a.out("wattle apply")
    assert a.run("ip link show dev work", check=False).code != 0
    assert set(connections(a)[0]) == {"home"}
    a.run("ping -c1 -W2 10.42.0.2")
    assert a.run("wattle up work", check=False).code == 1

    # The interface's name and its size take a new interface.
    home.apply(a, "a", "Owner=NetworkManager\nActivationPolicy=up\nInterface=wg-7\nMTU=1380")
    a.wait("ip link show dev wg-7 | grep 'mtu 1380'")
    assert a.run("ip link show dev home", check=False).code != 0
    a.wait("ping -c1 -W1 10.42.0.2")

    home.apply(a, "a", "Owner=NetworkManager\nEnable=no")
    assert connections(a)[0] == {}
    assert a.run("ls /run/NetworkManager/system-connections/wattle-* /run/systemd/network/*", check=False).out == ""
    quiet(a)


def test_nm_refuses_what_is_wrong(native):
    """A key of another device or none: nothing is made, and both say why."""
    mesh = meshes.Mesh("home", "a", "b")
    a = native.guest("a")
    start_nm(a)
    a.put(mesh.path, mesh.text())
    a.put("/etc/wattle/home.mesh.d/local.conf", "[Local]\nOwner=NetworkManager\n")
    failed = a.run("wattle apply home", check=False)
    assert failed.code == 1 and "wattle genkey home" in failed.err
    a.put("/etc/wattle/home.key", mesh["b"].key, 0o600)
    failed = a.run("wattle apply home", check=False)
    assert failed.code == 1 and "that of b" in failed.err
    a.put("/etc/wattle/home.key", mesh["a"].key, 0o644)
    failed = a.run("wattle apply home", check=False)
    assert failed.code == 1 and "chmod" in failed.err
    assert a.run(f"ls {PROFILE}", check=False).code != 0
    a.run("systemctl daemon-reload; systemctl start wattle-nm@home.service || true")
    assert "chmod" in a.out("journalctl -b -o cat -u wattle-nm@home")
    failed = a.run("wattle up home", check=False)
    assert failed.code == 1 and "wattle apply home" in failed.err
    a.put("/etc/wattle/home.key", mesh["a"].key, 0o600)
    assert a.out("wattle apply home") == f"home: {4 + meshes.gets_records(a)} files changed"


def test_nm_leaves_networkds_interface_alone(lab):
    """NetworkManager runs, and networkd owns the mesh: one interface, and not NetworkManager's."""
    mesh = meshes.Mesh("home", "a", "b")
    guests = [lab.guest(name) for name in mesh.devices]
    start_nm(guests[0])
    for name, guest in zip(mesh.devices, guests):
        guest.lan = guest.plug(0, lab.lan)
        mesh[name].lines.append(f"PublicEndpoint={guest.lan.v4}:51820")
    a, b = guests
    mesh.apply(a, "a", "Owner=networkd")
    mesh.apply(b, "b", "ActivationPolicy=up")
    assert a.out("wattle up home") == "home: up"
    a.wait("ping -c1 -W1 10.42.0.2")
    assert re.search(r"^home +wireguard +unmanaged", a.out("nmcli device"), re.M)
    assert connections(a)[0] == {}
    a.run(f"systemctl restart {NM}")
    a.wait("nmcli device | grep '^home *wireguard *unmanaged'")
    a.run("ping -c1 -W2 10.42.0.2")
    assert a.out("wattle down home") == "home: down"
    assert a.out("wattle down home") == "home: down already"

    # From one owner to the other and back.
    a.run("wattle up home")
    mesh.apply(a, "a", "Owner=NetworkManager\nActivationPolicy=up")
    a.wait("nmcli -g GENERAL.STATE connection show home | grep -x activated")
    a.wait("ping -c1 -W1 10.42.0.2")
    mesh.apply(a, "a", "Owner=networkd\nActivationPolicy=up")
    a.wait("networkctl list home --no-pager | grep routable")
    a.wait("ping -c1 -W1 10.42.0.2")
    a.wait("nmcli device | grep '^home *wireguard *unmanaged'")
    quiet(a)


def test_nm_exit_node(lab):
    """All traffic of both families leaves through the exit node by NetworkManager's own rules; without it, nothing is left."""
    mesh = meshes.Mesh("home", "a", "b")
    mesh["b"].lines.append("ExitNode=yes")
    a, b = join(lab, mesh, ("ActivationPolicy=up\nExitNode=b", ""))
    b.run("ip addr add 203.0.113.99/32 dev lo; ip addr add 2001:db8::99/128 dev lo")
    a.wait("ping -c1 -W1 203.0.113.99")
    a.wait("ping -c1 -W1 2001:db8::99")
    assert "lookup 51820" in a.out("ip rule") and "dev home" in a.out("ip route show table 51820")
    mesh.apply(a, "a", "Owner=NetworkManager\nActivationPolicy=up")
    a.wait("! ip rule | grep 51820")
    a.wait("! ip route show table 51820 | grep .")
    a.run("ping -c1 -W2 10.42.0.2")
    quiet(a)


def test_nm_up_waits_for_what_is_on_its_way(lab):
    """NetworkManager is held at the end of its way up, and at the beginning of its way down: neither is up."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = join(lab, mesh, ("", ""))
    # Debian's own script there wants ifupdown, which is not on the guest.
    a.run("systemctl enable NetworkManager-dispatcher; rm -f /etc/NetworkManager/dispatcher.d/01-ifupdown")
    for folder in ("pre-up.d", "pre-down.d"):
        a.put(f"/etc/NetworkManager/dispatcher.d/{folder}/hold", "#!/bin/sh\nwhile [ -e /run/hold ]; do sleep 0.1; done\n", 0o755)
    state = "nmcli -g GENERAL.STATE connection show home"
    for way, word in (("up", "activating"), ("down", "deactivating")):
        a.run(f"touch /run/hold; nmcli --wait 0 connection {way} home")
        a.wait(f"{state} | grep -x {word}")
        assert a.run("timeout 3 wattle up home", check=False).code == 124
        a.run("rm /run/hold; wattle up home")
        assert a.out(state) == "activated"
        a.wait("ping -c1 -W1 10.42.0.2")
    quiet(a)


def test_nm_zone(lab):
    """Trust= while the mesh is up: another zone, the same session."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = join(lab, mesh)
    a.wait("ping -c1 -W1 10.42.0.2")
    handshake = session(a, mesh, "b")
    applied = "busctl call org.freedesktop.NetworkManager $(nmcli -g GENERAL.DBUS-PATH device show home) " \
              "org.freedesktop.NetworkManager.Device GetAppliedConnection u 0"
    settings = "Owner=NetworkManager\nActivationPolicy=up\n"
    assert "zone set by NetworkManager" in mesh.apply(a, "a", settings + "Trust=home")
    assert '"zone" s "home"' in a.out(applied)
    assert "nothing to change" in a.out("wattle apply home")
    assert "zone set by NetworkManager" in mesh.apply(a, "a", settings + "Trust=work")
    assert '"zone" s "work"' in a.out(applied)
    assert "zone set by NetworkManager" in mesh.apply(a, "a", settings)
    assert '"zone"' not in a.out(applied)
    a.run("ping -c1 -W2 10.42.0.2")
    assert session(a, mesh, "b") == handshake
    quiet(a)


def test_nm_an_edited_copy_goes_with_its_mesh(lab):
    """NetworkManager has moved the profile below /etc, and with it the private key."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = join(lab, mesh)
    key = mesh["a"].key.strip()
    for settings in (None, "Owner=NetworkManager\nEnable=no", "Owner=networkd"):
        mesh.apply(a, "a", "Owner=NetworkManager\nActivationPolicy=up")
        a.wait("ip addr show dev home | grep 10.42.0.1/16")
        a.run("nmcli connection modify home connection.metered no")
        assert "system-connections" in a.out(f"grep -rlF {key} /etc/NetworkManager")
        failed = a.run("wattle apply home", check=False)
        assert failed.code == 1 and "nmcli connection delete home" in failed.err
        if settings:
            mesh.apply(a, "a", settings)
        else:
            a.run(f"rm {mesh.path}; wattle apply")
        assert connections(a) == ({}, {})
        assert a.run(f"grep -rlF {key} /etc/NetworkManager /run/NetworkManager", check=False).out == ""

    # As a boot has it: the profile is written anew, and it is the one in force.
    mesh.apply(a, "a", "Owner=NetworkManager\nActivationPolicy=up")
    a.run("nmcli connection modify home connection.metered no")
    a.run(f"systemctl restart wattle-nm@home; systemctl restart {NM}")
    a.wait("nmcli -t general status")
    assert a.out("nmcli -g connection.metered connection show home") == "unknown"
    a.run("wattle apply home")
    assert a.out("wattle apply home") == "home: nothing to change"
    quiet(a)


def test_nm_apply_while_a_vpn_of_a_user_is_up(lab):
    """With Connection=vpn, one that the editor made, which names the mesh."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = join(lab, mesh, ("Connection=vpn", ""))
    manage(a, "ipv4.gateway 192.168.1.1")
    a.run("nmcli connection add type vpn con-name mine vpn.service-type org.freedesktop.NetworkManager.wattle "
          "vpn.data mesh=home vpn.persistent yes ipv4.never-default yes ipv6.never-default yes")
    a.run("nmcli connection up mine")
    a.wait("ping -c1 -W1 10.42.0.2")
    assert a.out("wattle apply home") == "home: nothing to change"

    mesh["a"].lines.append("Address=10.42.9.9")
    assert "interface made anew by NetworkManager" in mesh.update(a)
    a.wait("ip addr show dev home | grep 10.42.9.9/16")
    assert set(connections(a)[1]) == {"lan", "mine", "mine (link)"}
    a.wait("ping -c1 -W1 10.42.0.2")

    # The mesh goes; the user's connection is the user's.
    a.run(f"rm {mesh.path}")
    assert "interface home removed" in a.out("wattle apply")
    assert set(connections(a)[1]) == {"lan"} and set(connections(a)[0]) == {"lan", "mine"}
    a.wait("! ip link show dev home")
