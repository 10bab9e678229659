# SPDX-License-Identifier: LGPL-2.1-or-later
"""Via=, by which a device without wattle and one that cannot be called find each other."""
import json

import pytest

A = 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
B = 'AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
C = 'AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
D = 'BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
HEAD = '[Mesh]\nSerial=7\nSubnet=10.7.0.0/24\n'
VPS = f'\n[Device vps]\nPublicKey={A}\nAddress=10.7.0.1\nPublicEndpoint=198.51.100.7:1\n'
NAS = f'\n[Device nas]\nPublicKey={B}\nAddress=10.7.0.2\n'
PHONE = f'\n[Device phone]\nPublicKey={C}\nAddress=10.7.0.3\nManaged=no\n'


def section(wattle, name):
    text = (wattle.folder / 'home.mesh').read_text()
    return text.split(f'[Device {name}]\n')[1].split('\n[')[0]


def add(wattle, *options):
    result = wattle('add', 'home.mesh', 'tablet', f'--key={D}', '--unmanaged', *options)
    assert result.returncode == 0, result.stderr
    return result.stderr


def test_add_writes_it(wattle):
    wattle.mesh('home.mesh', HEAD + VPS + NAS)
    assert add(wattle).splitlines() == [
        'tablet is to reach those without PublicEndpoint= through vps, which passes it on and sees it in plaintext: Via=; '
        '--via=DEVICE takes another one, --no-via none',
        'home.mesh: tablet added, serial 8; now every device needs the new file']
    assert section(wattle, 'tablet').endswith('Managed=no\nVia=vps\n')


@pytest.mark.parametrize('mesh, options, said, via', [
    (VPS + NAS, ['--no-via'], '', None),
    (VPS, [], '', None),
    (VPS + NAS, ['--public-endpoint=203.0.113.1:1'], '', None),
    (NAS, [], 'tablet will reach no device without PublicEndpoint=: it runs no wattle, and there is none for Via=\n', None),
    (VPS + NAS + f'PublicEndpoint=198.51.100.8:1\n{PHONE}', ['--via=nas'], '', 'nas'),
])
def test_add_otherwise(wattle, mesh, options, said, via):
    wattle.mesh('home.mesh', HEAD + mesh)
    assert add(wattle, *options) == f'{said}home.mesh: tablet added, serial 8; now every device needs the new file\n'
    assert ('Via=' in section(wattle, 'tablet')) == bool(via)
    assert not via or f'\nVia={via}\n' in section(wattle, 'tablet')


@pytest.mark.parametrize('args, error', [
    (['--unmanaged', '--via=nobody'], 'home.mesh:18:5: Via: there is no device nobody'),
    (['--unmanaged', '--via=nas'], 'home.mesh:18:5: Via: nas (line 10) has no PublicEndpoint=, at which it could be called'),
    (['--via=vps'], 'home.mesh:17:5: Via: device tablet runs wattle, which finds ways of its own: Via= is for devices with '
                    'Managed=no'),
])
def test_add_refuses(wattle, args, error):
    wattle.mesh('home.mesh', HEAD + VPS + NAS)
    assert error in wattle.bad('add', 'home.mesh', 'tablet', f'--key={D}', *args)


def test_set(wattle):
    wattle.mesh('home.mesh', HEAD + VPS + NAS + PHONE)
    wattle.ok('set', 'home.mesh', 'phone', 'Via=vps')
    assert section(wattle, 'phone').endswith('Managed=no\nVia=vps\n')
    assert 'Via: there is no device gw' in wattle.bad('set', 'home.mesh', 'phone', 'Via=gw')
    wattle.ok('set', 'home.mesh', 'phone', 'Via=')
    assert 'Via' not in section(wattle, 'phone')


def test_who_is_somebodys_via_stays(wattle):
    wattle.mesh('home.mesh', HEAD + VPS + NAS + PHONE + 'Via=vps\n')
    assert 'Via: there is no device vps' in wattle.bad('remove', 'home.mesh', 'vps')


def test_export_tells_and_writes(wattle):
    wattle.mesh('home.mesh', HEAD + VPS + NAS + PHONE)
    result = wattle('export', 'phone', 'home.mesh')
    assert result.stderr == ('phone will not reach those without PublicEndpoint=: --via=vps writes Via= into the mesh, and vps '
                             'passes on, and sees it in plaintext\n')
    assert '# nas' in result.stdout
    result = wattle('export', 'phone', 'home.mesh', '--via=vps')
    assert result.returncode == 0 and 'AllowedIPs=10.7.0.1/32,10.7.0.2/32\n' in result.stdout and '# nas' not in result.stdout
    assert '+Via=vps\n' in result.stderr and result.stderr.endswith(
        'home.mesh: phone changed, serial 8; now every device needs the new file\n')
    before = wattle.tree()
    again = wattle('export', 'phone', 'home.mesh', '--via=vps')
    assert (again.stderr, again.stdout) == ('', result.stdout)
    assert wattle.tree() == before


@pytest.mark.parametrize('args, status, error', [
    (['phone', '--via=nobody'], 1, 'home.mesh:18:5: Via: there is no device nobody'),
    (['nobody', '--via=vps'], 1, 'home.mesh: there is no [Device nobody]'),
    (['--all=out', '--via=vps'], 2, "--via= goes not with --all= or --check=: 'wattle set MESH DEVICE Via=' says it of each"),
    (['phone', '--signing-key=x'], 2, '--signing-key= is for --via=, which changes the mesh'),
])
def test_export_refuses(wattle, args, status, error):
    wattle.mesh('home.mesh', HEAD + VPS + NAS + PHONE)
    assert error in wattle.bad('export', *args, *([] if args[0].startswith('--all') else ['home.mesh']), status=status)


def test_few_peers_have_the_one_between(wattle):
    """It is a relay of this device, whatever it is else."""
    wattle.mesh('home.mesh', HEAD + VPS + NAS + PHONE + 'Via=vps\n')
    assert 'AllowedIPs=10.7.0.1/32,10.7.0.2/32\n' in wattle.ok('export', 'phone', 'home.mesh', '--peers=relays')


def test_show(wattle):
    wattle.mesh('home.mesh', HEAD + VPS + NAS + PHONE + 'Via=vps\n')
    text = wattle.ok('show', '--as=nas', f'--root={wattle.root}', 'home.mesh')
    assert [line.split() for line in text.splitlines()[-3:]] == [
        ['PEER', 'ADDRESS', 'ENDPOINT', 'KEEPALIVE', 'NOTES'],
        ['vps', '10.7.0.1', '198.51.100.7:1', '25', 's'],
        ['phone', '10.7.0.3', 'via', 'vps', 'runs', 'no', 'wattle,', 'vps', 'sees', 'what', 'is', 'said']]
    assert "passes on for others' Via=, and sees it in plaintext\n" in wattle.ok('show', '--as=vps', f'--root={wattle.root}', 'home.mesh')
    view = json.loads(wattle.ok('show', '--json', '--as=nas', f'--root={wattle.root}', 'home.mesh'))
    assert [peer['name'] for peer in view['peers']] == ['vps']
    assert view['peers'][0]['allowed_ips'] == ['10.7.0.1/32', '10.7.0.3/32']
    assert view['indirect'] == [{'name': 'phone', 'public_key': C, 'aliases': [], 'addresses': ['10.7.0.3'], 'managed': False, 'via': 'vps'}]
    assert view['routing']['via'] is False
