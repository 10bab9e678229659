# SPDX-License-Identifier: LGPL-2.1-or-later
"""What export makes for hosts without wattle, as the programs of each release read it: not a line that they do not know."""

import mesh as meshes
import pytest

pytestmark = pytest.mark.each_release

OPTIONS = ["", "--exit-node=vps --accept-routes --dns=10.42.0.3", "--peers=relays"]
NETWORK = "/etc/systemd/network"
CONNECTIONS = "/etc/NetworkManager/system-connections"


def export(a, form, number, file):
    a.run(f"wattle export nas /root/home.mesh --format={form} --private-key=/root/nas.key -o {file} {OPTIONS[number]}")


def make_mesh(native, enable):
    mesh = meshes.Mesh("home", "desktop", "nas", "vps")
    mesh["nas"].lines.append("Managed=no")
    mesh["vps"].lines += ["PublicEndpoint=203.0.113.1:51820", "PublicEndpoint=vps.example:51820", "Relay=yes", "ExitNode=yes", "Routes=192.0.2.0/24"]
    a = native.boot("a", files={"/root/home.mesh": mesh.text()}, enable=enable)
    a.wait_booted()
    a.put("/root/nas.key", mesh["nas"].key, 0o600)
    return a


def complaints(a):
    a.run("journalctl --sync")
    return [line for line in a.out("journalctl -b -o cat -u systemd-networkd").splitlines() if line.startswith(NETWORK)]


def test_networkd_knows_every_line(native):
    a = make_mesh(native, [])
    for number in range(len(OPTIONS)):
        export(a, "networkd", number, f"{NETWORK}/wg{number}.netdev")
    a.run(f"chown root:systemd-network {NETWORK}/*; chmod 640 {NETWORK}/*")
    a.put(f"{NETWORK}/zz.network", "[Match]\nName=zz\n[Network]\nNoSuchKey=1\n")
    a.run("systemctl start systemd-networkd")
    assert len(complaints(a)) == 1 and "NoSuchKey" in complaints(a)[0]


def test_networkmanager_takes_every_file(native):
    a = make_mesh(native, ["NetworkManager.service"])
    for number in range(len(OPTIONS)):
        export(a, "nm", number, f"{CONNECTIONS}/wg{number}.nmconnection")
    a.run("nmcli connection reload")
    # All have the same name and UUID but for this: one after the other
    for number in range(len(OPTIONS)):
        a.run(f"mkdir -p /root/away; mv {CONNECTIONS}/wg* /root/away; cp /root/away/wg{number}.nmconnection {CONNECTIONS}; nmcli connection reload")
        assert a.out("nmcli -g connection.type,ipv4.addresses connection show home") == "wireguard\n10.42.0.2/16"
        # Just after a reload NetworkManager has been seen to give no secrets.
        a.wait('[ "$(nmcli -s -g wireguard.private-key connection show home)" = "$(cat /root/nas.key)" ]')
    assert a.out(f"journalctl -b -o cat -u NetworkManager | grep -i 'keyfile.*\\(warn\\|invalid\\|unknown\\)' || true") == ""
