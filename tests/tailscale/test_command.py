# SPDX-License-Identifier: LGPL-2.1-or-later
"""The verbs of wattle for a tailnet, in a mount namespace with /etc/wattle and tailscaled's socket of its own."""

import json
import os
import pathlib
import socket
import subprocess
import threading

import conftest
import pytest

RECORDED = pathlib.Path(__file__).parent / "recorded"
RUNNING = json.loads((RECORDED / "running.json").read_text())
WATTLE = os.environ.get("WATTLE", "")

IN_NAMESPACE = pathlib.Path(__file__).parent / "in-namespace"


def is_allowed():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/run"], capture_output=True).returncode == 0


pytestmark = pytest.mark.skipif(not is_allowed(), reason="needs root: a mount namespace")


class Server(threading.Thread):
    """Answers each request until the test is over; the stream tells the states and stays."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.status, self.states, self.held = RUNNING, ["Running"], []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(8)
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.answer(connection, connection.recv(4096).split(b" ")[1])

    def answer(self, connection, path):
        if path == b"/localapi/v0/status":
            body = json.dumps(self.status).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
            return connection.close()
        connection.sendall(conftest.HEADER)
        for state in self.states:
            data = json.dumps({"State": conftest.STATES.index(state)}).encode() + b"\n"
            connection.sendall(b"%x\r\n%s\r\n" % (len(data), data))
        self.held.append(connection)


class CommandHost:
    def __init__(self, folder):
        self.folder = folder
        for name in "conf", "sockets", "own", "bin":
            (folder / name).mkdir()
        self.build = pathlib.Path(os.environ["WATTLE_TAILSCALE"]).parent
        self.tailnet("[Local]\nAcceptRoutes=yes\n")

    def tailnet(self, text, name="work"):
        (self.folder / f"conf/{name}.tailnet").write_text(text)

    def serve(self):
        self.server = Server(self.folder / "sockets/tailscaled.sock")
        return self.server

    def script(self, text):
        (self.folder / "bin/tailscale").write_text("#!/bin/sh\n" + text + "\n")
        (self.folder / "bin/tailscale").chmod(0o755)

    def run(self, *argv, program=WATTLE, stdin=None):
        return subprocess.run(
            ["unshare", "-m", IN_NAMESPACE, self.folder / "conf", self.folder / "sockets", self.build or "",
             os.environ["WATTLE_LIBEXECDIR"], self.folder / "own", program, *argv], input=stdin, capture_output=True, text=True, timeout=conftest.LIMIT,
            env={**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}", "TZ": "UTC"})

    def word(self, *names):
        done = self.run("status", "--state", *names)
        assert done.returncode == 0 and not done.stderr, done.stderr
        return done.stdout.strip()


@pytest.fixture
def command_host(tmp_path):
    host = CommandHost(tmp_path)
    yield host
    if hasattr(host, "server"):
        host.server.listener.close()


def test_status_has_the_columns_of_a_mesh(command_host):
    command_host.serve()
    done = command_host.run("status", "work")
    assert done.returncode == 0, done.stderr
    head, columns, peer, note = done.stdout.splitlines()
    assert head == "work: up, annas-pc 100.64.0.2 fd7a:115c:a1e0::2, interface tailscale0, tailscaled"
    assert columns.split() == ["DEVICE", "ADDRESS", "PATH", "ENDPOINT", "HANDSHAKE", "RECEIVED", "SENT"]
    assert peer.split() == ["gw", "100.64.0.1", "direct", "198.18.0.2:58827", "never", "0", "B", "0", "B"]
    assert note == "Tailscale: Some peers are advertising routes but --accept-routes is false"
    assert command_host.run("status").stdout == done.stdout


def test_json_has_the_schema_of_a_mesh(command_host):
    command_host.serve()
    (network,) = json.loads(command_host.run("status", "--json").stdout)["meshes"]
    assert (network["mesh"], network["owner"], network["state"], network["device"]) == ("work", "tailscaled", "up", "annas-pc")
    (peer,) = network["peers"]
    assert (peer["device"], peer["path"], peer["endpoint"], peer["addresses"]) == (
        "gw", "direct", "198.18.0.2:58827", ["100.64.0.1", "fd7a:115c:a1e0::1"])


WORDS = [({}, "running"), ({"BackendState": "Starting"}, "starting"), ({"BackendState": "NoState"}, "starting"),
         ({"BackendState": "NeedsLogin"}, "need-key"), ({"BackendState": "NeedsMachineAuth"}, "not-a-member"), ({"BackendState": "Stopped"}, "down"),
         ({"BackendState": "InUseOtherUser"}, "degraded"), ({"Self": {**RUNNING["Self"], "Online": False}}, "degraded"),
         ({"BackendState": "Lurking"}, "degraded"), ({"BackendState": None}, "degraded")]


def test_one_word_of_the_states(command_host):
    assert command_host.word() == "down"
    server = command_host.serve()
    for change, word in WORDS:
        server.status = {**RUNNING, **change}
        assert (change, command_host.word("work")) == (change, word)
    command_host.tailnet("[Tailscale]\nPort=x\n")
    assert command_host.word("work") == "degraded"
    assert command_host.word("other") == "no-profile"


def test_what_is_missing_is_said(command_host):
    done = command_host.run("status", "work")
    assert done.returncode == 0 and done.stdout.splitlines()[0] == "work: absent, interface tailscale0, tailscaled"
    assert "tailscaled does not answer: 'wattle up work' starts it." in done.stdout
    server = command_host.serve()
    server.status = {**RUNNING, "BackendState": "NeedsLogin", "AuthURL": "https://login.example/a\x1b[2J"}
    done = command_host.run("status", "work")
    assert "It needs a login: 'wattle up work'" in done.stdout and "https://login.example/a\N{REPLACEMENT CHARACTER}[2J" in done.stdout
    server.status = []
    done = command_host.run("status", "work")
    assert done.returncode == 1 and "it has no BackendState that is known" in done.stdout
    command_host.build = None
    done = command_host.run("status", "work")
    assert done.returncode == 1 and "wattle-tailscale is not installed" in done.stdout


def test_a_bad_file_and_a_mesh_beside_it(command_host):
    command_host.serve()
    command_host.tailnet("[Tailscale]\nPort=x\n")
    done = command_host.run("status", "work")
    assert done.returncode == 1 and f"{os.environ['WATTLE_CONFDIR']}/work.tailnet:2:6: Port: " in done.stderr
    command_host.tailnet("")
    (command_host.folder / "conf/home.mesh").write_text("")
    done = command_host.run("status", "--state")
    assert done.returncode == 2 and "several networks here" in done.stderr


TURNS = [("up", ["NoState", "Stopped"], "exit 0", 0, "up\n"), ("up", ["Running"], "exit 9", 6, ""), ("up", ["NeedsLogin"], "exit 9", 4, ""),
         ("up", ["NeedsMachineAuth"], "exit 9", 5, ""), ("up", ["Stopped"], "echo not you >&2; exit 1", 1, "up\n"),
         ("down", ["Running"], "exit 0", 0, "down\n"), ("down", ["Starting"], "exit 0", 0, "down\n"), ("down", ["NeedsLogin"], "exit 9", 6, ""),
         ("down", ["Stopped"], "exit 9", 6, ""), ("down", ["InUseOtherUser"], "exit 9", 1, "")]


def test_turns_it_on_and_off_by_one_command(command_host):
    server = command_host.serve()
    said = command_host.folder / "said"
    for order, states, script, code, words in TURNS:
        server.states = states
        said.write_text("")
        command_host.script(f"shift; echo $* >>{said}; {script}")
        done = command_host.run(f"--{order}", program=os.environ["WATTLE_TAILSCALE"])
        assert (order, states, done.returncode, said.read_text()) == (order, states, code, words)
        assert done.stderr == ("not you\n" if code == 1 and words else "")
    server.listener.close()
    (command_host.folder / "sockets/tailscaled.sock").unlink()
    assert command_host.run("--up", program=os.environ["WATTLE_TAILSCALE"]).returncode == 3


MADE = """[Mesh]
Serial=1
Subnet=10.42.0.0/16

[Device annas-pc]
# PublicKey=
Address=10.42.0.1

[Device gw]
# PublicKey=
Address=10.42.0.2
# Tailscale reaches it at 198.18.0.2:58827:
# PrivateEndpoint=198.18.0.2:51820
Routes=192.0.2.0/24
ExitNode=yes
"""


def without_head(text):
    return text[text.index("[Mesh]"):]


def test_import_of_the_daemon_of_a_file_and_of_what_is_piped(command_host):
    command_host.serve()
    (command_host.folder / "status.json").write_text(json.dumps(RUNNING))
    for file, stdin in ((), None), ((command_host.folder / "status.json",), None), (("-",), json.dumps(RUNNING)):
        done = command_host.run("import", "tailnet", "--subnet=10.42.0.0/16", *file, stdin=stdin)
        assert done.returncode == 1 and without_head(done.stdout) == MADE
        assert done.stderr.count("has no PublicKey=: 'wattle genkey' makes a key") == 2 and "these lines are left for you to fill in" in done.stderr
    key = "jwp5QK8bOd3Dge+RYu5phJ9Iah/0dJbi4rQmn6Jxwhs="
    done = command_host.run("import", "tailnet", "--addresses", f"--output={command_host.folder}/home.mesh")
    assert done.returncode == 1 and not done.stdout
    text = (command_host.folder / "home.mesh").read_text()
    assert "Subnet=100.64.0.0/10 fd7a:115c:a1e0::/48\n" in text and "Address=100.64.0.2 fd7a:115c:a1e0::2\n" in text
    other = "2h5SjibXchQvo0p/1FBxgy369fnE27z7mhJBS3O9nh0="
    (command_host.folder / "home.mesh").write_text(text.replace("# PublicKey=", f"PublicKey={key}", 1).replace("# PublicKey=", f"PublicKey={other}"))
    assert command_host.run("check", f"{command_host.folder}/home.mesh").returncode == 0


def test_what_is_no_tailnet_makes_no_mesh(command_host):
    for operands, stdin, words in ((), None, "tailscaled does not answer here"), (("-",), "[", "no JSON"), (("-",), "{}", "no BackendState"), \
            (("/no/such",), None, "/no/such: "), (("-",), json.dumps({"BackendState": "NeedsLogin", "Self": {}}), "no devices that have an address"), \
            (("-", "--subnet=10.42.0.0/31"), json.dumps(RUNNING), "10.42.0.0/31 is too small"), \
            (("-", "--subnet=x"), "", "'x' is not a prefix"):
        done = command_host.run("import", "tailnet", *operands, stdin=stdin)
        assert done.returncode == 1 and words in done.stderr and not done.stdout, (operands, done)
    for operands in ("tailnet", "a", "b"), ("tailnet", "--subnet=10.0.0.0/8", "--addresses"), ("x.conf", "--addresses"):
        assert command_host.run("import", *operands).returncode == 2
