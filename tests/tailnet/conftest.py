# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real tailscaled and headscale, in a network namespace of their own. tests/tailnet/run says more."""

import json
import os
import pathlib
import socket
import subprocess
import time

import pytest

LIMIT = 60
CONFIG = """
server_url: http://127.0.0.1:8480
listen_addr: 0.0.0.0:8480
metrics_listen_addr: 127.0.0.1:9491
grpc_listen_addr: 127.0.0.1:50499
noise: {{private_key_path: {folder}/noise.key}}
prefixes: {{v4: 100.64.0.0/10, v6: "fd7a:115c:a1e0::/48"}}
derp: {{server: {{enabled: false}}, urls: [], paths: [{folder}/derp.yaml], auto_update_enabled: false}}
disable_check_updates: true
database: {{type: sqlite, sqlite: {{path: {folder}/db.sqlite}}}}
policy: {{mode: file, path: ""}}
dns: {{magic_dns: false, base_domain: lab.example, override_local_dns: false}}
unix_socket: {folder}/hs.sock
unix_socket_permission: "0770"
logtail: {{enabled: false}}
"""
DERP = """
regions: {900: {regionid: 900, regioncode: lab, regionname: lab, nodes: [
  {name: 900a, regionid: 900, hostname: 127.0.0.1, stunonly: true, stunport: 3999}]}}
"""


def until(what, done):
    """Polls the real ones, which tell nobody when they are ready in a way that both versions have."""
    end = time.monotonic() + LIMIT
    while not (found := done()):
        assert time.monotonic() < end, what
        time.sleep(0.02)
    return found


class Server:
    def __init__(self, folder):
        self.folder = folder
        (folder / "derp.yaml").write_text(DERP)
        (folder / "config.yaml").write_text(CONFIG.format(folder=folder))
        self.process = subprocess.Popen([os.environ["WATTLE_HEADSCALE"], "-c", folder / "config.yaml", "serve"],
                                        stdout=open(folder / "log", "w"), stderr=subprocess.STDOUT)
        until("headscale does not start", (folder / "hs.sock").exists)
        self("users", "create", "lab")

    def __call__(self, *args):
        return subprocess.run([os.environ["WATTLE_HEADSCALE"], "-c", self.folder / "config.yaml", "-o", "json", *args],
                              check=True, capture_output=True, text=True, timeout=LIMIT).stdout

    def key(self, *options):
        return json.loads(self("preauthkeys", "create", "-u", "1", *options))["key"]

    def nodes(self):
        return json.loads(self("nodes", "list")) or []


class Host:
    tun, env = "userspace-networking", {}

    def daemon_argv(self):
        return [os.environ["WATTLE_TAILSCALED"], f"--tun={self.tun}", f"--state={self.folder}/state", f"--statedir={self.folder}",
                f"--socket={self.folder}/sock", "--port=0", "--no-logs-no-support"]

    def server(self):
        return "http://127.0.0.1:8480"

    def __init__(self, folder):
        self.folder = folder
        self.config = folder / "root" / os.environ["WATTLE_CONFDIR"].lstrip("/")
        self.config.mkdir(parents=True)
        (folder / "run").mkdir()
        self.start()

    def start(self):
        """Until tailscaled says that it is ready, as systemd waits for it."""
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(str(self.folder / "notify"))
        notify.settimeout(LIMIT)
        self.daemon = subprocess.Popen(
            self.daemon_argv(), env={**os.environ, **self.env, "NOTIFY_SOCKET": str(self.folder / "notify")}, stdout=open(self.folder / "log", "a"), stderr=subprocess.STDOUT)
        while b"READY=1" not in notify.recv(4096):
            pass
        notify.close()
        (self.folder / "notify").unlink()

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait(LIMIT)

    def tailnet(self, key, *lines, local=()):
        (self.folder / "root/key").write_text(key + "\n")
        text = ["[Tailscale]", "AuthKeyFile=/key", f"LoginServer={self.server()}", *lines, "[Local]", *local]
        (self.config / "work.tailnet").write_text("\n".join(text) + "\n")

    def run(self):
        """Exit status and what it said; the key is in none of it, and in no file that it leaves."""
        done = subprocess.run([os.environ["WATTLE_TAILSCALE"], f"--root={self.folder}/root", f"--socket={self.folder}/sock",
                               f"--program={os.environ['WATTLE_TAILSCALE_COMMAND']}", "work"], capture_output=True, text=True, timeout=LIMIT,
                              env={**os.environ, "RUNTIME_DIRECTORY": str(self.folder / "run")})
        assert (self.folder / "root/key").read_text().strip() not in done.stderr and not list((self.folder / "run").iterdir())
        return done.returncode, done.stderr

    def tailscale(self, *args):
        return subprocess.run([os.environ["WATTLE_TAILSCALE_COMMAND"], f"--socket={self.folder}/sock", *args], check=True, capture_output=True,
                              text=True, timeout=LIMIT).stdout

    def state(self):
        return json.loads(self.tailscale("status", "--json", "--peers=false"))["BackendState"]

    def prefs(self):
        return json.loads(self.tailscale("debug", "prefs"))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("headscale"))
    yield server
    server.process.terminate()


@pytest.fixture
def host(tmp_path):
    host = Host(tmp_path)
    yield host
    host.stop()


@pytest.fixture
def others(tmp_path_factory):
    made = []

    def make():
        made.append(Host(tmp_path_factory.mktemp("other")))
        return made[-1]

    yield make
    for host in made:
        host.stop()
