# SPDX-License-Identifier: LGPL-2.1-or-later
"""Meshes of what other tools have."""
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
