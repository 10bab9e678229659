# SPDX-License-Identifier: LGPL-2.1-or-later
"""export: what its options make of a file, and what is refused."""
import re

import pytest

from conftest import public_key
from test_export_code import key_of


def value_of(text, key):
    return re.findall(rf'^{key}=(.*)$', text, re.M)


@pytest.mark.parametrize('device, given, expected', [
    ('phone', '10.77.0.1', '10.77.0.1'),
    ('phone', '10.77.0.1,9.9.9.9', '10.77.0.1,9.9.9.9'),
    ('anna', 'FD77:77:77:0::1,10.77.0.1', 'fd77:77:77::1,10.77.0.1'),
])
def test_dns(wattle, device, given, expected):
    wattle.mesh('office.mesh')
    text = wattle.ok('export', device, 'office.mesh', f'--dns={given}')
    assert value_of(text, 'DNS') == [expected]
    assert text.index('[Interface]') < text.index('DNS=') < text.index('[Peer]')


def test_dns_of_the_exit_node(wattle):
    """As on a host that uses it; what is asked for by hand goes before."""
    text = wattle.mesh('office.mesh').read_text()
    wattle.mesh('office.mesh', text.replace('ExitNode=yes\n', 'ExitNode=yes\nDNS=10.77.0.2 192.0.2.53\n'))
    assert value_of(wattle.ok('export', 'phone', 'office.mesh', '--exit-node=vps'), 'DNS') == ['10.77.0.2,192.0.2.53']
    assert value_of(wattle.ok('export', 'phone', 'office.mesh', '--exit-node=vps', '--dns=9.9.9.9'), 'DNS') == ['9.9.9.9']
    assert value_of(wattle.ok('export', 'phone', 'office.mesh'), 'DNS') == []


DUAL = f'''[Mesh]
Name=home
Subnet=10.7.0.0/24
[Device phone]
PublicKey={public_key("office-phone")}
Address=10.7.0.1
Managed=no
[Device both]
PublicKey={key_of("both")}
Address=10.7.0.2
PublicEndpoint=198.51.100.2:1 [2001:db8::2]:2
[Device named]
PublicKey={key_of("named")}
Address=10.7.0.3
PublicEndpoint=[2001:db8::3]:3 named.example:4
[Device six]
PublicKey={key_of("six")}
Address=10.7.0.4
PublicEndpoint=[2001:db8::4]:5
'''


@pytest.mark.parametrize('family, endpoints, warning', [
    ('auto', ['198.51.100.2:1', '[2001:db8::3]:3', '[2001:db8::4]:5'], ''),
    ('4', ['198.51.100.2:1', 'named.example:4'],
     'home.mesh: warning: six has no PublicEndpoint= of IPv4: phone cannot call it\n'),
    ('6', ['[2001:db8::2]:2', '[2001:db8::3]:3', '[2001:db8::4]:5'], ''),
])
def test_endpoint_family(wattle, family, endpoints, warning):
    wattle.mesh('home.mesh', DUAL)
    result = wattle('export', 'phone', 'home.mesh', f'--endpoint-family={family}')
    assert (value_of(result.stdout, 'Endpoint'), result.stderr) == (endpoints, warning)


@pytest.mark.parametrize('options, said', [
    (['--dns=one'], "--dns: 'one' is not an IP address"),
    (['--dns=10.77.0.1,'], "--dns: '' is not an IP address"),
    (['--dns=10.77.0.1/24'], "--dns: '10.77.0.1/24' is not an IP address"),
    (['--dns=' + ','.join(f'10.77.0.{i}' for i in range(1, 10))], '--dns: 9 are too many: 8 at most'),
    (['--dns='], '--dns= is empty'),
    (['--endpoint-family=5'], "--endpoint-family: '5' is none of auto, 4, 6"),
    (['--endpoint-family='], '--endpoint-family= is empty'),
])
def test_wrong_usage(wattle, options, said):
    wattle.mesh('office.mesh')
    assert wattle.bad('export', 'phone', 'office.mesh', *options, status=2) == f"wattle export: {said}; see 'wattle export --help'\n"


def test_a_name_server_that_cannot_be_asked(wattle):
    wattle.mesh('office.mesh')
    assert wattle.bad('export', 'phone', 'office.mesh', '--dns=fd77:77:77::1') == (
        'office.mesh: --dns: phone has no IPv6 address in the mesh to ask fd77:77:77::1 from\n')
