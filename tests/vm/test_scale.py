# SPDX-License-Identifier: LGPL-2.1-or-later
"""A mesh of 1000 peers: the figures are printed, beside those of wg(8) for the same; none decides."""

import base64
import hashlib

import pytest

import mesh as meshes

pytestmark = pytest.mark.one_release

PEERS = 1000

MEASURE = r"""
now() { date +%s%N; }
start=$(now); systemctl start systemd-networkd
until [ "$(wg show home peers 2>/dev/null | wc -l)" = 1000 ]; do :; done
made=$(now); networkctl up home
until ip addr show dev home | grep -q 10.42.0.1/16; do :; done
up=$(now); echo "networkd: all peers $(( (made - start) / 1000000 )) ms, up with its addresses $(( (up - made) / 1000000 )) ms more"
grep -H VmRSS /proc/$(systemctl show -P MainPID systemd-networkd)/status | sed 's/.*VmRSS: */networkd: RSS /'
grep -v -e Address /run/wg-quick.conf >/run/wg.conf
ip link add plain type wireguard; start=$(now); wg setconf plain /run/wg.conf; end=$(now)
echo "wg setconf of the same: $(( (end - start) / 1000000 )) ms"
start=$(now); wattle apply home; end=$(now); echo "wattle apply, nothing changed: $(( (end - start) / 1000000 )) ms"
sed -i 's/^Address=10.42.3.231$/Address=10.42.99.99/' /etc/wattle/home.mesh
start=$(now); wattle apply home; end=$(now); echo "wattle apply, one peer changed: $(( (end - start) / 1000000 )) ms"
start=$(now); wg syncconf plain /run/wg.conf; end=$(now); echo "wg syncconf, nothing changed: $(( (end - start) / 1000000 )) ms"
"""


def peer(number):
    key = base64.b64encode(hashlib.sha256(str(number).encode()).digest()).decode()
    return f"[Device p{number}]\nPublicKey={key}\nAddress=10.42.{number // 256}.{number % 256}\n"


@pytest.mark.limit(600)
def test_a_thousand_peers(lab):
    mesh = meshes.Mesh("home", "a")
    a = lab.guest("a")
    mesh.put(a, "a")
    a.put(mesh.path, mesh.text() + "\n" + "\n".join(peer(n) for n in range(2, PEERS + 2)))
    a.run("wattle export a home >/run/wg-quick.conf; systemctl daemon-reload")
    print(a.out("time systemctl start wattle-networkd@home.service 2>&1"))
    print(a.out(MEASURE, 300))
    assert len(meshes.allowed_ips(a, "home")) == PEERS
