# SPDX-License-Identifier: LGPL-2.1-or-later
"""'wattle status' on a host as it is: with a mesh that runs, that is down, that is not there; for root and for others."""

import json

import pytest

import mesh as meshes

pytestmark = pytest.mark.one_release

WATCH = """
import os, pty, re, select, signal, sys
pid, screen = pty.fork()
if pid == 0:
    os.execvp("wattle", ["wattle", "status", "--watch", "home"])
text = b""
def until(wanted):
    global text
    while wanted not in text:
        assert select.select([screen], [], [], 30)[0], text
        text += os.read(screen, 65536)
until(b"none")
os.system("ping -q -c1 -W5 10.42.0.2 >/dev/null")
until(b"public")
os.kill(pid, signal.SIGINT)
until(b"\\033[?1049l")
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def status(guest, *options):
    return json.loads(guest.out(f"wattle status --json {' '.join(options)}"))["meshes"]


def test_the_peers_of_a_mesh(lab):
    mesh = meshes.Mesh("home", "a", "b", "c")
    mesh["c"].lines.append("Managed=no")
    a, b = mesh.join(lab, "a", "b")
    for guest in (a, b):
        guest.run("systemctl mask --now wattled")
    a.wait(f"ping -c1 -W1 {mesh['b'].v4}")
    print(a.out("wattle status"))
    first, *rows = a.out("wattle status").splitlines()
    assert first == f"home: up, a {mesh['a'].v4} {mesh['a'].v6}, port 51820, networkd"
    assert [row.split()[:3] for row in rows] == [["DEVICE", "ADDRESS", "PATH"], ["b", mesh["b"].v4, "public"],
                                                 ["c", mesh["c"].v4, "none"]]
    (told,) = status(a, "home")
    assert (told["mesh"], told["state"], told["device"], told["wattled"]) == ("home", "up", "a", False)
    peer_b, peer_c = told["peers"]
    assert peer_b["endpoint"] == f"{b.lan.v4}:51820" and peer_b["rx_bytes"] > 0 and peer_b["last_handshake"] > 0
    assert peer_b["public_key"] == mesh["b"].public
    assert (peer_c["managed"], peer_c["endpoint"], peer_c["last_handshake"]) == (False, None, None)

    # Another port than the profile says is learnt; then the profile says that it is on the LAN.
    b.run("wg set home listen-port 51999")
    b.wait("ping -c1 -W1 10.42.0.1")
    assert status(a)[0]["peers"][0]["path"] == "roamed"
    mesh["b"].lines = [f"PrivateEndpoint={b.lan.v4}:51999"]
    mesh.update(a)
    assert status(a)[0]["peers"][0]["path"] == "LAN"

    # What apply has not done yet.
    stranger = meshes.Device("x", 9, 42)
    a.run(f"wg set home peer {stranger.public} allowed-ips 10.42.9.9; wg set home peer {mesh['c'].public} remove")
    mesh["b"].lines.append("State=revoked")
    a.put(mesh.path, mesh.text())
    shown = a.out("wattle status")
    assert "not applied" in shown and "revoked" in shown and f"key {stranger.public[:8]}..." in shown


def test_what_is_missing_is_said(lab):
    mesh = meshes.Mesh("home", "a", "b")
    a = lab.guest("a")
    none = a.run("wattle status", check=False)
    assert (none.code, none.out) == (1, "") and "no mesh is installed" in none.err
    a.run("systemctl mask wattled")
    mesh.put(a, "a")
    absent = a.out("wattle status")
    assert absent.startswith("home: absent, a 10.42.0.1") and "'wattle apply home' makes it" in absent
    a.run("wattle apply")
    a.wait("ip link show dev home")
    down = a.out("wattle status home")
    assert down.startswith("home: down, ") and "up home' starts it" in down
    a.run("ip link set home up")

    a.run("useradd user")
    other = a.run("runuser -u user -- wattle status home", check=False)
    assert other.code == 1 and other.out.startswith("home: up, a ")
    assert "'sudo wattle status home'" in other.out and "systemctl start wattled" in other.out
    unknown = a.run("wattle status work", check=False)
    assert (unknown.code, unknown.out) == (1, "") and "no mesh work" in unknown.err

    a.run("ip link del home; ip link add home type dummy")
    assert "none of WireGuard's" in a.out("wattle status")


def test_watch_shows_changes_and_leaves_the_terminal(lab):
    mesh = meshes.Mesh("home", "a", "b")
    a, _ = mesh.join(lab, "a", "b")
    a.run("systemctl mask --now wattled")
    a.put("/run/watch.py", WATCH)
    assert a.out("python3 /run/watch.py") == "0"
