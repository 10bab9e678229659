# SPDX-License-Identifier: LGPL-2.1-or-later
"""One change on one host, and the others have it: real units, sockets and sandboxes, and a tunnel through which it comes."""

import re

import pytest

import mesh as meshes

pytestmark = pytest.mark.one_release

KEY = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
FILES = ("mesh", "mesh.minisig", "pub")


def signed(lab, *names):
    """Hosts of a mesh that a has signed, all up, and each heard by the first."""
    mesh = meshes.Mesh("home", *names)
    mesh.head += ["Name=home", "Serial=1"]
    guests = [lab.guest(name) for name in names]
    for name, guest in zip(names, guests):
        guest.lan = guest.plug(0, lab.lan)
        mesh[name].lines.append(f"PublicEndpoint={guest.lan.v4}:{meshes.LISTEN_PORT}")
    for name, guest in zip(names, guests):
        mesh.put(guest, name, "ActivationPolicy=up")
    guests[0].run("wattle genkey --signing --no-password >/etc/wattle/home.pub && wattle sign home")
    for guest in guests[1:]:
        for file in FILES:
            guest.put(f"/etc/wattle/home.{file}", guests[0].get(f"/etc/wattle/home.{file}"))
    for name, guest in zip(names, guests):
        print(guest.out("wattle apply home"))
        guest.wait(f"ip addr show dev home | grep {mesh[name].v4}/")
    for name in names[1:]:
        guests[0].wait(f"ping -c1 -W1 {mesh[name].v4}")
    return mesh, guests


def serial(guest):
    return int(re.search(r"serial (\d+),", guest.out("wattle verify home")).group(1))


def test_by_word(lab):
    """'wattle update' asks a member, and a member answers."""
    mesh, (a, b) = signed(lab, "a", "b")
    a.run(f"wattle add home c --key={KEY} && wattle set home b Relay=yes && wattle apply home")
    flow = b.start(f"ping -i 0.02 -c 400 {mesh['a'].v4}")
    said = b.out("wattle update home")
    print(said)
    assert said == "home: serial 3 from a is tried\nhome: a answers\nhome: serial 3 is in force"
    assert KEY in b.out("wg show home peers")
    assert b.out("systemctl is-active wattle-relay@home.socket") == "active"
    assert serial(b) == 3
    assert " 0% packet loss" in flow.finish().out
    assert b.out("wattle update home") == "home: a: serial 3 is what this host has"
    assert b.out("systemctl --failed --no-legend") == a.out("systemctl --failed --no-legend") == ""


def test_by_itself(lab):
    """wattled tells the others, whose units do the rest; and what they run is seen."""
    mesh, (a, b, c) = signed(lab, "a", "b", "c")
    for guest in (b, c):
        # Timers are masked in the lab.
        assert guest.out("systemctl is-active wattle-update@home.socket wattle-fetch.socket wattle-serve@home.socket").split() == ["active"] * 3
    flow = b.start(f"ping -i 0.02 -c 1500 {mesh['c'].v4}")
    a.run(f"wattle add home d --key={KEY} && wattle apply home")
    for guest in (b, c):
        guest.wait("wattle verify home | grep 'serial 2,'", 100)
        guest.wait(f"wg show home peers | grep -F {KEY}")
        guest.wait("grep Phase=done /var/lib/wattle-update/home.state")
        print(guest.out("journalctl -b -o cat -u 'wattle-*' -u wattled | tail -n 30"))
        assert guest.out("systemctl --failed --no-legend") == ""
    assert " 0% packet loss" in flow.finish().out
    a.wait("test $(wattle status --json home | grep -c '\"serial\": 2') = 3")
    print(a.out("wattle status home"))


CROWD = """import socket, sys
for _ in range(300):
    with socket.create_connection((sys.argv[1], 21823), 20) as one:
        one.settimeout(0.001)
        try:
            one.recv(1)
        except OSError:
            pass
"""


def test_the_socket_follows_the_interface(lab):
    """Re-created ten times in a row, renamed, and with a crowd at the door: it listens at the interface that is there, and gives the
    profile."""
    mesh, (a, b) = signed(lab, "a", "b")
    said = "home: a: serial 1 is what this host has"
    assert b.out("wattle update home") == said
    b.put("/run/crowd.py", CROWD)
    b.run(f"python3 /run/crowd.py {mesh['a'].v4}", 200)
    b.wait(f"wattle update home | grep -Fx '{said}'")
    a.run("for i in 1 2 3 4 5 6 7 8 9 10; do ip link del home && ip link add home type wireguard; done; ip link del home")
    a.run("systemctl restart systemd-networkd && wattle apply home && wattle up home", 100)
    b.wait(f"ping -c1 -W1 {mesh['a'].v4}")
    b.wait(f"wattle update home | grep -Fx '{said}'")
    a.run("ip link set home down && ip link set home name other && ip link set other name home && ip link set home up")
    b.wait(f"ping -c1 -W1 {mesh['a'].v4}")
    b.wait(f"wattle update home | grep -Fx '{said}'")
    assert a.out("systemctl --failed --no-legend") == ""


@pytest.mark.limit(600)
def test_a_profile_that_cuts_this_host_off(lab):
    """It is taken back, and what it took out stays out."""
    mesh, (a, b, c) = signed(lab, "a", "b", "c")
    b.wait(f"ping -c1 -W1 {mesh['c'].v4}")
    a.run("mkdir /srv/new && cp /etc/wattle/home.mesh /etc/wattle/home.mesh.minisig /etc/wattle/home.pub /srv/new")
    # b would look for a where a is not; and c is to go.
    a.run(f"wattle remove /srv/new/home.mesh c && sed -i 's/^Address={mesh['a'].v4} .*/Address=10.42.9.9/' /srv/new/home.mesh && "
          "rm /srv/new/home.mesh.minisig && wattle sign /srv/new/home.mesh")
    for file in ("mesh", "mesh.minisig"):
        b.put(f"/srv/new/home.{file}", a.get(f"/srv/new/home.{file}"))
    done = b.run("wattle update --from=/srv/new home", 200, check=False)
    print(done.out)
    assert done.code == 1 and "no peer answers under the new profile: the profile before comes back" in done.out
    assert serial(b) == 1
    b.wait(f"ping -c1 -W1 {mesh['a'].v4}")
    assert mesh["c"].public not in b.out("wg show home peers")
    assert "Phase=held" in b.out("cat /var/lib/wattle-update/home.state")
    assert "was taken back" in b.run("wattle update --from=/srv/new home", check=False).out
