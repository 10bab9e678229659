# SPDX-License-Identifier: LGPL-2.1-or-later
"""A host made of files: meshes, settings, keys and the units of other programs below a folder that stands for "/"."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.dont_write_bytecode = True

MESHES = pathlib.Path(__file__).resolve().parent.parent / "meshes"
CONFDIR = os.environ.get("WATTLE_CONFDIR", "")
VENDORDIR = os.environ.get("WATTLE_VENDORDIR", "")
GROUP = 4242  # networkd's group on these hosts: any number that is not ours

# What a build chroot of a distribution may lack; tests/run has all of it.
needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
needs_analyze = pytest.mark.skipif(
    not shutil.which("systemd-analyze") or bool(os.geteuid() and not os.path.isdir("/run/systemd")),
    reason="needs root or /run/systemd, for systemd-analyze")


def pytest_configure(config):
    config.addinivalue_line("markers", "root: needs root")
    if not CONFDIR:
        pytest.exit("run by meson: meson test --suite boot", returncode=2)
    if config.getoption("markexpr") == "root" and os.geteuid() != 0:
        pytest.exit("needs root: a sandbox, a group and a namespace", returncode=77)


class Host:
    """Its folders are those of a real host; generator and writer are pointed to it with --root=."""

    def __init__(self, root):
        self.root = root
        self.units = root / "units"
        for folder in (CONFDIR, "/run", VENDORDIR):
            self.path(folder).mkdir(parents=True, exist_ok=True)
        self.units.mkdir(parents=True)

    def path(self, absolute):
        return self.root / absolute.lstrip("/")

    def write(self, absolute, text="", mode=0o644):
        path = self.path(absolute)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def link(self, absolute, target):
        path = self.path(absolute)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def mesh(self, name="office", text=None, folder=CONFDIR):
        return self.write(f"{folder}/{name}.mesh", text if text is not None else (MESHES / f"{name}.mesh").read_text())

    def settings(self, text, name="office", file="10-test.conf", folder=CONFDIR):
        return self.write(f"{folder}/{name}.mesh.d/{file}", f"[Local]\n{text}\n")

    def key(self, device, mesh="office", mode=0o640, gid=None, path=None):
        file = self.write(path or f"{CONFDIR}/{mesh}.key", (MESHES / "keys" / f"{mesh}-{device}.key").read_text(), mode)
        if gid is not None:
            os.chown(file, -1, gid)
        return file

    def network_manager(self):
        self.write("/usr/lib/systemd/system/NetworkManager.service")
        self.link("/etc/systemd/system/multi-user.target.wants/NetworkManager.service",
                  "/usr/lib/systemd/system/NetworkManager.service")

    def generate(self, *folders, env=None, **kwargs):
        """As PID 1 does it, but without SYSTEMD_SCOPE: that would send messages to the kernel's log."""
        return run([os.environ["WATTLE_GENERATOR"], f"--root={self.root}", *(folders or [str(self.units)])], env, **kwargs)

    def apply(self, mesh="office", **kwargs):
        return run([os.environ["WATTLE_NETWORKD"], f"--root={self.root}", mesh], **kwargs)

    def links(self):
        """Every link that the generator made: name -> target."""
        return {str(p.relative_to(self.units)): os.readlink(p) for p in sorted(self.units.rglob("*")) if p.is_symlink()}

    def files(self):
        """Every file below /run: name -> (mode, gid, inode, mtime)."""
        run_dir = self.path("/run")
        stats = {str(p.relative_to(run_dir)): p.lstat() for p in sorted(run_dir.rglob("*")) if not p.is_dir()}
        return {name: (st.st_mode & 0o7777, st.st_gid, st.st_ino, st.st_mtime_ns) for name, st in stats.items()}

    def everything(self):
        """All of the host, to see that nothing else has changed."""
        seen = {}
        for path in sorted(self.root.rglob("*")):
            st = path.lstat()
            seen[str(path.relative_to(self.root))] = (st.st_mode, st.st_uid, st.st_gid, 0 if path.is_dir() else st.st_mtime_ns)
        return seen


def run(command, env=None, **kwargs):
    base = {k: v for k, v in os.environ.items() if not k.startswith("SYSTEMD_")}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=base | (env or {}), **kwargs)


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path / "host")


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """What 'meson install' gives, below a DESTDIR."""
    destdir = tmp_path_factory.mktemp("destdir")
    meson = shutil.which("meson")
    assert meson, "meson runs this test, and is not in PATH"
    done = run([meson, "install", "-C", os.environ["WATTLE_BUILD"], "--quiet", "--destdir", str(destdir)])
    assert done.returncode == 0, done.stderr
    return destdir
