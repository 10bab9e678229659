# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a killed run leaves behind is no obstacle for the next one."""
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import killed  # noqa: E402


def test_genkey(wattle, tmp_path):
    """Killed anywhere, there is a whole key or none, and then the next run makes it."""
    def prepare():
        shutil.rmtree(wattle.config)
        wattle.config.mkdir()

    key = wattle.config / 'home.key'
    command = [os.environ['WATTLE'], 'genkey', f'--root={wattle.root}', 'home']
    n = 0
    for call in killed.points(command, tmp_path, prepare):
        if not key.exists():
            wattle.ok(*command[1:])
        assert list(wattle.config.iterdir()) == [key], call
        wattle.ok('pubkey', f'--root={wattle.root}', 'home')
        n += 1
    assert n >= 5
