# SPDX-License-Identifier: LGPL-2.1-or-later
"""show, render and export: the view for people, for programs and as files."""
import json
import os

import pytest
from conftest import MESHES

OFFICE_AS_ANNA = '''\
mesh         office, serial 42, 7 devices
device       anna.office.example, anna-laptop.office.example
addresses    10.77.0.10/24, fd77:77:77::10/64
interface    office, port 51820
owner        networkd, started by hand
public key   emmLfNkTZbxtk9VwzpEHx66XlbMIi1xnjpuvtDrr40M=
private key  /etc/wattle/office.key
routing      none
exit node    none

PEER     ADDRESS        ENDPOINT                   ROUTES                  KEEPALIVE  NOTES
ben      10.77.0.11     192.168.20.31:51820 (LAN)
gw       10.77.0.1      203.0.113.10:51820         192.168.20.0/24 unused  25 s       relay
         fd77:77:77::1  gw.office.example:51820
                        192.168.20.1:51820 (LAN)
phone    10.77.0.20                                                                   runs no wattle
printer  10.77.0.21     192.168.20.40:51820 (LAN)                                     runs no wattle
vps      10.77.0.2      198.51.100.7:51820                                 25 s       exit node, relay
         fd77:77:77::2  [2001:db8:7::1]:51820

revoked: old
'''


def test_table(wattle):
    wattle.mesh('office.mesh')
    assert wattle.ok('show', '--as=anna', f'--root={wattle.root}', 'office.mesh') == OFFICE_AS_ANNA


def test_table_with_settings_of_the_host(wattle):
    (wattle.config / 'office.mesh').write_text(wattle.mesh('office.mesh').read_text())
    (wattle.config / 'office.mesh.d').mkdir()
    (wattle.config / 'office.mesh.d/x.conf').write_text(
        '[Local]\nDevice=anna\nOwner=NetworkManager\nInterface=wg7\nAcceptRoutes=yes\nExitNode=vps\n'
        'ActivationPolicy=up\nMTU=1380\nListenPort=4000\n')
    text = wattle.ok('show', f'--root={wattle.root}', 'office')
    for line in ['interface    wg7, port 4000, MTU 1380, mark 0xca6c',
                 'owner        NetworkManager, started at boot',
                 'routing      uses routes of others',
                 'routes       192.168.20.0/24', 'exit node    vps']:
        assert f'{line}\n' in text
    assert 'unused' not in text and 'our exit node, relay' in text
    assert 'fd77:77:77::2  [2001:db8:7::1]:51820      ::/0\n' in text
    # as another device, what this host wishes is of no account
    assert 'interface    office, port 51820\n' in wattle.ok(
        'show', f'--root={wattle.root}', '--as=ben', 'office')


def test_disabled(wattle):
    (wattle.config / 'wgnet.mesh').write_text((MESHES / 'wgnet.mesh').read_text())
    (wattle.config / 'wgnet.mesh.d').mkdir()
    (wattle.config / 'wgnet.mesh.d/x.conf').write_text('[Local]\nDevice=nas\nEnable=no\n')
    text = wattle.ok('show', f'--root={wattle.root}', 'wgnet')
    assert "enabled      no: this host's settings have Enable=no\n" in text


def test_alone(wattle):
    wattle.mesh('home.mesh', '[Mesh]\nSubnet=10.7.0.0/24\n[Device a]\nAddress=10.7.0.1\nPublicKey='
                             'YMgWEvUXbVyijZqktimkDxNyP8ldz+d97xmslgPF+Xc=\n')
    text = wattle.ok('show', '--as=a', 'home.mesh')
    assert text.startswith('mesh         home, 1 device\n') and text.endswith('\n\nno peers\n')


def test_json(wattle):
    wattle.mesh('office.mesh')
    text = wattle.ok('show', '--json', '--as=gw', f'--root={wattle.root}', 'office.mesh')
    view = json.loads(text)
    assert list(view) == ['format', 'mesh', 'domain', 'source', 'serial', 'device', 'interface',
                          'routing', 'peers', 'indirect']
    assert (view['format'], view['mesh'], view['serial']) == (1, 'office', 42)
    assert view['interface'] == {
        'name': 'office', 'owner': 'networkd', 'activation_policy': 'manual',
        'connection': 'native', 'zone': None,
        'private_key_file': '/etc/wattle/office.key',
        'addresses': ['10.77.0.1/24', 'fd77:77:77::1/64'], 'listen_port': 51820, 'mtu': None,
        'firewall_mark': None}
    assert view['routing'] == {'client': False, 'server': True, 'masquerade': False, 'via': False,
                               'subnets': [], 'routes': [], 'exit_node': None}
    assert [peer['name'] for peer in view['peers']] == ['anna', 'ben', 'phone', 'printer', 'vps']
    assert view['peers'][1] == {
        'name': 'ben', 'public_key': 'RsRgk++q0B2gdc2vRfHVTjQq4/xvRb9X4GInr+cnTXg=', 'aliases': [],
        'addresses': ['10.77.0.11'], 'managed': True, 'allowed_ips': ['10.77.0.11/32'],
        'endpoint': None, 'keepalive_s': None,
        'candidates': [{'kind': 'private', 'endpoint': '192.168.20.31:51820'}]}
    # indented as Python does, so that diffs of two views are small
    assert text == json.dumps(view, indent=2) + '\n'


@pytest.mark.parametrize('name', ['quo"te\\', 'ümlaut', 'white space'])
def test_json_escapes(wattle, name):
    text = wattle.mesh('wgnet.mesh').read_text().replace('[Mesh]', '[Mesh]\nName=wgnet')
    wattle.mesh(f'{name}.mesh', text)
    view = json.loads(wattle.ok('show', '--json', '--as=nas', f'{name}.mesh'))
    assert view['source'] == f'{name}.mesh'


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes().decode(errors='replace')
            for path in folder.rglob('*') if path.is_file()}


def test_render_into_a_folder(wattle):
    wattle.mesh('office.mesh')
    render = ['render', '--as=vps', '--owner=networkd', '--systemd=257']
    out = wattle.ok(*render, '--output=a/b', 'office.mesh')
    assert out == 'a/b: 7 files, 7 changed, 0 removed\n'
    tree = files(wattle.folder / 'a/b')
    assert sorted(tree) == ['run/NetworkManager/conf.d/60-wattle-office.conf',
                            'run/sysctl.d/60-wattle-office.conf',
                            'run/systemd/network/60-wattle-office.netdev',
                            'run/systemd/network/60-wattle-office.network',
                            'run/wattle/office.hosts', 'run/wattle/office.names',
                            'run/wattle/office.nft']
    names = 'run/wattle/office.names'
    tree[names] = f'{(wattle.folder / "a/b" / names).stat().st_size} bytes, not of text\n'
    assert wattle.ok(*render, '-o', 'a/b', 'office.mesh') == 'a/b: 7 files, 0 changed, 0 removed\n'
    printed = '\n'.join(f'==> {path} <==\n{tree[path]}' for path in [
        'run/systemd/network/60-wattle-office.netdev',
        'run/systemd/network/60-wattle-office.network',
        'run/NetworkManager/conf.d/60-wattle-office.conf', 'run/sysctl.d/60-wattle-office.conf',
        'run/wattle/office.nft', 'run/wattle/office.hosts', names])
    assert wattle.ok(*render, 'office.mesh') == wattle.ok(*render, '--output=-', 'office.mesh') == printed
    out = wattle.ok('render', '--as=anna', '--owner=NetworkManager', '--output=a/b', 'office.mesh')
    assert out.splitlines()[1] == ("without NetworkManager's connection, which has the key in it: 'wattle render' prints it, "
                                   "without --output")
    assert sorted(files(wattle.folder / 'a/b')) == [
        'run/systemd/network/60-wattle-office.network', 'run/wattle/office.hosts', 'run/wattle/office.names']


def test_render_shows_the_connection_without_the_key(wattle):
    wattle.mesh('office.mesh')
    out = wattle.ok('render', '--as=anna', '--owner=NetworkManager', 'office.mesh')
    text = out.partition('==> run/NetworkManager/system-connections/wattle-office.nmconnection <==\n')[2]
    assert '[connection]\nid=office\n' in text and 'type=wireguard\n' in text
    assert '# private-key= is left out here\n' in text and '\nprivate-key=' not in text
    assert 'address1=10.77.0.10/24\nmethod=manual\n' in text
    assert 'nmconnection' not in wattle.ok('render', '--as=anna', '--owner=networkd', 'office.mesh')


def test_render_with_settings(wattle):
    wattle.mesh('office.mesh')
    wattle.mesh('one.conf', '[Local]\nInterface=wg1\nListenPort=1\n')
    wattle.mesh('two.conf', '[Local]\nInterface=wg2\n')
    text = wattle.ok('render', '--as=ben', '--owner=networkd', '--local=one.conf', '--local=two.conf',
                     'office.mesh')
    assert 'Name=wg2\n' in text and 'ListenPort=1\n' in text


@pytest.mark.parametrize('args, error', [
    (['--systemd=251', '--as=gw'],
     'wattle: systemd 251 is too old: its networkd lacks what these files use; 252 or newer is '
     'needed\n'),
    (['--as=phone'], "office.mesh: device phone runs no wattle (Managed=no): 'wattle export phone "
                     "office.mesh' makes the file for it\n"),
    (['--as=old'],
     'office.mesh:45:1: device old is revoked: State=active would let it in again\n'),
    (['--as=gv'], 'office.mesh: mesh office has no device gv: did you mean gw?\n'),
])
def test_render_refuses(wattle, args, error):
    wattle.mesh('office.mesh')
    assert wattle.bad('render', '--output=out', *args, 'office.mesh') == error


EXPORTED = '''\
# Made by wattle from office.mesh for device printer. Change the mesh, not this file.

[Interface]
%s
Address=10.77.0.21/24
ListenPort=51820

[Peer]
# anna
'''


def test_export(wattle):
    wattle.mesh('office.mesh')
    text = wattle.ok('export', 'printer', 'office.mesh')
    assert text.startswith(EXPORTED % '# PrivateKey=... : the private key of this device goes here')
    assert '192.168.20.0/24' not in text and '0.0.0.0/0' not in text
    text = wattle.ok('export', '--accept-routes', '--exit-node=vps', 'printer', 'office.mesh')
    assert '192.168.20.0/24\n' in text and ',0.0.0.0/0,::/0\n' in text


def test_export_with_the_key(wattle):
    wattle.mesh('office.mesh')
    key = wattle.key('office-printer', wattle.folder / 'p.key')
    line = f'PrivateKey={key.read_text().strip()}'
    text = wattle.ok('export', '--private-key=p.key', 'printer', 'office.mesh')
    assert text.startswith(EXPORTED % line)
    assert wattle.ok('export', '--private-key=-', 'printer', 'office.mesh',
                     input=key.read_text()) == text
    assert wattle.ok('export', '--private-key=p.key', '-o', 'p.conf', 'printer', 'office.mesh') == ''
    assert (wattle.folder / 'p.conf').read_text() == text
    assert (wattle.folder / 'p.conf').stat().st_mode & 0o777 == 0o600


def test_export_replaces_only_what_it_made(wattle):
    wattle.mesh('office.mesh')
    key = wattle.key('office-printer', wattle.folder / 'p.key')
    (wattle.folder / 'notes').write_text('# Made by me\n')
    (wattle.folder / 'empty').write_text('')
    (wattle.folder / 'folder').mkdir()
    assert wattle.ok('export', '-o', 'p.conf', 'printer', 'office.mesh') == ''
    (wattle.folder / 'link').symlink_to('p.conf')
    (wattle.folder / 'dangling').symlink_to('nowhere')
    os.mkfifo(wattle.folder / 'fifo')
    for name in 'office.mesh', 'p.key', 'notes', 'empty', 'folder', 'link', 'dangling', 'fifo':
        before = os.lstat(wattle.folder / name)
        assert wattle.bad('export', '-o', name, 'printer', 'office.mesh') == (
            f'wattle: {name} exists already, was not made by export, and is left as it is: name another file\n')
        assert os.lstat(wattle.folder / name) == before
    for name, why in ('p.conf/x', 'Not a directory'), ('nowhere/x', 'No such file or directory'):
        assert why in wattle.bad('export', '-o', name, 'printer', 'office.mesh')
    text = wattle.ok('export', '--private-key=p.key', '-o', '-', 'printer', 'office.mesh')
    assert not (wattle.folder / '-').exists()
    assert wattle.ok('export', '--private-key', key, '-o', 'p.conf', 'printer', 'office.mesh') == ''
    assert (wattle.folder / 'p.conf').read_text() == text


def test_export_refuses_the_key_of_another(wattle):
    wattle.mesh('office.mesh')
    key = wattle.key('office-phone', wattle.folder / 'p.key')
    error = wattle.bad('export', '--private-key=p.key', '-o', 'x', 'printer', 'office.mesh')
    assert 'is not that of device printer' in error and key.read_text().strip() not in error
    error = wattle.bad('export', '--private-key=-', 'printer', 'office.mesh', input='secret' * 9)
    assert 'secret' not in error


def test_export_of_a_managed_device_warns(wattle):
    wattle.mesh('office.mesh')
    result = wattle('export', 'ben', 'office.mesh')
    assert result.returncode == 0 and 'warning: device ben runs wattle' in result.stderr


def test_export_from_the_only_mesh(wattle):
    root = f'--root={wattle.root}'
    (wattle.config / 'office.mesh').write_text((MESHES / 'office.mesh').read_text())
    assert wattle.ok('export', root, 'printer').startswith('# Made by wattle from office.mesh')
    (wattle.config / 'wgnet.mesh').write_text((MESHES / 'wgnet.mesh').read_text())
    assert wattle.bad('export', root, 'printer', status=2).startswith(
        'wattle export: which mesh? Here are office, wgnet;')
