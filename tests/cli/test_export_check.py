# SPDX-License-Identifier: LGPL-2.1-or-later
"""export --check: whether a file is still right, with a diff that mends it, and no key shown."""
import random
import subprocess

import pytest

from test_export_formats import FORMATS

OTHER = 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='


def check(wattle, *options, file='p.conf', **kwargs):
    """Exit status and what is printed; nothing is said beside that, and nothing written."""
    before = wattle.tree()
    result = wattle('export', 'phone', 'office.mesh', f'--check={file}', *options, **kwargs)
    assert result.stderr == '' and wattle.tree() == before
    return result.returncode, result.stdout


@pytest.fixture
def phone(wattle):
    """The phone's file with its key in it."""
    wattle.mesh('office.mesh')
    wattle.key('office-phone', wattle.folder / 'p.key')
    wattle.ok('export', 'phone', 'office.mesh', '--private-key=p.key', '-o', 'p.conf')
    return wattle.folder / 'p.conf'


SAME = (0, 'p.conf is what export would write now\n')


def test_the_same(wattle, phone):
    assert check(wattle) == check(wattle, '--private-key=p.key') == SAME
    assert check(wattle, file='-', input=phone.read_text()) == (0, 'standard input is what export would write now\n')
    phone.unlink()
    wattle.ok('export', 'phone', 'office.mesh', '-o', 'p.conf')
    assert check(wattle) == SAME


@pytest.mark.parametrize('form', FORMATS)
def test_each_format(wattle, form):
    wattle.mesh('office.mesh')
    key = wattle.key('office-phone', wattle.folder / 'p.key').read_text().strip()
    name = f'wg{FORMATS[form]}'
    wattle.ok('export', 'phone', 'office.mesh', f'--format={form}', '--private-key=p.key', '-o', name)
    assert check(wattle, f'--format={form}', file=name) == (0, f'{name} is what export would write now\n')
    code, diff = check(wattle, f'--format={form}', '--exit-node=vps', file=name)
    assert code == 1 and '0.0.0.0/0' in diff and key not in diff
    if form == 'networkd':
        assert '--- wg.netdev\n' in diff and '--- wg.network\n' in diff


def test_a_change_of_the_mesh(wattle, phone):
    text = (wattle.folder / 'office.mesh').read_text()
    wattle.mesh('office.mesh', text.replace('Address=10.77.0.21\n', 'Address=10.77.0.23\n'))
    code, diff = check(wattle)
    assert code == 1
    assert diff.splitlines()[:2] == ['--- p.conf', '+++ p.conf']
    assert [line for line in diff.splitlines()[2:] if line[0] in '-+'] == ['-AllowedIPs=10.77.0.21/32', '+AllowedIPs=10.77.0.23/32']


def test_keys(wattle, phone):
    text, key = phone.read_text(), (wattle.folder / 'p.key').read_text().strip()
    rows = [
        # Another's key, none, one more in a comment, a preshared one.
        (text.replace(key, OTHER), ['-PrivateKey=(a private key, and not that of this device)',
                                    '+# PrivateKey=... : the private key of this device goes here']),
        (text.replace(f'PrivateKey={key}\n', ''), ['+# PrivateKey=... : the private key of this device goes here']),
        (text + f'# {key}\n', ['-# (a key)']),
        (text + f'PresharedKey = {key}\n', ['-PresharedKey = (a key)']),
        (text + f'PublicKey = {OTHER}\n', [f'-PublicKey = {OTHER}']),
    ]
    for changed, expected in rows:
        phone.write_text(changed)
        code, diff = check(wattle)
        assert code == 1 and [line for line in diff.splitlines()[2:] if line[0] in '-+'] == expected
        assert key not in diff and (expected[0].startswith('-PublicKey') or OTHER not in diff)
    phone.write_text(text.replace(f'PrivateKey={key}', f'  privatekey = {key}  # mine'))
    assert check(wattle) == SAME
    phone.write_text(text.replace(f'PrivateKey={key}\n', '# PrivateKey=... : the private key of this device goes here\n'))
    code, diff = check(wattle, '--private-key=p.key')
    assert code == 1 and '+PrivateKey=(the private key of this device)' in diff


def test_a_diff_is_a_patch(wattle, phone):
    """Of anything that may have become of the file."""
    wattle.ok('export', 'phone', 'office.mesh', '-o', 'new.conf')
    wanted = (wattle.folder / 'new.conf').read_text()
    chosen = random.Random(7)
    for number in range(25):
        lines = wanted.splitlines(True)
        for _ in range(chosen.randint(1, 12)):
            at = chosen.randrange(len(lines))
            chosen.choice([lambda: lines.pop(at), lambda: lines.insert(at, 'x\n'), lambda: lines.insert(at, lines[-at]),
                           lambda: lines.reverse()])()
        path = wattle.folder / 'p.conf'
        path.write_text(''.join(lines))
        code, diff = check(wattle)
        assert (code == 0) == (path.read_text() == wanted)
        if code:
            subprocess.run(['patch', '-s', '-p0'], input=diff, text=True, cwd=wattle.folder, check=True)
        assert path.read_text() == wanted, number


def test_what_is_no_file(wattle):
    wattle.mesh('office.mesh')
    (wattle.folder / 'empty').write_text('')
    assert wattle.bad('export', 'phone', 'office.mesh', '--check=nowhere') == 'wattle: nowhere: No such file or directory\n'
    assert wattle.bad('export', 'phone', 'office.mesh', '--check=root') == 'wattle: root: is not a regular file\n'
    assert check(wattle, file='empty')[1].startswith('--- empty\n+++ empty\n@@ -1,0 +1,')


@pytest.mark.parametrize('options, said', [
    (['--check='], '--check= is empty'),
    (['--check=x', '-o', 'y'], '--check= writes nothing: it goes not with --output=, --qr or --all='),
    (['--check=x', '--qr'], '--check= writes nothing: it goes not with --output=, --qr or --all='),
    (['--check=-', '--private-key=-'], 'standard input is not both, the file and the private key'),
    (['--check=x', '--format=networkd'], '--check: networkd wants two files: name the first .netdev, and the .network is beside it'),
])
def test_wrong_usage(wattle, options, said):
    wattle.mesh('office.mesh')
    assert wattle.bad('export', 'phone', 'office.mesh', *options, status=2) == f"wattle export: {said}; see 'wattle export --help'\n"
