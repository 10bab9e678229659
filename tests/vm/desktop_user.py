# SPDX-License-Identifier: LGPL-2.1-or-later
"""A desktop's user who sits at a guest: the X server, the panel and nm-applet run here, and the system bus that the applet
talks to is the guest's. There it comes from a login at the first terminal, so polkit takes it for what it stands for. The
guests need no desktop for that, and the applet sees no difference: whatever it does, it does over the bus.

    with Desk(guest) as desk:
        desk.start_applet()
        desk.open_vpn_menu()
        desk.shot("menu.png")
        desk.click_vpn()
"""

import contextlib
import os
import pathlib
import selectors
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import runner

USER = 1000  # here and there alike: a client of the bus says who it is
LIMIT_S = 60 * runner.PATIENCE
STEP_S = 0.05  # between two looks at what is waited for
SCREEN = "480x180x24"
ITEM = 16  # pixels from the edge of a menu to the middle of its first or last item

# In the guest: from the wire to the system bus. A read of nothing is the end.
RELAY = """import os, select, socket
wire = os.open("/dev/virtio-ports/wattle-wire", os.O_RDWR)
bus = socket.socket(socket.AF_UNIX)
bus.connect("/run/dbus/system_bus_socket")
while True:
    ready, _, _ = select.select([wire, bus], [], [])
    if wire in ready:
        data = os.read(wire, 65536)
        if not data:
            break
        bus.sendall(data)
    if bus in ready:
        data = bus.recv(65536)
        if not data:
            break
        while data:
            data = data[os.write(wire, data):]
"""
LOGIN = f"systemd-run --quiet --wait --uid={USER} -p PAMName=login -p TTYPath=/dev/tty1 --"


class Desk:
    def __init__(self, guest):
        self._guest = guest
        # The name is one that tests/vm/run removes should we be killed.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"wattle-vm.{os.getpid()}."))
        os.chown(self.folder, USER, USER)
        # This machine need not know the user; dbus-daemon begins with looking itself up.
        (self.folder / "passwd").write_text(f"root:x:0:0::/:/bin/sh\ndesk:x:{USER}:{USER}::{self.folder}:/bin/sh\n")
        self._open = contextlib.ExitStack()
        self._open.callback(shutil.rmtree, self.folder)
        self._icon = None
        self._environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.folder), "LC_ALL": "C.UTF-8",
            "GDK_BACKEND": "x11", "GSETTINGS_BACKEND": "memory", "GTK_A11Y": "none", "NO_AT_BRIDGE": "1",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.folder}/session",
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.folder}/system"}

    def __enter__(self):
        try:
            self._listen()
            self._start_session()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, failure, *_):
        if failure:
            print(self.report())
        self._open.close()

    def _listen(self):
        """For the one connection of the applet to the system bus."""
        self._guest.run("chmod 666 /dev/virtio-ports/wattle-wire")
        self._guest.put("/usr/local/lib/relay.py", RELAY)
        listener = self._open.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(self.folder / "system"))
        os.chown(self.folder / "system", USER, USER)
        listener.listen(1)
        threading.Thread(target=self._relay, args=(listener,), daemon=True).start()

    def _relay(self, listener):
        try:
            applet, _ = listener.accept()
        except OSError:
            return  # closed before the applet came
        wire = self._guest.wire()
        self._guest.start(f"{LOGIN} python3 /usr/local/lib/relay.py")
        others = {applet: wire, wire: applet}
        selector = selectors.DefaultSelector()
        for end in others:
            selector.register(end, selectors.EVENT_READ)
        with applet, wire:
            while True:
                for key, _ in selector.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    others[key.fileobj].sendall(data)

    def _start_session(self):
        self.start(f"dbus-daemon --session --nofork --nopidfile --address=unix:path={self.folder}/session")
        self.wait(f"test -S {self.folder}/session")
        self.start(f"Xvfb -displayfd 1 -ac -wr -screen 0 {SCREEN} -nolisten tcp", "display")
        self.wait(f"grep -q . {self.folder}/display")
        self._environment["DISPLAY"] = f":{(self.folder / 'display').read_text().strip()}"
        self.start("openbox")
        self.wait("xprop -root _NET_SUPPORTING_WM_CHECK | grep -q 'window id'")
        self.start("trayer --edge top --align right --widthtype request --height 24 --SetDockType true")
        self.wait("xdotool search --onlyvisible --class trayer")

    def _command(self, command):
        return ["unshare", "--mount", "sh", "-c", f'mount --bind {self.folder}/passwd /etc/passwd && exec "$@"', "sh",
                "setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--pdeathsig", "KILL", "--", "sh", "-c", command]

    def start(self, command, out=None):
        """A program that goes on; what it says is in its log."""
        log = self._open.enter_context(open(self.folder / f"{shlex.split(command)[0]}.log", "wb"))
        stdout = self._open.enter_context(open(self.folder / out, "wb")) if out else log
        program = subprocess.Popen(self._command(f"exec {command}"), env=self._environment, cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stdout=stdout, stderr=log)
        self._open.callback(program.wait)
        self._open.callback(program.kill)

    def _run(self, command):
        return subprocess.run(self._command(command), env=self._environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S)

    def run(self, command):
        done = self._run(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{self.report()}"
        return done.stdout.strip()

    def wait(self, command):
        """Until a shell command succeeds; its output then."""
        end = time.monotonic() + LIMIT_S
        while (done := self._run(command)).returncode != 0:
            assert time.monotonic() < end, f"waited {LIMIT_S:g} s in vain: {command}\n{done.stdout}\n{self.report()}"
            time.sleep(STEP_S)
        return done.stdout.strip()

    def _windows(self):
        """The applet's windows that can be seen, to their width and height."""
        windows = {}
        for number in self._run("xdotool search --onlyvisible --class nm-applet").stdout.split():
            done = self._run(f"xdotool getwindowgeometry --shell {number}")
            geometry = dict(line.split("=") for line in done.stdout.splitlines() if "=" in line)
            if done.returncode == 0:
                windows[number] = int(geometry["WIDTH"]), int(geometry["HEIGHT"])
        return windows

    def _wait_for_window(self, others, size):
        """The first beside others that is at least of that size, and its size."""
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            for number, (width, height) in self._windows().items():
                if number not in others and min(width, height) >= size:
                    return number, (width, height)
            time.sleep(STEP_S)
        raise AssertionError(f"waited {LIMIT_S:g} s in vain for a window of the applet\n{self.report()}")

    def start_applet(self):
        """Until its icon is in the panel."""
        self.start("nm-applet")
        self._icon, _ = self._wait_for_window([], 16)

    def open_vpn_menu(self):
        """A click on the icon, and the pointer on VPN Connections, which is the last item."""
        self.run(f"xdotool mousemove --sync --window {self._icon} 8 8 click 1")
        menu, (_, height) = self._wait_for_window([self._icon], 40)
        self.run(f"xdotool mousemove --sync --window {menu} 60 {height - ITEM}")
        self._vpns, _ = self._wait_for_window([self._icon, menu], 40)

    def click_vpn(self):
        """The first of the open menu."""
        self.run(f"xdotool mousemove --sync --window {self._vpns} 40 {ITEM} click 1")
        self.wait(f"! xdotool search --onlyvisible --class nm-applet | grep -x {self._vpns}")

    def point_at_vpn(self):
        self.run(f"xdotool mousemove --sync --window {self._vpns} 40 {ITEM}")

    def shot(self, name):
        self.run(f"import -window root {name}")
        return self.folder / name

    def report(self):
        logs = [f"== {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in sorted(self.folder.glob("*.log"))]
        return "\n".join(logs)
