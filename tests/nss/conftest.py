# SPDX-License-Identifier: LGPL-2.1-or-later
"""A host in namespaces: its /run, its /etc and its addresses are its own, and glibc finds the module that was built."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.dont_write_bytecode = True

WATTLE, LOOKUP = os.environ.get("WATTLE", ""), os.environ.get("WATTLE_LOOKUP", "")
STORM, TSAN_STORM = os.environ.get("WATTLE_NSS_STORM", ""), os.environ.get("WATTLE_NSS_STORM_TSAN", "")
MODULE = pathlib.Path(os.environ.get("WATTLE_NSS_MODULE", "/"))

HOME = """[Mesh]
Subnet=10.42.0.0/16 fd42::/64
[Device desktop]
PublicKey=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
Address=10.42.1.1 fd42::1
Alias=tower
[Device laptop]
PublicKey=AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
Address=10.42.1.2
[Device nas]
PublicKey=AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
Address=10.42.1.4
[Device six]
PublicKey=BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
Address=fd42::6 fd42::7
"""
WORK = """[Mesh]
Subnet=10.43.0.0/16 fd43::/64
Domain=work.example
[Device nas]
PublicKey=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
Address=10.43.1.4 fd43::4
[Device laptop]
PublicKey=AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
Address=10.43.1.2
"""
LIMIT_S = 250  # for a busy machine: a storm takes three seconds of a quiet one


def is_allowed():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "-n", "-u", "mount", "-t", "tmpfs", "none", "/run"],
                                                capture_output=True).returncode == 0


def pytest_configure(config):
    config.addinivalue_line("markers", "root: needs root")
    if not LOOKUP:
        pytest.exit("run by meson: meson test --suite nss", returncode=2)
    if config.getoption("markexpr") == "root" and not is_allowed():
        pytest.exit("needs root: namespaces with a /run and an /etc of their own", returncode=77)


def render(folder, name, text):
    """The index of the mesh."""
    (folder / f"{name}.mesh").write_text(text)
    subprocess.run([WATTLE, "render", "--as=laptop", "--owner=networkd", "--systemd=257", f"--output={folder / name}",
                    folder / f"{name}.mesh"], check=True, capture_output=True)
    return folder / name / f"run/wattle/{name}.names"


# /etc/ld.so.cache stays, for where the libraries of a sanitizer are.
SET_UP = """
hostname host
cache=$(mktemp)
cp /etc/ld.so.cache $cache 2>/dev/null || true
mount -t tmpfs none /etc
cp $cache /etc/ld.so.cache
rm $cache
mount -t tmpfs -o mode=755 none /run
mkdir -m 755 /run/wattle
echo 'hosts: files wattle' >/etc/nsswitch.conf
echo 'multi on' >/etc/host.conf
printf '127.0.0.1 localhost\\n10.9.9.9 desktop.hosts shadowed\\n' >/etc/hosts
ip link set lo up
ip addr add 10.42.1.2/16 dev lo
ip addr add fd99::1/64 dev lo
echo
exec cat
"""


class Host:
    def __init__(self, indexes):
        self._keeper = subprocess.Popen(["unshare", "-m", "-n", "-u", "sh", "-ec", SET_UP], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._keeper.stdout.readline()
        self._enter = ["nsenter", "-m", "-n", "-u", "-t", str(self._keeper.pid)]
        self.indexes = indexes

    def run(self, script):
        return subprocess.run([*self._enter, "sh", "-ec", script], capture_output=True, text=True, timeout=LIMIT_S, check=True).stdout

    def install(self, *meshes):
        copies = "".join(f"install -m 644 {self.indexes[name]} /run/wattle/{name}.names\n" for name in meshes)
        self.run(f"find /run/wattle -mindepth 1 -delete; chown 0:0 /run/wattle; chmod 755 /run/wattle\n{copies}")

    def run_there(self, *words, libraries=MODULE.parent):
        return subprocess.run([*self._enter, "env", f"LD_LIBRARY_PATH={libraries}", *map(str, words)], text=True, capture_output=True,
                              timeout=LIMIT_S)

    def output(self, *words, **where):
        done = self.run_there(*words, **where)
        assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
        return done.stdout

    def look_up(self, *arguments):
        """The lines that the program prints, as one."""
        return " ".join(self.output(LOOKUP, *arguments).splitlines())

    def close(self):
        self._keeper.stdin.close()
        self._keeper.wait()


@pytest.fixture(scope="session")
def indexes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("indexes")
    return {"home": render(folder, "home", HOME), "work": render(folder, "work", WORK),
            "moved": render(folder, "moved", HOME.replace("10.42.1.4", "10.42.9.4").replace("Mesh]\n", "Mesh]\nDomain=home\n"))}


@pytest.fixture(scope="session")
def one_host(indexes):
    made = Host(indexes)
    yield made
    made.close()


@pytest.fixture
def host(one_host):
    """Each test begins with the mesh home alone."""
    one_host.install("home")
    return one_host


@pytest.fixture
def other_host(indexes):
    """One whose name, addresses and files in /etc the test changes."""
    made = Host(indexes)
    made.install("home")
    yield made
    made.close()


needs_nm = pytest.mark.skipif(not shutil.which("nm"), reason="binutils are not installed")
