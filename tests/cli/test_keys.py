# SPDX-License-Identifier: LGPL-2.1-or-later
"""genkey and pubkey, which agree with wg(8)."""
import base64
import re

import pytest
from conftest import MESHES, public_key


def test_genkey_prints_a_key(wattle):
    first, second = wattle.ok('genkey'), wattle.ok('genkey')
    assert re.fullmatch(r'[A-Za-z0-9+/]{43}=\n', first) and first != second
    key = base64.b64decode(first)
    assert key[0] & 7 == 0 and key[31] & 192 == 64  # clamped as wg genkey does


def test_genkey_warns_of_a_file_that_others_read(wattle):
    path = wattle.folder / 'k'
    for mode, words in (0o644, 'others can read'), (0o600, ''):
        path.touch()
        path.chmod(mode)
        with open(path, 'w') as file:
            result = wattle('genkey', stdout=file, stderr=-1)
        assert result.returncode == 0
        assert (words in result.stderr) if words else result.stderr == ''


@pytest.mark.parametrize('sample', sorted(path.stem for path in (MESHES / 'keys').glob('*.key')))
def test_pubkey(wattle, sample):
    key = wattle.key(sample, wattle.folder / 'x.key')
    assert wattle.ok('pubkey', input=key.read_text()).strip() == public_key(sample)
    assert wattle.ok('pubkey', 'x.key').strip() == public_key(sample)


@pytest.mark.parametrize('text', ['', 'x', 'A' * 43 + '=', 'A' * 44, 'B' * 43 + '=\nmore'])
def test_pubkey_refuses(wattle, text):
    error = wattle.bad('pubkey', input=text)
    assert error.startswith('wattle: standard input: ')
    assert len(text) < 40 or text.strip() not in error


def test_genkey_for_a_mesh(wattle):
    root = f'--root={wattle.root}'
    made = wattle('genkey', root, 'home')
    assert made.returncode == 0
    assert re.fullmatch('/etc/wattle/home.key: made\nits six words, which the admin sees too:( [a-z]{3,8}){6}\n'
                        'its public half, for the admin of the mesh:\n', made.stderr)
    key = wattle.config / 'home.key'
    assert key.stat().st_mode & 0o777 in (0o600, 0o640)
    assert wattle.ok('pubkey', root, 'home') == made.stdout
    assert wattle.ok('pubkey', input=key.read_text()) == made.stdout
    error = wattle.bad('genkey', root, 'home')
    assert error == ("wattle: /etc/wattle/home.key exists, and a key is never written over: "
                     "'wattle pubkey home' shows its public half\n")


def test_genkey_names_the_way_out_of_an_empty_file(wattle):
    (wattle.config / 'home.key').write_text('')
    assert 'is empty and no key: remove it' in wattle.bad('genkey', f'--root={wattle.root}', 'home')


def test_genkey_goes_where_the_settings_say(wattle):
    (wattle.config / 'home.mesh.d').mkdir()
    (wattle.config / 'home.mesh.d/k.conf').write_text('[Local]\nPrivateKeyFile=/srv/keys/me\n')
    wattle.ok('genkey', f'--root={wattle.root}', 'home')
    assert (wattle.root / 'srv/keys/me').exists()


def test_genkey_follows_no_link(wattle):
    (wattle.config / 'home.key').symlink_to(wattle.folder / 'elsewhere')
    assert 'exists' in wattle.bad('genkey', f'--root={wattle.root}', 'home')


def test_pubkey_of_a_mesh_beside_a_folder_of_its_name(wattle):
    """In / there is /home, and 'wattle pubkey home' means the mesh."""
    root = f'--root={wattle.root}'
    made = wattle.ok('genkey', root, 'home')
    (wattle.config / 'home.mesh').write_text('[Mesh]\nSubnet=10.42.0.0/16\n')
    (wattle.folder / 'home').mkdir()
    assert wattle.ok('pubkey', root, 'home') == made


def test_a_folder_of_the_name_of_the_mesh(wattle):
    """In / there is home."""
    (wattle.folder / 'home').mkdir()
    wattle.ok('genkey', f'--root={wattle.root}', 'home')
    assert len(wattle.ok('pubkey', f'--root={wattle.root}', 'home')) == 45
