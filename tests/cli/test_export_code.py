# SPDX-License-Identifier: LGPL-2.1-or-later
"""export --qr: what a camera reads is the file, and what does not fit is said."""
import base64
import fcntl
import hashlib
import os
import pty
import re
import struct
import subprocess
import termios
import xml.etree.ElementTree
import zlib

import pytest

from conftest import public_key
from test_invite import blocks_to_image, needs_zbar


def key_of(name):
    return base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()


def large_mesh(n):
    """A phone and n others: each second one has an endpoint, each tenth is a relay."""
    text = f'[Mesh]\nName=home\nSubnet=10.7.0.0/16\n[Device phone]\nPublicKey={public_key("office-phone")}\nAddress=10.7.0.1\nManaged=no\n'
    for number in range(n):
        text += f'[Device d{number:02}]\nPublicKey={key_of(str(number))}\nAddress=10.7.1.{number + 1}\n'
        text += f'PublicEndpoint=198.51.100.{number + 1}:51820\n' * (number % 2 == 0) + 'Relay=yes\n' * (number % 10 == 0)
    return text


def squares_to_image(svg):
    """A picture of ours as a bitmap of netpbm's, eight dots a module."""
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    rows = [[0] * side for _ in range(side)]
    for x, y, n in re.findall(r'M(\d+) (\d+)h(\d+)v1h-\3z', svg):
        rows[int(y)][int(x):int(x) + int(n)] = [1] * int(n)
    lines = [' '.join(str(dot) for dot in row for _ in range(8)) for row in rows for _ in range(8)]
    return f'P1\n{side * 8} {side * 8}\n' + '\n'.join(lines) + '\n'


def scan_file(picture):
    return subprocess.run(['zbarimg', '-q', '--raw', '-Sdisable', '-Sqrcode.enable', picture],
                          check=True, capture_output=True, text=True).stdout


def scan(folder, image):
    (folder / 'code.pbm').write_text(image)
    return scan_file(folder / 'code.pbm')


def bare(text):
    """Without comments and empty lines."""
    return ''.join(line + '\n' for line in text.splitlines() if line and not line.startswith('#'))


@needs_zbar
@pytest.mark.parametrize('options', [[], ['--exit-node=vps', '--accept-routes'], ['--peers=relays']])
def test_a_camera_reads_the_file(wattle, options):
    wattle.mesh('office.mesh')
    wattle.key('office-phone', wattle.folder / 'p.key')
    args = ['export', 'phone', 'office.mesh', '--private-key=p.key', *options]
    file = wattle.ok(*args)
    drawn = wattle(*args, '--qr')
    assert drawn.returncode == 0 and 'This code is a secret: it has the private key of phone.' in drawn.stderr
    assert scan(wattle.folder, blocks_to_image(drawn.stdout)).rstrip('\n') + '\n' == bare(file)
    assert wattle.ok(*args, '--qr=code.svg') == ''
    picture = wattle.folder / 'code.svg'
    assert picture.stat().st_mode & 0o777 == 0o600
    assert scan(wattle.folder, squares_to_image(picture.read_text())).rstrip('\n') + '\n' == bare(file)
    assert wattle.ok(*args, '--qr=code.svg') == ''  # over its own
    picture = wattle.folder / 'code.png'
    assert wattle.ok(*args, '--qr=code.png') == ''
    assert picture.stat().st_mode & 0o777 == 0o600
    assert scan_file(picture).rstrip('\n') + '\n' == bare(file)
    assert wattle.ok(*args, '--qr=code.png') == ''  # over its own
    assert wattle.ok('export', 'phone', '--qr', 'office.mesh', '--private-key=p.key', *options) == drawn.stdout


def test_a_picture_is_svg(wattle):
    """For a program that draws it, as a browser does."""
    wattle.mesh('office.mesh')
    wattle.key('office-phone', wattle.folder / 'p.key')
    wattle.ok('export', 'phone', 'office.mesh', '--private-key=p.key', '--qr=code.svg')
    root = xml.etree.ElementTree.parse(wattle.folder / 'code.svg').getroot()
    assert root.tag == '{http://www.w3.org/2000/svg}svg' and [child.tag.split('}')[1] for child in root] == ['rect', 'path']


def chunks(png):
    """Type and data of each; all checksums are right."""
    assert png[:8] == b'\x89PNG\r\n\x1a\n'
    at, found = 8, []
    while at < len(png):
        (size,) = struct.unpack_from('>I', png, at)
        kind, data = png[at + 4:at + 8], png[at + 8:at + 8 + size]
        assert struct.unpack_from('>I', png, at + 8 + size)[0] == zlib.crc32(kind + data)
        found.append((kind, data))
        at += 12 + size
    return found


def test_a_picture_is_png(wattle):
    """For a program that counts the checksums, which zbarimg does not."""
    wattle.mesh('office.mesh')
    wattle.key('office-phone', wattle.folder / 'p.key')
    wattle.ok('export', 'phone', 'office.mesh', '--private-key=p.key', '--qr=code.png')
    found = chunks((wattle.folder / 'code.png').read_bytes())
    assert [kind for kind, _ in found[:2]] == [b'IHDR', b'tEXt'] and found[-1][0] == b'IEND'
    assert found[1][1] == b'Comment\0Made by wattle, as a code for a camera.'


def on_terminal(wattle, columns):
    """Exit status, what is shown, and what is said, on a terminal so wide."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    run = subprocess.Popen([os.environ['WATTLE'], 'export', 'phone', 'office.mesh', '--qr'], cwd=wattle.folder, stdout=slave,
                           stderr=subprocess.PIPE, env={**os.environ, 'TERM': 'xterm', 'NO_COLOR': '1', 'XDG_STATE_HOME': str(wattle.state)})
    os.close(slave)
    shown = b''
    while True:
        try:
            shown += os.read(master, 65536)
        except OSError:
            break
    os.close(master)
    said = run.communicate()[1].decode()
    return run.returncode, shown.decode(), said


def test_on_a_terminal_it_is_dark_on_light(wattle):
    """Whatever its colours are, and with NO_COLOR too."""
    wattle.mesh('office.mesh')
    code, shown, _ = on_terminal(wattle, 200)
    assert code == 0
    lines = shown.splitlines()
    assert all(re.fullmatch('\033\\[30;107m[ ▀▄█]+\033\\[0m', line) for line in lines) and len(lines) > 20


def test_a_terminal_too_narrow(wattle):
    wattle.mesh('office.mesh')
    code, shown, said = on_terminal(wattle, 60)
    assert (code, shown) == (1, '')
    assert re.fullmatch(r'wattle: the code is \d+ columns wide, and this terminal 60: make it wider or its letters smaller, '
                        r'take fewer peers, by --peers=, or a picture, by --qr=FILE.png\n', said)


def test_without_a_key_the_code_is_of_little_use(wattle):
    wattle.mesh('office.mesh')
    assert 'warning: there is no private key in this code' in wattle('export', 'phone', 'office.mesh', '--qr').stderr


def test_a_mesh_too_large_for_a_code(wattle):
    wattle.mesh('home.mesh', large_mesh(60))
    said = wattle.bad('export', 'phone', 'home.mesh', '--qr')
    fit = int(re.fullmatch(r'wattle: a code has room for (\d+) peers, and phone has 60: take fewer, by --peers=relays or '
                           r'--peers=public, or a file, without --qr\n', said)[1])
    wattle.mesh('home.mesh', large_mesh(fit))
    wattle.ok('export', 'phone', 'home.mesh', '--qr')
    wattle.mesh('home.mesh', large_mesh(fit + 1))
    wattle.bad('export', 'phone', 'home.mesh', '--qr')
    wattle.mesh('home.mesh', large_mesh(60))
    wattle.ok('export', 'phone', 'home.mesh', '--qr', '--peers=relays')


def peers_of(text):
    return re.findall(r'^\[Peer\]\n# (.*)$', text, re.M)


@pytest.mark.parametrize('options, peers', [
    ([], ['anna', 'ben', 'gw', 'printer', 'vps']),
    (['--peers=all'], ['anna', 'ben', 'gw', 'printer', 'vps']),
    (['--peers=relays'], ['gw', 'vps']),
    (['--peers=public'], ['gw', 'vps']),
    (['--peers=relays', '--exit-node=exit'], ['exit', 'gw', 'vps']),
])
def test_peers(wattle, options, peers):
    text = wattle.mesh('office.mesh').read_text()
    if '--exit-node=exit' in options:
        wattle.mesh('office.mesh', text + f'[Device exit]\nPublicKey={key_of("exit")}\nAddress=10.77.0.50\nExitNode=yes\n')
    assert peers_of(wattle.ok('export', 'phone', 'office.mesh', *options)) == peers


@pytest.mark.parametrize('options, said', [
    (['--qr=code.jpg'], "wattle export: --qr: 'code.jpg' is of no kind that can be drawn: name it .png or .svg; "),
    (['--qr', '-o', 'x'], 'wattle export: a code, --qr, is no file, --output=: --qr=FILE.png is a picture; '),
    (['--peers=some'], "wattle export: --peers: 'some' is none of all, relays, public; "),
    (['--peers='], 'wattle export: --peers= is empty; '),
])
def test_wrong_usage(wattle, options, said):
    wattle.mesh('office.mesh')
    assert wattle.bad('export', 'phone', 'office.mesh', *options, status=2) == said + "see 'wattle export --help'\n"


def test_nobody_is_left(wattle):
    wattle.mesh('home.mesh', large_mesh(3).replace('Relay=yes\n', ''))
    assert wattle.bad('export', 'phone', 'home.mesh', '--peers=relays') == 'home.mesh: no peer is left for phone: none has Relay=yes\n'


def test_a_picture_replaces_only_its_own(wattle):
    wattle.mesh('office.mesh')
    (wattle.folder / 'mine.svg').write_text('<svg/>\n')
    assert 'was not made by export' in wattle.bad('export', 'phone', 'office.mesh', '--qr=mine.svg')
    wattle.ok('export', 'phone', 'office.mesh', '--qr=code.png')
    code = (wattle.folder / 'code.png').read_bytes()
    (wattle.folder / 'mine.png').write_bytes(code[:33] + code[33 + 59:])
    assert 'was not made by export' in wattle.bad('export', 'phone', 'office.mesh', '--qr=mine.png')
