# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real firewalld and the real ufw, whose defaults drop, on a guest with the kernel's WireGuard: a peer that nobody calls gets in while
the packet filter of the mesh runs, and at no other time. test_firewall.py has the rest of Firewall= and Trust=, which is not about WireGuard.

    guest a: systemd-networkd, the mesh    lan -- eth0    network namespace b in the same guest: wg0
"""

import pytest

import mesh as meshes
import runner

pytestmark = [pytest.mark.one_release, pytest.mark.limit(600)]

OURS, THEIRS = "192.0.2.1", "192.0.2.2"
LIMIT_S = 150  # a program in Python takes seconds to start in emulation


class Peer(runner.Place):
    """It calls as a stranger to connection tracking: from another port each time, and with a new handshake."""

    def __init__(self, guest, mesh):
        guest.run(f"ip netns add b; ip link add lan type veth peer name eth0 netns b; ip addr add {OURS}/24 dev lan; ip link set lan up; "
                  f"ip -n b addr add {THEIRS}/24 dev eth0; ip -n b link set eth0 up; ip route add default via {THEIRS}")
        super().__init__("b", guest.runner, ["ip", "netns", "exec", "b"])
        public, address = mesh["a"].public, mesh["a"].v4
        self.put("/run/b.key", mesh["b"].key, 0o600)
        self.run(f"ip link add wg0 type wireguard; wg set wg0 private-key /run/b.key; ip addr add {mesh['b'].v4}/16 dev wg0; ip link set wg0 up")
        self._call = (f"wg set wg0 peer {public} remove; "
                      f"wg set wg0 listen-port $((20000 + RANDOM)) peer {public} endpoint {OURS}:51820 allowed-ips {address}/32; "
                      f"ping -c1 -W2 {address}")
        self._connect = f"timeout 2 bash -c ': </dev/tcp/{address}/8080'"

    def gets_in(self):
        """To the host, and to a program there, for the mesh is trusted."""
        self.wait(f"{self._call} && {self._connect}", LIMIT_S)

    def stays_out(self):
        """Firewalls have their rules a moment after they say that they run."""
        self.wait(f"! {{ {self._call}; }}", LIMIT_S)


@pytest.mark.parametrize("start", ["systemctl start firewalld", "ufw --force enable"], ids=["firewalld", "ufw"])
def test_a_peer_gets_in(lab, start):
    mesh = meshes.Mesh("home", "a", "b")
    a = lab.guest("a")
    b = Peer(a, mesh)
    a.start("exec python3 -m http.server 8080", 600)
    a.run("sed -i s/^IPV6=yes/IPV6=no/ /etc/default/ufw")  # half the programs that it runs
    mesh.apply(a, "a", "Owner=networkd\nActivationPolicy=up\nFirewall=auto\nTrust=trusted")
    a.wait(f"ip addr show dev home | grep {mesh['a'].v4}/")
    b.gets_in()
    a.run(f"systemctl stop wattle-filter@home; {start}", LIMIT_S)
    b.stays_out()
    a.run("systemctl start wattle-filter@home", LIMIT_S)
    b.gets_in()
    a.run("kill -9 $(systemctl show -P MainPID wattle-filter@home); systemctl stop wattle-filter@home; ip link show up dev home | grep home", LIMIT_S)
    b.stays_out()
