# SPDX-License-Identifier: LGPL-2.1-or-later
"""A snapshot: a guest stopped when it was ready, from which any number of guests resume side by side.

Memory is a sparse file that each resumed guest maps copy-on-write; the devices' state is a file of less than a megabyte; the
disk is frozen, and each guest writes to an overlay of its own. Two kinds:

    host   systemd, udevd, journald, dbus and polkit run; networkd and NetworkManager are there and not started
    quick  no systemd: network namespaces, nft, netem and the kernel's WireGuard
"""

import functools
import pathlib
import shutil
import subprocess

import cache
import host
import image
import qemu
import runner

BOOT_LIMIT_S = 180
TRIES = 3  # an emulated kernel hangs at boot now and then; only the making of a snapshot may try again

ARGUMENTS = {"host": [], "quick": ["wattle-vm.init=/usr/lib/wattle-vm/quick-init"]}

# What must be true, and what is worth having in memory, when the guest is stopped.
READY = {
    "host": "systemctl is-system-running --wait && systemctl start polkit && udevadm settle && ip link show eth1",
    "quick": "ip link show eth1 && lsmod | grep -q ^wireguard",
}
WARM = {
    "host": "wg; ip -j addr; nft list ruleset; networkctl --version; busctl status; ping -c1 127.0.0.1; sync",
    "quick": "ip netns add warm; ip netns exec warm wg; ip netns del warm; nft list ruleset; tc qdisc; ping -c1 127.0.0.1; sync",
}


def overlay(backing, backing_format, path):
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", str(backing), "-F", backing_format, str(path)], check=True)
    return path


def _boot_once(kind, base, half):
    disk = overlay(base / "disk.img", "raw", half / "disk.qcow2")
    line = qemu.command(base, base / "initrd", disk, half / "ram", True, half, [f"hubport,hubid={n}" for n in range(host.NICS)],
                        ARGUMENTS[kind])
    machine = qemu.Qemu(line, half)
    try:
        for nic in range(host.NICS):
            machine.set_link(nic, False)
        commands = runner.Runner(machine)
        commands.call("hello", BOOT_LIMIT_S)
        guest = runner.Place(f"snapshot {kind}", commands)
        guest.wait(READY[kind], BOOT_LIMIT_S)
        guest.run(WARM[kind])
        machine.monitor("stop")
        machine.migrate("migrate", f"exec:cat >{half}/state")
    finally:
        machine.kill()


def _make(kind, base, half):
    for left in reversed(range(TRIES)):
        try:
            return _boot_once(kind, base, half)
        except (qemu.QemuFailed, runner.GuestLost, runner.CommandFailed) as error:
            if not left:
                raise
            print(f"the snapshot's boot failed and is tried again:\n{error}", flush=True)
            shutil.rmtree(half)
            half.mkdir()


@functools.cache
def get(release, kind):
    """The directories of the image and of the snapshot of one release and kind, made if need be. An image that was pruned and made
    anew has the same name and another file system: with the memory of the old one, its checksums are wrong."""
    base = image.get(release)
    made = str((base / "disk.img").stat().st_mtime_ns)
    name = cache.key(base.name, made, kind, qemu.version(), *(pathlib.Path(module.__file__) for module in (qemu, runner)),
                     pathlib.Path(__file__))
    return base, cache.entry(f"snapshot-{release}-{kind}", name, lambda half: _make(kind, base, half))
