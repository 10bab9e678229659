# SPDX-License-Identifier: LGPL-2.1-or-later
"""The initrd: as little as finds the disk, because every megabyte and every module costs seconds in emulation.

Debian's own initrd works too, and takes 15 s longer. An archive of files can be appended: the init lays it over the root file
system before the real init starts, which is how a scenario chooses what a guest finds in /etc at its first boot.
"""

import lzma
import pathlib
import stat

NEEDED = ("virtio_pci", "virtio_blk", "ext4")

INIT = """#!/bin/busybox sh
B=/bin/busybox
$B mkdir -p /proc /dev /root
$B mount -t proc proc /proc
$B mount -t devtmpfs dev /dev
while read -r module; do $B insmod $module; done </modules
until [ -b /dev/vda ]; do $B usleep 20000; done
$B mount -t ext4 -o rw,noatime /dev/vda /root || exec $B poweroff -f
[ -d /overlay ] && $B cp -a /overlay/. /root/
init=/sbin/init
for word in $($B cat /proc/cmdline); do
    case $word in wattle-vm.init=*) init=${word#*=};; esac
done
$B umount /proc /dev
exec $B switch_root /root $init
"""


class Archive:
    """A cpio archive in the kernel's format (newc), written in memory: the owner is root, times are zero."""

    def __init__(self):
        self._out = bytearray()
        self._seen = set()

    def _add(self, name, mode, data, group=0):
        self._seen.add(name)
        path = name.encode() + b"\0"
        fields = (len(self._seen), mode, 0, group, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        self._out += b"070701" + b"".join(b"%08X" % field for field in fields) + path
        self._out += bytes(-len(self._out) % 4)
        self._out += data
        self._out += bytes(-len(self._out) % 4)

    def directory(self, name):
        """This directory and those above it, unless they are there."""
        if name and name not in self._seen:
            self.directory(name.rpartition("/")[0])
            self._add(name, stat.S_IFDIR | 0o755, b"")

    def file(self, name, data, mode=0o644, group=0):
        self.directory(name.rpartition("/")[0])
        self._add(name, stat.S_IFREG | mode, data, group)

    def link(self, name, target):
        self.directory(name.rpartition("/")[0])
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def bytes(self):
        whole = Archive()
        whole._out = bytearray(self._out)
        whole._add("TRAILER!!!", 0, b"")
        return bytes(whole._out)


def _dependencies(modules):
    """modules.dep as module name -> file, files it needs."""
    table = {}
    for line in (modules / "modules.dep").read_text().splitlines():
        file, _, needs = line.partition(":")
        name = pathlib.PurePath(file).name.split(".")[0].replace("-", "_")
        table[name] = (file, needs.split())
    return table


def _load_order(modules):
    """The files of the modules in NEEDED that are not built in, each after those it needs."""
    table = _dependencies(modules)
    order = []
    for name in NEEDED:
        if name in table:
            file, needs = table[name]
            order += [f for f in [*reversed(needs), file] if f not in order]
    return order


def _module(path):
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def build(root):
    """The initrd of the one kernel installed below root."""
    (modules,) = (root / "usr/lib/modules").iterdir()
    order = _load_order(modules)
    archive = Archive()
    archive.file("init", INIT.encode(), 0o755)
    archive.file("bin/busybox", (root / "bin/busybox").read_bytes(), 0o755)
    archive.file("modules", "".join(f"/{pathlib.PurePath(f).name}\n" for f in order).encode())
    for file in order:
        archive.file(pathlib.PurePath(file).name, _module(modules / file))
    return archive.bytes()


def overlay(files, links):
    """An archive to append: files is path -> (bytes, mode, number of the group), links is path -> target, both of the guest's root."""
    archive = Archive()
    for path, (data, mode, group) in sorted(files.items()):
        archive.file("overlay" + path, data, mode, group)
    for path, target in sorted(links.items()):
        archive.link("overlay" + path, target)
    return archive.bytes()
