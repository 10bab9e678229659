# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plays a tutorial of doc/tutorials on hosts of the lab: each of its commands is typed to a terminal, and what it prints is held
against the text.

With WATTLE_DOCS_WRITE=FOLDER a copy of the tutorial is written there in which each output is the real one, and nothing left out.
"""

import difflib
import os
import pathlib
import re
import shlex
import time

import transcript

HERE = pathlib.Path(__file__).resolve().parent
TUTORIALS = HERE.parents[1] / "doc" / "tutorials"
TERMINAL = (HERE / "terminal.py").read_text()
INVITATION = re.compile(r"^wattle:[A-Za-z0-9+/\s]+\.$", re.MULTILINE)
COMMAND_LIMIT_S = 180
# What only looks is typed again, as people do, until it shows what the text says.
LOOKS = re.compile(r"(ping|getent|grep|wattle (status|doctor|show|check|update)|networkctl|resolvectl|ip|nft|wg show|ss|ls|cat)\b")
LOOK_LIMIT_S = 180


class Play:
    def __init__(self, name, hosts, events):
        self._path = TUTORIALS / f"{name}.md"
        self._steps = transcript.parse(self._path.read_text())
        self._hosts, self._events = hosts, events
        self._names = {}
        self._invitation = ""
        self._other, self._real = {}, {}
        self.printed = ""
        for host in hosts.values():
            host.put("/tmp/terminal.py", TERMINAL)

    def run(self):
        assert transcript.hosts(self._steps) <= set(self._hosts)
        for step in self._steps:
            if isinstance(step, transcript.Event):
                self._events[step.name](self)
            else:
                self._play(step)
        self._write()
        assert not self._other, "\n".join(self._differences())

    def _play(self, step):
        end = time.monotonic() + LOOK_LIMIT_S
        while True:
            begun = time.monotonic()
            code, printed = self._type(step)
            names = transcript.match(step.said, printed, self._names)
            done = code == step.code and names is not None
            if done or not LOOKS.match(step.text) or time.monotonic() > end:
                break
        print(f"{time.monotonic() - begun:5.1f} s  {step.host}# {step.text}")
        self.printed = "\n".join(printed)
        if found := INVITATION.search(self.printed):
            self._invitation = found[0]
        if done:
            self._names = names
        else:
            self._other[step.line] = step, code, printed
        self._real[step.line] = printed
        if code != step.code:
            self._write()
            raise AssertionError("\n".join(self._differences()))

    def _type(self, step):
        command = transcript.real_command(step.text, self._names)
        paste = self._invitation + "\n" if command == "wattle join" else ""
        done = self._hosts[step.host].run(f"python3 /tmp/terminal.py {shlex.quote(command)} {shlex.quote(paste)}", COMMAND_LIMIT_S, check=False)
        return done.code, done.out.splitlines()

    def _differences(self):
        for step, code, printed in self._other.values():
            yield f"{self._path.name}:{step.line}: {step.host}# {step.text}: exit code {code}, {step.code} wanted"
            yield from difflib.unified_diff(step.said, printed, "the text", "what really happens", lineterm="")

    def _write(self):
        if folder := os.environ.get("WATTLE_DOCS_WRITE"):
            pathlib.Path(folder, self._path.name).write_text(transcript.rewritten(self._path.read_text(), self._real))


def play(name, hosts, events=None):
    Play(name, hosts, events or {}).run()
