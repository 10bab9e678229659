# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writers that are killed, or run beside each other: the next run mends all and leaves nothing."""

import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from conftest import CONFDIR, run

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import killed  # noqa: E402

NM = os.environ.get("WATTLE_NM")
WRITERS = {"networkd": os.environ.get("WATTLE_NETWORKD"), "nm": NM}


def command(host, writer):
    return [WRITERS[writer], f"--root={host.root}", "office"]


@pytest.fixture(params=["networkd", pytest.param("nm", marks=pytest.mark.skipif(not NM, reason="built without libnm"))])
def writer(request, host):
    host.mesh()
    host.key("gw")
    if request.param == "nm":
        host.settings("Owner=NetworkManager")
    return request.param


def test_killed_and_run_again(host, writer, tmp_path):
    """Or the mesh goes meanwhile: then nothing of it stays, not even beside a file."""
    def prepare():
        shutil.rmtree(host.path("/run"))
        host.path("/run").mkdir()

    mesh, away = host.path(f"{CONFDIR}/office.mesh"), host.root / "away"
    prepare()
    assert run(command(host, writer)).returncode == 0
    whole = set(host.files())
    assert whole
    n = 0
    for call in killed.points(command(host, writer), tmp_path, prepare):
        left = shutil.copytree(host.path("/run"), host.root / "left", symlinks=True)
        assert run(command(host, writer)).returncode == 0
        assert set(host.files()) == whole, call
        shutil.rmtree(host.path("/run"))
        left.rename(host.path("/run"))
        mesh.rename(away)
        assert run(command(host, writer)).returncode == 0
        away.rename(mesh)
        assert not host.files(), call
        n += 1
    assert n > 10


def test_one_at_a_time(host, writer):
    """Who comes second waits, and has touched nothing."""
    lock = host.write("/run/wattle/files.lock", mode=0o600)
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        before = host.files()
        process = subprocess.Popen(command(host, writer), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not re.search(rf"-> FLOCK +ADVISORY +WRITE {process.pid} ", pathlib.Path("/proc/locks").read_text()):
            assert process.poll() is None
        assert host.files() == before
    assert process.wait(60) == 0
    assert "wattle/files.lock" not in host.files() and host.files()
