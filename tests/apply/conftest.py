# SPDX-License-Identifier: LGPL-2.1-or-later
"""A host in namespaces of its own, where systemd and networkd are fake ones that run the generator and the writers. There is no
interface, so nothing of peers."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

CONFDIR = os.environ.get("WATTLE_CONFDIR", "/etc/wattle")
ENV = dict(os.environ, ASAN_OPTIONS="detect_leaks=0", NO_COLOR="")

# $1: a folder of the test's own. Its bus is there, and what is below /etc, /run and /var/lib is not this machine's.
SET_UP = """set -e
mkdir "$1/space"
mount -t tmpfs tmpfs "$1/space"
for dir in etc var/lib usr/lib/systemd; do
        mkdir -p "$1/space/$dir/upper" "$1/space/$dir/work"
        mount -t overlay overlay -o "lowerdir=/$dir,upperdir=$1/space/$dir/upper,workdir=$1/space/$dir/work" /$dir
done
mount -t tmpfs tmpfs /run
rm -rf /etc/wattle /var/lib/wattle*
grep -q ^systemd-network: /etc/group || echo systemd-network:x:998: >>/etc/group
mkdir -p "$CONFDIR" /var/lib/wattle-update
echo ready
exec "$WATTLE_FAKE_BUS" "$1/systemd" /run/active
"""

# What systemd does, $1: the method, $2: the unit or object. /run/read says what networkd has read, has the .netdev file that it began with,
# and tells whether a reload has met another.
SYSTEMD = f"""#!/bin/sh
set -e
mkdir -p /run/active /run/read
case "$1 $2" in
"Reload /org/freedesktop/systemd1")
        rm -rf /run/systemd/generator*
        mkdir -p /run/systemd/generator /run/systemd/generator.early /run/systemd/generator.late
        "$WATTLE_GENERATOR" /run/systemd/generator /run/systemd/generator.early /run/systemd/generator.late
        exit ;;
"StartUnit systemd-networkd.service")
        mkdir -p /run/systemd/network
        cd /run/systemd/network
        sha256sum * >/run/read/networkd
        ln -f *.netdev /run/read/loaded ;;
"Reload /org/freedesktop/network1")
        cd /run/systemd/network
        [ *.netdev -ef /run/read/loaded ] || touch /run/read/another
        sha256sum * >/run/read/networkd 2>/dev/null || true ;;
*" wattle-networkd@office.service") [ "$1" = StopUnit ] || setpriv --regid=systemd-network --clear-groups "$WATTLE_NETWORKD" office ;;
*" wattle-nm@office.service") [ "$1" = StopUnit ] || "$WATTLE_NM" office ;;
*" wattle-tailnet@work.service") [ "$1" = StopUnit ] || setpriv --regid=systemd-network --clear-groups "$WATTLE_TAILNET" work ;;
*" tailscaled.service") cp /run/wattle/work.tailscaled.env /run/read/tailscaled ;;
esac
case $1 in
StopUnit) rm -f "/run/active/$2" ;;
Reload) ;;
*) touch "/run/active/$2" ;;
esac
"""



def is_allowed():
    """Root of a build in a container may not."""
    script = "mount -t tmpfs tmpfs /run && mkdir /run/u /run/w && mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/u,workdir=/run/w /etc"
    tools = shutil.which("strace") and os.path.exists("/usr/lib/systemd/systemd-sysctl")
    return tools and os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "--net", "sh", "-c", script], capture_output=True).returncode == 0


needs_namespaces = pytest.mark.skipif(not is_allowed(), reason="needs root, strace and systemd: namespaces with a /run and an /etc of their own")


class Host:
    def __init__(self, folder):
        self.folder = folder
        script = folder / "systemd"
        script.write_text(SYSTEMD)
        script.chmod(0o755)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(folder / "bus"))
        listener.listen()
        self.holder = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", "sh", "-c", SET_UP,
                                        "sh", str(folder)], stdin=listener, stdout=subprocess.PIPE, env=dict(ENV, CONFDIR=CONFDIR), text=True)
        listener.close()
        assert self.holder.stdout.readline() == "ready\n"
        self.env = ["env", f"DBUS_SYSTEM_BUS_ADDRESS=unix:path={folder}/bus"]
        self.root = pathlib.Path(f"/proc/{self.holder.pid}/root")

    def inside(self, *command):
        return ["nsenter", "--target", str(self.holder.pid), "--mount", "--net", "--", *self.env, *map(str, command)]

    def path(self, path):
        return self.root / path.lstrip("/")

    def wattle(self, *words):
        done = subprocess.run(self.inside(os.environ["WATTLE"], *words), env=ENV, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def files(self):
        """All that there is, but what the fake systemd has for itself, and locks: path -> mode, owner and content."""
        found = {}
        for top in ("/run", "/var/lib/wattle-update"):
            for path in self.path(top).rglob("*"):
                name, st = str(path.relative_to(self.root)), path.lstat()
                if not path.is_dir() or path.is_symlink():
                    found[name] = (st.st_mode, st.st_gid, os.readlink(path) if path.is_symlink() else path.read_bytes())
        return found

    def shell(self, script):
        subprocess.run(self.inside("sh", "-ec", script, "sh", CONFDIR, f"{self.folder}/space/kept"), env=ENV, check=True, timeout=60)

    def save(self):
        self.shell('mkdir "$2"; cp -a --parents "$1" /run /var/lib/wattle-update "$2"')

    def restore(self):
        self.shell('rm -rf "$1" /run/* /var/lib/wattle-update; cp -a "$2/." /')

    def close(self):
        self.holder.kill()
        self.holder.wait()


@pytest.fixture
def host(tmp_path):
    made = Host(tmp_path)
    yield made
    made.close()
