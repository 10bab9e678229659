# SPDX-License-Identifier: LGPL-2.1-or-later
"""Completion in the shells that are here."""
import os
import pathlib
import shutil
import subprocess

import pytest

FOLDER = pathlib.Path(__file__).parent.parent.parent / 'cli/completion'

COMPLETE = '''
PATH=%s:$PATH
source %s/wattle.bash
COMP_WORDS=(%s)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; }
_wattle
printf '%%s\\n' "${COMPREPLY[@]}"
'''


def complete(wattle, words):
    script = COMPLETE % (pathlib.Path(os.environ['WATTLE']).parent, FOLDER, words)
    result = subprocess.run(['bash', '-u', '-c', script], cwd=wattle.folder, text=True,
                            capture_output=True, check=True)
    assert result.stderr == ''
    return result.stdout.split()


@pytest.mark.skipif(not shutil.which('bash'), reason='bash is not installed')
@pytest.mark.parametrize('words, expected', [
    ("wattle ''", ['init', 'import', 'add', 'invite', 'remove', 'set', 'edit', 'sign', 'check', 'show', 'verify', 'genkey', 'pubkey', 'join', 'apply', 'update', 'up', 'down', 'status',
                   'doctor', 'probe', 'migrate', 'leave', 'render', 'export', 'help', '--root=', '--version', '--help']),
    ('wattle ch', ['check']),
    ('wattle help re', ['remove', 'render']),
    ('wattle check off', ['office.mesh']),
    ('wattle import x.conf off', ['office.mesh']),
    ('wattle show --j', ['--json']),
    ('wattle apply --d', ['--dry-run']),
    ('wattle render --o', ['--owner=', '--output=']),
    ('wattle render --owner = n', ['networkd']),
    ('wattle show office.mesh --as = p', ['phone', 'printer']),
    ('wattle show office.mesh --as p', ['phone', 'printer']),
    ('wattle remove -n office.mesh a', ['anna']),
    ('wattle remove --root = x office.mesh b', ['ben']),
    ('wattle export --output p.conf phone o', ['office.mesh']),
    ('wattle export --peers = r', ['relays']),
    ('wattle export --format = n', ['networkd', 'nm']),
    ('wattle export --endpoint-family 6', ['6']),
    ('wattle add office.mesh x --key ""', []),
])
def test_bash(wattle, words, expected):
    wattle.mesh('office.mesh')
    assert complete(wattle, words) == expected


@pytest.mark.parametrize('shell, file', [('bash', 'wattle.bash'), ('zsh', '_wattle'),
                                         ('fish', 'wattle.fish')])
def test_syntax(shell, file):
    if not shutil.which(shell):
        pytest.skip(f'{shell} is not installed')
    subprocess.run([shell, '-n', FOLDER / file], check=True)


@pytest.mark.parametrize('file', ['_wattle', 'wattle.fish'])
def test_every_option_is_known(wattle, file):
    """bash asks --help; the others have their own lists, which must not lag behind."""
    text = (FOLDER / file).read_text()
    for verb in ['init', 'import', 'add', 'set', 'invite', 'join', 'leave', 'update', 'remove', 'check', 'show', 'genkey', 'pubkey', 'apply', 'up', 'down', 'status', 'doctor', 'probe', 'migrate', 'render', 'export']:
        help_text = wattle.ok(verb, '--help')
        for word in help_text.split():
            if word.startswith('--') and word[2:3].isalpha():
                option = word.split('=')[0].rstrip(".,;'")
                assert (option in text) if file == '_wattle' else f'-l {option[2:]} ' in text
