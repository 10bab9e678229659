# SPDX-License-Identifier: LGPL-2.1-or-later
"""What scenarios start from. A scenario is a function test_*(lab), run on both releases, or test_*(quick), run once.

    @pytest.mark.limit(600)   seconds that a scenario may take; 300 without

A failed scenario shows the journal, the addresses and the console of each of its guests. When it is over, however it ended, its
guests are gone.
"""

import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import lab as laboratory  # noqa: E402  the modules beside this file
import quick as quick_lab  # noqa: E402
import root  # noqa: E402

LIMIT_S = 300
PROGRESS = os.environ.pop("WATTLE_VM_PROGRESS", None)  # not for a pytest within a scenario: the number means another file there
QUICK_RELEASE = "trixie"  # the newer kernel; a module with a QUICK_RELEASE of its own tries the other, for both have much to do


class ScenarioTooLong(Exception):
    pass


def pytest_configure(config):
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that guests are closed then too
    config.addinivalue_line("markers", "limit(seconds): how long a scenario may take")


def pytest_generate_tests(metafunc):
    if "release" in metafunc.fixturenames:
        metafunc.parametrize("release", root.RELEASES, scope="session")
    if "quick" in metafunc.fixturenames:
        metafunc.parametrize("quick", [getattr(metafunc.module, "QUICK_RELEASE", QUICK_RELEASE)], indirect=True)


def pytest_collection_modifyitems(config, items):
    """WATTLE_VM_RELEASE leaves the scenarios of one release: tests/vm/run starts one pytest for each."""
    only = os.environ.get("WATTLE_VM_RELEASE")
    others = [item for item in items if only and only not in item.callspec.params.values()]
    items[:] = [item for item in items if item not in others]
    config.hook.pytest_deselected(items=others)


@pytest.fixture
def lab(release, request):
    made = laboratory.Lab(release)
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
def quick(request):
    made = laboratory.Lab(request.param)
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
    limit = marker.args[0] if marker else LIMIT_S

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
