# SPDX-License-Identifier: LGPL-2.1-or-later
"""init, add and remove: what the admin wrote stays, and a bad change is not made."""
import base64
import concurrent.futures
import fcntl
import os
import pathlib
import random
import re
import shutil
import subprocess

import pytest
from conftest import MESHES, public_key

KEY = '0Eb7P46JoJg0prcRFhbrMUnqY8zYpGhWAWkyUYiPHRg='
A, B, C = public_key('wgnet-desktop'), public_key('wgnet-laptop'), public_key('wgnet-vps')


def section(name, key, last):
    return f'[Device {name}]\nPublicKey={key}\nAddress=10.7.0.{last}\n'


X = section('x', KEY, 1)
MESH = '[Mesh]\nSerial=7\nSubnet=10.7.0.0/24\n'

# before, after 'add x': its address is the first free one
ADD = {
    'empty-mesh': (MESH, MESH.replace('7\n', '8\n', 1) + '\n' + X),
    'no-final-newline': (MESH[:-1], MESH.replace('7\n', '8\n', 1) + '\n' + X),
    'serial-is-last-without-newline': (
        '[Mesh]\nSubnet=10.7.0.0/24\nSerial=9', '[Mesh]\nSubnet=10.7.0.0/24\nSerial=10\n\n' + X),
    'no-serial': ('# head\n[Mesh]\n# why\nSubnet=10.7.0.0/24\n',
                  '# head\n[Mesh]\nSerial=1\n# why\nSubnet=10.7.0.0/24\n\n' + X),
    'blank-lines-at-the-end': (MESH + '\n\n', MESH.replace('7\n', '8\n', 1) + '\n\n' + X),
    'odd-blanks': ('[Mesh]\n\tSerial =  99\t\nSubnet = 10.7.0.0/24 \n; tail',
                   '[Mesh]\n\tSerial =  100\t\nSubnet = 10.7.0.0/24 \n; tail\n\n' + X),
    'mesh-is-last': (section('a', A, 2) + MESH,
                     section('a', A, 2) + MESH.replace('7\n', '8\n', 1) + '\n' + X),
    'a-name-like-serial-elsewhere': (
        MESH + '# Serial=3\n' + section('a', A, 1),
        MESH.replace('7\n', '8\n', 1) + '# Serial=3\n' + section('a', A, 1) + '\n' +
        section('x', KEY, 2)),
}


@pytest.mark.parametrize('row', ADD)
def test_add(wattle, row):
    before, after = ADD[row]
    mesh = wattle.mesh('home.mesh', before)
    wattle.ok('add', 'home.mesh', 'x', f'--key={KEY}')
    assert mesh.read_text() == after


def test_add_at_a_site(wattle):
    site = '[Site home]\nPublicAddress=198.51.100.7\n'
    mesh = wattle.mesh('home.mesh', MESH + site)
    wattle.ok('add', 'home.mesh', 'x', f'--key={KEY}', '--public-endpoint=@home:54444')
    assert mesh.read_text() == HEAD + site + '\n' + X + 'PublicEndpoint=@home:54444\n'


HEAD = MESH.replace('7\n', '8\n', 1)

# before, after 'remove x'
REMOVE = {
    'last': (MESH + '\n' + X, HEAD),
    'last-without-newline': (MESH + '\n' + X[:-1], HEAD),
    'in-the-middle': (MESH + '\n' + X + '\n' + section('b', B, 2), HEAD + '\n' + section('b', B, 2)),
    'no-blank-lines': (MESH + X + section('b', B, 2), HEAD + section('b', B, 2)),
    'two-blank-lines': (MESH + '\n\n' + X + '\n\n' + section('b', B, 2),
                        HEAD + '\n\n' + section('b', B, 2)),
    'first-of-the-file': (X + '\n' + MESH, HEAD),
    'head-comment-stays': ('# head\n' + X + '\n' + MESH, '# head\n\n' + HEAD),
    'comment-above-goes': (MESH + '\n# of x\n; too\n' + X + '\n' + section('b', B, 2),
                           HEAD + '\n' + section('b', B, 2)),
    'comment-apart-stays': (MESH + '\n# a group\n\n' + X + '\n' + section('b', B, 2),
                            HEAD + '\n# a group\n\n' + section('b', B, 2)),
    'comment-inside-goes': (MESH + '\n' + X + '# why\nRelay=yes\n\n' + section('b', B, 2),
                            HEAD + '\n' + section('b', B, 2)),
    'comment-at-the-end-goes': (MESH + '\n' + X + '#Relay=yes\n\n' + section('b', B, 2),
                                HEAD + '\n' + section('b', B, 2)),
    'comment-of-the-next-stays': (MESH + '\n' + X + '\n# of b\n' + section('b', B, 2),
                                  HEAD + '\n# of b\n' + section('b', B, 2)),
    'comment-right-above-the-next-stays': (MESH + '\n' + X + '# of b\n' + section('b', B, 2),
                                           HEAD + '\n# of b\n' + section('b', B, 2)),
    'blank-line-inside-goes': (MESH + '\n' + X + '\nRelay=yes\n\n' + section('b', B, 2),
                               HEAD + '\n' + section('b', B, 2)),
    'tail-comment-stays': (MESH + '\n' + X + '\n# end of file\n', HEAD + '\n# end of file\n'),
}


@pytest.mark.parametrize('row', REMOVE)
def test_remove(wattle, row):
    before, after = REMOVE[row]
    mesh = wattle.mesh('home.mesh', before)
    wattle.ok('remove', 'home.mesh', 'x')
    assert mesh.read_text() == after


def random_mesh(rng):
    """A good profile with comments and blank lines where people put them."""
    noise = ['', '', '# remark', '; remark', '\t# Serial=1', '   ']
    parts = [['[Mesh]', f'Serial={rng.randrange(1, 99)}', 'Subnet=10.7.0.0/24']]
    for i, key in enumerate([A, B, C][:rng.randrange(4)]):
        parts.append([f'[Device d{i}]', f'PublicKey={key}', f'Address=10.7.0.{i + 9}'])
    rng.shuffle(parts)
    lines = []
    for line in sum(parts, []):
        lines += rng.choices(noise, k=rng.randrange(3)) + [line]
    return '\n'.join(lines) + '\n'


def without_serial(text):
    return [line for line in text.splitlines() if not line.startswith('Serial=')]


@pytest.mark.parametrize('seed', range(25))
def test_remove_takes_away_what_add_brought(wattle, seed):
    before = random_mesh(random.Random(seed))
    mesh = wattle.mesh('home.mesh', before)
    wattle.ok('add', 'home.mesh', 'x', f'--key={KEY}')
    added = mesh.read_text()
    assert without_serial(added)[:len(without_serial(before))] == without_serial(before)
    wattle.ok('remove', 'home.mesh', 'x')
    assert without_serial(mesh.read_text()) == without_serial(before)


@pytest.mark.skipif(not shutil.which('patch'), reason='patch(1) is not installed')
@pytest.mark.parametrize('seed', range(25))
def test_the_diff_is_what_is_done(wattle, seed):
    rng = random.Random(seed)
    before = random_mesh(rng)
    if rng.randrange(2):
        before = before[:-1]
    mesh = wattle.mesh('home.mesh', before)
    for args in (['add', 'home.mesh', 'x', f'--key={KEY}'], ['remove', 'home.mesh', 'x']):
        before = mesh.read_text()
        diff = wattle.ok(*args, '--dry-run')
        assert mesh.read_text() == before
        assert wattle.ok(*args) == diff
        wattle.mesh('patched', before)
        subprocess.run(['patch', '-s', '--fuzz=0', 'patched'], input=diff, text=True, check=True,
                       cwd=wattle.folder)
        assert (wattle.folder / 'patched').read_text() == mesh.read_text()


DIFF = '''\
--- office.mesh
+++ office.mesh
@@ -1,6 +1,6 @@
 # A small office: two address families, a subnet router, an exit node, a relay, a phone, a leaver.
 [Mesh]
-Serial=42
+Serial=43
 Subnet=10.77.0.0/24 fd77:77:77::/64
 ListenPort=51820
 Domain=office.example
@@ -46,3 +46,15 @@
 PublicKey=r4nIfB7rotdE1b7i6k6Air1FD4M6WmAhDG7ExH8ag3k=
 Address=10.77.0.99
 State=revoked
+
+[Device tablet]
+PublicKey=0Eb7P46JoJg0prcRFhbrMUnqY8zYpGhWAWkyUYiPHRg=
+Address=10.77.0.3 fd77:77:77::3
+Alias=tab pad
+PublicEndpoint=tab.example:4000
+PublicEndpoint=[2001:db8::1]:4000
+PrivateEndpoint=192.168.20.9:4000
+Routes=198.51.100.0/24 2001:db8:9::/48
+ExitNode=yes
+Relay=yes
+Managed=no
'''


def test_add_with_everything(wattle):
    wattle.mesh('office.mesh')
    result = wattle('add', 'office.mesh', 'tablet', '--key', KEY, '--alias=tab', '--alias=pad',
                    '--public-endpoint=tab.example:4000', '--public-endpoint=[2001:db8::1]:4000',
                    '--private-endpoint=192.168.20.9:4000', '--route=198.51.100.0/24',
                    '--route=2001:db8:9::/48', '--exit-node', '--relay', '--unmanaged')
    assert (result.returncode, result.stdout) == (0, DIFF)
    assert result.stderr == ('office.mesh:20:16: warning: PublicEndpoint: 198.51.100.7:51820 lies inside 198.51.100.0/24, a '
                             'route of device tablet (line 57): hosts with AcceptRoutes=yes lose the way to it; leave it out of the route\n'
                             'office.mesh: tablet added, serial 43; now every device needs the new '
                             'file\n')
    assert wattle.ok('check', 'office.mesh') == 'office.mesh: good: 8 devices, serial 43\n'


@pytest.mark.parametrize('args, error', [
    (['nas', f'--key={KEY}'], 'home.mesh:12:1: the name nas is taken already, in line 5'),
    (['x', f'--key={A}'], 'home.mesh:13:11: PublicKey: device nas has the same key in line 6'),
    (['x', f'--key={KEY}', '--address=10.8.0.1'],
     'home.mesh:14:9: Address: 10.8.0.1 is outside 10.7.0.0/30'),
    (['x', f'--key={KEY}', '--address=10.7.0.1'],
     'home.mesh:14:9: Address: device nas has 10.7.0.1 already, in line 7'),
    (['x', f'--key={KEY}', '--address=10.7.0.2', '--route=192.0.2.0/24'],
     'home.mesh:15:8: Routes: 192.0.2.0/24 is a route of device nas already, in line 8'),
    (['x', f'--key={KEY}', '--address=10.7.0.2', '--public-endpoint=@home:1'],
     'home.mesh:15:16: PublicEndpoint: no site home: write [Site home] with PublicAddress= below it'),
    (['x', f'--key={KEY}', '--address=10.7.0.2', '--public-endpoint=10.7.0.2:1'],
     'home.mesh:15:16: PublicEndpoint: 10.7.0.2:1 is inside the mesh itself'),
])
def test_a_bad_change_is_not_made(wattle, args, error):
    wattle.mesh('home.mesh', '# note\n[Mesh]\nSerial=7\nSubnet=10.7.0.0/30\n' +
                section('nas', A, 1) + 'Routes=192.0.2.0/24\n\n# end\n')
    lines = wattle.bad('add', 'home.mesh', *args).splitlines()
    assert lines[0].startswith(error)
    assert lines[-1] == 'wattle: home.mesh is as it was; the lines are those that it would have'


def test_a_full_subnet(wattle):
    wattle.mesh('home.mesh', '[Mesh]\nSubnet=10.7.0.0/30\n' + section('a', A, 1) +
                section('b', B, 2))
    assert wattle.bad('add', 'home.mesh', 'x', f'--key={KEY}').startswith(
        'home.mesh:2:8: Subnet: 10.7.0.0/30 is full: ')


@pytest.mark.parametrize('args, words', [
    (['x'], '--key=PUBLICKEY is missing'),
    (['x', '--key=short'], '--key: not a WireGuard key'),
    (['X', f'--key={KEY}'], "DEVICE: 'X' has upper case: write x"),
    (['x]\nRelay=yes', f'--key={KEY}'], 'is not a DNS label'),
    (['x', f'--key={KEY}', '--address=10.7.0.1/24'], '--address: '),
    (['x', f'--key={KEY}', '--public-endpoint=2001:db8::1:1'], 'IPv6 without brackets'),
    (['x', f'--key={KEY}', '--public-endpoint=@home'], "'@home' has no port: @SITE:PORT"),
    (['x', f'--key={KEY}', '--private-endpoint=@home:1'], 'is its public one'),
    (['x', f'--key={KEY}', '--private-endpoint=x.example:1'], 'is a DNS name'),
    (['x', f'--key={KEY}', '--route=10.0.0.1/8'], 'write 10.0.0.0/8'),
    (['x', f'--key={KEY}', '--alias=a b'], '--alias: '),
])
def test_bad_options_are_wrong_usage(wattle, args, words):
    wattle.mesh('home.mesh', MESH)
    error = wattle.bad('add', 'home.mesh', *args, status=2)
    assert words in error and error.endswith("; see 'wattle add --help'\n")


@pytest.mark.parametrize('name, error', [
    ('dekstop', 'wgnet.mesh: no device dekstop: did you mean desktop?\n'),
    ('tower', 'wgnet.mesh:9:1: tower is an alias of device desktop: name that\n'),
])
def test_remove_refuses(wattle, name, error):
    text = wattle.mesh('wgnet.mesh').read_text()
    wattle.mesh('wgnet.mesh', text.replace('Address=10.42.1.1\n', 'Address=10.42.1.1\nAlias=tower\n'))
    assert wattle.bad('remove', 'wgnet.mesh', name) == error + 'wattle: wgnet.mesh is as it was\n'


def test_mode_and_link_are_kept(wattle):
    mesh = wattle.mesh('real.mesh', '[Mesh]\nSerial=7\nSubnet=10.7.0.0/24\nName=home\n')
    mesh.chmod(0o604)
    (wattle.folder / 'link.mesh').symlink_to('real.mesh')
    wattle.ok('add', 'link.mesh', 'x', f'--key={KEY}')
    assert (wattle.folder / 'link.mesh').is_symlink()
    assert mesh.stat().st_mode & 0o777 == 0o604 and '[Device x]' in mesh.read_text()
    assert sorted(path.name for path in wattle.folder.iterdir()) == ['link.mesh', 'real.mesh', 'root']


def new_key():
    return base64.b64encode(os.urandom(32)).decode()


def test_concurrent_changes_all_count(wattle):
    mesh = wattle.mesh('real.mesh', MESH + 'Name=home\n')
    (wattle.folder / 'link.mesh').symlink_to('real.mesh')
    names = [f'd{i}' for i in range(20)]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        results = list(pool.map(lambda name: wattle(
            'add', random.choice(['real.mesh', 'link.mesh']), name, f'--key={new_key()}'), names))
    assert [result.returncode for result in results] == [0] * len(names), results
    assert sorted(re.findall(r'\[Device (d\d+)\]', mesh.read_text())) == sorted(names)
    serials = [int(re.search(r'serial (\d+);', result.stderr)[1]) for result in results]
    assert sorted(serials) == list(range(8, 8 + len(names)))
    assert f'Serial={7 + len(names)}\n' in mesh.read_text()
    assert sorted(path.name for path in wattle.folder.iterdir()) == ['link.mesh', 'real.mesh', 'root']


def test_concurrent_changes_of_an_installed_mesh(wattle):
    """By its name, below a root: while one looks where the file is, another takes its place."""
    mesh = wattle.config / 'home.mesh'
    mesh.write_text(MESH)
    names = [f'd{i}' for i in range(20)]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        results = list(pool.map(lambda name: wattle(
            'add', f'--root={wattle.root}', 'home', name, f'--key={new_key()}'), names))
    assert [result.returncode for result in results] == [0] * len(names), results
    assert sorted(re.findall(r'\[Device (d\d+)\]', mesh.read_text())) == sorted(names)


def test_an_edit_waits_for_the_lock_and_sees_the_new_file(wattle):
    mesh = wattle.mesh('home.mesh', MESH)
    with mesh.open() as old:
        fcntl.flock(old, fcntl.LOCK_EX)
        process = subprocess.Popen([os.environ['WATTLE'], 'add', 'home.mesh', 'x', f'--key={KEY}'],
                                   cwd=wattle.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        wattle.mesh('new', MESH.replace('7\n', '70\n', 1)).rename(mesh)
    assert process.wait(60) == 0
    assert 'Serial=71\n' in mesh.read_text()


def test_a_lock_that_is_never_given_back_is_said(wattle):
    """Whoever can read a profile can lock it."""
    mesh = wattle.mesh('home.mesh', MESH)
    with mesh.open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        error = wattle.bad('add', 'home.mesh', 'x', f'--key={KEY}')
    assert error.startswith("home.mesh: another process has held a lock on it for 10 s: 'fuser -v' shows which\n")


def wait_until_waiting(process):
    """Until it waits for a lock, which /proc/locks shows."""
    while not re.search(rf'-> FLOCK +ADVISORY +WRITE {process.pid} ', pathlib.Path('/proc/locks').read_text()):
        assert process.poll() is None


def test_a_folder_that_becomes_a_link_sends_nothing_elsewhere(wattle):
    """The same file, by a hard link, is in a folder of somebody else's."""
    theirs, moved, root = (wattle.folder / name for name in ('theirs', 'moved', 'of-root'))
    theirs.mkdir()
    root.mkdir()
    mesh = wattle.mesh('theirs/home.mesh', MESH)
    os.link(mesh, root / 'home.mesh')
    with mesh.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = subprocess.Popen([os.environ['WATTLE'], 'add', 'theirs/home.mesh', 'x', f'--key={KEY}'], cwd=wattle.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until_waiting(process)
        theirs.rename(moved)
        theirs.symlink_to(root)
    assert process.wait(60) == 0
    assert (root / 'home.mesh').read_text() == MESH
    assert '[Device x]' in (moved / 'home.mesh').read_text()


def test_messages_name_the_file(wattle):
    name = 'n' * 250  # no room for a longer one beside it
    wattle.mesh(name, MESH + 'Name=home\n')
    assert wattle.bad('add', name, 'x', f'--key={KEY}') == f'wattle: {name}: File name too long\n'


@pytest.mark.skipif(os.geteuid() != 0, reason='needs root: a file is given away')
def test_owner_is_kept(wattle):
    mesh = wattle.mesh('home.mesh', MESH)
    os.chown(mesh, 4711, 4712)
    wattle.ok('add', 'home.mesh', 'x', f'--key={KEY}')
    assert (mesh.stat().st_uid, mesh.stat().st_gid) == (4711, 4712)


def test_by_name(wattle):
    root = f'--root={wattle.root}'
    (wattle.config / 'wgnet.mesh').write_text((MESHES / 'wgnet.mesh').read_text())
    text = wattle.ok('remove', root, 'wgnet', 'nas')
    assert text.startswith('--- /etc/wattle/wgnet.mesh\n')
    assert '[Device nas]' not in (wattle.config / 'wgnet.mesh').read_text()
    assert wattle.bad('remove', root, 'home', 'nas').startswith(
        'wattle: no mesh home: there is no /etc/wattle/home.mesh, or it is masked, and no ')


def test_a_file_of_the_vendor_is_not_changed(wattle):
    vendor = wattle.root / 'usr/lib/wattle'
    vendor.mkdir(parents=True)
    (vendor / 'wgnet.mesh').write_text((MESHES / 'wgnet.mesh').read_text())
    assert wattle.bad('remove', f'--root={wattle.root}', 'wgnet', 'nas').startswith(
        '/usr/lib/wattle/wgnet.mesh: is not yours to change: copy it to /etc/wattle first\n')


def test_init(wattle):
    out = wattle.ok('init', '--subnet=10.42.0.0/16', '--subnet=fd42::/64', '--port=4000',
                    '--domain=home.example', 'home.mesh')
    assert out == 'home.mesh: made; the next step: wattle add home.mesh DEVICE --key=PUBLICKEY\n'
    text = (wattle.folder / 'home.mesh').read_text()
    assert text.startswith('# The mesh home: ')
    assert text.endswith('.\n[Mesh]\nSerial=1\nSubnet=10.42.0.0/16 fd42::/64\nListenPort=4000\n'
                         'Domain=home.example\n')
    assert wattle.ok('check', 'home.mesh') == 'home.mesh: good: 0 devices, serial 1\n'
    wattle.ok('add', 'home.mesh', 'x', f'--key={KEY}')
    assert 'Address=10.42.0.1 fd42::1\n' in (wattle.folder / 'home.mesh').read_text()


def test_init_chooses_a_subnet(wattle):
    subnets = set()
    for name in ['a', 'b', 'c', 'd']:
        wattle.ok('init', f'{name}.mesh')
        subnets.add((wattle.folder / f'{name}.mesh').read_text().split('Subnet=')[1].split('\n')[0])
    assert len(subnets) > 1 and all(subnet.startswith('10.') for subnet in subnets)


def test_init_by_name(wattle):
    out = wattle.ok('init', f'--root={wattle.root}', 'home')
    assert out == ('/etc/wattle/home.mesh: made; the next step: wattle add home DEVICE '
                   '--key=PUBLICKEY\n')
    assert (wattle.config / 'home.mesh').stat().st_mode & 0o777 == 0o644


def test_init_overwrites_nothing(wattle):
    wattle.mesh('home.mesh', 'mine')
    (wattle.folder / 'link.mesh').symlink_to('/dev/null')
    for name in ['home.mesh', 'link.mesh']:
        assert wattle.bad('init', name) == f'{name}: exists already, and is left as it is\n'


@pytest.mark.parametrize('args, error', [
    (['Home.mesh'], 'Home.mesh: the mesh takes its name from the file, and '),
    (['--subnet=10.0.0.0/8', '--subnet=10.1.0.0/16', 'home.mesh'], 'Subnet: 10.1.0.0/16 and 10.0.0.0/8'),
    (['no/such/home.mesh'], 'No such file or directory'),
])
def test_init_refuses(wattle, args, error):
    assert error in wattle.bad('init', *args)
