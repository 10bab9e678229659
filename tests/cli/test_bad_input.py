# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input: FILE:LINE:COLUMN: TEXT with the way out, exit status 1, and nothing written."""
import os
import re


import pytest
from conftest import needs_root, public_key

A, B = public_key('wgnet-desktop'), public_key('wgnet-laptop')

# Line 1 is [Mesh], line 5 [Device a], line 9 [Device b]; %s stands where a row puts its own.
MESH = f'''\
[Mesh]
Serial=1
Subnet=10.7.0.0/16
%(mesh)s
[Device a]
PublicKey={A}
Address=10.7.0.1
%(a)s
[Device b]
PublicKey=%(key)s
Address=%(address)s
%(b)s
'''


def mesh(**parts):
    return MESH % {'mesh': '#', 'a': '#', 'b': '#', 'key': B, 'address': '10.7.0.2', **parts}


ROWS = {
    # what is wrong: (the profile, where, words of the text)
    'unknown-key': (mesh(a='PublicEndpiont=192.0.2.1:1'), '8:1', ['PublicEndpoint']),
    'unknown-key-of-mesh': (mesh(mesh='Sreial=2'), '4:1', ['did you mean Serial']),
    'unknown-section': (mesh(b='[Devise c]'), '12:1', ['[Devise]']),
    'duplicate-key': (mesh(mesh='Serial=2'), '4:1', ['Serial=', 'line 2']),
    'duplicate-device': (mesh() + f'[Device a]\nPublicKey={public_key("wgnet-vps")}\n'
                         'Address=10.7.0.3\n', '13:1', ['name a ', 'line 5']),
    'duplicate-public-key': (mesh(key=A), '10:11', ['device a', 'line 6']),
    'duplicate-address': (mesh(address='10.7.0.1'), '11:9', ['device a', 'line 7']),
    'address-outside': (mesh(address='10.8.0.1'), '11:9', ['10.8.0.1', '10.7.0.0/16']),
    'address-of-network': (mesh(address='10.7.0.0'), '11:9', ['network address']),
    'address-of-broadcast': (mesh(address='10.7.255.255'), '11:9', ['broadcast address']),
    'address-is-a-name': (mesh(address='b.example'), '11:9', ['not an IP address']),
    'host-bits-of-subnet': (mesh(mesh='Subnet=10.9.0.1/16'), '4:8', ['write 10.9.0.0/16']),
    'host-bits-of-route': (mesh(a='Routes=192.0.2.1/24'), '8:8', ['write 192.0.2.0/24']),
    'same-route': (mesh(a='Routes=192.0.2.0/24', b='Routes=192.0.2.0/24'), '12:8',
                   ['192.0.2.0/24', 'device a', 'line 8']),
    'endpoint-inside-mesh': (mesh(a='PublicEndpoint=10.7.0.1:51820'), '8:16', ['inside the mesh']),
    'ipv6-without-brackets': (mesh(a='PublicEndpoint=2001:db8::1:51820'), '8:16',
                              ['[2001:db8::1]:51820']),
    'key-not-base64': (mesh(key='*' * 43 + '='), '10:11', ['44 characters of base64']),
    'key-of-31-bytes': (mesh(key='A' * 40 + 'AA=='), '10:11', ['44 characters of base64']),
    'key-all-zero': (mesh(key='A' * 43 + '='), '10:11', ['all-zero']),
    'private-key': (mesh(a=f'PrivateKey={A}'), '8:1', ['never belongs in a profile', '.key']),
    'port-0': (mesh(mesh='ListenPort=0'), '4:12', ["'0'", '1 to 65535']),
    'port-65536': (mesh(mesh='ListenPort=65536'), '4:12', ["'65536'", '1 to 65535']),
    'port-with-junk': (mesh(mesh='ListenPort=51820x'), '4:12', ["'51820x'", '1 to 65535']),
    'endpoint-port-65536': (mesh(a='PublicEndpoint=192.0.2.1:65536'), '8:16', ['1 to 65535']),
    'name-for-literal': (mesh(a='PrivateEndpoint=nas.example:1'), '8:17', ['DNS name', 'address']),
    'cr-lf': (mesh().replace('\n', '\r\n'), '1:7', ['carriage return', 'dos2unix']),
    'nul': (mesh(a='# \0'), '8:3', ['0x00']),
    'control-character-of-c1': (mesh(a='Alias=\x9b31m'), '8:7', ['U+009B']),
    'not-utf-8': (mesh().encode().replace(b'#', b'# \xff', 1), '4:3', ['UTF-8']),
    'byte-order-mark': (b'\xef\xbb\xbf' + mesh().encode(), '1:1', ['byte order mark']),
    'line-of-8-mib': (b'#' * (8 * 1024 * 1024), '1:1', ['longer than 64 KiB']),
    'empty': ('', '1:1', ['no [Mesh]', 'wattle init']),
    'no-value': (mesh(mesh='Domain='), '4:8', ['empty']),
    'comment-behind-value': (mesh(mesh='MTU=1400 # small'), '4:5', ['line of its own']),
}


@pytest.mark.parametrize('row', ROWS)
def test_profile(wattle, row):
    text, where, words = ROWS[row]
    wattle.mesh('home.mesh', text)
    for verb in (['check'], ['show', '--as', 'a'],
                 ['render', '--as', 'a', '--output', 'out'], ['export', 'a']):
        lines = wattle.bad(*verb, 'home.mesh').splitlines()
        fault = next(line for line in lines if line.startswith(f'home.mesh:{where}: '))
        assert all(word in fault for word in words), fault


@pytest.mark.parametrize('verb', [['add', 'home.mesh', 'c', f'--key={B}'],
                                  ['remove', 'home.mesh', 'a']])
def test_a_bad_profile_is_not_edited(wattle, verb):
    wattle.mesh('home.mesh', mesh(address='10.8.0.1'))
    error = wattle.bad(*verb)
    assert error.startswith('home.mesh:11:9: Address: 10.8.0.1 is outside 10.7.0.0/16')
    assert 'home.mesh is as it was' in error


def test_all_faults_of_all_files(wattle):
    wattle.mesh('one.mesh', mesh(mesh='ListenPort=0', address='10.8.0.1'))
    wattle.mesh('two.mesh', mesh(key=A))
    wattle.mesh('three.mesh', mesh())
    result = wattle('check', 'one.mesh', 'two.mesh', 'three.mesh', 'four.mesh')
    assert result.returncode == 1
    assert [line.split(': ')[0] for line in result.stderr.splitlines()] == [
        'one.mesh:4:12', 'one.mesh:11:9', 'two.mesh:10:11', 'three.mesh:9:1', 'four.mesh']
    assert result.stdout == 'three.mesh: good: 2 devices, serial 1\n'


def test_as_published(wattle):
    wattle.mesh('wgnet-as-published.mesh')
    error = wattle.bad('check', 'wgnet-as-published.mesh')
    assert 'wgnet-as-published.mesh:27:11: PublicKey: device vps has the same key in line 22' in error


def test_too_large(wattle):
    wattle.mesh('home.mesh', b'#' * (8 * 1024 * 1024 + 1))
    assert wattle.bad('check', 'home.mesh') == 'home.mesh: is larger than 8 MiB\n'


def test_no_file(wattle):
    assert wattle.bad('check', 'home.mesh') == 'home.mesh: No such file or directory\n'


def test_folder(wattle):
    (wattle.folder / 'home.mesh').mkdir()
    assert wattle.bad('check', 'home.mesh') == 'home.mesh: is a folder, not a file\n'
    assert 'is a folder' in wattle.bad('add', 'home.mesh', 'c', f'--key={B}')


def test_fifo(wattle):
    os.mkfifo(wattle.folder / 'home.mesh')
    assert wattle.bad('check', 'home.mesh') == 'home.mesh: is not a regular file\n'
    assert 'is not a regular file' in wattle.bad('remove', 'home.mesh', 'a')


def test_a_flood_of_faults_is_cut_off(wattle):
    wattle.mesh('home.mesh', mesh() + 'Nonsense=1\n' * 5000)
    lines = wattle.bad('check', 'home.mesh').splitlines()
    assert len(lines) == 1001
    assert lines[-1] == 'wattle: 4000 more faults are not shown'


def test_no_such_host(wattle):
    wattle.mesh('home.mesh', mesh())
    error = wattle.bad('show', f'--root={wattle.root}', 'home.mesh')
    assert error.startswith("home.mesh: the mesh has no device with this host's name, ")
    assert error.endswith('write Device= below [Local] (it has a, b)\n'
                          'wattle: --as=DEVICE takes the view of one of them\n')
    assert wattle.bad('show', '--as=c', 'home.mesh') == (
        'home.mesh: mesh home has no device c: it has a, b\n')


@pytest.mark.parametrize('verb', ['show', 'render', pytest.param('check', marks=needs_root)])
def test_two_identities(wattle, verb):
    (wattle.config / 'wgnet.mesh').write_text(wattle.mesh('wgnet.mesh').read_text())
    wattle.key('wgnet-nas', wattle.config / 'wgnet.key')
    (wattle.config / 'wgnet.mesh.d').mkdir()
    (wattle.config / 'wgnet.mesh.d/device.conf').write_text('[Local]\nDevice=vps\n')
    assert wattle.bad(verb, f'--root={wattle.root}', 'wgnet') == (
        '/etc/wattle/wgnet.mesh.d/device.conf:2:8: Device= says vps, but the key in '
        '/etc/wattle/wgnet.key is that of nas\n')


def test_key_file_that_others_read(wattle):
    (wattle.config / 'wgnet.mesh').write_text(wattle.mesh('wgnet.mesh').read_text())
    wattle.key('wgnet-nas', wattle.config / 'wgnet.key', 0o644)
    error = wattle.bad('show', f'--root={wattle.root}', 'wgnet')
    assert '/etc/wattle/wgnet.key: others can read or change this private key' in error
    assert 'chmod 0640' in error
    assert 'others can read' in wattle.bad('pubkey', f'--root={wattle.root}', 'wgnet')


def test_interface_of_16_characters(wattle):
    wattle.mesh('sixteen-letterss.mesh', mesh())
    assert ':1:1: ' in wattle.bad('show', '--as=a', 'sixteen-letterss.mesh')
    wattle.mesh('home.mesh', mesh())
    wattle.mesh('local.conf', '[Local]\nInterface=sixteen-letterss\n')
    error = wattle.bad('render', '--as=a', '--local=local.conf', '--output=out', 'home.mesh')
    assert error.startswith("local.conf:2:11: Interface: 'sixteen-letterss' has 16 characters")


def test_exit_node_that_is_none(wattle):
    wattle.mesh('home.mesh', mesh())
    wattle.mesh('local.conf', '[Local]\nExitNode=b\n')
    assert wattle.bad('render', '--as=a', '--local=local.conf', 'home.mesh') == (
        'local.conf:2:10: ExitNode: b offers no way out: it has no ExitNode=yes in the profile\n')


@pytest.mark.parametrize('verb', ['check', 'show', 'render'])
def test_no_orders_to_the_terminal(wattle, verb):
    """The name of a file is anybody's."""
    name = '\x1b]0;root\x07\x9b2J.mesh'
    error = wattle.bad(verb, name)
    assert error.startswith('\ufffd]0;root\ufffd\ufffd2J.mesh: ')
    wattle.mesh(name, '[Mesh]\nSubnet=10.7.0.0/24\nFrom=x\n')
    assert not re.search('[\x00-\x09\x0b-\x1f\x7f-\x9f]', wattle.bad(verb, name))
