# SPDX-License-Identifier: LGPL-2.1-or-later
"""Meshes of what other tools have."""
import pathlib
import shutil
import tempfile

import pytest

A = 'aAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEA='
B = 'cAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEA='
PUBLIC_A = 'jwp5QK8bOd3Dge+RYu5phJ9Iah/0dJbi4rQmn6Jxwhs='
PUBLIC_B = '2h5SjibXchQvo0p/1FBxgy369fnE27z7mhJBS3O9nh0='

LAPTOP = f"""[Interface]
PrivateKey = {A}
Address = 10.8.0.2/24
DNS = 1.1.1.1

[Peer]
PublicKey = {PUBLIC_B}
AllowedIPs = 10.8.0.1/32
Endpoint = 198.51.100.7:51820
"""
SERVER = f"""[Interface]
PrivateKey = {B}
Address = 10.8.0.1/24
ListenPort = 51820

[Peer]
PublicKey = {PUBLIC_A}
AllowedIPs = 10.8.0.2/32
"""
MESH = f"""[Mesh]
Serial=1
Subnet=10.8.0.0/24

[Device laptop]
PublicKey={PUBLIC_A}
Address=10.8.0.2

[Device server]
PublicKey={PUBLIC_B}
Address=10.8.0.1
PublicEndpoint=198.51.100.7:51820
"""


def files(wattle, **texts):
    for name, text in texts.items():
        (wattle.folder / f'{name}.conf').write_text(text)


def test_two_hosts(wattle):
    files(wattle, laptop=LAPTOP, server=SERVER)
    result = wattle('import', 'laptop.conf', 'server.conf')
    assert (result.returncode, result.stdout) == (0, MESH)
    assert result.stderr == (
        'laptop.conf:4:1: warning: DNS is left out: a mesh sets no name server: each host keeps its own\n'
        'laptop.conf: its private key is in no file made here: on laptop write it, alone, to '
        '/etc/wattle/imported.key, mode 0600\n'
        'server.conf: its private key is in no file made here: on server write it, alone, to '
        '/etc/wattle/imported.key, mode 0600\n')


CORPUS = pathlib.Path(__file__).parent / 'wg-quick'


@pytest.mark.parametrize('path', sorted(CORPUS.glob('*.conf')), ids=lambda path: path.stem)
def test_as_people_write_them(wattle, path):
    """Shapes of files in public repositories, with keys, names and addresses of their own: what is made of each, and what is said."""
    (wattle.folder / path.name).write_bytes(path.read_bytes())
    done = wattle('import', path.name)
    assert done.stdout + done.stderr == path.with_suffix('.expected').read_text()
    assert (done.returncode == 0) == (done.stdout != '' and 'to fill in' not in done.stderr)


def test_into_a_file(wattle):
    files(wattle, laptop=LAPTOP, server=SERVER)
    result = wattle('import', '--output=home.mesh', 'laptop.conf', 'server.conf')
    assert (result.returncode, result.stdout) == (0, '')
    assert '/etc/wattle/home.key' in result.stderr
    assert (wattle.folder / 'home.mesh').read_text() == MESH
    wattle.ok('check', 'home.mesh')
    assert 'home.mesh: exists already, and is left as it is\nwattle: no mesh was made\n' in wattle.bad(
        'import', '-o', 'home.mesh', 'laptop.conf')


def test_a_fault_makes_no_mesh(wattle):
    files(wattle, laptop=LAPTOP.replace(':51820', ':70000'), server=SERVER)
    error = wattle.bad('import', '-o', 'home.mesh', 'laptop.conf', 'server.conf', 'none.conf')
    assert "laptop.conf:9:12: Endpoint: '70000' is not a port: 1 to 65535\n" in error
    assert 'none.conf: ' in error
    assert error.endswith('wattle: no mesh was made\n')


def test_what_is_left_to_fill_in(wattle):
    files(wattle, laptop=f'wg0\t{A}\t{PUBLIC_A}\t51820\toff\n', server=SERVER.split('\n\n')[0])
    result = wattle('import', '-o', 'home.mesh', 'laptop.conf', 'server.conf')
    assert result.returncode == 1
    assert result.stderr.endswith(
        'home.mesh:5:1: device laptop has no Address=\n'
        'wattle: home.mesh is made, and these lines are left for you to fill in\n')
    assert (wattle.folder / 'home.mesh').exists()


def test_no_private_key_is_shown(wattle):
    files(wattle, laptop=LAPTOP, alone=A + '\n', broken=LAPTOP.replace('PrivateKey = ', ''),
          dump=f'{A}\t{PUBLIC_A}\t51820\toff\n')
    for name in ['laptop', 'alone', 'broken', 'dump']:
        result = wattle('import', f'{name}.conf')
        assert A[:-1] not in result.stdout + result.stderr


NETDEV = f"""[NetDev]
Name=wg0
Kind=wireguard
[WireGuard]
PrivateKeyFile=/nowhere/wg0.key
[WireGuardPeer]
PublicKey={PUBLIC_B}
AllowedIPs=10.8.0.1/32
Endpoint=198.51.100.7:51820
"""
NETWORK = '[Match]\nName=wg0\n[Network]\nAddress=10.8.0.2/24\n'
KEYFILE = f"""[connection]
id=office
type=wireguard
[wireguard]
listen-port=51820
private-key={B}
[wireguard-peer.{PUBLIC_A}]
allowed-ips=10.8.0.2/32;
[ipv4]
address1=10.8.0.1/24
"""
YAML = f"""network:
  version: 2
  renderer: RENDERER
  ethernets:
    eth0: {{dhcp4: true}}
  tunnels:
    wg0:
      mode: wireguard
      key: {A}
      addresses: [10.8.0.2/24]
      peers:
        - keys: {{public: "{PUBLIC_B}"}}
          allowed-ips: [10.8.0.1/32]
          endpoint: 198.51.100.7:51820
"""


def put(wattle, texts):
    for name, text in texts.items():
        path = wattle.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def test_networkd_and_a_keyfile(wattle):
    """In whichever order they come, and the key beside the .netdev."""
    put(wattle, {'laptop/wg0.network': NETWORK, 'laptop/wg0.netdev': NETDEV, 'laptop/wg0.key': A + '\n', 'server/office.nmconnection': KEYFILE})
    (wattle.folder / 'server/office.nmconnection').rename(wattle.folder / 'server/wg0.nmconnection')
    result = wattle('import', 'laptop/wg0.network', 'laptop/wg0.netdev', 'server/wg0.nmconnection')
    assert (result.returncode, result.stdout) == (0, MESH)
    assert A[:-1] not in result.stderr and B[:-1] not in result.stderr
    (wattle.folder / 'laptop/wg0.key').unlink()
    assert "laptop/wg0.netdev:5:16: PrivateKeyFile=: '/nowhere/wg0.key' is not to be had here" in wattle.bad(
        'import', 'laptop/wg0.netdev', 'laptop/wg0.network')


@pytest.mark.skipif(not shutil.which('netplan'), reason='needs netplan')
@pytest.mark.parametrize('renderer, file', [('networkd', '50-laptop.yaml'), ('NetworkManager', '50-laptop.yaml'), ('networkd', 'laptop.yml')])
def test_netplan(wattle, renderer, file):
    put(wattle, {file: YAML.replace('RENDERER', renderer), 'server.conf': SERVER})
    result = wattle('import', file, 'server.conf')
    assert (result.returncode, result.stdout) == (0, MESH), result.stderr
    assert '/tmp/' not in result.stderr and A[:-1] not in result.stderr


@pytest.mark.skipif(not shutil.which('netplan'), reason='needs netplan')
def test_what_netplan_refuses(wattle):
    put(wattle, {'laptop.yaml': YAML.replace('RENDERER', 'networkd').replace(':51820', ':70000'),
                 'no-tunnel.yaml': YAML.split('  tunnels')[0].replace('RENDERER', 'networkd')})
    said = wattle.bad('import', 'laptop.yaml', 'no-tunnel.yaml')
    assert said.startswith("laptop.yaml: netplan does not take it: laptop.yaml:14:21: Error in network definition: invalid port in endpoint")
    assert 'no-tunnel.yaml: netplan makes no WireGuard interface of it\n' in said
    assert not list(pathlib.Path(tempfile.gettempdir()).glob('wattle-*/etc/netplan'))


def test_without_netplan(wattle):
    put(wattle, {'laptop.yaml': YAML})
    said = wattle.bad('import', 'laptop.yaml', env={'PATH': '/nonexistent'})
    assert 'laptop.yaml: only netplan reads its YAML' in said and 'install netplan.io' in said
