# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian packages that are upgraded over the tunnel they have made: nobody is cut off. What dpkg does to units without traffic is
in tests/packages."""

import os
import pathlib

import pytest

import image
import mesh as meshes
import nm_host
import test_vpn as vpn

pytestmark = [pytest.mark.packages, pytest.mark.each_release, pytest.mark.limit(600)]

# Upgraded, installed again, downgraded, upgraded.
STEPS = ("now", "now", "before", "now")
SERVER = ("wattle",)
DESKTOP = ("wattle", "network-manager-wattle")
MANAGERS = "systemd-networkd.service NetworkManager.service"
INSTALLED = "dpkg-query -W -f '${db:Status-Status} ${Package}\\n' '*wattle*' | sed -n 's/^installed //p'"


def install(guest, which):
    guest.run(f"dpkg -i {' '.join(f'/run/packages/{which}/{name}.deb' for name in guest.packages)}", 120)


def replace_by_packages(guest, release, names):
    """What is in the image was not put there by dpkg."""
    tree = image.wattle(release)
    files = [f"/{path.relative_to(tree)}" for path in sorted(tree.rglob("*")) if not path.is_dir() or path.is_symlink()]
    guest.put("/run/packages/files", "\n".join(files) + "\n")
    guest.run("systemctl stop wattled; xargs rm -f </run/packages/files; systemctl daemon-reload; mkdir -p /run/packages/now /run/packages/before")
    for which in ("now", "before"):
        folder = pathlib.Path(os.environ[f"WATTLE_VM_PACKAGES_{which}_{release}"])
        for name in names:
            (path,) = folder.glob(f"{name}_*.deb")
            guest.put(f"/run/packages/{which}/{name}.deb", path.read_bytes())
    guest.packages = names
    install(guest, "before")


@pytest.fixture
def host_of(lab, release):
    """lab, whose guest a has the packages of before; b has what is in the image."""
    def prepare(names):
        make = lab.guest

        def guest(name):
            made = make(name)
            if name == "a":
                replace_by_packages(made, release, names)
            return made

        lab.guest = guest
        return lab
    return prepare


def runs(guest, units):
    return guest.out(f"""for unit in {units}; do
        ! systemctl is-active -q $unit || systemctl show -p Id -p InvocationID $unit; done""")


def walk(mesh, a, b):
    """Each step with traffic in both directions, to the last file."""
    with meshes.Undisturbed(mesh, a, b):
        managers = runs(a, MANAGERS)
        for step in STEPS:
            wattled = runs(a, "wattled.service")
            install(a, step)
            assert runs(a, "wattled.service") != wattled, step
        a.run(f"dpkg --remove $({INSTALLED})")
        a.run("dpkg --purge $(dpkg-query -W -f '${Package}\\n' '*wattle*')")
        assert runs(a, MANAGERS) == managers
        assert a.out("systemctl --failed --no-legend") == ""


def test_networkd(host_of):
    mesh = meshes.Mesh("home", "a", "b")
    a, b = mesh.join(host_of(SERVER), "a", "b")
    a.wait("systemctl is-active wattled")
    walk(mesh, a, b)
    assert a.out("ls /etc/wattle/home.key") and a.run("ls /var/lib/wattle", check=False).code != 0


def test_network_manager(host_of):
    mesh = meshes.Mesh("home", "a", "b")
    a, b = nm_host.join(host_of(DESKTOP), mesh)
    a.wait("ip addr show dev home | grep 10.42.0.1/")
    a.wait("systemctl is-active wattled")
    walk(mesh, a, b)


def test_vpn(host_of):
    """A mesh that is in the connection alone: wattled has nothing to look after, and the plugin's process stays."""
    mesh, a, b = vpn.join(host_of(DESKTOP), "b")
    vpn.load(a, vpn.keyfile(mesh))
    a.run("nmcli connection up vpn")
    with meshes.Undisturbed(mesh, a, b):
        managers, service = runs(a, MANAGERS), a.out(f"pgrep -x {vpn.SERVICE}")
        for step in STEPS:
            install(a, step)
        a.run(f"dpkg --remove $({INSTALLED})")
        assert runs(a, MANAGERS) == managers
        assert a.out(f"pgrep -x {vpn.SERVICE}") == service
        install(a, "now")
    a.run("nmcli connection down vpn")
    vpn.gone(a)
    a.run("nmcli connection up vpn")
    a.wait("ping -c1 -W1 10.42.0.2")
