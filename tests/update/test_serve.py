# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattle-serve on connections of a socket that is bound to the interface of the mesh, which here is one end of a pair of Ethernet
interfaces in a namespace; at the other end are a member, and somebody who is none."""
import os
import pathlib
import shlex
import subprocess

import pytest

from conftest import run

pytestmark = pytest.mark.root

KEYS = [f'{letter}QAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' for letter in 'AB']

# systemd-socket-activate would do, if it could bind to an interface.
LISTEN = '''
import os, socket, subprocess, sys
listening = socket.socket(socket.AF_INET6)
listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
if sys.argv[1]:
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
listening.bind(("::", 21823))
listening.listen()
print("ready", flush=True)
while True:
    connection, _ = listening.accept()
    subprocess.Popen([sys.argv[2]], stdin=connection, stdout=subprocess.DEVNULL)
    connection.close()
'''


class Mesh:
    """A signed mesh in a folder that stands for /etc, and two namespaces that are joined by the interface."""

    def __init__(self, folder):
        self.root, self.config, self.key = folder / 'root', folder / 'root/etc/wattle', f'--signing-key={folder}/s.key'
        self.config.mkdir(parents=True)
        self.wattle('init', '--subnet=10.42.0.0/16', '--sign', '--no-password', self.key, 'home')
        for name, key in zip(['us', 'nas'], KEYS):
            self.wattle('add', self.key, 'home', name, f'--key={key}')
        self.processes = []
        self.host, self.other = self.namespace('-n', '-m'), self.namespace('-n')
        self.within(self.host, f'mount --bind {shlex.quote(str(self.root))}/etc /etc && ip link add home type veth peer name far netns '
                               f'{self.other} && ip address add 10.42.0.1/16 dev home && ip link set home up && ip link set lo up')
        self.within(self.other, 'ip address add 10.42.0.2/16 dev far && ip address add 10.42.0.9/16 dev far && ip link set far up')

    def wattle(self, *words):
        done = run([os.environ['WATTLE'], words[0], f'--root={self.root}', *words[1:]])
        assert done.returncode == 0, done.stderr

    def namespace(self, *options):
        """The number of a process that is in new ones."""
        process = subprocess.Popen(['unshare', *options, 'sh', '-c', 'echo ready; exec sleep 3600'], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b'ready\n'
        self.processes.append(process)
        return process.pid

    def within(self, pid, script):
        done = run(['nsenter', '-t', pid, '-n', '-m', 'sh', '-ec', script])
        assert done.returncode == 0, done.stderr

    def listen(self, interface='home'):
        process = subprocess.Popen(['nsenter', '-t', str(self.host), '-n', '-m', 'python3', '-c', LISTEN, interface,
                                    os.environ['WATTLE_SERVE']], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b'ready\n'
        self.processes.append(process)

    def ask(self, text, source='10.42.0.2', pid=None, to='10.42.0.1'):
        """The whole answer to these bytes; a connection that is cut off is none."""
        script = ('import socket, sys; s = socket.create_connection((sys.argv[2], 21823), 30, (sys.argv[1], 0)); '
                  's.sendall(sys.stdin.buffer.read())\ntry:\n while b := s.recv(65536): sys.stdout.buffer.write(b)\n'
                  'except ConnectionResetError: pass')
        done = run(['nsenter', '-t', pid or self.other, '-n', 'python3', '-c', script, source, to], input=text)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def end(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture
def mesh(tmp_path):
    made = Mesh(tmp_path)
    yield made
    made.end()


def get(path, method='GET'):
    return f'{method} {path} HTTP/1.1\r\nHost: 10.42.0.1\r\n\r\n'.encode()


def test_both_files(mesh):
    mesh.listen()
    for name in ['home.mesh', 'home.mesh.minisig']:
        head, _, body = mesh.ask(get(f'/{name}')).partition(b'\r\n\r\n')
        assert head.startswith(b'HTTP/1.0 200 OK\r\n')
        assert body == (mesh.config / name).read_bytes()
        assert f'Content-Length: {len(body)}\r\n'.encode() in head
    both = mesh.ask(get('/home.mesh.signed')).partition(b'\r\n\r\n')[2]
    assert both == (mesh.config / 'home.mesh.minisig').read_bytes() + (mesh.config / 'home.mesh').read_bytes()
    assert mesh.ask(get('/home.mesh', 'HEAD')).endswith(b'\r\n\r\n')


@pytest.mark.parametrize('text, status', [
    (get('/'), 404), (get('/home.pub'), 404), (get('/../etc/passwd'), 404), (get('/other.mesh'), 404),
    (get('home.mesh'), 400), (get('/home.mesh', 'POST'), 400), (get('/%68ome.mesh'), 400), (b'junk\r\n\r\n', 400),
    (b'GET /home.mesh HTTP/1.0\0\r\n\r\n', 400), (b'GET /' + b'a' * 2043, 400),
])
def test_other_requests(mesh, text, status):
    mesh.listen()
    assert mesh.ask(text).startswith(f'HTTP/1.0 {status} '.encode())


# As they come out of the tunnel: WireGuard lets in what is in a device's AllowedIPs.
STRANGERS = {'an address of the subnet that no device has': '10.42.0.9',
             'who is behind a subnet router': '192.168.77.5',
             'the Internet, by an exit node': '203.0.113.9'}


@pytest.mark.parametrize('source', STRANGERS.values(), ids=STRANGERS)
def test_who_is_no_member(mesh, source):
    mesh.within(mesh.other, f'ip address replace {source}/16 dev far')
    mesh.within(mesh.host, f'ip route replace {source}/32 dev home')
    mesh.listen()
    for name in ['home.mesh', 'home.mesh.minisig', 'home.mesh.signed', 'other.mesh']:
        head, _, body = mesh.ask(get(f'/{name}'), source=source).partition(b'\r\n\r\n')
        assert head.startswith(b'HTTP/1.0 403 ') and body == b''


def test_who_is_on_the_lan(mesh):
    """A neighbour who sends what is for the mesh's address to this host, which the kernel takes by any interface."""
    lan = mesh.namespace('-n')
    mesh.within(mesh.host, f'ip link add lan type veth peer name wire netns {lan} && ip address add 192.168.1.1/24 dev lan && ip link set lan up')
    mesh.within(lan, 'ip link set wire up && ip address add 192.168.1.2/24 dev wire && ip route add 10.42.0.1 via 192.168.1.1')
    mesh.listen('')
    assert mesh.ask(get('/home.mesh'), source='192.168.1.2', pid=lan) == b''  # he does get that far
    first = mesh.processes.pop()
    first.kill()
    first.wait()
    mesh.listen()
    with pytest.raises(AssertionError, match='refused'):
        mesh.ask(get('/home.mesh'), source='192.168.1.2', pid=lan)


def test_a_revoked_member(mesh):
    profile = mesh.config / 'home.mesh'
    profile.write_text(profile.read_text().replace('[Device nas]\n', '[Device nas]\nState=revoked\n'))
    (mesh.config / 'home.mesh.minisig').unlink()  # or sign would ask for a higher Serial=
    mesh.wattle('sign', mesh.key, 'home')
    mesh.listen()
    assert mesh.ask(get('/home.mesh')).startswith(b'HTTP/1.0 403 ')


def test_a_socket_of_all_interfaces(mesh):
    """Nothing is said to whom such a socket lets in."""
    mesh.listen('')
    assert mesh.ask(get('/home.mesh')) == b''


def test_another_interface(mesh):
    """Not even this host itself gets in but by the interface of the mesh."""
    mesh.listen('home')
    with pytest.raises(AssertionError, match='refused|unreachable'):
        mesh.ask(get('/home.mesh'), source='127.0.0.1', pid=mesh.host, to='127.0.0.1')


@pytest.mark.parametrize('change', ['text', 'signature', 'no trust'])
def test_what_does_not_verify(mesh, change):
    if change == 'text':
        with open(mesh.config / 'home.mesh', 'a', encoding='utf-8') as file:
            file.write('# a stray edit\n')
    else:
        (mesh.config / ('home.mesh.minisig' if change == 'signature' else 'home.pub')).unlink()
    mesh.listen()
    answer = mesh.ask(get('/home.mesh'))
    assert answer.startswith(b'HTTP/1.0 503 ') and b'Retry-After: ' in answer


def test_a_member_fetches_it(mesh):
    """The two programs together, through the interface alone."""
    mesh.listen()
    script = pathlib.Path(mesh.root) / 'ask'
    script.write_bytes(b'version 1\nurl http://10.42.0.1:21823/home.mesh\nlimit 100000\ntimeout 20\ninterface far\n\n')
    done = run(['nsenter', '-t', mesh.other, '-n', 'setpriv', '--reuid=65534', '--clear-groups', os.environ['WATTLE_FETCH']],
               input=script.read_bytes())
    text = (mesh.config / 'home.mesh').read_bytes()
    answer = done.stdout
    while answer.startswith(b'progress '):
        answer = answer.partition(b'\n')[2]
    assert answer == b'ok %d\n' % len(text) + text
