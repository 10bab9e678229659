# SPDX-License-Identifier: LGPL-2.1-or-later
"""The packages of WATTLE_PACKAGES_RELEASE, and hosts for them."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import booted  # noqa: E402  the modules beside this file
import build  # noqa: E402
import roots  # noqa: E402


# The tools of other distributions are those of one release: no other has newer ones of all.
collect_ignore = [] if os.environ["WATTLE_PACKAGES_RELEASE"] == "trixie" else ["test_foreign.py"]


@pytest.fixture(scope="session")
def release():
    return os.environ["WATTLE_PACKAGES_RELEASE"]


@pytest.fixture(scope="session")
def packages(release):
    """The folder with the packages of now."""
    return build.now(release)


@pytest.fixture(scope="session")
def debs(packages):
    return build.debs(packages)


@pytest.fixture(scope="session")
def before(release):
    """The packages that an upgrade begins with."""
    return build.debs(build.before(release))


@pytest.fixture(scope="session")
def tree(release, debs):
    """A root in which all that they depend on is installed, and nothing of ours."""
    return roots.host(release, sorted({term for path in debs.values() for term in build.depends(path)}))


@pytest.fixture(scope="session")
def exchange(tmp_path_factory, debs, before):
    """What is /mnt there: now/ and before/ with the packages, tests/ with those of autopkgtest."""
    folder = tmp_path_factory.mktemp("exchange")
    for name, files in {"now": debs, "before": before}.items():
        (folder / name).mkdir()
        for package, path in files.items():
            (folder / name / f"{package}.deb").write_bytes(path.read_bytes())
    for path in (roots.TOP / "packaging/debian/tests").iterdir():
        (folder / "tests").mkdir(exist_ok=True)
        (folder / "tests" / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.fixture
def chroot(tree, exchange, tmp_path):
    """Runs a script in a root without PID 1, with what is given to dpkg in /mnt."""
    def run(script):
        done = roots.run(tree, tmp_path, exchange, script)
        assert done.returncode == 0, done.stdout
        return done.stdout
    return run


@pytest.fixture
def boot(tree, exchange):
    """Boots a host; the argument is what is done in its root before systemd starts."""
    hosts = []

    def make(prepare=":"):
        hosts.append(booted.Booted(tree, exchange, prepare))
        return hosts[-1]

    yield make
    for each in hosts:
        each.close()
