#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long it takes from the readiness of tailscaled to its first word to the login server: with wattle-tailscale, and with a unit
that asks 'tailscale status' each half second, as the module of NixOS does. And with 'tailscale up' alone, at once and without a
look: less it cannot be for who acts by Tailscale's command. By turns; tests/tailnet/run bench. It takes jq(1), as the module does."""

import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import conftest

POLLING = """
last=
while state=$("$1" --socket="$2" status --json --peers=false | jq -r .BackendState); do
        if [ "$state" != "$last" ]; then
                case $state in
                NeedsLogin|NeedsMachineAuth|Stopped) "$1" --socket="$2" up --auth-key="$(cat "$3")" --login-server=http://127.0.0.1:8480 & ;;
                Running) exit 0 ;;
                esac
        fi
        last=$state
        sleep .5
done
"""


def measure(listener, begin):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:  # as /run is, where the key of the unit is put
        host = conftest.Host(pathlib.Path(name))
        host.tailnet("0" * 48)
        ready = time.monotonic()
        process = begin(host)
        connection, _ = listener.accept()
        took = time.monotonic() - ready
        subprocess.run(["pkill", "-P", str(process.pid)], check=False)
        process.kill()
        process.wait()
        host.stop()
        connection.close()
        return took


def ours(host):
    return subprocess.Popen([os.environ["WATTLE_TAILSCALE"], f"--root={host.folder}/root", f"--socket={host.folder}/sock",
                             f"--program={os.environ['WATTLE_TAILSCALE_COMMAND']}", "work"], stderr=subprocess.DEVNULL,
                            env={**os.environ, "RUNTIME_DIRECTORY": str(host.folder / "run")})


def polling(host):
    return subprocess.Popen(["sh", "-c", POLLING, "sh", os.environ["WATTLE_TAILSCALE_COMMAND"], str(host.folder / "sock"),
                             str(host.folder / "root/key")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def command_alone(host):
    return subprocess.Popen([os.environ["WATTLE_TAILSCALE_COMMAND"], f"--socket={host.folder}/sock", "up", "--reset",
                             f"--auth-key=file:{host.folder}/root/key", "--login-server=http://127.0.0.1:8480"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


WAYS = {"wattle-tailscale": ours, "polling": polling, "the command alone": command_alone}


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    times = {name: [] for name in WAYS}
    with socket.create_server(("127.0.0.1", 8480), backlog=64) as listener:
        listener.settimeout(30)
        for _ in range(runs):
            for name, begin in WAYS.items():
                times[name].append(measure(listener, begin) * 1000)
                listener.setblocking(False)
                try:
                    while True:
                        listener.accept()[0].close()
                except BlockingIOError:
                    listener.settimeout(30)
    unit = statistics.median(times["polling"])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:17} median {median:6.0f} ms  ({min(values):.0f} to {max(values):.0f}, {runs} runs)  {median / unit:.2f} of polling")


main()
