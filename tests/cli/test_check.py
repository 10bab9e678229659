# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle check of an installed mesh: what the boot and 'wattle apply' would say, and what could not be looked at."""
import os
import shutil
import subprocess
import tempfile

import pytest

GROUP = 4711  # of systemd-network, on the host below the root
NO_GROUP = ('/etc/wattle/wgnet.mesh: warning: there is no group systemd-network here: whether systemd-networkd can read '
            'the private key is not known\n')
GOOD = '/etc/wattle/wgnet.mesh: good: 4 devices, serial 1\n'

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason='needs root: a key of root and of a group')


@pytest.fixture
def host(wattle):
    """Device nas of wgnet, as it should be."""
    wattle.config.joinpath('wgnet.mesh').write_text(wattle.mesh('wgnet.mesh').read_text())
    wattle.root.joinpath('etc/group').write_text(f'root:x:0:\nsystemd-network:x:{GROUP}:\n')
    put_key(wattle, 'wgnet-nas')
    return wattle


def put_key(wattle, sample, mesh='wgnet', mode=0o640, group=GROUP):
    path = wattle.key(sample, wattle.config / f'{mesh}.key')
    os.chown(path, 0, group)
    path.chmod(mode)


def settings(wattle, *lines, mesh='wgnet'):
    folder = wattle.config / f'{mesh}.mesh.d'
    folder.mkdir(exist_ok=True)
    (folder / 'host.conf').write_text('\n'.join(['[Local]', *lines]) + '\n')


def second(wattle, *lines):
    """Mesh work, of other devices and with this host's key, by these settings."""
    text = wattle.config.joinpath('wgnet.mesh').read_text()
    wattle.config.joinpath('work.mesh').write_text(text.replace('Domain=wgnet\n', ''))
    put_key(wattle, 'wgnet-nas', 'work')
    settings(wattle, *lines, mesh='work')


def check(wattle, mesh='wgnet', status=0):
    result = wattle(f'--root={wattle.root}', 'check', mesh)
    assert result.returncode == status, result.stderr
    return result.stdout + result.stderr


KEYS = {
    'missing': (lambda h: (h.config / 'wgnet.key').unlink(),
                "wattle: no private key, 'wattle genkey wgnet' makes one: /etc/wattle/wgnet.key: No such file or directory\n"),
    'not readable by networkd': (lambda h: put_key(h, 'wgnet-nas', group=0),
                                 'wattle: /etc/wattle/wgnet.key: systemd-networkd cannot read this private key: '
                                 'chgrp systemd-network and chmod 0640 it\n'),
    'of another device': (lambda h: put_key(h, 'wgnet-vps'),
                          '/etc/wattle/wgnet.mesh.d/host.conf:2:8: Device= says nas, but the key in /etc/wattle/wgnet.key '
                          'is that of vps\n'),
    'world-readable': (lambda h: put_key(h, 'wgnet-nas', mode=0o644),
                       'wattle: /etc/wattle/wgnet.key: others can read or change this private key (mode 0644): '
                       'chmod 0640 it, and think of making a new one\n'),
}


@pytest.mark.parametrize('case', KEYS)
def test_the_key_is_looked_at_as_the_boot_does(host, case):
    settings(host, 'Device=nas')
    assert check(host) == GOOD
    KEYS[case][0](host)
    assert check(host, status=1) == KEYS[case][1]


def test_network_manager_needs_the_key_itself(host):
    settings(host, 'Device=nas', 'Owner=NetworkManager')
    put_key(host, 'wgnet-nas', mode=0o600, group=0)
    assert check(host) == GOOD
    (host.config / 'wgnet.key').unlink()
    assert 'no private key' in check(host, status=1)


def test_what_was_not_looked_at_is_said(host):
    host.root.joinpath('etc/group').unlink()
    assert check(host) == GOOD + NO_GROUP
    settings(host, 'Device=nas')
    # Of somebody else, and where he may go: neither a checkout nor pytest's folders need be.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(os.environ['WATTLE'], folder)
        root = shutil.copytree(host.root, f'{folder}/root')
        os.chown(f'{root}/etc/wattle/wgnet.key', 0, GROUP)
        result = subprocess.run([program, f'--root={root}', 'check', 'wgnet'], cwd=folder, user=65534, group=65534,
                                extra_groups=[], text=True, capture_output=True, timeout=60)
    assert (result.returncode, result.stdout) == (0, GOOD)
    assert result.stderr == '/etc/wattle/wgnet.mesh: warning: the private key was not looked at, which takes root\n'


def test_a_disabled_mesh_needs_no_key(host):
    (host.config / 'wgnet.key').unlink()
    settings(host, 'Enable=no')
    assert check(host) == GOOD


OTHERS = {
    # settings of mesh work -> what is said of wgnet, and of work
    'nothing shared': (['ListenPort=4000'], '', None),
    'the port': ([], 'warning: mesh work (/etc/wattle/work.mesh) listens on port 53333 too, so that only one of them can be up',
                 'warning: mesh wgnet (/etc/wattle/wgnet.mesh) listens on port 53333 too, so that only one of them can be up'),
    'the interface': (['ListenPort=4000', 'Interface=wgnet'],
                      'warning: mesh work (/etc/wattle/work.mesh) wants interface wgnet too, and is left out',
                      '/etc/wattle/work.mesh: interface wgnet is that of mesh wgnet (/etc/wattle/wgnet.mesh): write another '
                      'Interface= below [Local]'),
    'a mark without an exit node': (['ListenPort=4000', 'FirewallMark=7'], '', None),
    'a disabled one': (['Enable=no', 'Interface=wgnet'], '', None),
}


@pytest.mark.parametrize('case', OTHERS)
def test_what_two_meshes_cannot_share(host, case):
    lines, of_wgnet, of_work = OTHERS[case]
    settings(host, 'FirewallMark=7')
    second(host, *lines)
    assert of_wgnet in check(host) if of_wgnet else check(host) == GOOD
    text = check(host, 'work', status=int('interface' in case))
    assert of_work in text if of_work else 'wgnet' not in text


def test_the_mark_of_an_exit_node_is_its_own(host):
    profile = host.config / 'wgnet.mesh'
    profile.write_text(profile.read_text().replace('[Device vps]\n', '[Device vps]\nExitNode=yes\n'))
    settings(host, 'ExitNode=vps')
    second(host, 'ListenPort=4000', 'FirewallMark=51820')
    assert 'mesh work (/etc/wattle/work.mesh) has firewall mark 51820 too' in check(host)
    assert 'mesh wgnet (/etc/wattle/wgnet.mesh) has firewall mark 51820 too' in check(host, 'work')
