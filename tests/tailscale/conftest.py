# SPDX-License-Identifier: LGPL-2.1-or-later
"""A tailscaled and a tailscale that say what the real ones of 1.90.6 were heard to say."""

import json
import os
import pathlib
import socket
import subprocess
import threading

import pytest

LIMIT = 30
HEADER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTailscale-Version: 1.90.6\r\nTransfer-Encoding: chunked\r\n\r\n"
STATES = ["NoState", "InUseOtherUser", "NeedsLogin", "NeedsMachineAuth", "Stopped", "Starting", "Running"]

# Writes down how it was called, with the file of the key and its mode; then does what the test has put into "behave".
COMMAND = """#!/bin/sh
cd "{folder}"
for word; do
        printf '%s\\n' "$word" >> calls
        case $word in --auth-key=file:*) cat "${{word#--auth-key=file:}}" > key; stat -c %a "${{word#--auth-key=file:}}" > mode ;; esac
done
echo -- >> calls
tr '\\0' '\\n' < /proc/$PPID/cmdline > parent
. ./behave
"""


class Daemon:
    """Its stream is written by the test."""

    def __init__(self, folder):
        self.folder = folder
        self.path = str(folder / "sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(4)
        self.listener.settimeout(LIMIT)
        self.request = b""

    def accept(self, header=HEADER):
        self.connection, _ = self.listener.accept()
        self.connection.settimeout(LIMIT)
        while b"\r\n\r\n" not in self.request:
            self.request += self.connection.recv(4096)
        self.connection.sendall(header)

    def raw(self, data):
        self.connection.sendall(b"%x\r\n%s\r\n" % (len(data), data))

    def state(self, name):
        self.raw(json.dumps({"Version": "1.90.6", "SessionID": "fb186fc08133f1eb", "ErrMessage": None, "State": STATES.index(name),
                             "Prefs": None, "NetMap": None}).encode() + b"\n")

    def close(self):
        self.connection.close()


class Host:
    def __init__(self, folder):
        self.folder = folder
        self.config = folder / "root" / os.environ["WATTLE_CONFDIR"].lstrip("/")
        self.config.mkdir(parents=True)
        (folder / "run").mkdir()
        self.daemon = Daemon(folder)
        self.command = folder / "tailscale"
        self.command.write_text(COMMAND.format(folder=folder))
        self.command.chmod(0o755)
        self.behave("exit 0")
        self.key = folder / "root/key"

    def behave(self, script):
        (self.folder / "behave").write_text(script + "\n")

    def tailnet(self, text):
        (self.config / "work.tailnet").write_text(text)

    def put_key(self, text="tskey-auth-secret"):
        self.key.write_text(text + "\n")
        self.key.chmod(0o600)

    def start(self, **env):
        self.log = open(self.folder / "log", "w+")
        self.process = subprocess.Popen(
            [os.environ["WATTLE_TAILSCALE"], f"--root={self.folder}/root", f"--socket={self.daemon.path}", f"--program={self.command}", "work"],
            stderr=self.log, env={**os.environ, "RUNTIME_DIRECTORY": str(self.folder / "run"), **env})

    def end(self):
        """Exit status and all that it said."""
        status = self.process.wait(LIMIT)
        return status, (self.folder / "log").read_text()

    def calls(self):
        path = self.folder / "calls"
        return [call.strip("\n").split("\n")[1:] for call in path.read_text().split("--\n")[:-1]] if path.exists() else []

    def wait_for(self, path):
        """A FIFO that the stand-in writes to when it is there."""
        with open(path) as fifo:
            return fifo.read()


@pytest.fixture
def host(tmp_path):
    host = Host(tmp_path)
    yield host
    if getattr(host, "process", None) and host.process.poll() is None:
        host.process.kill()
        host.process.wait()
