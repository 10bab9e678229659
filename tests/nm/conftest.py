# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests on a desktop start from; `tests/run desktop` runs them. The installed wattle is that of the build in WATTLE_BUILD,
which must not have sanitizers: programs of the system load it."""

import os
import pathlib
import subprocess
import sys

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import desktop as desktops  # noqa: E402  the module beside this file

BUILD = os.environ.get("WATTLE_BUILD", "")
PICTURES = os.environ.get("WATTLE_PICTURES")  # a folder that is to have the pictures of the documentation


def pytest_configure():
    if not BUILD:
        pytest.exit("run by tests/run desktop", returncode=2)
    if os.geteuid() != 0:
        pytest.exit("the tests on a desktop need root, for namespaces", returncode=2)


@pytest.fixture(scope="session")
def destdir(tmp_path_factory):
    """What `meson install` gives."""
    folder = tmp_path_factory.mktemp("destdir")
    subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", str(folder)], check=True)
    return folder


@pytest.fixture
def start_desktop(tmp_path, destdir, request):
    """start_desktop(files={path: content}, host_name="laptop", screen=True): a desktop of the test's own, which ends with it."""
    made = []

    def start(**options):
        desktop = desktops.Desktop(tmp_path / f"desktop{len(made)}", destdir, **options)
        made.append(desktop)
        request.node.desktops = made
        return desktop.__enter__()

    yield start
    for desktop in made:
        desktop.close()


@pytest.fixture
def desktop(start_desktop):
    return start_desktop()


@pytest.fixture
def picture():
    """picture(path, name): the screenshot becomes NAME of the documentation, if that is what was asked for."""
    def take(path, name):
        if PICTURES:
            target = pathlib.Path(PICTURES) / name
            subprocess.run(["convert", str(path), "-strip", "+dither", "-colors", "128", f"png8:{target}"], check=True)
            subprocess.run(["optipng", "-quiet", "-o5", str(target)], check=True)
    return take


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed and call.when == "call":
        for desktop in getattr(item, "desktops", []):
            if desktop.is_up():
                path = desktop.shot("root", "failed.png") if desktop.has_screen else "none"
                report.sections.append((f"screen: {path}", desktop.report()))
