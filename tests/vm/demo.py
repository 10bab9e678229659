#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The first mesh, as a newcomer makes it on two hosts: tests/demo --vm.

Two real guests on one LAN. Each command is shown behind the prompt of its host, and below it what it really printed, so that
all of it reads like the terminals of the two. The lines of our own begin with ==. wattle is there as `meson install` put it
there.
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent

sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import lab as laboratory  # noqa: E402  the modules beside this file
import qemu  # noqa: E402
import root  # noqa: E402
import runner  # noqa: E402

PROFILE = "/etc/wattle/wgnet.mesh"


class Terminal:
    """What the reader sees. Colour is for terminals."""

    def __init__(self):
        plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
        self._bold, self._dim, self._plain = ("", "", "") if plain else ("\033[1m", "\033[2m", "\033[0m")

    def heading(self, text):
        print(f"\n{self._bold}== {text}{self._plain}", flush=True)

    def type(self, host, command):
        """Run the command on the host; what it printed is shown, and returned."""
        print(f"{self._dim}{host.name}# {self._plain}{self._bold}{command}{self._plain}", flush=True)
        result = host.run(f"exec 2>&1\n{command}", check=False)
        print(result.out, end="", flush=True)
        if result.code != 0:
            raise runner.CommandFailed(f"{command.split()[0]} failed on {host.name}: exit code {result.code}")
        return result.out


def make_mesh(terminal, desktop):
    terminal.heading("On the desktop: a signed mesh, a key, the first device")
    terminal.type(desktop, "wattle init wgnet --sign --no-password --subnet=10.42.0.0/16")
    terminal.type(desktop, "wattle genkey wgnet")
    terminal.type(desktop, 'wattle add wgnet desktop --key="$(wattle pubkey wgnet)" \\\n'
                           f"      --public-endpoint={desktop.lan.v4}:51820")
    terminal.type(desktop, "wattle apply wgnet")

    desktop.wait("networkctl status wgnet | grep 'Activation Policy: manual'")
    terminal.heading("The interface is networkd's, and off until somebody wants it")
    terminal.type(desktop, "networkctl list wgnet")
    terminal.type(desktop, "networkctl up wgnet")
    desktop.wait("ip addr show dev wgnet | grep 'inet 10.42'")


def join(terminal, desktop, laptop):
    terminal.heading("The laptop makes a key of its own")
    public_key = terminal.type(laptop, "wattle genkey wgnet").splitlines()[-1]
    terminal.heading("The desktop adds it, and prints an invitation, which anybody may carry")
    said = terminal.type(desktop, f"wattle add wgnet laptop --key={public_key} --invite")
    laptop.put("/root/invitation", said[said.index("wattle:"):])
    terminal.heading("The laptop joins: the words of the key are those that the desktop showed")
    terminal.type(laptop, "wattle join --yes /root/invitation")

    terminal.heading("That is the whole mesh, in one file without a secret, on both")
    terminal.type(laptop, f"cat {PROFILE}")


def look(terminal, desktop, laptop):
    terminal.heading("Across, and back")
    terminal.type(laptop, "ping -c 3 10.42.0.1")
    terminal.type(desktop, "ping -c 3 10.42.0.2")

    terminal.heading("What the tools of each layer say")
    terminal.type(laptop, "networkctl status --lines=0 wgnet")
    terminal.type(laptop, "wattle show wgnet")
    terminal.type(laptop, "wg show")
    terminal.type(desktop, "wg show")


def tell(lab, terminal):
    desktop, laptop = lab.guest("desktop"), lab.guest("laptop")
    for host in (desktop, laptop):
        host.lan = host.plug(0, lab.lan)
    system = desktop.out(". /etc/os-release; echo Debian $VERSION_ID, $(networkctl --version | head -n 1 | cut -d' ' -f1,2)")
    terminal.heading(f"Two hosts on one LAN, desktop {desktop.lan.v4} and laptop {laptop.lan.v4}: {system}")
    make_mesh(terminal, desktop)
    join(terminal, desktop, laptop)
    look(terminal, desktop, laptop)


def show(release):
    """Whatever happens, the guests are gone afterwards."""
    started = time.monotonic()
    terminal = Terminal()
    lab = laboratory.Lab(release)
    try:
        tell(lab, terminal)
    except (runner.CommandFailed, runner.GuestLost, qemu.QemuFailed) as error:
        for title, text in lab.report():
            print(f"\n--- {title} ---\n{text}", file=sys.stderr)
        sys.exit(f"demo: {error}")
    finally:
        lab.close()
    terminal.heading(f"{time.monotonic() - started:.0f} s, and both hosts are gone again")


def main():
    parser = argparse.ArgumentParser(prog="tests/demo", usage="tests/demo --vm[=RELEASE]")
    parser.add_argument("release", choices=root.RELEASES)
    release = parser.parse_args().release
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    images = subprocess.run([HERE / "run", "--images"], check=False)
    if images.returncode:
        sys.exit(images.returncode)
    show(release)


try:
    main()
except KeyboardInterrupt:
    sys.exit("interrupted")
except BrokenPipeError:  # the reader has seen enough
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)
