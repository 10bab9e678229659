# SPDX-License-Identifier: LGPL-2.1-or-later
"""org.wattle1 on real hosts: the bus, polkit and the owners of the interface as the release has them, and a user who is not
root."""

import json

import mesh as meshes
import pytest
import test_nm

pytestmark = pytest.mark.one_release

GROUP_RULE = "/usr/share/doc/wattle/polkit/10-wattle-group.rules"

# A person at a terminal of their own, who types what the first argument says where a password is asked for, once it is not shown
# any more: pkttyagent(1) drops what was typed before. Prints all that the terminal showed, and ends as the command does.
PERSON = """import os, pty, re, select, sys, termios, time
answer, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown, seen, is_asked, code, end = b"", 0, False, None, time.monotonic() + 50
while time.monotonic() < end and code is None:
    if is_asked and not termios.tcgetattr(terminal)[3] & termios.ECHO:
        os.write(terminal, answer.encode() + b"\\n")
        is_asked = False
    if not select.select([terminal], [], [], 0.1)[0]:
        continue
    try:
        shown += os.read(terminal, 4096)
    except OSError:  # nobody has the other end any more
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if re.search(rb"assword: *$", shown[seen:]):
        seen, is_asked = len(shown), True
print(shown.decode(errors="replace"))
sys.exit(f"no end in sight\\n{os.popen('ps -ef').read()}" if code is None else code)
"""
# A session of logind's, as pam_systemd(8) makes it for who logs in.
SESSION = "systemd-run --quiet --pipe --wait --uid=user -p PAMName=login --"


def as_user(command, user="user"):
    return f"runuser -u {user} -- {command}"


def call(member, *arguments, mesh="home"):
    return f"busctl call org.wattle1 /org/wattle1/mesh/{mesh} org.wattle1.Mesh {member} {' '.join(arguments)}"


def host(lab, *devices, settings="ActivationPolicy=up"):
    """A mesh whose first device has a user, polkit and wattled; the second answers."""
    mesh = meshes.Mesh("home", "a", "b", *devices)
    a, b = mesh.join(lab, "a", "b", settings=settings)
    a.run("useradd user; useradd -G sudo admin; echo admin:secret | chpasswd; groupadd wattle-users; useradd -G wattle-users member")
    for guest in (a, b):
        guest.run("systemctl start wattled")
    a.wait(f"ping -c1 -W1 {mesh['b'].v4}")
    return mesh, a, b


def test_a_user_sees_the_status(lab):
    mesh, a, _ = host(lab, "c")
    shown = a.out(as_user("wattle status home"))
    print(shown)
    assert shown.startswith(f"home: up, a {mesh['a'].v4}")
    (told,) = json.loads(a.out(as_user("wattle status --json")))["meshes"]
    assert told["wattled"] and told["state"] == "up" and told["listen_port"] == 51820
    assert [(peer["device"], peer["path"]) for peer in told["peers"]] == [("b", "LAN"), ("c", "none")]
    assert told["peers"][0]["rx_bytes"] > 0 and told["peers"][0]["public_key"] == mesh["b"].public
    # Root is told the same, and what the kernel has besides.
    (root,) = json.loads(a.out("wattle status --json"))["meshes"]
    assert root["wattled"] and [peer["path"] for peer in root["peers"]] == ["LAN", "none"]
    assert "org.wattle1.Mesh" in a.out(as_user("busctl introspect org.wattle1 /org/wattle1/mesh/home"))
    assert a.out(as_user("busctl tree --list org.wattle1")).split()[-1] == "/org/wattle1/mesh/home"


def test_the_bus_starts_wattled(lab):
    _, a, _ = host(lab)
    a.run("systemctl stop wattled")
    a.run(as_user("busctl get-property org.wattle1 /org/wattle1 org.wattle1.Manager Version"))
    assert a.out("systemctl is-active wattled") == "active"
    assert "CAP_NET_ADMIN" not in a.out("systemctl show -p ExecStart dbus.service")
    assert a.out("ps -o user= -C wattled") == "wattle"


@pytest.mark.each_release
def test_polkit_decides(lab):
    mesh, a, b = host(lab)
    # Nobody said yes: refused, and nothing has happened.
    for member in ("Down", "Apply", "Migrate ss b ''", "Probe s b"):
        denied = a.run(as_user(call(member)), check=False)
        assert denied.code == 1, member
        assert any(word in denied.err for word in ("denied", "uthentication", "allowed")), denied.err
    a.run("ip link show up dev home | grep -q home")

    # A rule for a group: its members may, others still may not.
    a.run(f"cp {GROUP_RULE} /etc/polkit-1/rules.d/; systemctl restart polkit")
    assert a.out(as_user(call("Probe", "s", "b"), "member")).startswith("t ")
    assert a.run(as_user(call("Down")), check=False).code == 1
    assert a.out(as_user("wattle down home", "member")) == "home: down"
    a.wait("! ip link show up dev home | grep -q home")
    assert a.out(as_user("wattle status home")).startswith("home: down")
    assert a.out(as_user("wattle up home", "member")) == "home: up"
    a.wait(f"ping -c1 -W1 {mesh['b'].v4}")
    refused = a.run(as_user("wattle down home"), check=False)
    assert refused.code == 1 and "sudo wattle down home" in refused.err
    # Apply is not the group's.
    assert a.run(as_user(call("Apply"), "member"), check=False).code == 1
    assert a.run(call("Apply")).code == 0

    # Without polkit only root may.
    a.run("systemctl mask --now polkit")
    assert a.run(as_user(call("Probe", "s", "b"), "member"), check=False).code == 1
    assert a.out(call("Probe", "s", "b")).startswith("t ")


@pytest.mark.parametrize("login", ["runuser -u user --", SESSION], ids=["no session", "session"])
def test_polkit_asks_a_person(lab, login):
    """A user without privileges, and the password of an administrator: the right one and a wrong one."""
    mesh, a, _ = host(lab)
    a.put("/run/person.py", PERSON)

    def ask(password, command):
        return a.run(f"{login} python3 /run/person.py {password} {command}", check=False)

    wrong = ask("wrong", "wattle down home")
    print(wrong.out)
    assert wrong.code == 1, wrong
    assert "start or stop the private network home" in wrong.out and "assword" in wrong.out
    a.run("ip link show up dev home | grep -q home")
    right = ask("secret", "wattle down home")
    print(right.out)
    assert right.code == 0 and "home: down" in right.out, right
    a.wait("! ip link show up dev home | grep -q home")
    assert ask("secret", "wattle up home").code == 0
    a.wait(f"ping -c1 -W1 {mesh['b'].v4}")
    # What cannot be done is said before anybody is asked.
    unasked = ask("secret", "wattle migrate home z")
    assert unasked.code == 1 and "no peer z" in unasked.out and "assword" not in unasked.out
    # There is no better way to b than the one it has: asked, let through, and told.
    moved = ask("secret", "wattle migrate home b")
    print(moved.out)
    assert "choose the way to b in the private network home" in moved.out and "b: " in moved.out
    assert a.out("pgrep pkttyagent || true") == ""


def test_apply_by_a_rule(lab):
    mesh, a, _ = host(lab)
    a.put("/etc/polkit-1/rules.d/10-user.rules", """polkit.addRule(function(action, subject) {
        if (action.id == "org.wattle1.apply" && action.lookup("mesh") == "home" && subject.user == "user")
            return polkit.Result.YES;
    });""")
    a.run("systemctl restart polkit")
    c = mesh.add("c")
    a.put(mesh.path, mesh.text())
    a.run(as_user(call("Apply")))
    assert c.public in meshes.allowed_ips(a, "home")
    assert "c" in a.out(as_user("wattle status home"))
    # Its sandbox has what an apply needs: the interface's sysctls, and files for networkd's group.
    assert a.out("cat /proc/sys/net/ipv4/conf/home/forwarding") == "0"
    a.put("/etc/wattle/home.mesh.d/local.conf", "[Local]\nActivationPolicy=up\nRoutingFeatures=server\n")
    a.run(as_user(call("Apply")))
    assert a.out("cat /proc/sys/net/ipv4/conf/home/forwarding") == "1"
    assert a.out("stat -c '%G %a' /run/systemd/network/60-wattle-home.netdev") == "systemd-network 640"
    a.put(mesh.path, mesh.text() + "Adress=10.42.0.9\n")
    bad = a.run(as_user(call("Apply")), check=False)
    assert bad.code == 1 and "journalctl -u wattle-apply@home.service" in bad.err
    # The rule for wattled itself is for these units and no others.
    other = a.run("runuser -u wattle -- busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 "
                  "org.freedesktop.systemd1.Manager StartUnit ss systemd-tmpfiles-clean.service replace", check=False)
    assert other.code == 1


def test_migrate_says_what_is_wrong(lab):
    _, a, _ = host(lab)
    nowhere = a.run("wattle migrate home b 192.168.1.250:51820", check=False)
    assert nowhere.code == 1 and "no endpoint of the peer" in nowhere.err
    for arguments, error in ((("home", "z"), "no peer z"), (("work", "b"), "does not have the mesh")):
        bad = a.run(f"wattle migrate {' '.join(arguments)}", check=False)
        assert bad.code == 1 and error in bad.err
    denied = a.run(as_user("wattle migrate home b"), check=False)
    assert denied.code == 1
    a.run("systemctl mask --now wattled")
    gone = a.run("wattle migrate home b", check=False)
    assert gone.code == 1 and "wattled" in gone.err


def test_at_network_manager(lab):
    """wattled has NetworkManager switch the connection, and polkit's rule lets it."""
    mesh = meshes.Mesh("home", "a")
    a = lab.guest("a")
    a.plug(0, lab.lan)
    test_nm.start_nm(a)
    a.run("useradd user")
    mesh.apply(a, "a", "Owner=NetworkManager")
    a.run("systemctl start wattled")
    a.put("/etc/polkit-1/rules.d/10-user.rules", """polkit.addRule(function(action, subject) {
        if (action.id == "org.wattle1.up-down" && subject.user == "user")
            return polkit.Result.YES;
    });""")
    a.run("systemctl restart polkit")
    a.run(as_user(call("Up")))
    a.wait(f"ip addr show dev home | grep {mesh['a'].v4}/")
    a.wait("busctl get-property org.wattle1 /org/wattle1/mesh/home org.wattle1.Mesh State | grep up")
    a.run(as_user(call("Down")))
    a.wait("! ip link show dev home")
