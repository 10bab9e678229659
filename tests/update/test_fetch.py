# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle-fetch against servers that are good, slow, endless and worse. What a request may take is in the request, so no test waits."""
import gzip
import os
import socket
import subprocess
import time

import pytest

LIMIT = 100_000


def request(url, limit=LIMIT, timeout=30, more=''):
    return f'version 1\nurl {url}\nlimit {limit}\ntimeout {timeout}\n{more}\n'.encode()


def ask(text):
    """The lines of the answer but progress, and the bytes behind them."""
    ours, theirs = socket.socketpair()
    with ours, subprocess.Popen([os.environ['WATTLE_FETCH']], stdin=theirs, stdout=theirs) as process:
        theirs.close()
        ours.sendall(text)
        ours.settimeout(60)
        answer = b''
        while chunk := ours.recv(65536):
            answer += chunk
        process.wait(timeout=30)
    while answer.startswith(b'progress '):
        answer = answer.partition(b'\n')[2]
    line, _, body = answer.partition(b'\n')
    return line.decode(), body


def send(handler, body, status=200, **fields):
    handler.send_response(status)
    for name, value in fields.items():
        handler.send_header(name.replace('_', '-'), value)
    handler.send_header('Content-Length', str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def chunks(handler, n, size):
    handler.send_response(200)
    handler.send_header('Transfer-Encoding', 'chunked')
    handler.end_headers()
    for _ in range(n):
        handler.wfile.write(b'%x\r\n' % size + b'x' * size + b'\r\n')
    handler.wfile.write(b'0\r\n\r\n')


def redirect(target):
    def page(handler):
        send(handler, b'elsewhere', 302, Location=target)
    return page


def test_a_file(server):
    body = os.urandom(LIMIT)
    server.pages['/home.mesh'] = lambda handler: send(handler, body)
    assert ask(request(f'{server.url}/home.mesh')) == (f'ok {LIMIT}', body)


def test_an_empty_file(server):
    server.pages['/home.mesh'] = lambda handler: send(handler, b'')
    assert ask(request(f'{server.url}/home.mesh')) == ('ok 0', b'')


@pytest.mark.parametrize('more', [0, 1])
def test_the_largest_profile(server, more):
    """8 MiB, and a byte more, announced and not."""
    limit = 8 * 1024 * 1024
    server.pages['/home.mesh'] = lambda handler: send(handler, b'x' * (limit + more))
    server.pages['/chunks.mesh'] = lambda handler: chunks(handler, (limit + more + 65535) // 65536, 65536)
    expected = f'ok {limit}' if not more else f'error {{url}}: it is larger than {limit} bytes'
    for page in ['home', 'chunks']:
        url = f'{server.url}/{page}.mesh'
        line, body = ask(request(url, limit=limit))
        assert line in (expected.format(url=url), expected.replace('{url}: ', ''))
        assert len(body) == (0 if more else limit)


def test_in_chunks(server):
    server.pages['/home.mesh'] = lambda handler: chunks(handler, 10, 1000)
    assert ask(request(f'{server.url}/home.mesh')) == ('ok 10000', b'x' * 10000)


def test_redirected(server):
    server.pages['/home.mesh'] = redirect('/there.mesh')
    server.pages['/there.mesh'] = lambda handler: send(handler, b'text')
    assert ask(request(f'{server.url}/home.mesh')) == ('ok 4', b'text')


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b'x' * 65536)


def stalled(handler):
    """All but the last byte, and then nothing until the other end goes."""
    handler.send_response(200)
    handler.send_header('Content-Length', '5')
    handler.end_headers()
    handler.wfile.write(b'text')
    handler.wfile.flush()
    handler.rfile.read(1)


def a_byte_a_second(handler):
    """Or rather ten: what a request may take is for all of it, however steadily it comes."""
    handler.send_response(200)
    handler.send_header('Content-Length', '100000')
    handler.end_headers()
    while True:
        handler.wfile.write(b'x')
        handler.wfile.flush()
        time.sleep(0.1)


def header_without_end(handler):
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nX: ')
    while True:
        handler.wfile.write(b'x' * 65536)


BAD = {
    'one byte too many': (lambda handler: send(handler, b'x' * (LIMIT + 1)), {}, f'it is larger than {LIMIT} bytes'),
    'too many in chunks': (lambda handler: chunks(handler, 101, 1000), {}, f'it is larger than {LIMIT} bytes'),
    'endless': (endless, {}, f'it is larger than {LIMIT} bytes'),
    'a header without end': (header_without_end, {}, ''),
    'stalled': (stalled, {'timeout': 1}, 'timed out'),
    'a byte a second': (a_byte_a_second, {'timeout': 1}, 'timed out'),
    'compressed': (lambda handler: send(handler, gzip.compress(b'text'), Content_Encoding='gzip'), {},
                   'the server sends it compressed, which was not asked for'),
    'not there': (lambda handler: send(handler, b'<html>', 404), {}, 'the server says 404, and not 200'),
    'in part': (lambda handler: send(handler, b'tex', 206, Content_Range='bytes 0-2/4'), {}, 'the server says 206, and not 200'),
    'busy': (lambda handler: send(handler, b'', 503, Retry_After='2'), {}, 'the server is busy (503): try again'),
    'in a circle': (redirect('/home.mesh'), {}, 'redirects'),
    'to a file': (redirect('file:///etc/hostname'), {}, 'file'),
    'to ftp': (redirect('ftp://127.0.0.1/x'), {}, 'ftp'),
    'a line end in the reason': (redirect('gopher://127.0.0.1/x'), {}, 'gopher'),
}


@pytest.mark.parametrize('page, options, reason', BAD.values(), ids=BAD)
def test_bad_answers(server, page, options, reason):
    server.pages['/home.mesh'] = page
    line, body = ask(request(f'{server.url}/home.mesh', **options))
    assert line.partition(' ')[0] == ('missing' if '404' in reason else 'error') and reason in line
    assert body == b''


def test_a_member_redirects_nowhere(server):
    """A request with an interface is for what is at the other end of it."""
    server.pages['/home.mesh'] = redirect('/there.mesh')
    server.pages['/there.mesh'] = lambda handler: send(handler, b'text')
    line, body = ask(request(f'{server.url}/home.mesh', more='interface lo0\n'))
    assert line.startswith('error ') and body == b''


def test_nobody_listens():
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        line, _ = ask(request(f'http://127.0.0.1:{free.getsockname()[1]}/home.mesh'))
    assert line.startswith('error ') and 'onnect' in line


@pytest.mark.parametrize('text, reason', [
    (b'version 2\nurl http://127.0.0.1/x\nlimit 1\ntimeout 1\n\n', 'version 2 is none that is known here'),
    (b'version 1\nurl file:///etc/hostname\nlimit 1\ntimeout 1\n\n', 'begins with neither'),
    (b'version 1\nurl http://127.0.0.1/x\nlimit 99999999\ntimeout 1\n\n', 'whole number'),
    (b'version 1\nurl http://127.0.0.1/x\ntimeout 1\n\n', 'have to be there'),
    (b'url http://127.0.0.1/x\nurl http://127.0.0.1/y\nlimit 1\ntimeout 1\n\n', 'there twice'),
    (b'x' * 3000, 'no request came'),
])
def test_bad_requests(text, reason):
    line, _ = ask(text)
    assert line.startswith('error ') and reason in line
