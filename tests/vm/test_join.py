# SPDX-License-Identifier: LGPL-2.1-or-later
"""A device gets into a mesh by an invitation: three commands, two hosts, and a tunnel through which the profile comes."""

import re
import time

import pytest

import mesh as meshes
import nm_host

pytestmark = pytest.mark.one_release

INVITATION = re.compile(r"wattle:[A-Za-z0-9+/\s]+\.\n")


def signed(lab):
    """a with a signed mesh of its own alone, which can be called on the LAN; and b with nothing."""
    mesh = meshes.Mesh("home", "a")
    a, b = lab.guest("a"), lab.guest("b")
    for guest in (a, b):
        guest.lan = guest.plug(0, lab.lan)
    mesh.head += ["Name=home", "Serial=1"]
    mesh["a"].lines.append(f"PublicEndpoint={a.lan.v4}:{meshes.LISTEN_PORT}")
    mesh.put(a, "a", "ActivationPolicy=up")
    a.run("wattle genkey --signing --no-password >/etc/wattle/home.pub && wattle sign home && wattle apply home")
    a.wait(f"ip addr show dev home | grep {mesh['a'].v4}/")
    return mesh, a, b


def words(text):
    """Six of them, as both sides show them."""
    return re.findall(r"(?:[a-z]{3,8} ){5}[a-z]{3,8}", text)


TERMINAL = """
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("wattle", ["wattle", "join"])
shown, answered = b"", False
os.write(terminal, open("/tmp/again", "rb").read())
while True:
    try:
        got = os.read(terminal, 4096)
    except OSError:
        break
    if not got:
        break
    shown += got
    if b"[y/N] " in shown and not answered:
        answered = True
        os.write(terminal, sys.argv[1].encode() + b"\\n")
print(shown.decode().replace("\\r", ""))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def test_three_commands(lab):
    """genkey, add --invite, join: the two sides show the same words, and the new device has all of the mesh."""
    mesh, a, b = signed(lab)
    made = b.run("wattle genkey home 2>/tmp/said; cat /tmp/said", check=False).out
    key = made.splitlines()[0]
    began = time.monotonic()
    added = a.run(f"wattle add home b --key={key} --invite >/tmp/invitation 2>/tmp/said; cat /tmp/said", check=False).out
    print(added)
    text = INVITATION.search(a.out("cat /tmp/invitation") + "\n").group()
    assert words(made)[0] in words(added)
    b.put("/tmp/mail", "Hello,\n\n> " + "\n> ".join(text.splitlines()) + "\n\nyours, a\n")
    assert "there is no terminal to ask on" in b.run("wattle join - </tmp/mail 2>&1", check=False).out
    joined = b.run("wattle join --yes - </tmp/mail 2>&1", 100).out
    print(joined)
    assert words(joined)[0] in words(added)
    assert "home: serial 2 is in force" in joined
    b.run(f"ping -c1 -W1 {mesh['a'].v4}")
    print(f"{time.monotonic() - began:.1f} s from add to the first ping")
    assert b.out("cat /etc/wattle/home.mesh") == a.out("cat /etc/wattle/home.mesh")
    assert b.out("ls /etc/wattle").split() == ["home.key", "home.last", "home.mesh", "home.mesh.d", "home.mesh.minisig", "home.next", "home.pub"]
    assert b.out("systemctl --failed --no-legend") == a.out("systemctl --failed --no-legend") == ""
    # And out again: nothing stays but the key, which is good for the next time.
    print(b.out("wattle leave --yes home"))
    assert b.out("ls /etc/wattle").split() == ["home.key"]
    b.run("test ! -e /sys/class/net/home")
    a.run("wattle invite home b >/tmp/again")
    # As a person does it, who pastes it to a terminal. What comes with the paste is no answer: the carrier may have added it.
    b.put("/tmp/again", a.get("/tmp/again") + b"y\ny\n")
    for answer, code in (("n", 1), ("y", 0)):
        shown = b.run(f"python3 - {answer} <<'END'\n{TERMINAL}\nEND", 150, check=False)
        print(shown.out)
        assert shown.code == code and "Does the admin see the same words? [y/N]" in shown.out
        assert (b.out("ls /etc/wattle").split() == ["home.key"]) == (answer == "n")
    b.run(f"ping -c1 -W1 {mesh['a'].v4}")


@pytest.mark.parametrize("owner", ["networkd", "NetworkManager"])
def test_unattended(lab, owner):
    """An image with an invitation that has the key: it boots, waits for a member, and is in."""
    mesh, a, b = signed(lab)
    a.run("wattle add home b --with-key >/tmp/invitation 2>/tmp/said && wattle down home")
    b.put("/etc/wattle/home.invite", a.get("/tmp/invitation"), 0o600)
    if owner == "NetworkManager":
        nm_host.start_nm(b)
        b.put("/etc/wattle/home.mesh.d/local.conf", "[Local]\nOwner=NetworkManager\n")
    b.run("systemctl daemon-reload && systemctl start --no-block multi-user.target wattle-join@home.service")
    assert b.out("systemctl show -P WantedBy wattle-join@home.service") == "multi-user.target"
    b.wait("ip link show home")
    b.wait("journalctl -b -o cat -u wattle-join@home | grep 'asking a for the profile'")
    assert b.out("wattle status --state") == "starting"
    assert "the profile is still to come" in b.out("wattle status home 2>&1")
    a.run("wattle up home")
    b.wait("test -e /etc/wattle/home.mesh.minisig", 150)
    b.wait("systemctl show -P ActiveState wattle-join@home.service | grep inactive")
    b.run(f"ping -c1 -W1 {mesh['a'].v4}")
    assert b.out("wattle status --state") == "running"
    assert b.run("test -e /etc/wattle/home.invite", check=False).code == 1
    assert b.out("stat -c '%a %U:%G' /etc/wattle/home.key") == "640 root:systemd-network"
    print(b.out("journalctl -b -o cat -u wattle-join@home"))
    assert b.out("systemctl --failed --no-legend") == ""


def test_an_invitation_that_is_imported(lab):
    """As a user of a desktop has it: a VPN connection, which knows the one member of the invitation, and at its first start gets all
    of the mesh through the tunnel. Nothing is installed."""
    mesh, a, b = signed(lab)
    a.run(f"wattle add home tablet --key={'A' * 42}E= && wattle add home b --with-key >/tmp/invitation 2>/tmp/said")
    nm_host.start_nm(b)
    nm_host.manage(b, "ipv4.gateway 192.168.1.254")
    b.put("/tmp/mail", a.get("/tmp/invitation"), 0o600)
    b.run("nmcli connection import type wattle file /tmp/mail && nmcli connection up home", 100)
    b.run(f"ping -c1 -W1 {mesh['a'].v4}")
    assert len(b.out("wg show home peers").split()) == 2
    b.wait("grep 'Device tablet' /etc/NetworkManager/system-connections/home.nmconnection")
    assert "a member has given all of the mesh" in b.out("journalctl -b -o cat -u NetworkManager")
    assert b.out("ls -A /etc/wattle 2>/dev/null || true") == ""
    b.run("nmcli connection down home && nmcli connection up home", 100)
    b.wait(f"ping -c1 -W1 {mesh['a'].v4}")
    assert len(b.out("wg show home peers").split()) == 2


def test_a_host_without_wireguard_and_a_reboot(native):
    """This kernel has none: it is said at once what is missing, asking goes on by itself, after a reboot too, and leave takes all
    away."""
    a = native.guest("a")
    a.run("wattle init home --sign --no-password --subnet=10.42.0.0/16 2>&1; wattle genkey home; "
          "wattle add home a --key=$(wattle pubkey home) --public-endpoint=192.168.1.9:51820")
    b = native.boot("b", enable=["systemd-networkd.service"])
    b.wait_booted()
    key = b.out("wattle genkey home 2>/dev/null").strip()
    b.put("/root/invitation", a.out(f"wattle add home b --key={key} --invite 2>/dev/null"))
    joined = b.run("wattle join --yes /root/invitation 2>&1", 100, check=False)
    print(joined.out)
    assert joined.code == 1 and "there is no interface home: 'wattle doctor home' looks for what is missing here" in joined.out
    assert "asking goes on by itself, after a reboot too" in joined.out
    b.run("systemctl kill --signal=KILL wattle-join@home")
    b.wait("systemctl show -P SubState wattle-join@home | grep auto-restart")
    b.run("systemctl restart wattle-join@home")  # its minute is not waited for
    b.wait("journalctl -b -o cat -u wattle-join@home | grep 'asking a for the profile'")
    assert "WireGuard" in b.run("wattle doctor home 2>&1", check=False).out
    files = {f"/etc/wattle/{name}": (b.get(f"/etc/wattle/{name}"), 0o640, "systemd-network" if name == "home.key" else "root")
             for name in b.out("cd /etc/wattle && find . -type f -printf '%P\\n'").split()}
    print(*files)
    again = native.boot("b2", enable=["systemd-networkd.service"], files=files)
    again.wait_booted()
    again.wait("journalctl -b -o cat -u wattle-join@home | grep 'asking a for the profile'")
    assert again.out("wattle status --state") == b.out("wattle status --state")
    print(b.out("wattle leave --yes home"))
    assert b.out("ls /etc/wattle").split() == ["home.key"]
    assert b.run("systemctl is-active wattle-join@home", check=False).out.strip() == "inactive"


def test_a_host_without_a_manager(native):
    a = native.guest("a")
    a.run("wattle init home --sign --no-password --subnet=10.42.0.0/16 2>&1; wattle genkey home; "
          "wattle add home a --key=$(wattle pubkey home) --public-endpoint=192.168.1.9:51820")
    b = native.guest("b")
    b.run("systemctl mask systemd-networkd systemd-networkd.socket NetworkManager")
    key = b.out("wattle genkey home 2>/dev/null").strip()
    b.put("/root/invitation", a.out(f"wattle add home b --key={key} --invite 2>/dev/null"))
    joined = b.run("wattle join --yes /root/invitation 2>&1; echo exit $?", 100, check=False)
    print(joined.out)
    assert "networkd" in joined.out and "exit 0" not in joined.out and "'wattle leave home' gives up" in joined.out
    b.run("wattle leave --yes home")
    assert b.out("ls /etc/wattle").split() == ["home.key"]
