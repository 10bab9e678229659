# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest: a host of its own, resumed from a snapshot in a third of a second or booted for real.

It is a Place (runner.py): run, out, wait, start, put, get. Besides, it can be plugged into a segment of the network.
"""

import base64
import contextlib
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

import host
import initrd
import image
import qemu
import runner
import snapshot

SLEPT_S = 3  # at least; the battery's clock has whole seconds
SLEEP_LIMIT_S = 120
LEAVE_SHELL = b"\x1d"  # Ctrl-]

_numbers = itertools.count(1)  # of guests in this process: the MAC addresses


def _tmpfs():
    """Memory if there is enough: a guest's disk writes must not wait for a real one."""
    shm = pathlib.Path("/dev/shm")
    return shm if shm.is_dir() and os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > 2 << 30 else None


class Guest(host.Host):
    """Use resumed() or booted(); close() leaves nothing behind."""

    def __init__(self, name, release, switch):
        super().__init__(name, None)
        self.release = release
        self._number = next(_numbers)
        self._ports = [switch.port() for _ in range(host.NICS)]
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix=f"wattle-vm.{os.getpid()}.", dir=_tmpfs()))
        self._machine = None

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
        self.since = int(time.time())
        self.runner.call("identity", name=self.name, machine=secrets.token_hex(16), macs=self._macs(), time=time.time(),
                         seed=base64.b64encode(secrets.token_bytes(64)).decode())

    def _macs(self):
        return [f"52:54:00:{self._number >> 8:02x}:{self._number & 255:02x}:{nic:02x}" for nic in range(host.NICS)]

    def _boot(self, base, files, enable, links, arguments):
        combined = self._directory / "initrd"
        combined.write_bytes((base / "initrd").read_bytes()
                             + initrd.overlay(host.boot_files(self.name, self.release, files), host.boot_links(enable, links)))
        disk = snapshot.overlay(base / "disk.img", "raw", self._directory / "disk")
        self._start(qemu.command(base, combined, disk, self._directory / "ram", False, self._directory, self._netdevs(),
                                 arguments, self._macs()))
        for nic in range(host.NICS):
            self._machine.set_link(nic, False)
        self.runner.call("hello", host.BOOT_LIMIT_S)

    def connect(self, nic, segment):
        self._ports[nic].segment = segment
        self._machine.set_link(nic, segment is not None)

    @contextlib.contextmanager
    def asleep(self):
        """Suspended to memory (S3), as by closing a lid: in the block no command can run there, and cables may be moved. Its clocks
        are those of a host that slept: CLOCK_BOOTTIME has gone on by what the battery's clock says, CLOCK_MONOTONIC has not."""
        # With the reset that a wake-up is, QEMU's cards have the address again that the snapshot's had, and take no other's frames.
        self.run(" && ".join(f"ip link set eth{nic} promisc on" for nic in range(host.NICS)))
        job = self.start("echo mem >/sys/power/state", SLEEP_LIMIT_S)
        self._machine.wait_status("suspended", SLEEP_LIMIT_S)
        begin = time.monotonic()
        yield
        time.sleep(max(0, begin + SLEPT_S - time.monotonic()))
        self._machine.monitor("system_wakeup")
        job.finish()

    def cpu_s(self):
        """What its QEMU has used of this machine's processors."""
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if str(self._directory).encode() in (path / "cmdline").read_bytes():
                    user, system = (path / "stat").read_text().rpartition(")")[2].split()[11:13]
                    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
            except OSError:
                pass  # it has ended
        raise LookupError(f"{self.name} has no process")

    def wire(self):
        """A socket whose other end is /dev/virtio-ports/wattle-wire in the guest, for a program there to read and write."""
        return self._machine.connect("wire")

    def words(self):
        return self._machine.words()

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

