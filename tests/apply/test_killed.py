# SPDX-License-Identifier: LGPL-2.1-or-later
"""'wattle apply' killed at each system call by which it changes something, files or the bus: the next run ends as if nothing had
been, systemd-networkd has read what is there, and nothing is left. It runs in namespaces of its own, where systemd and networkd are
fake ones that run the generator and the writers. There is no interface, so nothing of peers."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import killed  # noqa: E402

MESHES = pathlib.Path(__file__).parent.parent / "meshes"
CONFDIR = os.environ.get("WATTLE_CONFDIR", "/etc/wattle")
# Those of the bus are sent by sendmsg().
CALLS = [*killed.CALLS, "sendmsg"]
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


pytestmark = pytest.mark.skipif(not is_allowed(), reason="needs root, strace and systemd: namespaces with a /run and an /etc of their own")


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


def mesh(host, text=None):
    host.path(f"{CONFDIR}/office.mesh").write_text(text or (MESHES / "office.mesh").read_text())


def settings(host, text):
    host.path(f"{CONFDIR}/office.mesh.d").mkdir(exist_ok=True)
    host.path(f"{CONFDIR}/office.mesh.d/test.conf").write_text(f"[Local]\n{text}\n")


def is_new(host):
    mesh(host)
    host.path(f"{CONFDIR}/office.key").write_text((MESHES / "keys/office-gw.key").read_text())
    host.shell('chgrp systemd-network "$1/office.key"; chmod 0640 "$1/office.key"')
    settings(host, "Owner=networkd")


def has_changed(host):
    host.wattle("apply", "office")
    mesh(host, (MESHES / "office.mesh").read_text() + CHANGE)
    settings(host, "Owner=networkd\nListenPort=50000\nRoutingFeatures=both")


def has_gone(host):
    host.wattle("apply", "office")
    host.path(f"{CONFDIR}/office.mesh").unlink()


def is_network_managers(host):
    host.wattle("apply", "office")
    host.shell('touch "$WATTLE_UNITDIR/wattle-nm@.service"')
    settings(host, "Owner=NetworkManager")


def a_tailnet(host, text):
    host.shell('mkdir -p "$WATTLE_UNITDIR"; touch "$WATTLE_UNITDIR/tailscaled.service"')
    host.path(f"{CONFDIR}/work.tailnet").write_text(text)


def is_new_tailnet(host):
    a_tailnet(host, "[Tailscale]\nPort=41642\n")


def has_changed_tailnet(host):
    a_tailnet(host, "[Tailscale]\nPort=41642\n")
    host.wattle("apply", "work")
    a_tailnet(host, "[Tailscale]\nPort=41643\n[Local]\nRoutingFeatures=both\n")


CHANGE = """
[Device new]
PublicKey=YMgWEvUXbVyijZqktimkDxNyP8ldz+d97xmslgPF+Xc=
Address=10.77.0.77
"""


@pytest.mark.parametrize("change, words", [(is_new, ["office"]), (has_changed, []), (has_gone, ["office"]), (has_gone, []), pytest.param(
    is_network_managers, ["office"], marks=pytest.mark.skipif("WATTLE_NM" not in os.environ, reason="built without libnm"))])
def test_killed_and_run_again(host, tmp_path, change, words):
    """By its name, or as one of all."""
    is_new(host)
    if change is not is_new:
        change(host)
    host.save()
    host.wattle("apply", "office")
    whole = host.files()
    n = 0
    for call in killed.points(host.inside(os.environ["WATTLE"], "apply", "office"), tmp_path, host.restore, calls=CALLS):
        # Of a mesh that is gone and left nothing, its name says nothing any more.
        host.wattle("apply", *words if change is not has_gone or host.path("/run/wattle/office.pending").exists() else [])
        found = host.files()
        assert found.keys() == whole.keys(), call
        assert found == whole, call
        n += 1
    assert n > 10


@pytest.mark.parametrize("change", [is_new_tailnet, has_changed_tailnet])
@pytest.mark.parametrize("words", [["work"], []])
def test_a_tailnet(host, tmp_path, change, words):
    """tailscaled has what is there, and is not restarted for nothing: it may be the way to who looks."""
    change(host)
    host.save()
    host.wattle("apply", "work")
    whole = host.files()
    for call in killed.points(host.inside(os.environ["WATTLE"], "apply", "work"), tmp_path, host.restore, calls=CALLS):
        host.wattle("apply", *words)
        assert host.files() == whole, call


def test_the_loaded_netdev_is_there_for_each_reload(host, tmp_path):
    """Of a mesh that is up, or systemd-networkd 257 and newer would replace all peers; and behind it the new one."""
    is_new(host)
    has_changed(host)
    host.save()
    command = host.inside(os.environ["WATTLE_APPLY_SWAP"], "office")
    subprocess.run(command, env=ENV, check=True, timeout=60)
    whole = host.files()
    assert "run/read/another" not in whole and whole["run/read/loaded"] == whole["run/wattle/office.netdev-loaded"]
    assert whole["run/systemd/network/60-wattle-office.netdev"] != whole["run/read/loaded"]
    for call in killed.points(command, tmp_path, host.restore, calls=CALLS):
        subprocess.run(command, env=ENV, check=True, timeout=60)
        assert host.files() == whole, call
