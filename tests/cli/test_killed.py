# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a run leaves behind that was killed, or met a full disk, is no obstacle for the next one."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import killed  # noqa: E402


@pytest.mark.parametrize('ending', killed.ENDINGS)
def test_genkey(wattle, tmp_path, ending):
    """Ended anywhere, there is a whole key or none, and then the next run makes it."""
    def prepare():
        shutil.rmtree(wattle.config)
        wattle.config.mkdir()

    key = wattle.config / 'home.key'
    command = [os.environ['WATTLE'], 'genkey', f'--root={wattle.root}', 'home']
    n = 0
    for call in killed.points(command, tmp_path, prepare, ending):
        if not key.exists():
            wattle.ok(*command[1:])
        assert list(wattle.config.iterdir()) == [key], call
        wattle.ok('pubkey', f'--root={wattle.root}', 'home')
        n += 1
    assert n >= (3 if ending == killed.POWER else 5)


@pytest.mark.parametrize('ending', killed.ENDINGS)
def test_a_signed_profile(wattle, tmp_path, ending):
    """Ended anywhere, the old profile or the new one stands there and verifies; and the next run ends with the new one."""
    root, new, seen = f'--root={wattle.root}', tmp_path / 'new.mesh', set()
    last = wattle.config / 'home.last'
    wattle.ok('init', root, '--sign', '--no-password', f'--signing-key={tmp_path}/s.key', 'home')
    text = (wattle.config / 'home.mesh').read_text()
    new.write_text(text.replace('Serial=1', 'Serial=2'))
    wattle.ok('sign', f'--signing-key={tmp_path}/s.key', new)
    shutil.copytree(wattle.config, tmp_path / 'before')
    command = [os.environ['WATTLE_INSTALL_SIGNED'], wattle.root, 'home', new]

    def prepare():
        shutil.rmtree(wattle.root / 'var', ignore_errors=True)
        shutil.rmtree(wattle.config)
        shutil.copytree(tmp_path / 'before', wattle.config)

    def serial(*args):
        return int(re.search(r'serial (\d+)', wattle.ok('verify', *args)).group(1))

    for call in killed.points(command, tmp_path, prepare, ending):
        seen.add(serial(root, 'home'))
        subprocess.run(command, check=True, env=dict(os.environ, ASAN_OPTIONS='detect_leaks=0'))
        assert serial(root, 'home') == 2, call
        assert sorted(path.name for path in last.iterdir()) == ['home.mesh', 'home.mesh.minisig'], call
        assert (last / 'home.mesh').read_text() == new.read_text()
    assert seen == {1, 2} or ending == killed.FULL and 1 in seen


@pytest.mark.parametrize('ending', killed.ENDINGS)
def test_an_edit_of_a_signed_mesh(wattle, tmp_path, ending):
    """Ended anywhere, the text of before or the new one stands there and verifies, and the next edit goes through."""
    key = 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
    folder, signing, seen = tmp_path / 'mesh', f'--signing-key={tmp_path}/s.key', set()
    folder.mkdir()
    wattle.ok('init', '--sign', '--no-password', signing, folder / 'home.mesh')
    shutil.copytree(folder, tmp_path / 'before')

    def prepare():
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / 'before', folder)

    def serial():
        return int(re.search(r'serial (\d+)', wattle.ok('verify', folder / 'home.mesh')).group(1))

    for call in killed.points([os.environ['WATTLE'], 'add', signing, folder / 'home.mesh', 'x', f'--key={key}'], tmp_path, prepare, ending):
        before = serial()
        seen.add(before)
        wattle.ok('add', signing, folder / 'home.mesh', 'y', f'--key=g{key[1:]}')
        assert serial() == before + 1, call
        left = {path.name for path in folder.iterdir()} - {'home.mesh', 'home.mesh.minisig', 'home.pub'}
        assert all(re.fullmatch(r'home\.mesh\.[0-9a-f]{8}', name) for name in left), call
    assert seen == {1, 2} or ending == killed.FULL and 1 in seen


@pytest.mark.parametrize('heard, serial, phase, ending', [
    (1, 2, 'done', killed.KILLED), (-1, 1, 'held', killed.KILLED), (-1, 1, 'held', killed.FULL),
], ids=['kept', 'taken back', 'taken back, full disk'])
def test_a_profile_that_is_tried(wattle, tmp_path, heard, serial, phase, ending):
    """Ended anywhere, there is a profile that verifies, and the next run ends as if nothing had been: with the new one, or with the
    old one and without the key that the new one took out."""
    root, new, state = f'--root={wattle.root}', tmp_path / 'new.mesh', wattle.root / 'var/lib/wattle-update/home.state'
    keys = [f'{letter}QAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' for letter in 'AB']
    signing = f'--signing-key={tmp_path}/s.key'
    wattle.ok('init', root, '--sign', '--no-password', signing, 'home')
    for name, key in zip(['us', 'nas'], keys):
        wattle.ok('add', root, signing, 'home', name, f'--key={key}')
    (wattle.config / 'home.mesh.d').mkdir()
    (wattle.config / 'home.mesh.d/self.conf').write_text('[Local]\nDevice=us\n')
    present = int(re.search(r'serial (\d+)', wattle.ok('verify', root, 'home')).group(1))
    shutil.copyfile(wattle.config / 'home.mesh', new)
    shutil.copyfile(wattle.config / 'home.pub', tmp_path / 'new.pub')
    shutil.copyfile(wattle.config / 'home.mesh.minisig', tmp_path / 'new.mesh.minisig')
    wattle.ok('remove', signing, new, 'nas')
    shutil.copytree(wattle.root, tmp_path / 'before')
    heard *= present + (heard > 0)
    command = [os.environ['WATTLE_TRY_UPDATE'], wattle.root, 'home', heard]

    def prepare():
        shutil.rmtree(wattle.root)
        shutil.copytree(tmp_path / 'before', wattle.root)

    for call in killed.points([*command, new], tmp_path, prepare, ending):
        wattle.ok('verify', root, 'home')
        for _ in range(2):
            subprocess.run(list(map(str, command)), check=True, env=dict(os.environ, ASAN_OPTIONS='detect_leaks=0'))
        if not state.exists() or 'Phase=done' in state.read_text() and serial == 1:
            subprocess.run(list(map(str, [*command, new])), check=True, env=dict(os.environ, ASAN_OPTIONS='detect_leaks=0'))
        assert f'serial {present + serial - 1},' in wattle.ok('verify', root, 'home'), call
        assert f'Phase={phase}\n' in state.read_text(), call
        assert not (wattle.config / 'home.next/home.mesh').exists() or phase == 'held', call
        revoked = wattle.config / 'home.last/revoked'
        assert revoked.exists() == (phase == 'held'), call
        if phase == 'held':
            assert revoked.read_text() == f'{keys[1]}\n', call
        assert not list(wattle.root.rglob('*.wattle-new')), call


@pytest.mark.parametrize('ending', killed.ENDINGS)
def test_joining_and_leaving(wattle, tmp_path, ending):
    """Ended anywhere, the same again goes through: into the mesh, and out of it. An invitation whose run ended is no mesh before it is
    whole; and leaving is due, though the last file may be gone, until an apply has cleared its mark."""
    signing, folder, pending = f'--signing-key={tmp_path}/s.key', tmp_path / 'mesh', wattle.root / 'run/wattle/home.pending'
    folder.mkdir()
    wattle.ok('init', '--sign', '--no-password', signing, folder / 'home.mesh')
    wattle.ok('add', signing, folder / 'home.mesh', 'nas', f'--key={"A" * 42}E=', '--public-endpoint=192.0.2.1:51820')
    (tmp_path / 'mail').write_text(wattle.ok('add', signing, folder / 'home.mesh', 'b', '--with-key'))
    run = [os.environ['WATTLE_JOIN_AND_LEAVE'], wattle.root]
    joined = ['home.invite', 'home.key', 'home.mesh.d', 'home.pub']

    def again(*args):
        subprocess.run([*run, *args], check=True, env=dict(os.environ, ASAN_OPTIONS='detect_leaks=0'))
        assert not list(wattle.root.rglob('*.wattle-new'))

    def files():
        return sorted(path.name for path in wattle.config.iterdir())

    def prepare():
        shutil.rmtree(wattle.root)
        wattle.config.mkdir(parents=True)

    def prepare_joined():
        shutil.rmtree(wattle.root)
        shutil.copytree(tmp_path / 'joined', wattle.root)

    for call in killed.points([*run, 'join', tmp_path / 'mail'], tmp_path, prepare, ending):
        assert 'home.pub' not in files() or files() == joined, call
        again('join', tmp_path / 'mail')
        assert files() == joined, call
    wattle.ok('show', f'--root={wattle.root}', 'home')
    shutil.copytree(wattle.root, tmp_path / 'joined')
    left = set()
    for call in killed.points([*run, 'leave', 'home'], tmp_path, prepare_joined, ending):
        left.add(tuple(files()))
        assert files() == joined or pending.exists(), call
        again('leave', 'home')
        assert files() == ['home.key'] and pending.exists(), call
    assert ('home.key', 'home.pub') in left or ending != killed.KILLED
