# SPDX-License-Identifier: LGPL-2.1-or-later
"""show --graph: who reaches whom, and that graphviz takes it."""
import re
import shutil
import subprocess

import pytest


def edges(text):
    return {(a, b): (label, direction) for a, b, label, direction in
            re.findall(r'"([^"]+)" -> "([^"]+)" \[label="([^"]*)", dir=(\w+),', text)}


def pair(wattle, one, other, more=''):
    """What is between a and b, which have these keys."""
    keys = iter(re.findall(r'PublicKey=(.*)', wattle.mesh('office.mesh').read_text()))
    text = '[Mesh]\nSubnet=10.7.0.0/24 fd07::/64\n[Site home]\nPublicAddress=203.0.113.1\n'
    for i, section in enumerate([f'[Device a]\n{one}', f'[Device b]\n{other}', *filter(None, more.split('&'))]):
        head, _, rest = section.partition('\n')
        text += f'{head}\nPublicKey={next(keys)}\nAddress=10.7.0.{i + 1}\n{rest}\n'
    wattle.mesh('pair.mesh', text)
    return edges(wattle.ok('show', '--graph', 'pair.mesh'))['a', 'b']


VPS = '[Device vps]\nPublicEndpoint=198.51.100.7:1\nRelay=yes'


@pytest.mark.parametrize('one, other, more, expected', [
    ('', '', '', ('no way', 'none')),
    ('', 'PublicEndpoint=198.51.100.1:1', '', ('public', 'forward')),
    ('PublicEndpoint=b.example:1', '', '', ('public', 'back')),
    ('PublicEndpoint=198.51.100.1:1', 'PublicEndpoint=198.51.100.2:1', '', ('public', 'both')),
    ('PublicEndpoint=198.51.100.1:1', 'PublicEndpoint=[2001:db9::1]:1', '', ('no way', 'none')),
    ('PublicEndpoint=198.51.100.1:1', 'PublicEndpoint=[2001:db9::1]:1', VPS, ('relayed by vps', 'none')),
    ('', '', VPS, ('relayed by vps', 'none')),
    ('', '', VPS.replace('yes', 'retiring'), ('no way', 'none')),
    ('', '', VPS + '\nManaged=no', ('no way', 'none')),
    ('', '', f'{VPS}&{VPS.replace("vps", "hub").replace(".7:", ".8:")}', ('relayed', 'none')),
    ('', 'Managed=no', VPS, ('no way', 'none')),
    ('', 'Managed=no\nVia=vps', VPS, ('via vps', 'none')),
    ('', 'Managed=no\nVia=vps\nPublicEndpoint=198.51.100.1:1', VPS, ('public', 'forward')),
    ('PrivateEndpoint=192.168.1.2:1', 'PrivateEndpoint=192.168.1.3:1', '', ('LAN', 'none')),
    ('PrivateEndpoint=192.168.1.2:1', 'PrivateEndpoint=192.168.2.3:1', '', ('no way', 'none')),
    ('PrivateEndpoint=[fd00:1::2]:1', 'PrivateEndpoint=[fd00:1::3]:1', VPS, ('LAN, relayed by vps', 'none')),
    ('PrivateEndpoint=192.168.1.2:1\nManaged=no', 'PrivateEndpoint=192.168.1.3:1\nManaged=no', '', ('no way', 'none')),
    ('PrivateEndpoint=192.168.1.2:1\nPublicEndpoint=@home:1', 'PrivateEndpoint=192.168.1.3:1\nPublicEndpoint=@home:2', '', ('LAN, public', 'both')),
    ('PrivateEndpoint=192.168.1.2:1\nPublicEndpoint=@home:1', 'PrivateEndpoint=192.168.1.3:1\nPublicEndpoint=198.51.100.1:1', '', ('public', 'both')),
    ('PrivateEndpoint=192.168.1.2:1\nPublicEndpoint=a.example:1', 'PrivateEndpoint=192.168.1.3:1\nPublicEndpoint=a.example:2', '', ('LAN, public', 'both')),
])
def test_way(wattle, one, other, more, expected):
    assert pair(wattle, one, other, more) == expected


def test_who_is_gone_is_not_there(wattle):
    wattle.mesh('office.mesh')
    text = wattle.ok('show', '--graph', 'office.mesh')
    assert '"old"' not in text and '"phone" [label="phone\\n10.77.0.20", style=dashed];' in text
    assert '"vps" [label="vps\\n10.77.0.2\\nfd77:77:77::2", peripheries=2];' in text
    assert len(edges(text)) == 6 * 5 / 2


@pytest.mark.skipif(not shutil.which('dot'), reason='graphviz is not installed')
@pytest.mark.parametrize('mesh', ['office.mesh', 'wgnet.mesh'])
def test_dot_takes_it(wattle, mesh):
    wattle.mesh(mesh)
    text = wattle.ok('show', '--graph', mesh)
    plain = subprocess.run(['dot', '-Tplain'], input=text, check=True, capture_output=True, text=True)
    assert plain.stderr == ''
    assert plain.stdout.count('\nedge ') == len(edges(text)) and plain.stdout.count('\nnode ') == len(re.findall(r'^ +"[^"]+" \[', text, re.M))


def test_usage(wattle):
    wattle.mesh('office.mesh')
    for other in ['--json', '--as=anna']:
        assert '--graph is of the whole mesh, and has no other form' in wattle.bad('show', '--graph', other, 'office.mesh', status=2)
