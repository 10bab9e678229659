# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices by name, as the host's own programs and its glibc ask for them."""

import mesh as meshes
import pytest

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
