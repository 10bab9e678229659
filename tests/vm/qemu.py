# SPDX-License-Identifier: LGPL-2.1-or-later
"""A QEMU process: its command line, its monitor, its end.

Software emulation only, one processor for each guest: KVM may be missing where this runs, and several emulated processors of
QEMU 7.2 hang kernels now and then. The flags were measured; -cx16 spares kernels since 6.12 a fault of QEMU 7.2.
"""

import json
import socket
import subprocess
import time

PROGRAM = "qemu-system-x86_64"
MEMORY_MB = 512
CONNECT_LIMIT_S = 30
MIGRATE_LIMIT_S = 120

KERNEL_ARGUMENTS = """console=ttyS0 quiet loglevel=4 panic=-1 net.ifnames=0 mitigations=off nokaslr audit=0 random.trust_cpu=on
lsm=capability tsc=reliable no_timer_check rcupdate.rcu_expedited=1 nowatchdog 8250.nr_uarts=1 cryptomgr.notests
systemd.show_status=0 systemd.getty_auto=0""".split()


class QemuFailed(Exception):
    pass


def version():
    """A snapshot is only good for the QEMU that made it."""
    done = subprocess.run([PROGRAM, "--version"], check=True, text=True, capture_output=True)
    return done.stdout.splitlines()[0]


def command(image, initrd, disk, ram, shared, directory, netdevs, arguments=(), macs=()):
    """ram is the file behind the guest's memory; netdevs is a value of -netdev, without its id, for each card.
    macs are the cards' addresses; a snapshot has QEMU's, and its copies are given theirs when they resume."""
    line = [PROGRAM, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-vga", "none",
            "-machine", "pc,hpet=off,smbus=off,usb=off,vmport=off,memory-backend=ram",
            "-object", f"memory-backend-file,id=ram,size={MEMORY_MB}M,mem-path={ram},share={'on' if shared else 'off'}",
            "-accel", "tcg,thread=single", "-cpu", "max,la57=off,-cx16,-svm", "-smp", "1", "-m", str(MEMORY_MB),
            "-qmp", f"unix:{directory}/qmp,server=on,wait=off",
            "-chardev", f"socket,id=console,path={directory}/tty,server=on,wait=off,logfile={directory}/console",
            "-serial", "chardev:console",
            "-chardev", f"socket,id=guestd,path={directory}/guestd,server=on,wait=off",
            "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=guestd,name=wattle-vm",
            "-chardev", f"socket,id=wire,path={directory}/wire,server=on,wait=off",
            "-device", "virtserialport,chardev=wire,name=wattle-wire",
            "-device", "virtio-rng-pci",
            "-drive", f"file={disk},if=none,id=disk,format=qcow2,cache=unsafe", "-device", "virtio-blk-pci,drive=disk",
            "-kernel", str(image / "vmlinuz"), "-initrd", str(initrd),
            "-append", " ".join([*KERNEL_ARGUMENTS, *arguments])]
    for number, netdev in enumerate(netdevs):
        mac = f",mac={macs[number]}" if macs else ""
        line += ["-netdev", f"{netdev},id=net{number}", "-device", f"virtio-net-pci,id=nic{number},netdev=net{number}{mac}"]
    return line


class Qemu:
    """directory holds the sockets, the console and what QEMU itself says.

    The process dies with the thread that started it (setpriv --pdeathsig), so nothing outlives a killed test run: start it from
    the main thread, or from one that lives as long.
    """

    def __init__(self, line, directory, pass_fds=()):
        self.directory = directory
        with open(directory / "qemu.log", "wb") as log:
            self._process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *line], stdin=subprocess.DEVNULL,
                                             stdout=log, stderr=log, pass_fds=pass_fds, start_new_session=True)
        try:
            self._qmp = self.connect("qmp").makefile("rwb", buffering=0)
            self._qmp.readline()  # the greeting
            self.monitor("qmp_capabilities")
        except BaseException:
            self.kill()
            raise

    def connect(self, name):
        """A connection to one of the sockets in the directory."""
        deadline = time.monotonic() + CONNECT_LIMIT_S
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(str(self.directory / name))
                return connection
            except OSError as error:
                connection.close()
                if self.ended() or time.monotonic() > deadline:
                    raise QemuFailed(f"cannot connect to {name}: {error}\n{self.words()}") from error
                time.sleep(0.005)

    def ended(self):
        return self._process.poll() is not None

    def words(self):
        """What QEMU and the guest's console said last."""
        texts = []
        for name in ("qemu.log", "console"):
            path = self.directory / name
            text = path.read_text(errors="replace") if path.exists() else ""
            texts.append(f"--- {name} ---\n{text[-8000:]}")
        return "\n".join(texts)

    def monitor(self, execute, **arguments):
        message = {"execute": execute, "arguments": arguments}
        try:
            self._qmp.write(json.dumps(message).encode() + b"\n")
            for line in self._qmp:
                answer = json.loads(line)
                if "error" in answer:
                    raise QemuFailed(f"{execute}: {answer['error']['desc']}\n{self.words()}")
                if "return" in answer:
                    return answer["return"]
        except OSError as error:
            raise QemuFailed(f"{execute}: {error}\n{self.words()}") from error
        raise QemuFailed(f"{execute}: QEMU has ended\n{self.words()}")

    def migrate(self, execute, uri):
        """Save or restore what is not memory; the memory is in its file already (x-ignore-shared)."""
        self.monitor("migrate-set-capabilities", capabilities=[{"capability": "x-ignore-shared", "state": True}])
        self.monitor(execute, uri=uri)
        deadline = time.monotonic() + MIGRATE_LIMIT_S
        while (status := self.monitor("query-migrate").get("status")) != "completed":
            if status in ("failed", "cancelled") or time.monotonic() > deadline:
                raise QemuFailed(f"{execute} {uri}: {status}\n{self.words()}")
            time.sleep(0.005)

    def wait_status(self, wanted, limit_s=CONNECT_LIMIT_S):
        """Until QEMU says of the guest "suspended", "running"..."""
        deadline = time.monotonic() + limit_s
        while (status := self.monitor("query-status")["status"]) != wanted:
            if self.ended() or time.monotonic() > deadline:
                raise QemuFailed(f"{status}, and not {wanted}\n{self.words()}")
            time.sleep(0.005)

    def set_link(self, nic, up):
        self.monitor("set_link", name=f"nic{nic}", up=up)

    def kill(self):
        self._process.kill()
        self._process.wait()
