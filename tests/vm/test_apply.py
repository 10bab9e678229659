# SPDX-License-Identifier: LGPL-2.1-or-later
"""'wattle apply' on a host whose mesh carries traffic: what stays is not disturbed, what goes is gone."""

import pytest

import mesh as meshes

pytestmark = pytest.mark.one_release


def home(lab, settings="ActivationPolicy=up"):
    """Without wattled, which moves endpoints as it sees fit: what is seen here is what apply does."""
    mesh = meshes.Mesh("home", "a", "b")
    return mesh, *mesh.join(lab, "a", "b", settings=f"{settings}\nMigrate=no")


def test_peers_come_change_and_go(lab):
    mesh, a, b = home(lab)
    with meshes.Undisturbed(mesh, a, b):
        c = mesh.add("c")
        assert mesh.update(a) == f"home: {3 + meshes.gets_records(a)} files changed, 1 peer added"
        assert meshes.allowed_ips(a, "home")[c.public] == {f"{c.v4}/32", f"{c.v6}/128"}

        c.v4 = "10.42.7.7"
        c.lines = ["PublicEndpoint=192.168.1.77:51820", "Keepalive=10"]
        mesh.update(a)
        assert meshes.allowed_ips(a, "home")[c.public] == {"10.42.7.7/32", f"{c.v6}/128"}
        assert meshes.endpoints(a, "home")[c.public] == "192.168.1.77:51820"

        mesh.remove("c")
        assert "1 peer removed" in mesh.update(a)
        assert set(meshes.allowed_ips(a, "home")) == {mesh["b"].public}
        assert mesh.update(a) == "home: nothing to change"


def test_routes_and_addresses_follow(lab):
    """These need networkd's reload, which from systemd 257 on would replace every peer."""
    mesh, a, b = home(lab, "ActivationPolicy=up\nAcceptRoutes=yes")
    with meshes.Undisturbed(mesh, a, b):
        mesh.add("c").lines = ["Routes=192.168.77.0/24"]
        assert "systemd-networkd reloaded" in mesh.update(a)
        a.wait("ip route show 192.168.77.0/24 | grep 'dev home'")
        assert "192.168.77.0/24" in meshes.allowed_ips(a, "home")[mesh["c"].public]

        mesh["c"].lines = ["Routes=192.168.78.0/24"]
        mesh.update(a)
        a.wait("ip route show 192.168.78.0/24 | grep 'dev home'")
        a.wait("! ip route show 192.168.77.0/24 | grep .")

        mesh["a"].lines.append("Address=10.42.9.9")
        mesh.update(a)
        a.wait("ip addr show dev home | grep 10.42.9.9/16")

        mesh.remove("c")
        mesh.update(a)
        a.wait("! ip route | grep 192.168.78")
        assert set(meshes.allowed_ips(a, "home")) == {mesh["b"].public}
    # The file in place is the new one, which a restart has to find.
    a.run("systemctl restart systemd-networkd")
    a.wait("ping -c1 -W1 10.42.0.2")
    assert set(meshes.allowed_ips(a, "home")) == {mesh["b"].public}


def test_a_dry_run_says_what_would_be_done(lab):
    """And does nothing of it."""
    mesh, a, b = home(lab, "ActivationPolicy=up\nAcceptRoutes=yes")
    state = "find /run/systemd/network /run/wattle $(ls -d /run/sysctl.d 2>/dev/null || true) -exec stat -c '%n %i %Y %Z' {} + | sort; wg show home allowed-ips; ip route"
    with meshes.Undisturbed(mesh, a, b):
        before = a.out(state)
        mesh.add("c").lines = ["Routes=192.168.77.0/24"]
        a.put(mesh.path, mesh.text())
        steps = a.out("wattle apply --dry-run home").splitlines()
        assert steps[0] == "home: these steps are to be done:"
        assert [step for step in steps[1:] if "keep the .netdev" not in step] == [
            "  write /run/systemd/network/60-wattle-home.netdev",
            "  write /run/systemd/network/60-wattle-home.network",
            "  write /run/sysctl.d/60-wattle-home.conf",
            "  write /run/wattle/home.hosts",
            "  write /run/wattle/home.names",
            *["  write /run/systemd/resolve/static.d/60-wattle-home.rr"] * meshes.gets_records(a),
            "  change the interface home: 1 peer added",
            "  have systemd-networkd read its files",
            "  see that the peers are still as the mesh says",
            "  have systemd-sysctl set the kernel's settings"]
        assert a.out(state) == before
        assert a.out("wattle apply home").startswith(f"home: {5 + meshes.gets_records(a)} files changed, 1 peer added")
        assert a.out("wattle apply -n") == "home: nothing to change"
    a.put("/etc/wattle/home.mesh.d/off.conf", "[Local]\nEnable=no\n")
    assert "  remove the interface home\n" in a.out("wattle apply -n")
    a.run("ip link show dev home")
    assert "no mesh work" in a.run("wattle apply -n work", check=False).err


def test_down_while_addresses_are_missing(lab):
    """networkd calls the link neither routable nor off: it is not down yet."""
    mesh, a, b = home(lab)
    a.run("ip addr flush dev home")
    a.wait("! networkctl list home --no-pager | grep -w routable")
    assert a.out("wattle down home") == "home: down"
    assert a.out("wattle down home") == "home: down already"
    a.run("! ip link show dev home up | grep .")


def test_a_learnt_endpoint_survives(lab):
    """b sends from another port than the profile says: a learns it, and apply leaves it until the profile's endpoint changes."""
    mesh, a, b = home(lab)
    b.run("wg set home listen-port 51999")
    b.wait("ping -c1 -W1 10.42.0.1")
    learnt = f"{b.lan.v4}:51999"
    assert meshes.endpoints(a, "home")[mesh["b"].public] == learnt
    mesh.add("c")
    mesh.update(a)
    assert meshes.endpoints(a, "home")[mesh["b"].public] == learnt
    mesh["b"].lines = ["PublicEndpoint=192.168.1.99:51820"]
    mesh.update(a)
    assert meshes.endpoints(a, "home")[mesh["b"].public] == "192.168.1.99:51820"


def test_a_bad_profile_changes_nothing(lab):
    mesh, a, b = home(lab)
    with meshes.Undisturbed(mesh, a, b):
        files = a.out("find /run/systemd/network /run/wattle -type f -exec stat -c '%n %i %Y' {} +")
        a.put(mesh.path, mesh.text() + "Adress=10.42.0.9\n")
        failed = a.run("wattle apply home", check=False)
        assert failed.code == 1
        assert f"{mesh.path}:" in failed.err and "did you mean Address?" in failed.err
        assert "keeping the previous configuration" in failed.err
        assert a.out("find /run/systemd/network /run/wattle -type f -exec stat -c '%n %i %Y' {} +") == files


@pytest.mark.each_release
def test_disabled_and_deleted_meshes_go_away(lab):
    mesh, a, b = home(lab)
    work = meshes.Mesh("work", "x", net=43, port=51821)
    work.apply(a, "x", "Device=x")
    a.wait("ip link show dev work")
    a.run("ip link show dev home")

    a.put("/etc/wattle/home.mesh.d/off.conf", "[Local]\nEnable=no\n")
    assert "interface home removed" in a.out("wattle apply")
    assert a.run("ip link show dev home", check=False).code != 0
    a.run("rm /etc/wattle/home.mesh.d/off.conf")
    a.run("wattle apply")
    a.wait("ip addr show dev home | grep 10.42.0.1/16")
    a.wait("ping -c1 -W1 10.42.0.2")

    a.run("rm -r /etc/wattle/home.*")
    assert "interface home removed" in a.out("wattle apply")
    assert a.out("ls /run/systemd/network") == "60-wattle-work.netdev\n60-wattle-work.network"
    assert a.run("ip link show dev home", check=False).code != 0
    assert a.out("ls /run/systemd/generator/sysinit.target.wants") == "wattle-networkd@work.service"
    a.run("ip link show dev work")
    assert "no mesh home" in a.run("wattle apply home", check=False).err


def test_an_interface_is_renamed(lab):
    mesh, a, b = home(lab)
    mesh.apply(a, "a", "Interface=mesh0\nActivationPolicy=up")
    assert a.run("ip link show dev home", check=False).code != 0
    a.wait("ip addr show dev mesh0 | grep 10.42.0.1/16")
    a.wait("ping -c1 -W1 10.42.0.2")


def test_two_meshes_side_by_side(lab):
    mesh, a, b = home(lab)
    work = meshes.Mesh("work", "x", "y", net=43, port=51821)
    work["y"].lines.append(f"PublicEndpoint={b.lan.v4}:51821")
    with meshes.Undisturbed(mesh, a, b):
        work.apply(a, "x", "Device=x\nActivationPolicy=up")
        work.apply(b, "y", "Device=y\nActivationPolicy=up")
        a.wait("ip addr show dev work | grep 10.43.0.1/16")
        a.wait("ping -c1 -W1 10.43.0.2")


def test_apply_needs_root(native):
    a = native.guest("a")
    failed = a.run("setpriv --reuid nobody --clear-groups wattle apply", check=False)
    assert failed.code == 1 and "root" in failed.err


@pytest.mark.each_release
def test_sessions_survive_the_change_of_another_mesh(lab):
    """home's .netdev is newer than the one that networkd has read, when work needs networkd's reload."""
    mesh, a, b = home(lab)
    work = meshes.Mesh("work", "x", net=43, port=51821)
    work.apply(a, "x", "Device=x")
    mesh.add("c")
    mesh.update(a)
    with meshes.Undisturbed(mesh, a, b):
        work["x"].lines.append("Address=10.43.9.9")
        assert "systemd-networkd reloaded" in work.update(a)
        assert set(meshes.allowed_ips(a, "home")) == {mesh["b"].public, mesh["c"].public}
    assert a.out("ls /run/wattle/*.pending /run/wattle/*.netdev-aside 2>/dev/null || true") == ""


def test_an_apply_that_was_interrupted_is_finished_by_the_next(lab):
    """networkd does not answer, so that apply ends half way: the files are new, the address is not there."""
    mesh, a, b = home(lab)
    mesh["a"].lines.append("Address=10.42.9.9")
    a.put(mesh.path, mesh.text())
    a.run("systemctl kill --signal=STOP systemd-networkd")
    half = a.start("wattle apply home")
    a.wait("grep -q 10.42.9.9 /run/systemd/network/60-wattle-home.network && ls /run/wattle/home.pending")
    a.run("pkill -KILL -x wattle")
    half.finish(check=False)
    a.run("systemctl kill --signal=CONT systemd-networkd")
    a.run("wattle apply home")
    a.wait("ip addr show dev home | grep 10.42.9.9")
    a.wait("ping -c1 -W1 10.42.0.2")
    assert a.out("wattle apply home") == "home: nothing to change"


def test_what_the_writer_wrote_is_applied(lab):
    """'systemctl restart wattle-networkd@home' brings new files, and leaves the rest to apply."""
    mesh, a, b = home(lab, "ActivationPolicy=up\nAcceptRoutes=yes")
    mesh["b"].lines = ["Routes=192.168.77.0/24", "PublicEndpoint=192.168.1.99:51820"]
    a.put(mesh.path, mesh.text())
    a.run("systemctl restart wattle-networkd@home")
    a.run("wattle apply home")
    a.wait("ip route show 192.168.77.0/24 | grep 'dev home'")
    assert meshes.endpoints(a, "home")[mesh["b"].public] == "192.168.1.99:51820"


@pytest.mark.each_release
def test_the_mtu_follows(lab):
    mesh, a, b = home(lab)
    mesh.head.append("MTU=1300")
    mesh.update(a)
    a.wait("ip link show dev home | grep 'mtu 1300'")


def test_a_mended_mesh_is_no_longer_failed(lab):
    mesh, a, b = home(lab)
    good = mesh.text()
    a.put(mesh.path, good + "Adress=10.42.0.9\n")
    a.run("systemctl restart wattle-networkd@home || true")
    assert "wattle-networkd@home" in a.out("systemctl --failed --no-legend")
    a.put(mesh.path, good)
    a.run("wattle apply home")
    assert a.out("systemctl --failed --no-legend") == ""


def test_where_nobody_can_look_there_may_be_meshes(native):
    a = native.guest("a")
    a.run("ln -s wattle /usr/lib/wattle")
    unread = a.run("wattle apply", check=False)
    assert unread.code == 1
    assert "/usr/lib/wattle: Too many levels of symbolic links" in unread.err


def test_operands_of_apply(lab):
    mesh, a, b = home(lab)
    assert a.out("wattle apply /etc/wattle/home.mesh") == "home: nothing to change"
    a.run("cp /etc/wattle/home.mesh /run/other.mesh; touch /run/victim.hosts")
    for operand, words in (("/run/other.mesh", "not the mesh other that is installed"),
                           ("../victim", "not the mesh victim that is installed"),
                           ("'no such'", "'no such'")):
        refused = a.run(f"wattle apply {operand}", check=False)
        assert refused.code == 1 and words in refused.err
    a.run("ls /run/victim.hosts")
