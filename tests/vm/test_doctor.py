# SPDX-License-Identifier: LGPL-2.1-or-later
"""'wattle doctor' finds what is really wrong with a host, and nothing on one that is well."""

import json

import pytest

import mesh as meshes
import test_nm

pytestmark = pytest.mark.one_release


def host(lab, lines=(), settings="ActivationPolicy=up"):
    mesh = meshes.Mesh("home", "a", "b")
    mesh["a"].lines += lines
    (a,) = mesh.join(lab, "a", settings=settings)
    a.run("systemctl start wattled")
    a.wait("busctl get-property org.wattle1 /org/wattle1/mesh/home org.wattle1.Mesh State | grep up")
    return mesh, a


def problems(guest):
    """Check to text, of what counts."""
    done = guest.run("wattle doctor --json home", check=False)
    (told,) = json.loads(done.out)["meshes"]
    found = {finding["check"]: finding["text"] for finding in told["findings"] if finding["kind"] == "problem"}
    assert done.code == (1 if found else 0) and told["problems"] >= len(found)
    return found


def mend(guest, check, kind="problem", of=""):
    """Runs the command that the doctor names for a problem, or a note, whose text has that in it."""
    (told,) = json.loads(guest.run("wattle doctor --json home", check=False).out)["meshes"]
    (command,) = [finding["command"] for finding in told["findings"]
                  if (finding["check"], finding["kind"]) == (check, kind) and of in finding["text"]]
    print(guest.run(command).out)


@pytest.mark.each_release
def test_a_healthy_host(lab):
    _, a = host(lab)
    print(a.out("wattle doctor"))
    assert problems(a) == {}
    assert a.out("wattle doctor").startswith("home: nothing wrong was found")
    a.run("useradd user")
    assert "takes root" in a.run("runuser -u user -- wattle doctor", check=False).out


def test_a_healthy_host_of_network_manager(lab):
    mesh = meshes.Mesh("home", "a", "b")
    a = lab.guest("a")
    a.plug(0, lab.lan)
    test_nm.start_nm(a)
    mesh.apply(a, "a", "Owner=NetworkManager")
    a.run("systemctl start wattled; wattle up home")
    a.wait("busctl get-property org.wattle1 /org/wattle1/mesh/home org.wattle1.Mesh State | grep up")
    print(a.out("wattle doctor"))
    assert problems(a) == {}


def test_kernel_settings(lab):
    mesh, a = host(lab, ["Routes=192.168.7.0/24"], "ActivationPolicy=up\nRoutingFeatures=both")
    assert problems(a) == {}
    a.run("sysctl -w net.ipv4.conf.home.rp_filter=1 net.ipv4.conf.home.forwarding=0")
    found = problems(a)
    assert set(found) == {"rp_filter", "forwarding"}
    assert found["rp_filter"].startswith("net.ipv4.conf.home.rp_filter is 1 and not 2")
    for check in found:
        mend(a, check)
    assert problems(a) == {}


def test_routes_port_and_interface(lab):
    mesh, a = host(lab)
    a.run(f"ip link add other type dummy; ip link set other up; ip route add {mesh['b'].v4}/32 dev other")
    assert problems(a) == {"routes": f"packets for {mesh['b'].v4} (b) go out by other and not by home"}
    a.run("ip link del other")

    a.run("ip link set home down")
    holder = a.start("exec python3 -c 'import socket, signal; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); "
                     "s.bind((\"::\", 51820)); signal.pause()'", 300)
    a.wait("grep -q :CA6C /proc/net/udp6")
    found = problems(a)
    assert set(found) == {"interface", "port"}
    assert found["port"].startswith("the UDP port 51820 is taken: python3 (process ")
    holder.signal()
    holder.finish(check=False)
    a.run("ip link set home up")

    a.run("ip link del home; ip link add home type dummy")
    assert "none of WireGuard's" in problems(a)["interface"]


def test_what_is_not_applied(lab):
    mesh, a = host(lab)
    mesh["b"].lines.append("PublicEndpoint=192.0.2.77:1")
    a.put(mesh.path, mesh.text())
    assert problems(a) == {"applied": "not as the profile says: /run/systemd/network/60-wattle-home.netdev"}
    mend(a, "applied")
    assert problems(a) == {}
    a.run(f"wg set home peer {mesh['b'].public} remove")
    assert problems(a)["applied"].startswith("the kernel lacks 1 peers")
    a.put(mesh.path, mesh.text() + "Adress=10.42.0.9\n")
    assert "did you mean Address?" in problems(a)["profile"]


def test_the_key(native):
    """Beside the interface, which cannot be made there."""
    mesh = meshes.Mesh("home", "a", "b")
    a = native.boot("a", files=mesh.files("a"))
    a.wait_booted()
    without_key = problems(a)
    assert set(without_key) == {"interface"}
    a.run("chmod 0600 /etc/wattle/home.key; chgrp root /etc/wattle/home.key")
    assert set(problems(a)) == {"interface", "key"}
    mend(a, "key")
    assert problems(a) == without_key
    a.run("chmod 0644 /etc/wattle/home.key")
    assert "chmod" in " ".join(problems(a).values())


@pytest.mark.each_release
def test_clock_and_firewall(lab):
    _, a = host(lab)
    a.run("nft add table inet filter; nft add chain inet filter input '{ type filter hook input priority 0; policy drop; }'; "
          "nft add rule inet filter input ct state established,related accept")
    assert problems(a) == {"firewall": "the firewall drops what comes to the UDP port 51820 (inet filter input)"}
    mend(a, "firewall")
    assert problems(a) == {}
    # What devices on the LAN tell of themselves.
    beacons = "the UDP port 21821"
    assert beacons in a.out("wattle doctor home")
    mend(a, "firewall", "note", beacons)
    assert beacons not in a.out("wattle doctor home")
    now = int(a.out("date +%s"))
    a.run("date -s @1000000000")
    assert set(problems(a)) == {"clock"}
    a.run(f"date -s @{now}")
    assert problems(a) == {}


def test_owners_that_fight(lab):
    _, a = host(lab)
    a.put("/etc/systemd/network/10-mine.netdev", "[NetDev]\nName=home\nKind=wireguard\n")
    assert problems(a) == {"fight": "/etc/systemd/network/10-mine.netdev is for the interface home too"}
    a.run("rm /etc/systemd/network/10-mine.netdev")
    # NetworkManager, of which the snippet that keeps it off is gone.
    a.run("mv /run/NetworkManager/conf.d/60-wattle-home.conf /run/")
    test_nm.start_nm(a)
    a.wait("nmcli -g GENERAL.STATE device show home")
    found = problems(a)
    assert "NetworkManager manages the interface home" in found["fight"]
    assert "/run/NetworkManager/conf.d/60-wattle-home.conf" in found["applied"]
    a.run("mv /run/60-wattle-home.conf /run/NetworkManager/conf.d/; nmcli general reload conf")
    mend(a, "fight")
    a.wait("nmcli -g GENERAL.STATE device show home | grep unmanaged")
    assert problems(a) == {}
    a.run("systemctl stop NetworkManager systemd-networkd.socket systemd-networkd")
    assert set(problems(a)) == {"owner"}


def test_wattled_and_names(lab):
    mesh, a = host(lab)
    a.run("systemctl stop wattled")
    assert problems(a) == {"wattled": "wattled does not run: endpoints do not follow the network"}
    mend(a, "wattled")
    mesh["b"].lines.append("PublicEndpoint=nobody.invalid:51820")
    mesh.update(a)
    assert problems(a) == {"names": "names of endpoints are not found: nobody.invalid"}


@pytest.mark.each_release
def test_a_vpn_whose_rules_networkd_takes(native):
    """Told before networkd starts, by apply and by doctor, and no more once the drop-in is there."""
    mesh = meshes.Mesh("home", "a", "b")
    a = native.guest("a")
    a.put("/run/systemd/system/wg-quick@work.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=ip rule add fwmark 7 table 77\n")
    mesh.put(a, "a", "Owner=networkd")
    dry = "wattle apply --dry-run home"
    assert "warning" not in a.run(dry).err
    a.run("systemctl daemon-reload; systemctl start wg-quick@work")
    warning = a.run(dry).err
    assert "takes away the routing rules of wg-quick@work" in warning
    assert "as soon as it starts" in problems(a)["vpn"]
    a.run("systemctl start systemd-networkd")
    assert "warning" not in a.run(dry).err and "whenever it sets up" in problems(a)["vpn"]
    mend(a, "vpn")
    assert "vpn" not in problems(a)
    a.run("systemctl stop systemd-networkd.socket systemd-networkd")
    assert "warning" not in a.run(dry).err
