# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices by name, as the host's own programs and its glibc ask for them."""

import mesh as meshes
import pytest
import root

pytestmark = pytest.mark.each_release

SWITCH = "sed -i '/^hosts:/s/ files/& wattle/' /etc/nsswitch.conf"


def test_devices_have_names_from_boot_on(native):
    """While the mesh is down, too; and no more once it is gone."""
    mesh = meshes.Mesh("home", "a", "b")
    a = native.boot("a", files=mesh.files("a"), enable=["systemd-networkd.service"])
    a.wait_booted()
    # AI_ADDRCONFIG, which getent sets, finds nothing of one family on a host with neither.
    a.plug(0, native.lan)
    assert a.run("getent hosts b", check=False).code == 2
    a.run(SWITCH)
    assert a.out("getent ahostsv4 b | head -n 1").split() == ["10.42.0.2", "STREAM", "b.home"]
    assert a.out("getent hosts b.home").split() == ["fd42::2", "b.home", "b"]
    assert a.out("getent hosts 10.42.0.2").split() == ["10.42.0.2", "b.home", "b"]
    assert "unreachable" in a.run("ping -4 -c1 -W1 b", check=False).err  # there is an address, and no interface
    # The own name is for /etc/hosts and others, with the domain it is a device's.
    assert "10.42" not in a.run("getent ahostsv4 a", check=False).out
    assert a.out("getent ahostsv4 a.home | head -n 1").split()[0] == "10.42.0.1"
    mesh.add("c")
    a.put(mesh.path, mesh.text())
    a.run("systemctl restart wattle-networkd@home")
    assert a.out("getent hosts 10.42.0.3").split() == ["10.42.0.3", "c.home", "c"]
    a.put("/etc/wattle/home.mesh.d/names.conf", "[Local]\nNames=no\n")
    a.run("systemctl restart wattle-networkd@home")
    assert a.run("getent hosts b", check=False).code == 2


# What root.ASIDE has, which a guest is without.
LAY_OVER = f"tar -C {root.ASIDE_FOLDER} -c . | tar -C / -x --keep-directory-symlink; systemctl daemon-reload"
RESOLVE = "resolve [!UNAVAIL=return]"
SWITCHES = {
    # hosts: whether b and b.home are found while systemd-resolved runs
    f"files wattle {RESOLVE} dns": True,
    f"files {RESOLVE} wattle dns": False,
    "files wattle dns": True,
}


def answer(host, *asked):
    """What a program gets by getaddrinfo(3) for each, in IPv4."""
    script = "import socket, sys; print(*(sorted({i[4][0] for i in socket.getaddrinfo(n, None, socket.AF_INET)}) for n in sys.argv[1:]))"
    return host.run(f"python3 -c '{script}' {' '.join(asked)}", check=False)


def has_records(host):
    """From systemd 261 on systemd-resolved answers itself, for the names with their domain; the file is root's to change, also for a
    writer without capabilities."""
    assert host.out("stat -c %U /run/systemd/resolve /run/systemd/resolve/static.d").split() == ["systemd-resolve", "root"]
    return host.run("[ -e /run/systemd/resolve/static.d/60-wattle-home.rr ]", check=False).code == 0


@pytest.mark.parametrize("llmnr", ["yes", "no"])
def test_beside_resolved(native, llmnr):
    """What systemd-resolved does not know it denies, or would rather be asked again for, by LLMNR: behind it nobody is asked."""
    mesh = meshes.Mesh("home", "a", "b")
    a = native.guest("a")
    a.plug(0, native.lan)
    mesh.put(a, "a")
    a.put("/etc/systemd/resolved.conf.d/llmnr.conf", f"[Resolve]\nLLMNR={llmnr}\n")
    a.run(f"{LAY_OVER}; systemctl start wattle-networkd@home; systemctl start systemd-networkd systemd-resolved")
    a.wait(f"resolvectl status | sed -n '/^Global/,/^$/p' | grep -F -e {'+' if llmnr == 'yes' else '-'}LLMNR")
    itself = has_records(a)
    assert itself == (native.release not in ("bookworm", "trixie"))
    for switch, is_found in SWITCHES.items():
        a.run(f"sed -i 's/^hosts:.*/hosts: {switch}/' /etc/nsswitch.conf")
        said = answer(a, "b", "b.home")
        if is_found:
            assert said.out.split("\n")[0] == "['10.42.0.2'] ['10.42.0.2']", (switch, said)
            assert a.out("getent hosts 10.42.0.2").split() == ["10.42.0.2", "b.home", "b"], switch
        else:
            assert said.code != 0, switch
            said = a.run("wattle doctor home", check=False).out
            assert "'wattle' stands behind 'resolve'" in said and f"hosts: files wattle {RESOLVE} dns/' /etc/nsswitch.conf" in said
    assert answer(a, "nobody").code != 0
    if itself:
        mesh.add("c")
        a.put(mesh.path, mesh.text())
        a.run("systemctl restart wattle-networkd@home")
        a.wait("resolvectl query c.home | grep -w 10.42.0.3")
        a.wait("resolvectl query 10.42.0.3 | grep -w c.home")
        assert answer(a, "c").code == 0 and a.run("resolvectl query c", check=False).code != 0
        a.run("touch -d '1 minute ago' /run/systemd/resolve/static.d/60-wattle-home.rr")  # doctor leaves time to read them
        assert "records:" not in a.run("wattle doctor home", check=False).out
        a.put("/etc/systemd/resolved.conf.d/records.conf", "[Resolve]\nReadStaticRecords=no\n")
        a.run("systemctl restart systemd-resolved")
        assert "has records of the devices and does not go by them" in a.run("wattle doctor home", check=False).out
    # Stopped, it is unavailable, and who stands behind it is asked.
    a.run(f"sed -i 's/^hosts:.*/hosts: files {RESOLVE} wattle dns/' /etc/nsswitch.conf; systemctl stop systemd-resolved 'systemd-resolved*.socket'")
    assert answer(a, "b").out == "['10.42.0.2']\n"


def test_by_nscd(native):
    """Which loads the module in the place of programs, and keeps no answer longer than it has to."""
    mesh = meshes.Mesh("home", "a", "b")
    a = native.guest("a")
    a.plug(0, native.lan)
    mesh.put(a, "a")
    a.run(f"{LAY_OVER}; systemctl start wattle-networkd@home; {SWITCH}; systemd-tmpfiles --create nscd.conf; systemctl start nscd")
    a.wait("getent ahostsv4 b | grep -w 10.42.0.2")
    assert a.out("getent hosts 10.42.0.2").split() == ["10.42.0.2", "b.home", "b"]
    assert "libnss_wattle" in a.out("cat /proc/$(pidof nscd)/maps")
    mesh.add("c")
    a.put(mesh.path, mesh.text().replace("Address=10.42.0.2", "Address=10.42.0.22"))
    a.run("systemctl restart wattle-networkd@home")
    a.wait("getent ahostsv4 c | grep -w 10.42.0.3")
    # It looks for what is out of date every 15 s.
    a.wait("getent ahostsv4 b | grep -w 10.42.0.22")
