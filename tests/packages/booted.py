# SPDX-License-Identifier: LGPL-2.1-or-later
"""A host whose PID 1 is the release's systemd, in namespaces of its own, with an overlay over a root: real units, bus, polkit,
networkd and NetworkManager, after a second or two. It has no kernel of its own, and no WireGuard where this one has none."""

import pathlib
import shutil
import subprocess
import tempfile
import time

LIMIT_S = 120

# $1: the tree below, $2: an empty folder, $3: a folder that is /mnt there, $4: what is done in the root before systemd starts.
# /sys is for reading, so that there is no udev; cgroups are those of version 2, for systemd 262 has no others.
BOOT = """set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
cd "$2/root"
mount --bind "$3" mnt
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for fs in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs $fs; done
chmod 1777 tmp
for device in null zero full random urandom tty; do : >dev/$device; mount --bind /dev/$device dev/$device; done
mkdir dev/pts dev/shm dev/net old
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
pivot_root . old
umount -l old
rmdir old
mount --make-rshared /
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
ip link set lo up
sh -ec "$4"
exec env -i container=other PATH="$PATH" /lib/systemd/systemd --unit=multi-user.target --show-status=0
"""


class Failed(AssertionError):
    pass


class Booted:
    def __init__(self, tree, exchange, prepare=":"):
        self._folder = tempfile.mkdtemp(prefix="wattle-booted.")
        self._log = tempfile.TemporaryFile("w+")
        command = ["setpriv", "--pdeathsig", "KILL", "--", "unshare", "-n", "-m", "-p", "-f", "-C", "-u", "-i", "--kill-child", "--",
                   "sh", "-c", BOOT, "sh", str(tree), self._folder, str(exchange), prepare]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT)
        try:
            self._init = self._find_init()
            self.wait("systemctl is-system-running --wait | grep -x -e running -e degraded")
        except BaseException:
            self.close()
            raise

    def _find_init(self):
        """The only child of unshare, when it has become systemd."""
        until = time.monotonic() + LIMIT_S
        children = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        while time.monotonic() < until and self._process.poll() is None:
            for pid in children.read_text().split():
                if pathlib.Path(f"/proc/{pid}/comm").read_text() == "systemd\n":
                    return pid
            time.sleep(0.05)
        self._log.seek(0)
        raise Failed(f"systemd did not start:\n{self._log.read()}")

    def run(self, script, check=True):
        done = subprocess.run(["nsenter", "-t", self._init, "-a", "--", "env", "-i", "HOME=/root", "LC_ALL=C.UTF-8",
                               "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "/bin/bash", "-eo", "pipefail",
                               "-c", script],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S)
        if check and done.returncode:
            raise Failed(f"exit code {done.returncode}: {script}\n{done.stdout}")
        return done

    def out(self, script):
        return self.run(script).stdout.strip()

    def wait(self, script):
        """Until it succeeds."""
        until = time.monotonic() + LIMIT_S
        while self.run(script, check=time.monotonic() > until).returncode:
            time.sleep(0.05)

    def close(self):
        self._process.kill()
        self._process.wait()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)
