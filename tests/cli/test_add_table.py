# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle add --from: many devices at once, and faults where the table has them."""
import pytest

from conftest import public_key
from test_sign import signed

MESH = ('[Mesh]\nName=home\nSerial=7\nSubnet=10.7.0.0/29 fd07::/64\n'
        f'[Device nas]\nPublicKey={public_key("wgnet-nas")}\nAddress=10.7.0.1 fd07::1\n')
KEYS = [public_key(f'wgnet-{name}') for name in ('desktop', 'laptop', 'vps')]


def table(wattle, *lines):
    (wattle.folder / 'devices.csv').write_text(''.join(line + '\n' for line in lines))


def test_devices_get_addresses(wattle):
    """Those that the table gives are nobody else's."""
    signed(wattle, MESH)
    table(wattle, 'Device,PublicKey,Address,Alias,Managed', f'a,{KEYS[0]},,"x y",', f'b,{KEYS[1]},10.7.0.2,,no', '', f'c,{KEYS[2]}')
    done = wattle('add', 'home.mesh', '--from=devices.csv', '--signing-key=s.key')
    assert done.returncode == 0, done.stderr
    assert 'home.mesh: 3 devices added, serial 8; now every device needs the new file\n' in done.stderr
    text = (wattle.folder / 'home.mesh').read_text()
    assert text.startswith('[Mesh]\nName=home\nSerial=8\nPrevious=')
    assert text.endswith(f'\n\n[Device a]\nPublicKey={KEYS[0]}\nAlias=x y\nAddress=10.7.0.3 fd07::2\n'
                         f'\n[Device b]\nPublicKey={KEYS[1]}\nAddress=10.7.0.2\nManaged=no\n'
                         f'\n[Device c]\nPublicKey={KEYS[2]}\nAddress=10.7.0.4 fd07::3\n')
    assert 'serial 8' in wattle.ok('verify', 'home.mesh')


@pytest.mark.parametrize('lines, said', [
    (['Device,PublicKey,Adress', f'a,{KEYS[0]},10.7.0.2'], "devices.csv:2:1: unknown key 'Adress': did you mean Address?"),
    (['Device,PublicKey', f'a,{KEYS[0]}', 'b,x'], 'devices.csv:3:1: PublicKey: not a WireGuard key'),
    (['Device,PublicKey', f'a,{KEYS[0]}', f'b,{KEYS[0]}'], 'devices.csv:3:1: PublicKey: '),
    (['Device,PublicKey', f'nas,{KEYS[0]}'], 'devices.csv:2:1: '),
    (['PublicKey', KEYS[0]], 'devices.csv:1:1: the first line has the names of the columns: Device, PublicKey'),
    (['Device,PublicKey', f',{KEYS[0]}'], 'devices.csv:2:1: Device is missing'),
    (['Device,PublicKey', f'a,{KEYS[0]},x'], 'devices.csv:2:1: has 3 fields, and the first line 2'),
    (['Device,PublicKey,Alias', f'a,{KEYS[0]},"x', '[Device y]"'], 'devices.csv:2:1: a field has a line end or a bracket'),
    (['Device,PublicKey', f'a,"{KEYS[0]}'], 'devices.csv: line 2: a quote does not end'),
    (['Device,PublicKey'], 'devices.csv: has no device'),
    ([], 'devices.csv:1:1: the first line has the names of the columns'),
    (['Device,PublicKey'] + [f'd{n},{KEYS[0]}' for n in range(9)], '10.7.0.0/29 is full: give an Address'),
])
def test_all_or_none(wattle, lines, said):
    wattle.mesh('home.mesh', MESH)
    table(wattle, *lines)
    error = wattle.bad('add', 'home.mesh', '--from=devices.csv')
    assert said in error and error.endswith('wattle: home.mesh is as it was\n')


@pytest.mark.parametrize('args', [['nas'], ['--key', KEYS[0]], ['--exit-node'], ['--invite']])
def test_wrong_usage(wattle, args):
    wattle.mesh('home.mesh', MESH)
    table(wattle, 'Device,PublicKey', f'a,{KEYS[0]}')
    assert 'FILE|MESH alone goes with it' in wattle.bad('add', 'home.mesh', '--from=devices.csv', *args, status=2)


def test_no_table_and_no_device(wattle):
    wattle.mesh('home.mesh', MESH)
    assert 'it takes FILE|MESH DEVICE, or --from=FILE' in wattle.bad('add', 'home.mesh', status=2)
    assert 'none.csv: No such file' in wattle.bad('add', 'home.mesh', '--from=none.csv')
