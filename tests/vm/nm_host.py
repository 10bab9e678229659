# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hosts whose interfaces are NetworkManager's, and what it says of a mesh."""

import mesh as meshes

NM = "NetworkManager.service"

# Of a VPN connection that carries its mesh.
UUID = "c0ffee00-0000-4000-8000-000000000001"
# As a command that waits: nmcli 1.58 has another word for it.
ASLEEP = "nmcli -t -f STATE general status | grep -x -e asleep -e 'network off'"
# The scenario is the administrator of eth0.
CONF = {"/etc/NetworkManager/conf.d/lab.conf": ("[main]\nno-auto-default=*\n[device-lab]\nmatch-device=interface-name:eth*\nmanaged=0\n",
                                               0o644)}
PROFILE = "/run/NetworkManager/system-connections/wattle-home.nmconnection"


def start_nm(guest):
    for path, (data, mode) in CONF.items():
        guest.put(path, data, mode)
    guest.run(f"systemctl start {NM}")
    guest.wait("nmcli -t general status")


def join(lab, mesh, settings=("ActivationPolicy=up", "")):
    """a belongs to NetworkManager, b to networkd; both are on one LAN, which has no router."""
    guests = [lab.guest(name) for name in mesh.devices]
    for name, guest in zip(mesh.devices, guests):
        guest.lan = guest.plug(0, lab.lan)
        mesh[name].lines.append(f"PublicEndpoint={guest.lan.v4}:51820")
    start_nm(guests[0])
    mesh.apply(guests[0], "a", "Owner=NetworkManager\n" + settings[0])
    for name, guest in zip(list(mesh.devices)[1:], guests[1:]):
        mesh.apply(guest, name, "ActivationPolicy=up\n" + settings[1])
        guest.wait(f"ip addr show dev home | grep {mesh[name].v4}/")
    return guests


def connections(guest):
    """Name to type, of all that NetworkManager lists; and the same of the active ones."""
    def ask(*options):
        lines = guest.out(f"nmcli -t -f NAME,TYPE connection show {' '.join(options)}").splitlines()
        return dict(line.split(":") for line in lines if not line.startswith("lo:"))
    return ask(), ask("--active")


# It sets an interface aside, or gives it up, and the kernel has removed it in the same moment.
GONE_MEANWHILE = ("-e \"failed to set '/proc/sys/net/ipv6/conf/home/disable_ipv6' to '[01]': (2)\" "
                  "-e \"error setting IPv4 forwarding to '0': No such file\"")


def nm_complaints(guest):
    """What NetworkManager says of our connection or interface at warning or worse."""
    return guest.run("journalctl -b -o cat -u NetworkManager | grep -e '<warn>' -e '<error>' | grep -e home -e wattle -e work"
                     f" | grep -v {GONE_MEANWHILE}", check=False).out


def quiet(guest):
    assert meshes.complaints(guest) == ""
    assert nm_complaints(guest) == ""
    assert guest.out("systemctl --failed --no-legend") == ""


def boot(lab, mesh, settings=""):
    a = lab.boot("a", files=mesh.files("a", settings) | CONF, enable=[NM])
    a.wait_booted()
    a.wait("ip link show dev eth0")
    a.lan = a.plug(0, lab.lan)
    return a


def manage(guest, options=""):
    """NetworkManager takes over eth0 and keeps its addresses, as a desktop's does: connection lan."""
    guest.put("/etc/NetworkManager/conf.d/lab.conf", "[main]\nno-auto-default=*\n")
    guest.run(f"""nmcli general reload conf
        nmcli connection add type ethernet ifname eth0 con-name lan \\
            ipv4.method manual ipv4.addresses {guest.lan.v4}/24 ipv6.method manual ipv6.addresses {guest.lan.v6}/64 {options}
        nmcli device set eth0 managed yes
        nmcli connection up lan""")


def session(guest, mesh, peer):
    """When the handshake with the peer was; 0 for one that a has not met."""
    return meshes.handshakes(guest, mesh.name)[mesh[peer].public]


def escaped(text):
    """As a keyfile has it, GKeyFile's way."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def keyfile(mesh, name="vpn", uuid=UUID, key=None, text=None, of="a", **data):
    """A VPN connection of that device's with the mesh inside; data is more of vpn.data."""
    data = {"mesh": mesh.name, "profile": escaped(text or mesh.text()), **data}
    key = mesh[of].key if key is None else key
    return "\n".join(["[connection]", f"id={name}", f"uuid={uuid}", "type=vpn", "", "[vpn]",
                      "service-type=org.freedesktop.NetworkManager.wattle", "persistent=true",
                      *(f"{word.replace('_', '-')}={value}" for word, value in data.items() if value is not None),
                      *(["", "[vpn-secrets]", f"private-key={key.strip()}"] if key else []), ""])


def load(guest, text, name="vpn"):
    path = f"/etc/NetworkManager/system-connections/{name}.nmconnection"
    guest.put(path, text, 0o600)
    guest.run(f"nmcli connection load {path}")
