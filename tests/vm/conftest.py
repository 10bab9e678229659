# SPDX-License-Identifier: LGPL-2.1-or-later
"""What scenarios start from. A scenario is a function test_*(lab), test_*(native) or test_*(quick): on emulated guests, on hosts of
which systemd alone is real, or in the network namespaces of one guest. It says whether a release can make it another:

    @pytest.mark.each_release   it depends on what differs: networkd, NetworkManager, polkit; it runs on each release
    @pytest.mark.one_release    it does not: it runs on one of two, so that each has its share, and on all with tests/vm/run --everywhere
    @pytest.mark.everywhere     it runs with --everywhere or --release alone
    @pytest.mark.packages       it runs with --packages alone, and nothing else does then
    @pytest.mark.docs           the same with --docs
    @pytest.mark.limit(600)     seconds that a scenario may take; 300 without

A module says it for all of its scenarios with pytestmark, and one of them may differ. The kernel's WireGuard alone (quick) needs
no word: that is one_release.

A failed scenario shows the journal, the addresses and the console of each of its guests. When it is over, however it ended, its
guests are gone.
"""

import os
import pathlib
import signal
import sys
import zlib

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import lab as laboratory  # noqa: E402  the modules beside this file
import native as native_lab  # noqa: E402
import quick as quick_lab  # noqa: E402
import root  # noqa: E402
import runner  # noqa: E402

LIMIT_S = 300
PROGRESS = os.environ.pop("WATTLE_VM_PROGRESS", None)  # not for a pytest within a scenario: the number means another file there


class ScenarioTooLong(Exception):
    pass


def pytest_configure(config):
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that guests are closed then too
    for line in ("limit(seconds): how long a scenario may take", "each_release: runs on each release",
                 "one_release: runs on one release", "everywhere: runs with --everywhere or --release alone",
                 "packages: runs with --packages alone", "docs: runs with --docs alone"):
        config.addinivalue_line("markers", line)


def pytest_generate_tests(metafunc):
    """WATTLE_VM_RELEASES are the releases that tests/vm/run wants."""
    if "release" in metafunc.fixturenames:
        metafunc.parametrize("release", os.environ.get("WATTLE_VM_RELEASES", " ".join(root.RELEASES)).split(), scope="session")


def is_one_release(item):
    """The mark nearest to the scenario counts."""
    for mark in item.iter_markers():
        if mark.name in ("each_release", "one_release"):
            return mark.name == "one_release"
    if "quick" in item.fixturenames:
        return True
    raise pytest.UsageError(f"{item.nodeid}: each_release or one_release?")


def without_release(item):
    others = (str(value) for name, value in item.callspec.params.items() if name != "release")
    return " ".join([item.module.__name__, item.originalname, *others])


@pytest.hookimpl(tryfirst=True)  # before -k: a scenario has the same release whatever else is asked for
def pytest_collection_modifyitems(config, items):
    """WATTLE_VM_SHARE: what runs once keeps one of the releases, by its name: a new scenario must not move others to a release that
    they have not been seen on. WATTLE_VM_PACKAGES: there are packages to install.
    WATTLE_VM_DOCS: the tutorials are wanted."""
    others = [item for item in items if "WATTLE_VM_SHARE" in os.environ and item.get_closest_marker("everywhere")]
    for mark, variable in ("packages", "WATTLE_VM_PACKAGES"), ("docs", "WATTLE_VM_DOCS"):
        others += [item for item in items if bool(item.get_closest_marker(mark)) != (variable in os.environ)]
    once = [item for item in items if is_one_release(item)]
    for item in once if "WATTLE_VM_SHARE" in os.environ else []:
        if item.callspec.params["release"] != root.SETTLED[zlib.crc32(without_release(item).encode()) % len(root.SETTLED)]:
            others.append(item)
    items[:] = [item for item in items if item not in others]
    config.hook.pytest_deselected(items=others)


@pytest.fixture
def lab(release, request):
    made = laboratory.Lab(release)
    request.node.reporters = [made]
    yield made
    made.close()


@pytest.fixture
def native(release, request):
    made = native_lab.Native(release)
    request.node.reporters = [made]
    yield made
    made.close()


@pytest.fixture
def guests(lab):
    """guests(2): that many guests, a and b, plugged into one LAN with eth0; their addresses there are a.lan.v4, a.lan.v6."""
    def make(count):
        made = [lab.guest(name) for name in "abcdefgh"[:count]]
        for each in made:
            each.lan = each.plug(0, lab.lan)
        return made
    return make


@pytest.fixture
def quick(release, request):
    made = laboratory.Lab(release)
    request.node.reporters = [made]
    try:
        quick = quick_lab.Quick(made.guest("quick", "quick"))
        request.node.reporters.append(quick)
        yield quick
    finally:
        made.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """The limit covers the fixtures too."""
    marker = item.get_closest_marker("limit")
    limit = round((marker.args[0] if marker else LIMIT_S) * runner.PATIENCE)

    def stop(_signal, _frame):
        signal.alarm(60)  # should the report of what happened hang as well
        raise ScenarioTooLong(f"the scenario took more than {limit} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(limit)
    yield
    signal.alarm(0)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """While the guests of a failed scenario still live, ask them what happened. A skip is a failure here: it would hide."""
    report = (yield).get_result()
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, which a scenario must not be: {report.longrepr}"
    if report.failed and call.when != "teardown":
        for reporter in getattr(item, "reporters", []):
            report.sections.extend(reporter.report())


def pytest_runtest_logreport(report):
    """One line for each scenario, for whoever waits, and what it printed: WATTLE_VM_PROGRESS is the number of an open file."""
    if report.when == "call" or report.failed:
        if PROGRESS:
            name = report.nodeid.rpartition("/")[2]
            said = "".join(f"    {line}\n" for line in report.capstdout.splitlines())
            os.write(int(PROGRESS), f"{report.outcome:6} {report.duration:6.1f} s  {name}\n{said}".encode())
