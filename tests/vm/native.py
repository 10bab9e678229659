# SPDX-License-Identifier: LGPL-2.1-or-later
"""The native lab: hosts whose PID 1 is the release's own systemd, in namespaces of this machine's kernel and not in a guest. One
boots within three seconds and is ten times as fast: for what is about systemd, the bus, polkit, units, files, NetworkManager's
connections or a firewall. It has no kernel of its release, no udev, and no WireGuard where this machine's kernel has none: an
interface of that kind cannot be made, and scenarios of one are for `lab`.

    a = native.boot("a", files=mesh.files("a"), enable=["NetworkManager.service"])     then a.wait_booted()
    b = native.guest("b")        booted already, with networkd and NetworkManager installed and not started, as in `lab`
    b.plug(0, native.lan)
"""

import io
import os
import pathlib
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time

import host
import image
import network
import runner

GUESTD = "/usr/lib/wattle-vm/guestd"
END_LIMIT_S = 30

# In mount, network, host name and IPC namespaces of its own, and then in a cgroup of its own. $1: the tree of the release, $2: an
# empty folder, $3: the cgroup's name, $4: an archive of files that the boot finds, $5: INIT.
NAMESPACES = """set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$2"
mkdir "$2/cgroup" "$2/upper" "$2/work" "$2/root"
mount -t cgroup2 cgroup2 "$2/cgroup"
mkdir "$2/cgroup/$3"
echo 0 >"$2/cgroup/$3/cgroup.procs"
umount "$2/cgroup"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
tar -x --keep-directory-symlink -C "$2/root" -f "$4"
echo namespaces
read -r _
exec unshare --cgroup --pid --fork --kill-child -- sh -c "$5" sh "$2/root"
"""

# What a container manager does for systemd, and then systemd. /sys is for reading, so that there is no udev, and so is what in
# /proc/sys is the whole machine's. Shared mounts: without them systemd 257 has empty credentials.
INIT = """set -e
cd "$1"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,ro proc/sys
[ ! -e proc/sysrq-trigger ] || { mount --bind proc/sysrq-trigger proc/sysrq-trigger; mount -o remount,bind,ro proc/sysrq-trigger; }
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for fs in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs $fs; done
chmod 1777 tmp
for device in null zero full random urandom tty; do : >dev/$device; mount --bind /dev/$device dev/$device; done
mkdir dev/pts dev/shm dev/net old
[ ! -e /dev/net/tun ] || { : >dev/net/tun; mount --bind /dev/net/tun dev/net/tun; }
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
pivot_root . old
umount -l old
rmdir old
mount --make-rshared /
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
hostname "$(cat /etc/hostname)"
ip link set lo up
echo root
exec setpriv --bounding-set=-sys_module,-sys_time,-sys_rawio,-syslog env -i container=other PATH="$PATH" \
    /lib/systemd/systemd --show-status=0 </dev/null >/run/console 2>&1
"""

# $1: where cgroups can be mounted, $2: the cgroup. Its processes have been killed and go as the kernel sees fit.
REMOVE_CGROUP = """mount -t cgroup2 cgroup2 "$1"
while [ -d "$1/$2" ] && ! find "$1/$2" -depth -type d -exec rmdir {} + 2>/dev/null; do sleep 0.02; done
"""


def _archive(files, links):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for path, (content, mode, group) in files.items():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size, member.mode, member.gid, member.mtime = len(content), mode, group, int(time.time())
            archive.addfile(member, io.BytesIO(content))
        for path, target in links.items():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return data.getvalue()


class Wire:
    """A network namespace whose bridges are the segments."""

    def __init__(self):
        self._holder = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--net", "--", "sh", "-c", "echo; exec cat"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._holder.stdout.readline()
        self._bridges = set()

    def ip(self, arguments):
        subprocess.run(["nsenter", f"--target={self._holder.pid}", "--net", "--", "ip", *arguments.split()], check=True, capture_output=True, text=True)

    def add_card(self, pid, name, card):
        """A pair: card in the process's network namespace, and its other end, name, here."""
        self.ip(f"link add {name} type veth peer name {card} netns {pid}")

    def connect(self, name, segment):
        if segment is None:
            return self.ip(f"link set {name} nomaster down")
        if segment.name not in self._bridges:
            self._bridges.add(segment.name)
            self.ip(f"link add br-{segment.name} type bridge")
            self.ip(f"link set br-{segment.name} up")
        self.ip(f"link set {name} master br-{segment.name} up")

    def close(self):
        self._holder.kill()
        self._holder.communicate()


class Machine:
    """The processes of one host, from outside: what a QEMU process is to a guest."""

    def __init__(self, tree, archive):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"wattle-vm.{os.getpid()}."))
        self._log = open(self.directory / "log", "w+b")
        self._processes = []
        (self.directory / "root").mkdir()
        (self.directory / "files.tar").write_bytes(archive)
        self._outer = self._popen(
            ["unshare", "--mount", "--net", "--uts", "--ipc", "--", "sh", "-c", NAMESPACES, "sh", str(tree), str(self.directory / "root"),
             self.directory.name, str(self.directory / "files.tar"), INIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._expect(b"namespaces\n")

    def _popen(self, command, **options):
        process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *command], stderr=self._log, **options)
        self._processes.append(process)
        return process

    def _expect(self, line):
        if self._outer.stdout.readline() != line:
            raise runner.GuestLost(f"the host does not boot:\n{self.words()}")

    @property
    def pid(self):
        """A process in the host's network namespace."""
        return self._outer.pid

    def start(self):
        self._outer.stdin.write(b"go\n")
        self._outer.stdin.flush()
        self._expect(b"root\n")

    def connect(self, _name):
        """A guestd of the caller's own."""
        ours, theirs = socket.socketpair()
        (init, *_) = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        self._popen(["nsenter", f"--target={init}", "--mount", "--net", "--uts", "--ipc", "--pid", "--cgroup", "--root", "--wd=/", "--",
                     GUESTD, f"--fd={theirs.fileno()}"], stdin=subprocess.DEVNULL, stdout=self._log, pass_fds=[theirs.fileno()])
        theirs.close()
        return ours

    def words(self):
        return f"--- outside ---\n{(self.directory / 'log').read_text(errors='replace')[-8000:]}"

    def kill(self):
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        subprocess.run(["unshare", "--mount", "sh", "-c", REMOVE_CGROUP, "sh", str(self.directory / "root"), self.directory.name],
                       timeout=END_LIMIT_S, check=True)
        self._log.close()
        shutil.rmtree(self.directory)


class NativeHost(host.Host):
    """Use booted(); close() leaves nothing behind."""

    def __init__(self, name, release, machine, wire, number):
        super().__init__(name, None)
        self.release = release
        self._machine, self._wire, self._number = machine, wire, number

    @classmethod
    def booted(cls, name, release, wire, number, files, enable, links):
        archive = _archive(host.boot_files(name, release, files), host.boot_links(enable, links))
        made = cls(name, release, Machine(image.tree(release), archive), wire, number)
        try:
            for nic in range(host.NICS):
                wire.add_card(made._machine.pid, f"{number}-{nic}", f"eth{nic}")
            made._machine.start()
            made.runner = runner.Runner(made._machine)
            made.wait("[ -S /run/systemd/private ]", host.BOOT_LIMIT_S)  # guestd is there before systemd is
        except BaseException:
            made.close()
            raise
        return made

    def connect(self, nic, segment):
        self._wire.connect(f"{self._number}-{nic}", segment)

    def words(self):
        return self._machine.words()

    def close(self):
        self._machine.kill()


class Native(network.Segments):
    """Everything made here goes away with close()."""

    def __init__(self, release):
        super().__init__()
        self.release = release
        self.hosts = []
        self._wire = Wire()

    def boot(self, name, files=None, enable=(), links=None):
        """A boot, with what it shall find: as Guest.booted(). It is not done yet: see wait_booted()."""
        made = NativeHost.booted(name, self.release, self._wire, len(self.hosts), files or {}, enable, links or {})
        self.hosts.append(made)
        return made

    def guest(self, name):
        made = self.boot(name)
        made.wait_booted()
        return made

    def report(self):
        return [(f"host {each.name}", each.report()) for each in self.hosts]

    def close(self):
        for each in self.hosts:
            each.close()
        self._wire.close()
