# SPDX-License-Identifier: LGPL-2.1-or-later
"""One change on one host, and the others have it: real units, sockets and sandboxes, and a tunnel through which it comes."""

import re

import pytest

import mesh as meshes
from nm_host import start_nm

pytestmark = pytest.mark.one_release

KEY = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
FILES = ("mesh", "mesh.minisig", "pub")
ASK_AS_USER = "runuser -u user -- wattle update home"
MAY_UPDATE = """polkit.addRule(function(action, subject) {
    if (action.id == "org.wattle1.update" && action.lookup("mesh") == "home" && subject.user == "user")
        return polkit.Result.YES;
});"""


def signed(lab, *names, nm=()):
    """Hosts of a mesh that a has signed, all up, and each heard by the first. Those of nm belong to NetworkManager."""
    mesh = meshes.Mesh("home", *names)
    mesh.head += ["Name=home", "Serial=1"]
    guests = [lab.guest(name) for name in names]
    for name, guest in zip(names, guests):
        guest.lan = guest.plug(0, lab.lan)
        mesh[name].lines.append(f"PublicEndpoint={guest.lan.v4}:{meshes.LISTEN_PORT}")
    for name, guest in zip(names, guests):
        mesh.put(guest, name, "ActivationPolicy=up" + "\nOwner=NetworkManager" * (name in nm))
        if name in nm:
            start_nm(guest)
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

    # Who is no root has wattled ask, if polkit lets him.
    a.run("wattle set home b Relay=no")
    b.run("useradd user; mkdir /run/newer")
    for file in ("mesh", "mesh.minisig"):
        b.put(f"/run/newer/home.{file}", a.get(f"/etc/wattle/home.{file}"))
    b.put("/etc/wattle/home.mesh.d/local.conf", "[Local]\nActivationPolicy=up\nUpdateFrom=/run/newer\n")
    refused = b.run(ASK_AS_USER, check=False)
    assert refused.code == 1 and "sudo wattle update home" in refused.err
    b.put("/etc/polkit-1/rules.d/10-user.rules", MAY_UPDATE)
    b.run("systemctl restart polkit")
    assert b.out(ASK_AS_USER, 120) == "home: serial 4 is in force"
    assert serial(b) == 4
    assert b.out(ASK_AS_USER) == "home: there is nothing newer than serial 4"
    b.run("rm -r /run/newer")
    failed = b.run(ASK_AS_USER, check=False)
    assert failed.code == 1 and "journalctl -u wattle-update-sources@home.service" in failed.err
    assert "gave no profile when they were last asked" in b.run("wattle doctor home", check=False).out


@pytest.mark.limit(600)
def test_by_itself(lab):
    """wattled tells the others, whose units do the rest; and what they run is seen. c belongs to NetworkManager."""
    mesh, (a, b, c) = signed(lab, "a", "b", "c", nm=("c",))
    assert c.out("nmcli -g GENERAL.STATE connection show home") == "activated"
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
    # A revocation comes while a firewall drops all that is for c, for less than a session: once more, and c has it.
    c.run("nft add table inet cut && nft 'add chain inet cut in { type filter hook input priority 0; }' && nft add rule inet cut in udp dport 51820 drop")
    a.run("wattle set home d State=revoked && wattle apply home")
    b.wait(f"! wg show home peers | grep -F {KEY}", 100)
    assert KEY in c.out("wg show home peers")
    c.run("nft delete table inet cut")
    c.wait(f"! wg show home peers | grep -F {KEY}", 200)


@pytest.mark.limit(600)
def test_who_was_off(lab):
    """b was away when a changed the mesh, and neither has a session or anything to say: b asks by itself."""
    mesh, (a, b) = signed(lab, "a", "b")
    b.run("wattle down home")
    a.run(f"wattle add home d --key={KEY} && wattle apply home")
    peer = mesh["b"].public
    a.run(f"wg set home peer {peer} remove && wg set home peer {peer} endpoint {b.lan.v4}:{meshes.LISTEN_PORT} "
          f"allowed-ips {mesh['b'].v4}/32,{mesh['b'].v6}/128")
    assert meshes.handshakes(a, "home")[peer] == 0
    b.run("wattle up home")
    b.wait("wattle verify home | grep 'serial 2,'", 100)
    b.wait("grep Phase=done /var/lib/wattle-update/home.state")
    assert KEY in b.out("wg show home peers")


@pytest.mark.limit(600)
def test_the_socket_follows_the_interface(lab):
    """Re-created ten times in a row, and renamed: it listens at the interface that is there, and gives the profile."""
    mesh, (a, b) = signed(lab, "a", "b")
    said = "home: a: serial 1 is what this host has"
    assert b.out("wattle update home") == said
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


def test_what_was_left_open_in_its_sandbox(native):
    """wattle-update goes on with it, under all that its unit forbids: it installs the profile, writes files of networkd's group and
    speaks to systemd. There is no WireGuard here, so the interface is the one thing that may not be had."""
    mesh = meshes.Mesh("home", "a", "b")
    mesh.head += ["Name=home", "Serial=1"]
    a = native.guest("a")
    mesh.put(a, "a", "ActivationPolicy=manual")
    a.run("wattle genkey --signing --no-password >/etc/wattle/home.pub && wattle sign home")
    a.run("wattle apply home", 100, check=False)
    a.run(f"""mkdir -p /etc/wattle/home.next && cd /etc/wattle && cp home.mesh home.mesh.minisig home.pub home.next
        wattle add home.next/home.mesh c --key={KEY} && wattle set home.next/home.mesh a ListenPort=50001 && rm home.next/home.pub
        printf '[Profiles]\\nVersion=1\\nPhase=trying\\nTries=1\\n' >/var/lib/wattle-update/home.state""")
    a.run("systemctl restart wattle-update@home.service")
    a.wait("grep -E '^Phase=(done|held)' /var/lib/wattle-update/home.state", 100)
    said = a.out("journalctl -b -o cat -u wattle-update@home.service")
    print(said, a.out("cat /var/lib/wattle-update/home.state; ls -l /run/systemd/network /etc/wattle"))
    assert "Operation not permitted" not in said
    assert serial(a) == 3
    assert a.out("stat -c '%a %U %G' /run/systemd/network/60-wattle-home.netdev") == "640 root systemd-network"
    assert "50001" in a.out("cat /run/systemd/network/60-wattle-home.netdev")
