# SPDX-License-Identifier: LGPL-2.1-or-later
"""The packages, built in a clean root of a release: those of the checkout as it is now, or of a commit of before with the
packaging of now. They are kept in the cache, by their sources."""

import fnmatch
import inspect
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import roots
from roots import TOP, cache

# No network, and no more than the sources beside it. lintian's word is kept for the tests.
BUILD = """set -e
cd /mnt/wattle-*/
DEB_BUILD_OPTIONS="parallel=$(nproc)" dpkg-buildpackage -us -uc --build=full
cd ..
lintian --allow-root --tag-display-limit 0 ./*.changes >lintian 2>&1 || true
"""
VERSION = re.compile(r"^  version: '(.*)',$", re.M)

BUILD_BEFORE = """set -e
cd /mnt/wattle-*/
DEB_BUILD_OPTIONS="parallel=$(nproc) nocheck" dpkg-buildpackage -us -uc --build=binary
"""

# A commit that upgrades begin with
BEFORE = "63ff717"


def _git(*arguments, **more):
    return subprocess.run(["git", "-c", "safe.directory=*", *arguments], cwd=TOP, check=True, capture_output=True, **more).stdout


NO_PART = ("packaging/arch/", "packaging/nix/", "packaging/wattle.spec", "tests/bench/", "tests/packages/", "tests/release", "tests/run", "tests/vm/")  # of a package, nor of its tests: a new scenario costs no build


def names(everything=False):
    """What git knows or would add."""
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", text=True)
    return sorted({name for name in listed.split("\0") if (TOP / name).is_file() and (everything or not name.startswith(NO_PART))})


def _key(release, *more):
    parts = [BUILD, str(roots.builder(release)), *more]
    for name in names():
        parts += [name, oct((TOP / name).stat().st_mode), TOP / name]
    return cache.key(*parts)


def _version(tree):
    return VERSION.search((tree / "meson.build").read_text()).group(1)


def copy(half):
    tree = half / "source"
    for name in names():
        target = tree / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / name, target)
    return tree


def _copy_before(half):
    tree = half / "source"
    tree.mkdir()
    subprocess.run(["tar", "-x", "-C", str(tree)], input=_git("archive", BEFORE), check=True)
    return tree


def _drop_package(debian, package):
    control = debian / "control"
    control.write_text(re.sub(rf"Package: {package}\n(.+\n)*\n?", "", control.read_text()))
    for path in debian.glob(f"{package}.*"):
        path.unlink()


def _without_what_is_new(debian):
    """The packaging of now for a tree of before: options, files and packages that it does not have yet are left out, and its tests,
    which nobody waits for."""
    tree = debian.parent
    meson = tree / "meson.build"
    meson.write_text(meson.read_text().replace("subdir('tests')\n", ""))
    installed = [line.rpartition("/")[2] for line in (tree / "tests/installed-files").read_text().splitlines() if line[0] != "#"]
    for path in debian.glob("*.install"):
        kept = [line for line in path.read_text().splitlines() if fnmatch.filter(installed, line.rpartition("/")[2])]
        path.write_text("\n".join([*kept, ""]))
        if not kept:
            _drop_package(debian, path.stem)
    options = re.findall(r"^option\('(\w+)'", (tree / "meson_options.txt").read_text(), re.M)
    rules = debian / "rules"
    rules.write_text(re.sub(r" -D(\w+)=\S+", lambda match: match[0] if match[1] in options else "", rules.read_text()))


def pack(tree, half, version):
    """What dpkg-buildpackage begins with: the upstream tarball, and beside it the tree with its debian folder."""
    upstream = version.rpartition("-")[0]
    named = tree.rename(half / f"wattle-{upstream}")
    subprocess.run(["tar", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "-cJf",
                    f"wattle_{upstream}.orig.tar.xz", named.name], cwd=half, check=True)
    subprocess.run([str(TOP / "packaging/make-debian"), str(named), version], check=True)
    return named


def build_in(release, half, script, what):
    with tempfile.TemporaryDirectory(prefix="wattle-packages.") as folder:
        done = roots.run(roots.builder(release), folder, half, script)
    (half / "log").write_text(done.stdout)
    if done.returncode:
        raise RuntimeError(f"{what} for {release}:\n{done.stdout}")


def _pin(release):
    return f"WATTLE_PACKAGES_{release}"


def pinned(release):
    """An environment in which now() gives what it gives here, though somebody edits the sources meanwhile. This process has to
    outlive its users: it holds the cache's lock."""
    return {_pin(release): str(now(release))}


def now(release):
    """The folder with the packages of the checkout."""
    if pin := os.environ.get(_pin(release)):
        return pathlib.Path(pin)

    def build(half):
        tree = copy(half)
        tree = pack(tree, half, f"{_version(tree)}-0wattle1")
        build_in(release, half, BUILD, "the packages")
        shutil.rmtree(tree)

    return cache.entry(f"packages-{release}", _key(release), build)


def before(release):
    """The folder with the packages of BEFORE; their version is lower."""
    def build(half):
        tree = _copy_before(half)
        version = f"{_version(tree)}~before-0wattle1"
        tree = pack(tree, half, version)
        _without_what_is_new(tree / "debian")
        build_in(release, half, BUILD_BEFORE, f"the packages of {BEFORE}")
        shutil.rmtree(tree)

    debian = [part for path in [TOP / "packaging/make-debian", *sorted((TOP / "packaging/debian").rglob("*"))]
              if path.is_file() and path.parent.name != "tests" for part in (path.name, path)]
    key = cache.key(BUILD_BEFORE, BEFORE, inspect.getsource(_without_what_is_new), str(roots.builder(release)), *debian)
    return cache.entry(f"packages-before-{release}", key, build)


def debs(folder):
    """Name to file, debug symbols left out."""
    found = {path.name.partition("_")[0]: path for path in pathlib.Path(folder).glob("*.deb")}
    return {name: path for name, path in found.items() if not name.endswith("-dbgsym")}


def field(path, name):
    return subprocess.run(["dpkg-deb", "-f", str(path), name], check=True, capture_output=True, text=True).stdout.strip()


def depends(path):
    """Each with its alternatives, without our own packages."""
    return [term for term in field(path, "Depends").split(", ") if term and "wattle" not in term]
