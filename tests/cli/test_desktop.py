# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a desktop makes of a file with an invitation: its kind, and what opens it."""
import os
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
DESKTOP = HERE.parent.parent / 'cli/desktop'
BUILT = pathlib.Path(os.environ['WATTLE']).parent / 'desktop'
KIND = 'application/vnd.wattle.invitation'


def run(*args, **env):
    return subprocess.run(args, check=True, capture_output=True, text=True, env={**os.environ, **env}).stdout


@pytest.mark.skipif(not shutil.which('desktop-file-validate'), reason='desktop-file-utils is not installed')
def test_the_entry_is_good():
    assert run('desktop-file-validate', BUILT / 'wattle-join.desktop') == ''
    assert f'MimeType={KIND};' in (BUILT / 'wattle-join.desktop').read_text()


@pytest.mark.skipif(not shutil.which('update-mime-database') or not shutil.which('gio'), reason='shared-mime-info or gio is not installed')
def test_its_kind(tmp_path):
    """By name, and by content where a mail program has called it otherwise."""
    packages = tmp_path / 'data/mime/packages'
    packages.mkdir(parents=True)
    shutil.copy(DESKTOP / 'wattle.xml', packages)
    # What the system knows besides, so that it is told from plain text.
    for folder in ('/usr/share/mime/packages/freedesktop.org.xml',):
        shutil.copy(folder, packages)
    run('update-mime-database', tmp_path / 'data/mime')
    (tmp_path / 'home.invite').write_text('anything')
    (tmp_path / 'attachment').write_text('wattle:AQAA.')
    (tmp_path / 'notes.txt').write_text('wattle: a note.')
    kinds = {}
    for name in ('home.invite', 'attachment', 'notes.txt'):
        said = run('gio', 'info', '-a', 'standard::content-type', tmp_path / name, XDG_DATA_HOME=str(tmp_path / 'data'),
                   XDG_DATA_DIRS=str(tmp_path / 'none'))
        kinds[name] = said.split('content-type: ')[1].strip()
    assert kinds == {'home.invite': KIND, 'attachment': KIND, 'notes.txt': 'text/plain'}


def test_the_window_asks_for_root_and_stays(tmp_path):
    """pkexec is played; its exit status is that of the window."""
    (tmp_path / 'pkexec').write_text('#!/bin/sh\necho "pkexec $*"\nexit 3\n')
    (tmp_path / 'pkexec').chmod(0o755)
    done = subprocess.run([DESKTOP / 'join-window', '/tmp/a b.invite'], input='\n', capture_output=True, text=True, check=False,
                          env={**os.environ, 'PATH': f'{tmp_path}:{os.environ["PATH"]}'})
    assert done.stdout == 'pkexec wattle join /tmp/a b.invite\n\nPress Enter to close this window. '
    assert done.returncode == 3
