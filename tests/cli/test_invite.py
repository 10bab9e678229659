# SPDX-License-Identifier: LGPL-2.1-or-later
"""The admin's side of joining: what is printed, and what is refused before anything is changed."""
import base64
import re
import shutil
import subprocess

import pytest

from conftest import public_key
from test_sign import make_key, signed

needs_zbar = pytest.mark.skipif(not shutil.which('zbarimg'), reason='zbarimg is not installed')

NAS = ('[Mesh]\nName=home\nSerial=7\nSubnet=10.7.0.0/24\n'
       f'[Device nas]\nPublicKey={public_key("wgnet-nas")}\nAddress=10.7.0.1\nPublicEndpoint=nas.example.org:51820\n')
KEY = public_key('wgnet-desktop')
TEXT = re.compile(r'wattle:[A-Za-z0-9+/\n]+\.\n')
WORDS = re.compile(r'(?:[a-z]{3,8} ){5}[a-z]{3,8}')


def carried(text):
    """The bytes of an invitation, and the text of its tiny mesh."""
    packed = re.sub(r'\s', '', text)[len('wattle:'):-1]
    data = base64.b64decode(packed + '=' * (-len(packed) % 4))
    return data, data[data.index(b'[Mesh]'):-8].decode()


def add(wattle, *args):
    return wattle('add', 'home.mesh', 'laptop', *args, '--signing-key=s.key')


def test_the_text_alone_is_on_standard_output(wattle):
    signed(wattle, NAS)
    done = add(wattle, f'--key={KEY}', '--invite')
    assert done.returncode == 0, done.stderr
    assert TEXT.fullmatch(done.stdout)
    assert max(map(len, done.stdout.splitlines())) <= 72
    assert '+[Device laptop]' in done.stderr and 'home.mesh: laptop added, serial 8\n' in done.stderr
    # The device's words come before the signature is made, and the signer's with the text.
    device, signer = WORDS.findall(done.stderr)
    assert done.stderr.startswith(f"laptop's key: {device}\n")
    assert signer in wattle.ok('verify', 'home.mesh')
    data, text = carried(done.stdout)
    assert data[:2] == b'\1\0'
    assert text == ('[Mesh]\nName=home\nSerial=8\nInvitation=laptop\nSubnet=10.7.0.0/24\n\n'
                    f'[Device laptop]\nPublicKey={KEY}\nAddress=10.7.0.2\n\n'
                    f'[Device nas]\nPublicKey={public_key("wgnet-nas")}\nAddress=10.7.0.1\nPublicEndpoint=nas.example.org:51820\n')
    wattle.ok('verify', 'home.mesh')


def test_again_for_a_device_that_is_there(wattle):
    signed(wattle, NAS)
    first = add(wattle, f'--key={KEY}', '--invite').stdout
    again = wattle.ok('invite', 'home.mesh', 'laptop', '--signing-key=s.key')
    assert carried(again)[1] == carried(first)[1]


def test_with_a_key(wattle):
    signed(wattle, NAS)
    done = add(wattle, '--with-key')
    data, text = carried(done.stdout)
    assert data[1] == 1
    private = base64.b64encode(data[42:74]).decode()
    public = wattle.ok('pubkey', input=private + '\n').strip()
    assert f'PublicKey={public}\n' in text and f'PublicKey={public}\n' in (wattle.folder / 'home.mesh').read_text()
    assert 'This is a secret' in done.stderr
    # Not in the mesh, nor anywhere else.
    assert not any(private in path.read_text() for path in wattle.folder.rglob('*') if path.is_file())


def test_a_dry_run_invites_nobody(wattle):
    signed(wattle, NAS)
    assert wattle.ok('add', 'home.mesh', 'laptop', f'--key={KEY}', '--invite', '--dry-run') == ''


def blocks_to_image(text):
    """Two modules in each character, eight pixels a module, as a bitmap of netpbm's."""
    upper, lower = {'▀': 1, '█': 1}, {'▄': 1, '█': 1}
    rows = []
    for line in text.splitlines():
        for half in (upper, lower):
            row = ' '.join(str(half.get(char, 0)) for char in line for _ in range(8))
            rows += [row] * 8
    return f'P1\n{len(text.splitlines()[0]) * 8} {len(rows)}\n' + '\n'.join(rows) + '\n'


@needs_zbar
def test_a_code_for_a_camera(wattle):
    signed(wattle, NAS)
    text = add(wattle, f'--key={KEY}', '--invite').stdout
    code = wattle.ok('invite', 'home.mesh', 'laptop', '--signing-key=s.key', '--qr')
    (wattle.folder / 'code.pbm').write_text(blocks_to_image(code))
    read = subprocess.run(['zbarimg', '-q', '--raw', '-Sdisable', '-Sqrcode.enable', wattle.folder / 'code.pbm'],
                          check=True, capture_output=True, text=True).stdout
    assert carried(read)[1] == carried(text)[1]


def test_a_text_too_long_for_a_code(wattle):
    keys = [make_key(wattle, f'{number}.key') for number in range(30)]
    public = make_key(wattle)
    head = ''.join(f'SigningKeys={key}\n' for key in [public, *keys])
    wattle.mesh('home.mesh', NAS.replace('Subnet=', head + 'Subnet='))
    (wattle.folder / 'home.pub').write_text(public + '\n')
    wattle.ok('sign', '--signing-key=s.key', 'home.mesh')
    add(wattle, f'--key={KEY}', '--invite')
    said = wattle.bad('invite', 'home.mesh', 'laptop', '--signing-key=s.key', '--qr')
    assert re.search(r'it is too long for a code: \d+ characters; fewer Subnet= and SigningKeys= make it shorter, and the text, '
                     'without --qr, may have any length', said)


@pytest.mark.parametrize('args, mesh, said', [
    ((f'--key={KEY}', '--invite'), NAS.replace('PublicEndpoint=nas.example.org:51820\n', ''),
     'laptop could reach nobody: no other device that runs wattle has a PublicEndpoint= or PrivateEndpoint='),
    ((f'--key={public_key("wgnet-nas")}', '--invite'), NAS, 'PublicKey'),
])
def test_nothing_is_signed_that_cannot_be_invited(wattle, args, mesh, said):
    signed(wattle, mesh)
    error = wattle.bad('add', 'home.mesh', 'laptop', *args, '--signing-key=s.key')
    assert said in error and 'as it was' in error


def test_an_unsigned_mesh(wattle):
    wattle.mesh('home.mesh', NAS)
    for args in (['add', 'home.mesh', 'laptop', f'--key={KEY}', '--invite'], ['invite', 'home.mesh', 'nas']):
        assert 'an invitation is for a signed mesh' in wattle.bad(*args)


@pytest.mark.parametrize('lines, said', [
    ('State=revoked\n', 'nas is revoked: nobody would let it in'),
    ('Managed=no\n', "nas runs no wattle (Managed=no): 'wattle export' makes a file for it"),
])
def test_who_is_not_invited(wattle, lines, said):
    signed(wattle, NAS + lines)
    assert said in wattle.bad('invite', 'home.mesh', 'nas', '--signing-key=s.key')
    assert "there is no device x: 'wattle add --invite'" in wattle.bad('invite', 'home.mesh', 'x', '--signing-key=s.key')


@pytest.mark.parametrize('args, said', [
    ([f'--key={KEY}', '--with-key'], '--key= is a key that is there, and --with-key makes one'),
    ([f'--key={KEY}', '--invite', '--unmanaged'], "a device that runs no wattle cannot join: 'wattle export' makes a file for it"),
    (['--invite'], '--key=PUBLICKEY is missing'),
])
def test_wrong_usage(wattle, args, said):
    signed(wattle, NAS)
    assert said in wattle.bad('add', 'home.mesh', 'laptop', *args, status=2)


def test_an_invitation_is_no_profile(wattle):
    """Nor is it installed as one: whoever has it would cut others off with it."""
    signed(wattle, NAS)
    text = carried(add(wattle, f'--key={KEY}', '--invite').stdout)[1]
    wattle.mesh('other.mesh', text)
    assert "Invitation: this is an invitation for laptop, and no profile: 'wattle join' takes it" in wattle.bad('check', 'other.mesh')
    assert 'no profile' in wattle.bad('sign', '--signing-key=s.key', 'other.mesh')


def test_verify_tells_it_from_a_profile(wattle):
    signed(wattle, NAS)
    text = add(wattle, f'--key={KEY}', '--invite').stdout
    (wattle.folder / 'x.txt').write_text(f'> {text}')
    (wattle.config / 'home.invite').write_text(text)
    key = wattle.ok('verify', 'home.mesh').split('by key ')[1]
    public = (wattle.folder / 'home.pub').read_text().strip()
    (wattle.config / 'home.pub').write_text(public + '\n')
    said = f'no profile, but an invitation to home for laptop, signed, serial 8, by key {key}'
    for options in [], [f'--key={public}']:
        assert wattle.ok('verify', 'x.txt', *options) == f'x.txt: {said}'
        assert wattle.ok('verify', 'home', f'--root={wattle.root}', *options) == f'/etc/wattle/home.invite: {said}'
    other = 'RWT5gYdP3cO4P89i4ulejtUOedq4hM340eGUpz1JICcIA9y/vbLkeKbF'
    for name in 'x.txt', 'home':
        assert 'which is not trusted here' in wattle.bad('verify', name, f'--root={wattle.root}', f'--key={other}')
