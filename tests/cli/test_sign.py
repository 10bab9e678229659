# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signing keys, signatures, and minisign, which makes and takes the same ones."""
import hashlib
import os
import pty
import re
import shutil
import subprocess

import pytest

needs_minisign = pytest.mark.skipif(not shutil.which('minisign'), reason='minisign is not installed')

# The key of tests/unit/test-signature.c, under the password "open sesame" with the least of scrypt.
PUBLIC = 'RWT5gYdP3cO4P89i4ulejtUOedq4hM340eGUpz1JICcIA9y/vbLkeKbF'
LOCKED = ('untrusted comment: x\nRWRTY0IyAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AgAAAAAAAAAAAAAEAAAAAi3KZk0367vkw0/ovNIj6jE1A/v+'
          'TswRCXxBDTkhXWWMwHSk/+WDvvnXAsYWhDmyN0hS0lTpSE/vavNcEpfLHSInisjyPywUK+LfYHIldH8Q2kLujQI/gkhYkueNoi2t41js1Ydfnm+E=\n')
MESH = '[Mesh]\nName=home\nSerial=7\nSubnet=10.7.0.0/24\n'
SIX_WORDS = r'[0-9A-F]{16} \([a-z]{3,8}( [a-z]{3,8}){5}\)'


def on_terminal(wattle, *args, typed):
    """A run whose terminal says these lines, each once it is asked; its exit status, and all that the terminal shows."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(wattle.folder)
        os.execve(os.environ['WATTLE'], [os.environ['WATTLE'], *map(str, args)], dict(os.environ, NO_COLOR=''))
    shown, lines = b'', list(typed)
    while True:
        try:
            got = os.read(terminal, 4096)
        except OSError:  # the other side has gone
            break
        if not got:
            break
        shown += got
        if lines and re.search(rb'(assword for [^\r\n]*|again): $', shown):
            os.write(terminal, lines.pop(0).encode() + b'\n')
            shown += b'\n'
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def make_key(wattle, name='s.key'):
    """Without a password; its public half."""
    return wattle.ok('genkey', '--signing', '--no-password', name).strip()


def signed(wattle, text=MESH, trust=True):
    """A mesh that is signed."""
    public = make_key(wattle)
    mesh = wattle.mesh('home.mesh', text)
    if trust:
        (wattle.folder / 'home.pub').write_text(public + '\n')
    wattle.ok('sign', '--signing-key=s.key', 'home.mesh')
    return mesh, public


def test_a_key_without_a_password(wattle):
    made = wattle('genkey', '--signing', '--no-password', 's.key')
    assert made.returncode == 0
    assert re.fullmatch(r'RW[A-Za-z0-9+/]{54}\n', made.stdout)
    assert re.fullmatch(rf's\.key: made, key {SIX_WORDS}; its public half, .*\n', made.stderr)
    assert (wattle.folder / 's.key').stat().st_mode & 0o777 == 0o600
    assert 's.key exists, and a key is never written over' in wattle.bad('genkey', '--signing', '--no-password', 's.key')


def test_the_usual_place_of_a_key(wattle):
    env = {'XDG_CONFIG_HOME': str(wattle.folder / 'config')}
    wattle.ok('genkey', '--signing', '--no-password', env=env)
    key = wattle.folder / 'config/wattle/signing.key'
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
    wattle.mesh('home.mesh', MESH)
    assert 'by key' in wattle.ok('sign', 'home.mesh', env=env)


def test_a_new_password(wattle):
    """Asked twice, and never shown."""
    status, shown = on_terminal(wattle, 'genkey', '--signing', 's.key', typed=['', 'abra', 'kadabra', 'simsala', 'simsala'])
    assert status == 0, shown
    assert 'an empty password protects nothing' in shown and 'these are two passwords' in shown
    assert 'abra' not in shown and 'simsala' not in shown
    wattle.mesh('home.mesh', MESH)
    status, shown = on_terminal(wattle, 'sign', '--signing-key=s.key', 'home.mesh', typed=['simsala'])
    assert status == 0, shown


def test_no_password_in_three_tries(wattle):
    status, shown = on_terminal(wattle, 'genkey', '--signing', 's.key', typed=['', '', ''])
    assert status == 1 and 'three times no password: nothing was made' in shown
    assert not (wattle.folder / 's.key').exists()


@pytest.mark.parametrize('typed, status, words', [
    (['open sesame'], 0, 'signed, serial 7, by key 3FB8C3DD4F8781F9'),
    (['x', 'y', 'open sesame'], 0, 'signed, serial 7'),
    (['x', 'y', 'z'], 1, 's.key: wrong password'),
    (['', 'open sesame'], 0, 'signed'),
])
def test_the_password(wattle, typed, status, words):
    (wattle.folder / 's.key').write_text(LOCKED)
    (wattle.folder / 's.key').chmod(0o600)
    wattle.mesh('home.mesh', MESH)
    done, shown = on_terminal(wattle, 'sign', '--signing-key=s.key', 'home.mesh', typed=typed)
    assert done == status and words in shown
    assert 'sesame' not in shown
    assert (wattle.folder / 'home.mesh.minisig').exists() == (status == 0)


def test_no_terminal(wattle):
    (wattle.folder / 's.key').write_text(LOCKED)
    (wattle.folder / 's.key').chmod(0o600)
    wattle.mesh('home.mesh', MESH)
    error = wattle.bad('sign', '--signing-key=s.key', 'home.mesh', input='open sesame\n', start_new_session=True)
    assert 'there is no terminal to ask for the password' in error


@pytest.mark.parametrize('mode', [0o640, 0o604, 0o660, 0o602])
def test_a_secret_key_that_others_read(wattle, mode):
    make_key(wattle)
    wattle.mesh('home.mesh', MESH)
    (wattle.folder / 's.key').chmod(mode)
    assert f'(mode {mode:04o}): chmod 0600 it' in wattle.bad('sign', '--signing-key=s.key', 'home.mesh')


@pytest.mark.parametrize('content, words', [
    ('', "not a secret key of minisign's"),
    (PUBLIC + '\n', "not a secret key of minisign's"),
    (LOCKED[:-9], "not a secret key of minisign's"),
    ('x' * 5000, 'File too large'),
    (None, 'there is no signing key'),
])
def test_no_secret_key(wattle, content, words):
    if content is not None:
        (wattle.folder / 's.key').write_text(content)
        (wattle.folder / 's.key').chmod(0o600)
    wattle.mesh('home.mesh', MESH)
    assert words in wattle.bad('sign', '--signing-key=s.key', 'home.mesh')


@pytest.mark.parametrize('text, words', [
    (MESH.replace('Name=home\n', ''), 'write Name=home below [Mesh]'),
    (MESH.replace('Serial=7\n', ''), 'write Serial=1 below [Mesh]'),
    (MESH.replace('=7\n', '=18446744073709551616\n'), 'is not a whole number'),
    (MESH + f'SigningKeys={PUBLIC}\n', 'is not among them'),
    (MESH + 'Subnet=x\n', 'is not a prefix'),
])
def test_a_profile_that_is_not_signed(wattle, text, words):
    make_key(wattle)
    wattle.mesh('home.mesh', text)
    error = wattle.bad('sign', '--signing-key=s.key', 'home.mesh')
    assert words in error and error.endswith('wattle: home.mesh is not signed\n')


@pytest.mark.parametrize('serial, is_taken', [(6, False), (7, False), (8, True)])
def test_a_serial_that_was_signed_already(wattle, serial, is_taken):
    mesh, _ = signed(wattle)
    wattle.ok('sign', '--signing-key=s.key', 'home.mesh')  # the same text once more
    mesh.write_text(mesh.read_text().replace('Serial=7\n', f'Serial={serial}\n') + 'MTU=1300\n')
    if is_taken:
        assert f'signed, serial {serial}' in wattle.ok('sign', '--signing-key=s.key', 'home.mesh')
        return
    error = wattle.bad('sign', '--signing-key=s.key', 'home.mesh')
    assert 'Serial: 7 was signed already, with another text' in error and "write Serial=8, or let 'wattle edit' do it" in error


def test_a_key_that_nobody_trusts(wattle):
    make_key(wattle)
    wattle.mesh('home.mesh', MESH)
    (wattle.folder / 'home.pub').write_text(PUBLIC)
    assert 'no host would take it' in wattle.bad('sign', '--signing-key=s.key', 'home.mesh')


def test_who_signed_is_said(wattle):
    signed(wattle)
    assert re.fullmatch(rf'home\.mesh: signed, serial 7, by key {SIX_WORDS}\n', wattle.ok('verify', 'home.mesh'))
    assert re.search(rf'serial 7, signed by key {SIX_WORDS}\n', wattle.ok('check', 'home.mesh'))


def test_show_says_who_signed(wattle):
    text = (wattle.mesh('office.mesh').read_text()).replace('[Mesh]\n', '[Mesh]\nName=home\n', 1)
    signed(wattle, text)
    assert re.search(rf'signed by +{SIX_WORDS}\n', wattle.ok('show', '--as=anna', 'home.mesh'))


def test_verify_by_a_key(wattle):
    _, public = signed(wattle, trust=False)
    wattle.ok('verify', f'--key={public}', 'home.mesh')
    assert 'which is not trusted here' in wattle.bad('verify', f'--key={PUBLIC}', 'home.mesh')
    assert 'there is no .pub file' in wattle.bad('verify', 'home.mesh')
    assert '--key: not a public key' in wattle.bad('verify', '--key=x', 'home.mesh', status=2)


def swap(text):
    lines = text.splitlines(True)
    return ''.join([lines[0], lines[1], lines[3], lines[2]])


@pytest.mark.parametrize('change, words', [
    (lambda mesh, minisig: (mesh + '# x\n', minisig), 'did not sign this text'),
    (lambda mesh, minisig: (mesh, minisig[:-20]), 'line 4'),
    (lambda mesh, minisig: (mesh, ''), '0 lines'),
    (lambda mesh, minisig: (mesh, swap(minisig)), 'line '),
    (lambda mesh, minisig: (mesh, minisig + 'x\n'), '5 lines'),
    (lambda mesh, minisig: (mesh, minisig.replace('serial=7', 'serial=8')), 'the trusted comment is not the one'),
    (lambda mesh, minisig: (mesh.replace('\n', '\r\n'), minisig), 'did not sign this text'),
])
def test_what_does_not_verify(wattle, change, words):
    mesh, _ = signed(wattle)
    minisig = wattle.folder / 'home.mesh.minisig'
    text, signature = change(mesh.read_text(), minisig.read_text())
    mesh.write_bytes(text.encode())
    minisig.write_bytes(signature.encode())
    for verb in 'verify', 'check':
        assert words in wattle.bad(verb, 'home.mesh')


def test_a_signature_with_other_line_ends(wattle):
    signed(wattle)
    minisig = wattle.folder / 'home.mesh.minisig'
    minisig.write_bytes(minisig.read_bytes().replace(b'\n', b'\r\n'))
    wattle.ok('verify', 'home.mesh')


def test_init(wattle):
    root = f'--root={wattle.root}'
    made = wattle.ok('init', root, '--sign', '--no-password', '--signing-key=s.key', 'home')
    assert re.fullmatch(rf'/etc/wattle/home\.mesh: made and signed by key {SIX_WORDS}; .*\n', made)
    assert {path.name for path in wattle.config.iterdir()} == {'home.mesh', 'home.mesh.minisig', 'home.pub'}
    text = (wattle.config / 'home.mesh').read_text()
    assert '\nName=home\nSerial=1\n' in text
    wattle.ok('verify', root, 'home')
    # The same key signs a second one.
    wattle.ok('init', root, '--sign', '--signing-key=s.key', 'office')
    assert (wattle.config / 'home.pub').read_text() == (wattle.config / 'office.pub').read_text()
    assert 'home.pub: exists already' in wattle.bad('init', root, '--sign', '--signing-key=s.key', 'home')
    # And one mesh's file does not pass for the other's.
    for suffix in 'mesh', 'mesh.minisig':
        shutil.copyfile(wattle.config / f'office.{suffix}', wattle.config / f'home.{suffix}')
    assert 'the mesh calls itself office' in wattle.bad('verify', root, 'home')


@pytest.mark.parametrize('args, words', [
    (['init', '--sign', './home'], '--sign needs a file that ends in .mesh'),
    (['init', '--no-password', 'home.mesh'], 'go with --sign'),
    (['genkey', '--no-password'], '--no-password goes with --signing'),
])
def test_usage(wattle, args, words):
    assert words in wattle.bad(*args, status=2)


KEY = 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
KEY_B = 'AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='


def sum_of(text):
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()


def test_an_edit_signs_anew(wattle):
    """And says which text it was made from, in the one line that there is for it."""
    mesh, _ = signed(wattle)
    first = mesh.read_text()
    wattle.ok('add', '--signing-key=s.key', 'home.mesh', 'x', f'--key={KEY}')
    second = mesh.read_text()
    assert second.startswith(f'[Mesh]\nName=home\nSerial=8\nPrevious={sum_of(first)}\nSubnet=')
    assert ' serial 8, ' in wattle.ok('verify', 'home.mesh')
    wattle.ok('remove', '--signing-key=s.key', 'home.mesh', 'x')
    assert mesh.read_text() == first.replace('Serial=7\n', f'Serial=9\nPrevious={sum_of(second)}\n')
    assert ' serial 9, ' in wattle.ok('verify', 'home.mesh')
    assert sorted(path.name for path in wattle.folder.iterdir()) == ['home.mesh', 'home.mesh.minisig', 'home.pub', 'root', 's.key']


@pytest.mark.parametrize('text', [
    '[Mesh]\nPrevious={}\nName=home\nSubnet=10.7.0.0/24\nSerial=7',
    '[Mesh]\nName=home\nSubnet=10.7.0.0/24\nSerial = 7\n Previous = {} \n\n# end',
    '[Mesh]\nName=home\nSerial=7\nSubnet=10.7.0.0/24\nPrevious={}',
])
def test_previous_is_where_it_was(wattle, text):
    """Of a mesh that is not signed too, if it is there."""
    old = text.format('0' * 64)
    mesh = wattle.mesh('home.mesh', old)
    wattle.ok('add', 'home.mesh', 'x', f'--key={KEY}')
    head = old.replace('0' * 64, sum_of(old)).replace('Serial=7', 'Serial=8').replace('Serial = 7', 'Serial = 8')
    assert mesh.read_text().startswith(head + '\n\n[Device x]\n')


@pytest.mark.parametrize('verb', [['add', 'home.mesh', 'x', f'--key={KEY}'], ['remove', 'home.mesh', 'a']])
def test_an_edit_without_the_key(wattle, verb):
    """Says so before it changes anything; what would be done needs no key."""
    signed(wattle, MESH + f'[Device a]\nPublicKey={KEY_B}\nAddress=10.7.0.9\n' if verb[0] == 'remove' else MESH)
    said = wattle.bad(*verb, '--signing-key=none')
    assert 'wattle: none: there is no signing key: ' in said and said.endswith('wattle: home.mesh is as it was\n')
    wattle.ok(*verb, '--dry-run')
    make_key(wattle, 'other.key')
    assert 'home.pub: does not have the key that this is to be signed with' in wattle.bad(*verb, '--signing-key=other.key')


def test_an_edit_of_what_is_not_signed_yet(wattle):
    """The next text would say that it was made from one that nobody has."""
    mesh, _ = signed(wattle)
    mesh.write_text(mesh.read_text() + '# by hand\n')
    said = wattle.bad('add', '--signing-key=s.key', 'home.mesh', 'x', f'--key={KEY}')
    assert "sign anew with 'wattle sign'" in said and said.endswith('wattle: home.mesh is as it was\n')


def test_an_edit_asks_for_the_password(wattle):
    wattle.mesh('home.mesh', MESH)
    (wattle.folder / 'home.pub').write_text(PUBLIC + '\n')
    wattle.mesh('s.key', LOCKED).chmod(0o600)
    assert on_terminal(wattle, 'sign', '--signing-key=s.key', 'home.mesh', typed=['open sesame'])[0] == 0
    status, shown = on_terminal(wattle, 'add', '--signing-key=s.key', 'home.mesh', 'x', f'--key={KEY}', typed=['wrong', 'open sesame'])
    assert status == 0, shown
    assert ' serial 8, ' in wattle.ok('verify', 'home.mesh')


@needs_minisign
def test_minisign_takes_what_wattle_signs(wattle):
    _, public = signed(wattle)
    for command in ['-P', public], ['-p', 'home.pub.minisign']:
        (wattle.folder / 'home.pub.minisign').write_text(f'untrusted comment: x\n{public}\n')
        done = subprocess.run(['minisign', '-V', '-H', '-m', 'home.mesh', *command], cwd=wattle.folder, capture_output=True, text=True,
                              check=True)
        assert 'Trusted comment: wattle1 mesh=home serial=7\n' in done.stdout


@needs_minisign
def test_wattle_takes_what_minisign_signs(wattle):
    wattle.mesh('home.mesh', MESH)
    run = [['minisign', '-G', '-W', '-p', 'home.pub', '-s', 'm.key'], ['minisign', '-S', '-s', 'm.key', '-m', 'home.mesh']]
    for command in run:
        subprocess.run(command, cwd=wattle.folder, capture_output=True, check=True)
    wattle.ok('verify', 'home.mesh')
    subprocess.run([*run[1], '-l'], cwd=wattle.folder, capture_output=True, check=True)
    assert "a signature of minisign's old kind (-l): sign again without -l" in wattle.bad('verify', 'home.mesh')
    # And its key signs with wattle.
    (wattle.folder / 'm.key').chmod(0o600)
    wattle.ok('sign', '--signing-key=m.key', 'home.mesh')
    wattle.ok('verify', 'home.mesh')


@needs_minisign
def test_minisign_takes_the_key_of_wattle(wattle):
    public = make_key(wattle)
    wattle.mesh('home.mesh', MESH)
    subprocess.run(['minisign', '-S', '-W', '-s', 's.key', '-m', 'home.mesh'], cwd=wattle.folder, capture_output=True, check=True, input=b'\n')
    wattle.ok('verify', f'--key={public}', 'home.mesh')
