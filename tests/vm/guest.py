# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest: a host of its own, resumed from a snapshot in a third of a second or booted for real.

It is a Place (runner.py): run, out, wait, start, put, get. Besides, it can be plugged into a segment of the network.
"""

import base64
import itertools
import os
import pathlib
import secrets
import shutil
import sys
import tempfile
import threading
import time
import tty
import termios

import initrd
import image
import qemu
import root
import runner
import snapshot

BOOT_LIMIT_S = 180
JOURNAL_LINES = 300
LEAVE_SHELL = b"\x1d"  # Ctrl-]

_numbers = itertools.count(1)  # of guests in this process: the MAC addresses


def _tmpfs():
    """Memory if there is enough: a guest's disk writes must not wait for a real one."""
    shm = pathlib.Path("/dev/shm")
    return shm if shm.is_dir() and os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > 2 << 30 else None


class Guest(runner.Place):
    """Use resumed() or booted(); close() leaves nothing behind."""

    def __init__(self, name, release, switch):
        super().__init__(name, None)
        self.release = release
        self._number = next(_numbers)
        self._ports = [switch.port() for _ in range(qemu.NICS)]
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix=f"wattle-vm.{os.getpid()}.", dir=_tmpfs()))
        self._machine = None
        self._since = 0  # the guest's journal before its resume is the snapshot's

    @classmethod
    def resumed(cls, name, release, switch, kind="host"):
        """A copy of the snapshot, with a name, a machine id, MAC addresses, a clock and random numbers of its own."""
        base, state = snapshot.get(release, kind)
        guest = cls(name, release, switch)
        try:
            guest._resume(base, state, kind)
        except BaseException:
            guest.close()
            raise
        return guest

    @classmethod
    def booted(cls, name, release, switch, files=None, enable=(), links=None, arguments=()):
        """A cold boot. files is path -> content, or (content, mode), or (content, mode, group), of /etc; enable names units as `systemctl enable` would;
        links is path -> target; arguments are more kernel arguments. Returns when guestd answers, which is before the boot is
        done: see wait_booted()."""
        guest = cls(name, release, switch)
        try:
            guest._boot(image.get(release), files or {}, enable, links or {}, arguments)
        except BaseException:
            guest.close()
            raise
        return guest

    def _start(self, line):
        fds = [port.theirs.fileno() for port in self._ports]
        self._machine = qemu.Qemu(line, self._directory, fds)
        self.runner = runner.Runner(self._machine)

    def _netdevs(self):
        return [port.netdev() for port in self._ports]

    def _resume(self, base, state, kind):
        disk = snapshot.overlay(state / "disk.qcow2", "qcow2", self._directory / "disk")
        line = qemu.command(base, base / "initrd", disk, state / "ram", False, self._directory, self._netdevs(),
                            snapshot.ARGUMENTS[kind])
        self._start([*line, "-incoming", "defer"])
        self._machine.migrate("migrate-incoming", f"exec:cat {state}/state")
        self._machine.monitor("cont")
        self._since = int(time.time())
        self.runner.call("identity", name=self.name, machine=secrets.token_hex(16), macs=self._macs(), time=time.time(),
                         seed=base64.b64encode(secrets.token_bytes(64)).decode())

    def _macs(self):
        return [f"52:54:00:{self._number >> 8:02x}:{self._number & 255:02x}:{nic:02x}" for nic in range(qemu.NICS)]

    def _boot(self, base, files, enable, links, arguments):
        files = {"/etc/hostname": f"{self.name}\n",
                 "/etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {self.name}\n",
                 "/etc/machine-id": (f"{secrets.token_hex(16)}\n", 0o444)} | files
        files = {path: self._file(*content) if isinstance(content, tuple) else self._file(content)
                 for path, content in files.items()}
        links = dict(links) | {f"/etc/systemd/system/multi-user.target.wants/{unit}": f"/usr/lib/systemd/system/{unit}"
                               for unit in enable}
        combined = self._directory / "initrd"
        combined.write_bytes((base / "initrd").read_bytes() + initrd.overlay(files, links))
        disk = snapshot.overlay(base / "disk.img", "raw", self._directory / "disk")
        self._start(qemu.command(base, combined, disk, self._directory / "ram", False, self._directory, self._netdevs(),
                                 arguments, self._macs()))
        for nic in range(qemu.NICS):
            self._machine.set_link(nic, False)
        self.runner.call("hello", BOOT_LIMIT_S)

    def _file(self, data, mode=0o644, group="root"):
        data = data.encode() if isinstance(data, str) else data
        return data, mode, _group(self.release, group)

    def wait_booted(self, limit=BOOT_LIMIT_S):
        """Until systemd has nothing left to do. Fails unless all of it went well."""
        self.run("systemctl is-system-running --wait || { systemctl --failed --no-pager; systemctl list-jobs; false; }", limit)

    def plug(self, nic, segment, configure=True):
        """Plug card ethNIC into the segment, from another or for the first time. With configure, it gets the segment's next
        addresses (returned: v4, v6) and its router; without, the scenario or its manager does that."""
        self._ports[nic].segment = segment
        self._machine.set_link(nic, True)
        if not configure:
            return None
        return self.address(nic, segment, segment.next_addresses())

    def address(self, nic, segment, addresses):
        """Configure a card by hand, as an administrator without any manager would."""
        route = f"ip route replace default via {segment.gateway}" if segment.gateway else "true"
        self.run(f"""ip addr flush dev eth{nic} scope global
            ip link set eth{nic} up
            ip addr add {addresses.v4}/{segment.prefix4.prefixlen} dev eth{nic}
            ip addr add {addresses.v6}/{segment.prefix6.prefixlen} dev eth{nic} nodad
            {route}""")
        self.wait(f"ip link show eth{nic} | grep -q LOWER_UP")
        return addresses

    def unplug(self, nic):
        """Pull the cable; the card's addresses stay, as they do on a real host."""
        self._ports[nic].segment = None
        self._machine.set_link(nic, False)

    def wire(self):
        """A socket whose other end is /dev/virtio-ports/wattle-wire in the guest, for a program there to read and write."""
        return self._machine.connect("wire")

    def report(self):
        """What the guest knows, for a failed scenario: never raises."""
        if not self._machine:
            return "never started"
        try:
            journal = self.run(f"journalctl -b --since=@{self._since} --no-pager -o short-monotonic -n {JOURNAL_LINES} 2>&1 || dmesg | tail -n 100; "
                               "ip addr; ip route show table all", 30, check=False).out
        except Exception as error:  # noqa: BLE001  the report must not hide the failure it explains
            journal = f"the guest does not tell: {error}"
        return f"{journal}\n{self._machine.words()}"

    def shell(self):
        """Join the terminal to the guest's serial console until Ctrl-] or the end of the guest."""
        console = self._machine.connect("tty")
        self.run("systemctl start serial-getty@ttyS0")
        settings = termios.tcgetattr(sys.stdin)
        tty.setraw(sys.stdin)
        try:
            threading.Thread(target=_copy, args=(console, sys.stdout.buffer), daemon=True).start()
            while not self._machine.ended():
                data = os.read(sys.stdin.fileno(), 1024)
                if not data or LEAVE_SHELL in data:
                    return
                console.sendall(data)
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, settings)

    def close(self):
        if self._machine:
            self._machine.kill()
        shutil.rmtree(self._directory, ignore_errors=True)


def _copy(console, out):
    while data := console.recv(4096):
        out.write(data)
        out.flush()


def _group(release, name):
    """The number of a group in the guests of that release."""
    for line in (root.get(release, "guest") / "etc/group").read_text().splitlines():
        if line.split(":")[0] == name:
            return int(line.split(":")[2])
    raise LookupError(f"{release} has no group {name}")
