# SPDX-License-Identifier: LGPL-2.1-or-later
"""A laptop's lid is closed, and opened where the other has another address, or elsewhere: suspended to memory for real, with the
kernel's WireGuard, which forgets its sessions then.

    a  the laptop, on the LAN or on the Internet        b  on both
"""

import time

import pytest

import mesh as meshes
from lan import HELLOS

pytestmark = pytest.mark.one_release

SLEPT = "journalctl -b -o cat -u wattled | grep -c 'this host has slept for'"


def answers(a, mesh, where):
    """Until b does, and says after how long: by this machine's clock."""
    begin = time.monotonic()
    a.wait(f"ping -n -c1 -W1 {mesh['b'].v4}")
    print(f"{where}: answered after {time.monotonic() - begin:.1f} s")


def test_sleep(lab):
    mesh = meshes.Mesh("home", "a", "b")
    a, b = lab.guest("a"), lab.guest("b")
    for each in (a, b):
        each.lan = each.plug(0, lab.lan)
    outside = b.plug(1, lab.internet)
    mesh["b"].lines += [f"PublicEndpoint={outside.v4}:{meshes.LISTEN_PORT}", f"PrivateEndpoint={b.lan.v4}:{meshes.LISTEN_PORT}"]
    for each in (a, b):
        each.run(HELLOS.replace("wg0", "home"))  # before the first comes
        mesh.apply(each, each.name, "Owner=networkd\nActivationPolicy=up")
    # Until each has told the other by what its beacons are known.
    for each in (a, b):
        each.wait(f"ping -n -c1 -W1 {mesh['b'].v4} && nft list counters | grep -q 'packets [1-9]'", 120)

    # b has another address on the LAN, and the beacons that say so go by a sleeping host.
    b.run("ip link set eth1 down")
    with a.asleep():
        b.address(0, lab.lan, lab.lan.next_addresses())
    answers(a, mesh, "where b has moved")
    a.wait(f"[ $({SLEPT}) = 1 ]")

    # b is outside, and a wakes up there.
    b.run("ip link set eth1 up")
    with a.asleep():
        a.connect(0, lab.internet)
    a.address(0, lab.internet, lab.internet.next_addresses())
    answers(a, mesh, "elsewhere")
    a.wait(f"[ $({SLEPT}) = 2 ]")

    # Somebody sets the clock: that is no sleep.
    a.run("date -s '+1 hour'; ping -n -c1 -W5 {}".format(mesh["b"].v4))
    assert a.out(SLEPT) == "2" and a.out("systemctl is-active wattled") == "active"
