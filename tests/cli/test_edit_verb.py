# SPDX-License-Identifier: LGPL-2.1-or-later
"""'wattle edit': the user's editor works on a copy, and nothing is lost, whatever it makes of it."""
import os
import pathlib
import re
import stat
import subprocess

import pytest

KEY = 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
DEVICE = f'[Device nas]\nPublicKey={KEY}\nAddress=10.7.0.1\n'
MESH = f'# ours\n[Mesh]\nSerial=7\nSubnet=10.7.0.0/24\n\n{DEVICE}'


def editor(wattle, script):
    """A program that does that to the file which it is given."""
    path = wattle.folder / 'editor'
    path.write_text(f'#!/bin/sh\n{script}\n')
    path.chmod(0o755)
    copies = wattle.folder / 'copies'
    copies.mkdir(exist_ok=True)
    return {'EDITOR': str(path), 'VISUAL': '', 'TMPDIR': str(copies)}


def copies(wattle):
    return [path for path in (wattle.folder / 'copies').rglob('*') if path.is_file()]


@pytest.mark.parametrize('script, after', [
    ("sed -i 's/10.7.0.1/10.7.0.9/' $1", MESH.replace('Serial=7', 'Serial=8').replace('0.1\n', '0.9\n')),
    ("sed -i 's/Serial=7/Serial=20/' $1", MESH.replace('Serial=7', 'Serial=20')),
    ("sed -i 's/Serial=7/Serial=3/; s/# ours/# mine/' $1", MESH.replace('Serial=7', 'Serial=8').replace('ours', 'mine')),
    ("sed -i '/Serial/d' $1", MESH.replace('Serial=7\n', '').replace('[Mesh]\n', '[Mesh]\nSerial=8\n')),
    ("echo '# tail' >> $1", MESH.replace('Serial=7', 'Serial=8') + '# tail\n'),
    ("printf '# tail' >> $1", MESH.replace('Serial=7', 'Serial=8') + '# tail'),
], ids=['a value', 'his own serial', 'a lower one', 'none', 'at the end', 'without a line end'])
def test_a_change(wattle, script, after):
    mesh = wattle.mesh('home.mesh', MESH)
    done = wattle('edit', 'home.mesh', env=editor(wattle, script))
    assert done.returncode == 0, done.stderr
    assert mesh.read_text() == after
    assert re.search(r'home.mesh: changed, serial \d+; ', done.stderr)
    assert copies(wattle) == []
    # What is shown is the change: patch(1) makes the one of the other.
    before = wattle.folder / 'before'
    before.write_text(MESH)
    subprocess.run(['patch', '-s', str(before)], input=done.stdout, text=True, check=True)
    assert before.read_text() == after


def test_the_editor_may_have_options(wattle):
    mesh = wattle.mesh('home.mesh', MESH)
    env = {'EDITOR': 'sed -i -e s/ours/mine/', 'VISUAL': ''}
    wattle.ok('edit', 'home.mesh', env=env)
    assert mesh.read_text() == MESH.replace('ours', 'mine').replace('Serial=7', 'Serial=8')


def test_a_profile_with_faults_is_mended(wattle):
    mesh = wattle.mesh('home.mesh', MESH.replace('Address=10.7.0.1', 'Adress=10.7.0.1'))
    done = wattle('edit', 'home.mesh', env={'EDITOR': 'sed -i s/ours/mine/', 'VISUAL': ''})
    assert done.returncode == 1 and "home.mesh:8:1: unknown key 'Adress'" in done.stderr
    assert '# ours' in mesh.read_text()
    wattle.ok('edit', 'home.mesh', env={'EDITOR': 'sed -i s/Adress/Address/', 'VISUAL': ''})
    assert mesh.read_text() == MESH.replace('Serial=7', 'Serial=8')


def test_faults_are_told_at_the_lines_of_the_copy(wattle):
    mesh = wattle.mesh('home.mesh', MESH.replace('Serial=7\n', ''))
    done = wattle('edit', 'home.mesh', env={'EDITOR': "sed -i 's/^Address.*/Address=10.9.0.1/'", 'VISUAL': ''})
    assert done.returncode == 1 and 'home.mesh:7:9: Address: 10.9.0.1 is outside' in done.stderr
    assert 'Serial' not in mesh.read_text()


def test_nul_is_not_cut_off(wattle):
    mesh = wattle.mesh('home.mesh', '')
    mesh.write_bytes(MESH.encode() + b'\0# behind it\n')
    done = wattle('edit', 'home.mesh', env={'EDITOR': 'sed -i s/ours/mine/', 'VISUAL': ''})
    assert done.returncode == 1 and 'home.mesh: has a NUL in it' in done.stderr
    assert mesh.read_bytes().endswith(b'behind it\n')


def test_the_visual_one_goes_first(wattle):
    mesh = wattle.mesh('home.mesh', MESH)
    wattle.ok('edit', 'home.mesh', env={'VISUAL': 'sed -i s/ours/mine/', 'EDITOR': 'false'})
    assert '# mine' in mesh.read_text()


def test_nobody_else_may_read_the_copy(wattle):
    wattle.mesh('home.mesh', MESH)
    env = editor(wattle, 'stat -c %a $1 $(dirname $1) > modes')
    wattle.ok('edit', 'home.mesh', env=env)
    assert (wattle.folder / 'modes').read_text().split() == ['600', '700']


@pytest.mark.parametrize('script, status, said, is_kept', [
    ('true', 0, 'home.mesh: nothing was changed', False),
    ('exit 3', 1, 'code 3; home.mesh is as it was', False),
    ("sed -i 's/10.7.0.1/10.8.0.1/' $1; exit 3", 1, 'code 3', True),
    ("sed -i 's/10.7.0.1/10.8.0.1/' $1", 1, 'home.mesh:8:9: Address: 10.8.0.1 is outside 10.7.0.0/16', True),
    (': > $1', 1, 'home.mesh: is empty', True),
    ("printf 'a\\000b' > $1", 1, 'home.mesh: has a NUL in it', True),
    ('rm $1', 1, 'home.mesh: No such file or directory', False),
    ('rm $1; mkfifo $1', 1, 'home.mesh: is', False),
    ('kill -9 $$', 1, 'code 137', False),
], ids=['nothing', 'failed', 'failed after a change', 'bad', 'empty', 'a NUL', 'removed', 'a FIFO', 'killed'])
def test_what_is_not_taken(wattle, script, status, said, is_kept):
    mesh = wattle.mesh('home.mesh', MESH)
    done = wattle('edit', 'home.mesh', env=editor(wattle, script))
    assert done.returncode == status
    assert said.replace('/16', '/24') in done.stderr
    assert mesh.read_text() == MESH
    if is_kept:
        (copy,) = copies(wattle)
        assert f'home.mesh is as it was; what you wrote is in {copy}' in done.stderr
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_file_that_is_replaced_meanwhile(wattle):
    """By a copy from elsewhere, say, which takes no lock."""
    mesh = wattle.mesh('home.mesh', MESH)
    other = MESH.replace('ours', 'theirs')
    (wattle.folder / 'other').write_text(other)
    env = editor(wattle, f"sed -i 's/ours/mine/' $1; mv {wattle.folder}/other {mesh}")
    done = wattle('edit', 'home.mesh', env=env)
    assert done.returncode == 1 and 'was changed meanwhile' in done.stderr
    assert mesh.read_text() == other
    assert '# mine' in copies(wattle)[0].read_text()


def test_a_signed_mesh(wattle):
    key = f'--signing-key={wattle.folder}/s.key'
    wattle.ok('init', '--sign', '--no-password', '--subnet=10.7.0.0/24', key, 'home.mesh')
    before = (wattle.folder / 'home.mesh').read_bytes()
    wattle.ok('edit', key, 'home.mesh', env=editor(wattle, f"printf '\\n{DEVICE}' >> $1".replace('\n', '\\n')))
    assert 'serial 2,' in wattle.ok('verify', 'home.mesh')
    sums = subprocess.run(['b2sum', '-l', '256'], input=before, capture_output=True, check=True).stdout.split()[0].decode()
    assert f'Previous={sums}\n' in (wattle.folder / 'home.mesh').read_text()


def test_without_the_key_no_editor_is_started(wattle):
    key = f'--signing-key={wattle.folder}/s.key'
    wattle.ok('init', '--sign', '--no-password', key, 'home.mesh')
    pathlib.Path(wattle.folder / 's.key').unlink()
    env = editor(wattle, 'touch started')
    assert 's.key' in wattle.bad('edit', key, 'home.mesh', env=env)
    assert not (wattle.folder / 'started').exists()


def test_no_editor(wattle):
    wattle.mesh('home.mesh', MESH)
    done = wattle('edit', 'home.mesh', env={'EDITOR': '', 'VISUAL': '', 'PATH': '/nowhere', 'TMPDIR': str(wattle.folder)})
    assert done.returncode == 1 and 'set EDITOR' in done.stderr
    assert os.listdir(wattle.folder) and (wattle.folder / 'home.mesh').read_text() == MESH
