# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle set: keys by their names, one change at a time, and nothing that has faults."""
import pytest

from conftest import public_key
from test_sign import signed

MESH = ('[Mesh]\nName=home\nSerial=7\nSubnet=10.7.0.0/24\n\n[Site flat]\nPublicAddress=203.0.113.1\n\n'
        f'# in the cellar\n[Device nas]\nPublicKey={public_key("wgnet-nas")}\nAddress=10.7.0.1\nAlias=files media\n\n'
        f'[Device b]\nPublicKey={public_key("wgnet-desktop")}\nAddress=10.7.0.2\n')


@pytest.mark.parametrize('words, lines', [
    (['nas', 'Alias+=music', 'ExitNode=yes'], ['-Serial=7', '+Serial=8', '+Alias=music', '+ExitNode=yes']),
    (['nas', 'Alias-=files'], ['-Serial=7', '+Serial=8', '-Alias=files media', '+Alias=media']),
    (['nas', 'Alias='], ['-Serial=7', '+Serial=8', '-Alias=files media']),
    (['b', 'PublicEndpoint=@flat:1'], ['-Serial=7', '+Serial=8', '+PublicEndpoint=@flat:1']),
    (['b', 'State=revoked'], ['-Serial=7', '+Serial=8', '+State=revoked']),
    (['@flat', 'PublicAddress=flat.example'], ['-Serial=7', '+Serial=8', '-PublicAddress=203.0.113.1', '+PublicAddress=flat.example']),
    (['@', 'Domain=lan'], ['-Serial=7', '+Serial=8', '+Domain=lan']),
])
def test_what_changes(wattle, words, lines):
    path = wattle.mesh('home.mesh', MESH)
    said = wattle.ok('set', 'home.mesh', *words)
    changed = [line for line in said.splitlines() if line[:1] in '+-' and line[:3] not in ('+++', '---')]
    assert changed == lines
    assert '# in the cellar\n' in path.read_text()
    assert wattle.ok('check', 'home.mesh').startswith('home.mesh: good: 2 devices, serial 8')


@pytest.mark.parametrize('words, said', [
    (['nas', 'Alias-=music'], 'home.mesh: Alias has no music: it has files media'),
    (['nas', 'Adress=10.7.0.9'], "home.mesh:14:1: unknown key 'Adress': did you mean Address?"),
    (['nas', 'Address=10.8.0.9'], 'home.mesh:12:9: Address: 10.8.0.9 is outside 10.7.0.0/24'),
    (['nas', 'Relay+=yes', 'Relay+=no'], 'Relay'),
    (['media', 'Alias=x'], 'home.mesh:10:1: media is an alias of device nas: name that'),
    (['x', 'Alias=x'], 'home.mesh: there is no [Device x]'),
    (['@x', 'PublicAddress=192.0.2.1'], 'home.mesh: there is no [Site x]'),
    (['@', 'Serial=99'], 'home.mesh: Serial= follows on what was there by itself'),
    (['nas', 'Alias'], "home.mesh: 'Alias' is not KEY=VALUE, KEY+=VALUE or KEY-=VALUE"),
    (['nas', 'Alias=x\n[Device y]'], 'home.mesh: Alias: a value is one line'),
])
def test_what_is_refused(wattle, words, said):
    wattle.mesh('home.mesh', MESH)
    error = wattle.bad('set', 'home.mesh', *words)
    assert said in error and 'home.mesh is as it was' in error


def test_nothing_to_change(wattle):
    wattle.mesh('home.mesh', MESH)
    before = wattle.tree()
    done = wattle('set', 'home.mesh', 'nas', 'Alias=files media')
    assert (done.returncode, done.stdout, done.stderr) == (0, '', 'home.mesh: it says so already\n')
    assert wattle.tree() == before


def test_a_dry_run(wattle):
    wattle.mesh('home.mesh', MESH)
    before = wattle.tree()
    assert '+ExitNode=yes' in wattle.ok('set', '-n', 'home.mesh', 'nas', 'ExitNode=yes')
    assert wattle.tree() == before


def test_a_signed_mesh_is_signed_anew(wattle):
    signed(wattle, MESH)
    assert 'there is no signing key' in wattle.bad('set', '--signing-key=none', 'home.mesh', 'nas', 'ExitNode=yes')
    wattle.ok('set', '--signing-key=s.key', 'home.mesh', 'nas', 'ExitNode=yes')
    assert 'serial 8' in wattle.ok('verify', 'home.mesh')
    assert 'Previous=' in (wattle.folder / 'home.mesh').read_text()
