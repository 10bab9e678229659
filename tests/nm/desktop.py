# SPDX-License-Identifier: LGPL-2.1-or-later
"""A desktop in namespaces of its own: system and session bus, NetworkManager, X server, window manager, and wattle as
`meson install` puts it there. Nothing of it is seen outside, and nothing is left of it.

    with Desktop(folder, destdir) as desktop:
        desktop.nmcli("connection import type wattle file home.mesh")
        desktop.start(f"nm-connection-editor --edit={desktop.uuid('home')}")
        window = desktop.window("Editing home")
        desktop.keys("alt+k")
        desktop.type("the private key")
        desktop.shot(window, "editor.png")

It has one wired card, veth0, connected to 198.51.100.0/24 and no further, and a clock, files and users like the machine's.
What takes a moment is waited for, up to LIMIT_S, and a test that waits too long says for what, with all logs.
"""

import configparser
import os
import pathlib
import shlex
import signal
import subprocess
import time

LIMIT_S = 60
STEP_S = 0.05  # between two looks at what is waited for
SCREEN = "1280x1024x24"
HOST_NAME = "laptop"

# The folders that the host has and the desktop must not change are replaced or laid over. /sys is read-only so that
# NetworkManager does not wait for udev, which is not there.
SETUP = """set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/dbus /run/NetworkManager /run/udev /run/laid/etc /run/laid/work
mount -t sysfs -o ro sysfs /sys
mount -t overlay overlay -o "lowerdir=$1/usr:/usr" /usr
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/laid/etc,workdir=/run/laid/work /etc
rm -rf /etc/NetworkManager/system-connections/* /etc/wattle
mkdir -p /etc/wattle
mount -t tmpfs tmpfs /var/lib/NetworkManager
echo "$2" >/etc/hostname  # NetworkManager takes the host's name from here
hostname "$2"
ip link set lo up
ip link add veth0 type veth peer name veth1
ip addr add 198.51.100.1/24 dev veth1
ip link set veth1 up
echo ready
cat  # and the shell buries whoever has lost his parent
exit
"""

BUS_CONF = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <includedir>/usr/share/dbus-1/system.d</includedir>
</busconfig>
"""

NM_CONF = """[main]
plugins=keyfile
dns=none
rc-manager=unmanaged
auth-polkit=root-only
no-auto-default=*
[logging]
level=INFO
domains=ALL,VPN_PLUGIN:TRACE
"""

# Nothing moves by itself: a screen that has come to rest is one on which everything has been done.
GTK_SETTINGS = """[Settings]
gtk-enable-animations=0
gtk-cursor-blink=0
"""


class Desktop:
    """folder takes logs and screenshots; destdir is what `meson install` gave; files is path -> content, for /etc; without a
    screen there is NetworkManager alone, for nmcli; with a11y programs speak to screen readers; gtk are more lines of GTK's settings."""

    def __init__(self, folder, destdir, files=None, host_name=HOST_NAME, screen=True, a11y=False, gtk=""):
        self.folder = pathlib.Path(folder)
        self._destdir = destdir
        self._files = files or {}
        self._host_name = host_name
        self.has_screen = screen
        self._shell = None
        self._pid = None
        self._environment = {name: value for name, value in os.environ.items()
                             if not name.startswith(("DISPLAY", "DBUS_", "XDG_", "WAYLAND", "LD_PRELOAD"))}
        self._environment |= {"HOME": str(self.folder / "home"), "XDG_RUNTIME_DIR": str(self.folder / "runtime"), "LC_ALL": "C.UTF-8",
                              "GSETTINGS_BACKEND": "memory", "GDK_BACKEND": "x11", "GSK_RENDERER": "cairo"}
        self._environment |= {} if a11y else {"GTK_A11Y": "none", "NO_AT_BRIDGE": "1"}
        self._gtk = gtk

    def __enter__(self):
        for name in ("home", "runtime"):
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("gtk-3.0", "gtk-4.0"):
            settings = self.folder / "home" / ".config" / name / "settings.ini"
            settings.parent.mkdir(parents=True)
            settings.write_text(GTK_SETTINGS + self._gtk)
        try:
            self._isolate()
            self._start_system()
            if self.has_screen:
                self._start_session()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def is_up(self):
        return self._shell is not None

    def _isolate(self):
        log = open(self.folder / "namespace.log", "wb")
        self._shell = subprocess.Popen(
            ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private",
             "sh", "-c", SETUP, "sh", str(self._destdir), self._host_name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._shell.stdout.readline() == "ready\n", self.report()
        children = pathlib.Path(f"/proc/{self._shell.pid}/task/{self._shell.pid}/children").read_text().split()
        self._pid = children[0]

    def _start_system(self):
        self.put("/run/bus.conf", BUS_CONF)
        self.put("/etc/NetworkManager/NetworkManager.conf", NM_CONF)
        for path, content in self._files.items():
            self.put(path, content)
        self.start("dbus-daemon --config-file=/run/bus.conf --nofork --nopidfile", "bus")
        self.wait("test -S /run/dbus/system_bus_socket")
        self.start_nm()
        self.nmcli("connection add type ethernet con-name wired ifname veth0 autoconnect no ipv6.method link-local "
                   "ipv4.method manual ipv4.addresses 198.51.100.2/24 ipv4.gateway 198.51.100.1")
        self.nmcli("connection up wired")

    def start_nm(self):
        self.start("NetworkManager --debug", "NetworkManager")  # which is how it talks to its standard error
        self.wait("nmcli -t general status")

    def stop_nm(self, number="TERM"):
        """By a signal. Its connections stay as the kernel has them."""
        self.run(f"kill -{number} $(pgrep -x NetworkManager)")
        self.wait("! pgrep -x NetworkManager")

    def _start_session(self):
        bus = self.folder / "runtime" / "bus"
        self._environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={bus}"
        self.start(f"dbus-daemon --session --nofork --nopidfile --address=unix:path={bus}", "session-bus")
        self.wait(f"test -S {bus}")
        number = self.folder / "display"
        self.start(f"Xvfb -displayfd 3 -screen 0 {SCREEN} -nolisten tcp 3>{number}", "Xvfb")
        self.wait(f"grep -q . {number}")
        self._environment["DISPLAY"] = f":{number.read_text().strip()}"
        self.start("openbox", "openbox")
        self.wait("xprop -root _NET_SUPPORTING_WM_CHECK | grep -q 'window id'")

    def _enter(self, command):
        return ["nsenter", f"--target={self._pid}", "--net", "--mount", "--uts", "--pid", "--", "sh", "-c", f"cd {self.folder}; {command}"]

    def run(self, command, check=True, limit=LIMIT_S):
        """Standard output and error of a shell command; it must succeed, unless check says otherwise."""
        done = subprocess.run(self._enter(command), env=self._environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=limit)
        if check and done.returncode != 0:
            raise AssertionError(f"{command}\n  gave {done.returncode}: {done.stdout}")
        return done.stdout.strip()

    def nmcli(self, arguments, check=True):
        return self.run(f"nmcli {arguments}", check)

    def uuid(self, connection):
        return self.nmcli(f"--get-values connection.uuid connection show {connection}")

    def keyfile(self, connection):
        """A connection as NetworkManager has stored it: section -> key -> value."""
        path = self.nmcli(f"-g NAME,FILENAME connection show | grep '^{connection}:' | cut -d: -f2")
        parser = configparser.ConfigParser(interpolation=None, strict=True, delimiters="=", comment_prefixes="#")
        parser.optionxform = str
        parser.read_string(self.run(f"cat '{path}'"))
        return {name: dict(parser[name]) for name in parser.sections()}

    def succeeds(self, command):
        return subprocess.run(self._enter(command), env=self._environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=LIMIT_S).returncode == 0

    def wait(self, command, limit=LIMIT_S):
        """Until a shell command succeeds; its output then."""
        end = time.monotonic() + limit
        while not self.succeeds(command):
            assert time.monotonic() < end, f"waited {limit} s in vain: {command}\n{self.report()}"
            time.sleep(STEP_S)
        return self.run(command, check=False)

    def start(self, command, name=None):
        """A program that goes on; what it says is in NAME.log. Everything that was started ends with the desktop."""
        log = open(self.folder / f"{name or shlex.split(command)[0]}.log", "ab")
        return subprocess.Popen(self._enter(f"exec {command}"), env=self._environment, stdin=subprocess.DEVNULL,
                                stdout=log, stderr=log)

    def put(self, path, content, mode=0o644):
        """A file of the desktop's, with its folders."""
        subprocess.run(self._enter(f"mkdir -p $(dirname {path}) && cat >{path} && chmod {mode:o} {path}"), check=True,
                       input=content.encode() if isinstance(content, str) else content, env=self._environment, timeout=LIMIT_S)

    def window(self, title, limit=LIMIT_S, by="name"):
        """The id of the visible window whose title matches, or its class, waited for, focused."""
        number = self.wait(f"xdotool search --onlyvisible --{by} {shlex.quote(title)}", limit).splitlines()[-1]
        self.run(f"xdotool windowactivate --sync {number}")
        return number

    def no_window(self, title, by="name"):
        self.wait(f"! xdotool search --onlyvisible --{by} {shlex.quote(title)}")

    def look(self):
        """What is on the screen, as a number."""
        return self.run("import -window root -depth 8 rgb:- | md5sum")

    def _rest(self, but=None):
        """How the screen looks once nothing moves on it any more, and it is not as it was before."""
        looks, end = [], time.monotonic() + LIMIT_S
        while len(looks) < 3 or len(set(looks[-3:])) > 1 or looks[-1] == but:
            assert time.monotonic() < end, "the screen does not change, or does not rest"
            looks.append(self.look())
        return looks[-1]

    def _seen(self, act):
        """Until what was done is seen. A window that is still being laid out would change by itself, and may miss a key."""
        before = self._rest()
        act()
        self._rest(but=before)

    def keys(self, *keys):
        """To the window that has the focus, as xdotool names them: "alt+s", "Tab". Something on the screen has to change."""
        self._seen(lambda: self.run(f"xdotool key {' '.join(keys)}"))

    def type(self, text):
        self._seen(lambda: self.run(f"xdotool type --delay 1 -- {shlex.quote(text)}"))

    def paste(self, text):
        self.run(f"printf %s {shlex.quote(text)} | xclip -selection clipboard >/dev/null 2>&1")
        self.keys("ctrl+v")

    def click(self, window, x, y):
        self._seen(lambda: self.run(f"xdotool mousemove --window {window} {x} {y} click 1"))

    def resize(self, window, width, height):
        self.run(f"xdotool windowsize --sync {window} {width} {height}")

    def shot(self, window, name):
        """A picture of a window, or of the "root"."""
        path = self.folder / name
        self.run(f"import -window {window} {path}")
        return path

    def report(self):
        """What everything that runs there has said."""
        logs = [f"== {log.name}\n{log.read_text(errors='replace')[-6000:]}" for log in sorted(self.folder.glob("*.log"))]
        return "\n".join(logs)

    def close(self):
        if self._shell:
            self._shell.send_signal(signal.SIGKILL)
            self._shell.wait()
            self._shell = None
