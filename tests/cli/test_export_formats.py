# SPDX-License-Identifier: LGPL-2.1-or-later
"""export --format=: what reads the files takes them. tests/golden has their whole text. Debian has no uci of OpenWrt: who has built it
has it tried too, by WATTLE_UCI=PROGRAM."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import MESHES

FORMATS = {'wg-quick': '.conf', 'networkd': '.netdev', 'nm': '.nmconnection', 'openwrt': '.uci'}
OPTIONS = [[], ['--exit-node=vps', '--accept-routes', '--dns=10.77.0.2'], ['--peers=relays']]
KEY_LINES = {'wg-quick': 'PrivateKey={}', 'networkd': 'PrivateKey={}', 'nm': 'private-key={}',
             'openwrt': "set network.wg_office.private_key='{}'"}


def export(wattle, form, device, *options):
    """The path of the file, whose name is wg."""
    wattle.mesh('office.mesh')
    wattle.ok('export', device, 'office.mesh', f'--format={form}', f'--output=wg{FORMATS[form]}', *options)
    return wattle.folder / f'wg{FORMATS[form]}'


@pytest.mark.parametrize('form', FORMATS)
def test_the_key_has_one_line(wattle, form):
    key = wattle.key('office-printer', wattle.folder / 'p.key').read_text().strip()
    line = KEY_LINES[form].format(key)
    text = export(wattle, form, 'printer', '--private-key=p.key').read_text()
    assert text.splitlines().count(line) == 1 and text.count(key) == 1
    (wattle.folder / f'wg{FORMATS[form]}').unlink()
    without = export(wattle, form, 'printer').read_text()
    assert without == text.replace(line, f'# {line.split(key)[0]}... : the private key of this device goes here')
    assert wattle.ok('export', 'printer', 'office.mesh', f'--format={form}', '--private-key=p.key').count(line + '\n') == 1
    for path in wattle.folder.glob('wg.*'):
        assert path.stat().st_mode & 0o777 == 0o600


def test_networkd_has_two_files(wattle):
    netdev = export(wattle, 'networkd', 'printer').read_text()
    network = (wattle.folder / 'wg.network').read_text()
    assert wattle.ok('export', 'printer', 'office.mesh', '--format=networkd') == (
        f'==> office.netdev <==\n{netdev}\n==> office.network <==\n{network}')


@pytest.mark.skipif(not shutil.which('wg-quick') or os.geteuid() != 0, reason='needs wg-quick, and root, which it asks for')
@pytest.mark.parametrize('options', OPTIONS)
def test_wg_quick(wattle, options):
    wattle.key('office-phone', wattle.folder / 'p.key')
    path = export(wattle, 'wg-quick', 'phone', '--private-key=p.key', *options)
    stripped = subprocess.run(['wg-quick', 'strip', path], check=True, capture_output=True, text=True).stdout
    kept = re.sub(r'(?m)^(Address|DNS)=.*\n', '', path.read_text())
    assert stripped.split() == kept.split()


def has_offline():
    return shutil.which('nmcli') and subprocess.run(['nmcli', '--offline', 'connection', 'add', 'type', 'dummy', 'ifname', 'x'],
                                                    capture_output=True).returncode == 0


@pytest.mark.skipif(not has_offline(), reason='needs an nmcli that has --offline')
@pytest.mark.parametrize('options', OPTIONS)
@pytest.mark.parametrize('device', ['phone', 'printer', 'anna'])
def test_networkmanager(wattle, device, options):
    """nmcli reads and verifies the connection, and writes what it understood."""
    wattle.key(f'office-{device}', wattle.folder / 'p.key')
    path = export(wattle, 'nm', device, '--private-key=p.key', *options)
    read = subprocess.run(['nmcli', '--offline', 'connection', 'modify', 'connection.id', 'office'], stdin=path.open(),
                          capture_output=True, text=True)
    assert read.returncode == 0 and read.stderr == ''
    understood = set(read.stdout.splitlines())
    # Defaults are left out, and what is set to none of them is written in another way.
    ours = {line for line in path.read_text().splitlines() if line and not line.startswith('#')}
    assert {re.sub('=.*', '', line) for line in ours - understood} <= {'autoconnect', 'route1', 'route2', 'endpoint', 'dns-search'}
    assert not any(line.startswith('[') for line in ours ^ understood if line not in ours and line != '[proxy]')


UCI = os.environ.get('WATTLE_UCI')


def run_real_uci(path, folder):
    """What is in /etc/config/network after the lines at the top of the file were followed, twice, as that of a new file would be."""
    text = path.read_text()
    remove, load = re.findall(r'^# ((?:while )?uci .*)$', text, re.MULTILINE)
    load = load.replace('FILE', str(path)).split(' && ifup ')[0]
    (folder / 'config').mkdir()
    (folder / 'config/network').write_text('')
    for _ in range(2):
        subprocess.run(['sh', '-ec', f'uci() {{ "{UCI}" -c "{folder}/config" -t "{folder}" "$@"; }}\n{remove} || :\n{load}'], check=True)
    sections = {}
    for line in subprocess.check_output([UCI, '-c', folder / 'config', '-t', folder, 'show', 'network'], text=True).splitlines():
        section, option, value = re.fullmatch(r"network\.(\w+)(?:\.(\w+))?=(.*)", line).groups()
        values = re.findall("'([^']*)'", value)
        is_list = option in ('addresses', 'dns', 'allowed_ips')
        sections.setdefault(section, {})[option or ''] = values if is_list else values[0] if option else value
    return sections


def run_uci(text):
    """{section: {option: value or list}} as 'uci batch' makes it of an empty file; a line that is none of its grammar fails."""
    sections = {}
    for line in text.splitlines():
        if line.startswith('#'):
            continue
        command, section, option, value = re.fullmatch(r"(set|add_list) network\.(\w+)(?:\.(\w+))?='?([^']*?)'?", line).groups()
        if option is None:
            sections[section] = {'': value}
        elif command == 'set':
            assert option not in sections[section]
            sections[section][option] = value
        else:
            sections[section].setdefault(option, []).append(value)
    return sections


@pytest.mark.parametrize('options', OPTIONS)
def test_openwrt(wattle, options):
    key = wattle.key('office-phone', wattle.folder / 'p.key').read_text().strip()
    path = export(wattle, 'openwrt', 'phone', '--private-key=p.key', *options)
    sections = run_uci(path.read_text())
    if UCI:
        assert run_real_uci(path, wattle.folder) == sections
    interface = sections.pop('wg_office')
    dns = {'dns': ['10.77.0.2']} if '--dns=10.77.0.2' in options else {}
    assert interface == {'': 'interface', 'proto': 'wireguard', 'private_key': key, 'listen_port': '51820',
                         'addresses': ['10.77.0.20/24'], **dns}
    quick = wattle.ok('export', 'phone', 'office.mesh', *options)
    peers = [dict(line.split('=', 1) for line in part.splitlines() if line and not line.startswith('#'))
             for part in quick.split('[Peer]\n')[1:]]
    assert [section[''] for section in sections.values()] == ['wireguard_wg_office'] * len(peers)
    for peer, section in zip(peers, sections.values()):
        assert (section['public_key'], ','.join(section['allowed_ips'])) == (peer['PublicKey'], peer['AllowedIPs'])
        assert section['route_allowed_ips'] == '1'
        assert section.get('persistent_keepalive') == peer.get('PersistentKeepalive')
        assert (f"{section['endpoint_host']}:{section['endpoint_port']}" if 'endpoint_host' in section else None) == peer.get('Endpoint')


@pytest.mark.parametrize('name, interfaces', [
    ('lan', ('lan', 'wg_lan')),
    ('a-home', ('a-home', 'wg_a_home')),
    ('a-long-name', ('a-long-name', 'wg_a_long_name')),
    ('a-name-too-long-for-linux', ('wg0', 'wg0')),
])
def test_names_of_interfaces(wattle, name, interfaces):
    wattle.mesh(f'{name}.mesh', (MESHES / 'office.mesh').read_text())
    shown = {form: wattle.ok('export', 'printer', f'{name}.mesh', f'--format={form}') for form in FORMATS}
    assert f'\nName={interfaces[0]}\n' in shown['networkd'] and f'\ninterface-name={interfaces[0]}\n' in shown['nm']
    assert f'\nset network.{interfaces[1]}=interface\n' in shown['openwrt']


@pytest.mark.parametrize('options, said', [
    (['--format=ini'], "--format: 'ini' is none of wg-quick, networkd, nm, openwrt"),
    (['--format='], '--format= is empty'),
    (['--format=networkd', '-o', 'x.conf'],
     '--output: networkd wants two files: name the first .netdev, and the .network is beside it'),
    (['--format=nm', '--qr'], 'a code, --qr, is for the WireGuard apps, which read --format=wg-quick alone'),
])
def test_wrong_usage(wattle, options, said):
    wattle.mesh('office.mesh')
    assert wattle.bad('export', 'printer', 'office.mesh', *options, status=2) == f"wattle export: {said}; see 'wattle export --help'\n"
