# SPDX-License-Identifier: LGPL-2.1-or-later
"""export --all: a folder that follows the mesh, and keeps the private keys that are in it."""
import pytest

from conftest import MESHES
from test_export_code import large_mesh


def all_of(wattle, *options, folder='phones'):
    return wattle.ok('export', f'--all={folder}', 'office.mesh', *options)


def files(wattle):
    return {path.name: path.read_text() for path in (wattle.folder / 'phones').iterdir()}


@pytest.mark.parametrize('options, names', [
    ([], ['phone.conf', 'printer.conf']),
    (['--managed'], ['anna.conf', 'ben.conf', 'gw.conf', 'phone.conf', 'printer.conf', 'vps.conf']),
    (['--format=networkd'], ['phone.netdev', 'phone.network', 'printer.netdev', 'printer.network']),
    (['--format=nm'], ['phone.nmconnection', 'printer.nmconnection']),
    (['--format=openwrt'], ['phone.uci', 'printer.uci']),
])
def test_a_file_for_each(wattle, options, names):
    wattle.mesh('office.mesh')
    said = all_of(wattle, *options)
    assert sorted(files(wattle)) == names
    assert said.splitlines()[-1] == f'phones: {len(names)} new, 0 changed, 0 as they were'
    assert {path.stat().st_mode & 0o777 for path in (wattle.folder / 'phones').iterdir()} == {0o600}
    assert (wattle.folder / 'phones').stat().st_mode & 0o777 == 0o700
    if not any(option.startswith('--format') for option in options):
        assert files(wattle)['printer.conf'] == wattle.ok('export', 'printer', 'office.mesh')


def test_only_what_changed_is_written(wattle):
    text = wattle.mesh('office.mesh').read_text()
    all_of(wattle)
    before = wattle.tree()
    assert all_of(wattle) == 'phones: 0 new, 0 changed, 2 as they were\n'
    assert wattle.tree() == before
    # A route is nothing to who accepts none.
    wattle.mesh('office.mesh', text.replace('Routes=192.168.20.0/24', 'Routes=192.168.21.0/24'))
    assert all_of(wattle) == 'phones: 0 new, 0 changed, 2 as they were\n'
    wattle.mesh('office.mesh', text.replace('Address=10.77.0.20\n', 'Address=10.77.0.22\nKeepalive=11\n'))
    assert all_of(wattle) == ('phones/phone.conf is changed\nphones/printer.conf is changed\n'
                              'phones: 0 new, 2 changed, 0 as they were\n')
    (wattle.folder / 'phones/phone.conf').chmod(0o644)
    assert all_of(wattle) == 'phones/phone.conf is changed\nphones: 0 new, 1 changed, 1 as they were\n'


@pytest.mark.parametrize('form, suffix, line', [
    ('wg-quick', 'conf', 'PrivateKey={}'), ('networkd', 'netdev', 'PrivateKey={}'), ('nm', 'nmconnection', 'private-key={}'),
    ('openwrt', 'uci', "set network.wg_office.private_key='{}'"),
])
def test_a_key_stays(wattle, form, suffix, line):
    """Written by export, or by hand in the place that it has for it."""
    text = wattle.mesh('office.mesh').read_text()
    key = wattle.key('office-phone', wattle.folder / 'p.key').read_text().strip()
    path = wattle.folder / f'phones/phone.{suffix}'
    all_of(wattle, f'--format={form}')
    lines = [line.format(key) if 'goes here' in old else old for old in path.read_text().splitlines()]
    path.write_text('\n'.join(lines) + '\n')
    assert ' 0 changed' in all_of(wattle, f'--format={form}')
    wattle.mesh('office.mesh', text.replace('203.0.113.10:51820', '203.0.113.11:51820').replace('10.77.0.21', '10.77.0.31'))
    assert ' 2 changed' in all_of(wattle, f'--format={form}')
    assert path.read_text().count(line.format(key) + '\n') == 1 and '10.77.0.31' in path.read_text()
    wattle.ok('export', 'phone', 'office.mesh', f'--format={form}', '-o', path)
    assert path.read_text().count(line.format(key) + '\n') == 1
    # A key that is not the device's any more is of no use.
    wattle.mesh('office.mesh', text.replace((MESHES / 'keys/office-phone.pub').read_text().strip(),
                                            'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='))
    all_of(wattle, f'--format={form}')
    assert key not in path.read_text()


def test_a_key_of_wg_quick_with_blanks(wattle):
    wattle.mesh('office.mesh')
    key = wattle.key('office-phone', wattle.folder / 'p.key').read_text().strip()
    path = wattle.folder / 'p.conf'
    wattle.ok('export', 'phone', 'office.mesh', '-o', 'p.conf')
    path.write_text(path.read_text().replace('[Peer]', f'  privatekey = {key}\n[Peer]', 1))
    wattle.ok('export', 'phone', 'office.mesh', '-o', 'p.conf')
    assert f'\nPrivateKey={key}\n' in path.read_text()


def test_files_of_others(wattle):
    text = wattle.mesh('office.mesh').read_text()
    all_of(wattle)
    (wattle.folder / 'phones/printer.conf').write_text('mine\n')
    (wattle.folder / 'phones/notes.txt').write_text('mine\n')
    result = wattle('export', '--all=phones', 'office.mesh')
    assert result.returncode == 1 and 'phones/printer.conf exists already, was not made by export' in result.stderr
    assert files(wattle)['printer.conf'] == files(wattle)['notes.txt'] == 'mine\n'
    (wattle.folder / 'phones/printer.conf').unlink()
    wattle.mesh('office.mesh', text.replace('Managed=no', 'Managed=yes', 1))
    assert 'phones/phone.conf is of no device that gets a file now\n' in all_of(wattle)


def test_the_exit_node_itself_goes_out_by_itself(wattle):
    wattle.mesh('office.mesh')
    all_of(wattle, '--managed', '--exit-node=vps')
    assert [name for name, text in files(wattle).items() if '0.0.0.0/0' not in text] == ['vps.conf']


def test_a_device_without_a_file(wattle):
    """The others have theirs."""
    wattle.mesh('office.mesh')
    result = wattle('export', '--all=phones', '--managed', '--dns=fd77:77:77::1', 'office.mesh')
    assert result.returncode == 1 and '--dns: phone has no IPv6 address' in result.stderr
    assert sorted(files(wattle)) == ['anna.conf', 'gw.conf', 'vps.conf']


@pytest.mark.parametrize('lines', ['', 'Via=d00\n'])
@pytest.mark.parametrize('options', [[], ['--peers=relays'], ['--peers=public'], ['--peers=relays', '--exit-node=d02', '--accept-routes']])
def test_as_each_alone(wattle, lines, options):
    """Where few are peers, only these are gone through; what comes of it is the same."""
    text = large_mesh(40).replace('Managed=no\n', f'Managed=no\n{lines}')
    text += 'Managed=no\n'  # d39, which has no endpoint
    text = text.replace('[Device d02]\n', '[Device d02]\nExitNode=yes\n').replace('[Device d05]\n', '[Device d05]\nRoutes=192.0.2.0/24\n')
    wattle.mesh('home.mesh', text)
    wattle.ok('export', '--all=out', 'home.mesh', '--managed', *options)
    for name in 'phone', 'd00', 'd02', 'd05', 'd39':
        own = [option for option in options if option != f'--exit-node={name}']
        assert (wattle.folder / f'out/{name}.conf').read_text() == wattle.ok('export', name, 'home.mesh', *own)


def test_many(wattle):
    wattle.mesh('home.mesh', large_mesh(200).replace('Relay=yes', 'Managed=no\nRelay=yes'))
    said = wattle.ok('export', '--all=out', 'home.mesh', '--peers=relays')
    assert said.splitlines()[-1] == 'out: 21 new, 0 changed, 0 as they were'
    assert (wattle.folder / 'out/d190.conf').read_text().count('[Peer]') == 19
    assert len((wattle.state / 'wattle/exports').read_text().splitlines()) == 22


def test_of_the_only_mesh(wattle):
    (wattle.config / 'office.mesh').write_text((MESHES / 'office.mesh').read_text())
    assert 'out: 2 new' in wattle.ok('export', f'--root={wattle.root}', '--all=out')


@pytest.mark.parametrize('options, said', [
    (['--all=x', 'phone', 'office.mesh'], 'it takes [FILE|MESH] with --all=, and no DEVICE'),
    (['--all=', 'office.mesh'], '--all= is empty'),
    (['--managed', 'phone', 'office.mesh'], '--managed is for --all='),
    (['--all=x', '--qr', 'office.mesh'], '--all= goes not with --output=, --qr or --private-key=, which are of one device'),
    (['--all=x', '-o', 'y', 'office.mesh'], '--all= goes not with --output=, --qr or --private-key=, which are of one device'),
    (['--all=x', '--private-key=-', 'office.mesh'], '--all= goes not with --output=, --qr or --private-key=, which are of one device'),
    ([], 'it takes DEVICE [FILE|MESH]'),
])
def test_wrong_usage(wattle, options, said):
    wattle.mesh('office.mesh')
    assert wattle.bad('export', *options, status=2) == f"wattle export: {said}; see 'wattle export --help'\n"


def test_a_folder_that_cannot_be(wattle):
    wattle.mesh('office.mesh')
    (wattle.folder / 'file').write_text('')
    assert 'file: ' in wattle.bad('export', '--all=file', 'office.mesh')
