# SPDX-License-Identifier: LGPL-2.1-or-later
"""The runner: this side of guestd, and the places where its commands run.

    place.run("networkctl up wg0")          raises CommandFailed with all the command said, unless it succeeds
    place.out("hostname")                   the same; what it printed
    place.wait("ping -c1 -W1 10.42.0.2")    until it succeeds, at most limit seconds
    job = place.start("ping -i 0.2 vps"); ...; job.signal(SIGINT); job.finish().out
    place.put("/etc/wattle/home.mesh", text); place.get(path)
"""

import base64
import dataclasses
import itertools
import json
import os
import queue
import signal
import threading

LIMIT_S = 60  # of a command; emulation is 10 to 30 times slower than a processor
PATIENCE = float(os.environ.get("WATTLE_VM_PATIENCE", "1"))  # times each limit: for a busy machine
GRACE_S = 30  # for the guest to answer after a command's limit; then the guest counts as lost


class GuestLost(Exception):
    """The guest does not answer, or QEMU has ended."""


class CommandFailed(AssertionError):
    """A command in a guest did not do what the scenario asked for."""


@dataclasses.dataclass(frozen=True)
class Result:
    code: int | None  # None: killed at its limit
    out: str
    err: str


class Runner:
    """Requests with ids, answers in any order."""

    def __init__(self, machine):
        self._machine = machine
        self._ids = itertools.count(1)
        self._answers = {}
        self._lock = threading.Lock()
        self._socket = machine.connect("guestd")
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for line in self._socket.makefile("rb"):
                answer = json.loads(line)
                self._answers[answer["id"]].put(answer)
        except OSError:
            pass  # QEMU is gone: so say the empty answers
        for waiting in list(self._answers.values()):
            waiting.put(None)

    def send(self, op, limit=LIMIT_S, **request):
        number = next(self._ids)
        self._answers[number] = queue.SimpleQueue()
        data = json.dumps({"id": number, "op": op, "limit": limit * PATIENCE, **request}).encode() + b"\n"
        try:
            with self._lock:
                self._socket.sendall(data)
        except OSError as error:
            raise GuestLost(f"{op}: {error}\n{self._machine.words()}") from error
        return number

    def receive(self, number, limit=LIMIT_S):
        try:
            answer = self._answers[number].get(timeout=limit * PATIENCE + GRACE_S)
        except queue.Empty:
            raise GuestLost(f"no answer for {limit * PATIENCE + GRACE_S} s\n{self._machine.words()}") from None
        if answer is None:
            raise GuestLost(f"QEMU has ended\n{self._machine.words()}")
        del self._answers[number]
        if "error" in answer:
            raise CommandFailed(answer["error"])
        return answer

    def call(self, op, limit=LIMIT_S, **request):
        return self.receive(self.send(op, limit, **request), limit)


class Job:
    """A command that runs while others come and go."""

    def __init__(self, place, runner, number, script, limit):
        self._place, self._runner, self._number = place, runner, number
        self._script, self._limit = script, limit

    def signal(self, number=signal.SIGINT):
        self._runner.call("send_signal", target=self._number, signal=int(number))

    def finish(self, check=True):
        """Wait for the command to end, by itself or at its limit."""
        answer = self._runner.receive(self._number, self._limit)
        result = Result(answer["code"], answer["out"], answer["err"])
        if check and result.code != 0:
            why = f"not done after {self._limit * PATIENCE:g} s" if result.code is None else f"exit code {result.code}"
            raise CommandFailed(f"{self._place.name}: {why}: {self._script}\n"
                                f"--- stdout ---\n{result.out}\n--- stderr ---\n{result.err}")
        return result


class Place:
    """Somewhere a command can run: a guest, or a network namespace in one. prefix stands before every command."""

    def __init__(self, name, runner, prefix=()):
        self.name = name
        self.runner = runner
        self._prefix = list(prefix)

    def _send(self, op, script, limit):
        argv = [*self._prefix, "/bin/bash", "-eo", "pipefail", "-c", script]
        return Job(self, self.runner, self.runner.send(op, limit, argv=argv), script, limit)

    def start(self, script, limit=LIMIT_S):
        return self._send("run", script, limit)

    def run(self, script, limit=LIMIT_S, check=True):
        return self._send("run", script, limit).finish(check)

    def out(self, script, limit=LIMIT_S):
        return self.run(script, limit).out.strip()

    def wait(self, script, limit=LIMIT_S):
        """Try again and again, in the guest, until the script succeeds."""
        return self._send("wait", script, limit).finish()

    def put(self, path, data, mode=0o644, owner=None):
        """Write a file; the directories above it are made. owner is what chown understands."""
        data = data.encode() if isinstance(data, str) else data
        self.runner.call("put", path=path, mode=mode, owner=owner, data=base64.b64encode(data).decode())

    def get(self, path):
        return base64.b64decode(self.runner.call("get", path=path)["data"])
