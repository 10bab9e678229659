# SPDX-License-Identifier: LGPL-2.1-or-later
"""Import, export and the editor as a person at a desktop meets them: nmcli, nm-connection-editor (GTK 3), and the page for GTK 4 in a
program of the tests. Fields are found by their mnemonics, which everybody can use."""

import json
import os
import pathlib
import time

import pytest

from desktop import LIMIT_S, STEP_S

MESHES = pathlib.Path(__file__).resolve().parents[1] / "meshes"
GTK4_HOST = pathlib.Path(os.environ["WATTLE_BUILD"]).resolve() / "tests" / "nm" / "test-editor-gtk4"
PLUGINS = "/usr/lib/*/NetworkManager"
SIZE = 560, 760  # of a window that shows the whole page


def key_of(name):
    return (MESHES / "keys" / f"{name}.key").read_text().strip()


def public_key_of(name):
    return (MESHES / "keys" / f"{name}.pub").read_text().strip()


def import_mesh(desktop, name):
    desktop.nmcli(f"connection import type wattle file {MESHES}/{name}.mesh")


class Nm:
    """nm-connection-editor, with a connection that NetworkManager has."""

    def __init__(self, desktop):
        self.desktop = desktop
        self.window = None

    def open(self, connection):
        self.desktop.start(f"nm-connection-editor --edit={self.desktop.uuid(connection)}")
        self.window = self.desktop.window(f"Editing {connection}")
        self.desktop.resize(self.window, *SIZE)

    def choose_next(self, mnemonic):
        self.desktop.keys(mnemonic)
        self.desktop.keys("Down")

    def save(self):
        """Its window may be gone before NetworkManager has written; it ends after that."""
        self.desktop.keys("alt+s")
        self.wait_closed()

    def wait_closed(self):
        self.desktop.wait("! pgrep -x nm-connection-e")

    def read(self, connection):
        return self.desktop.keyfile(connection)


    def try_to_save(self):
        """Save is not there to be pressed."""
        self.desktop.run("xdotool key alt+s")

    def choose_file(self, mnemonic, title, path):
        self.desktop.keys(mnemonic)
        self.desktop.window(title)
        self.desktop.type(str(path))
        self.desktop.keys("Return")
        self.desktop.no_window(title)


class Gtk4:
    """The program of the tests, with a copy of the connection's keyfile."""

    def __init__(self, desktop):
        self.desktop = desktop
        self.window = None

    def _path(self, connection):
        return f"/etc/NetworkManager/system-connections/{connection}.nmconnection"

    def open(self, connection):
        self.desktop.start(f"sh -c 'exec env WATTLE_TEST_PLUGIN=$(echo {PLUGINS}/libnm-vpn-plugin-wattle.so) {GTK4_HOST} --show "
                           f"{self._path(connection)}'", "gtk4")
        self.window = self.desktop.window("wattle editor")
        self.desktop.resize(self.window, *SIZE)

    def choose_next(self, mnemonic):
        for key in (mnemonic, "Down", "Return"):
            self.desktop.keys(key)

    def save(self):
        self.desktop.keys("alt+s")
        self.wait_closed()

    def wait_closed(self):
        self.desktop.no_window("wattle editor")

    def read(self, connection):
        self.desktop.nmcli("connection reload")
        return self.desktop.keyfile(connection)

    def try_to_save(self):
        self.desktop.run("xdotool key alt+s")
        self.desktop.wait(f"grep '^not saved: ' {self.desktop.folder}/gtk4.log")

    def choose_file(self, mnemonic, title, path):
        self.desktop.keys(mnemonic)
        self.desktop.window(title)
        self.desktop.keys("ctrl+l")
        self.desktop.paste(str(path))  # GTK 4.18 completes a name while it is typed, and that goes into the name
        self.desktop.keys("Return")
        self.desktop.no_window(title)


PROGRAMS = {"nm-connection-editor": Nm, "gtk4": Gtk4}


@pytest.fixture(params=PROGRAMS)
def program(request):
    return PROGRAMS[request.param]


def test_import_and_export_by_nmcli(desktop):
    for name in ("wgnet", "office"):
        import_mesh(desktop, name)
        desktop.nmcli(f"connection export {name} {desktop.folder}/out.mesh")
        assert (desktop.folder / "out.mesh").read_bytes() == (MESHES / f"{name}.mesh").read_bytes()
    stored = desktop.keyfile("office")
    assert stored["connection"]["type"] == "vpn" and stored["vpn"]["persistent"] == "true"
    assert stored["vpn"]["service-type"] == "org.freedesktop.NetworkManager.wattle"
    assert stored["ipv4"] == {"method": "auto", "never-default": "true"}
    assert stored["ipv6"]["never-default"] == "true"


def test_refused_by_nmcli(desktop):
    (desktop.folder / "wg0.conf").write_text("[Interface]\nPrivateKey=x\n")
    (desktop.folder / "empty.mesh").write_text("")
    for file, reason in {
            "wg0.conf": "wg0.conf: is no mesh of wattle's: it has no section [Mesh]",
            "empty.mesh": "empty.mesh: is empty",
            ".": "is a folder, not a file",
            "missing.mesh": "missing.mesh: No such file or directory",
            f"{MESHES}/wgnet-as-published.mesh": "wgnet-as-published.mesh:27:11: PublicKey: device vps has the same key in line 22",
    }.items():
        assert reason in desktop.nmcli(f"connection import type wattle file {file}", check=False)
    assert "vpn" not in desktop.nmcli("-g TYPE connection show")


def test_fill_in(start_desktop, program, picture):
    """A person who was sent a mesh and has a key: the key, the exit node, the routes, saved."""
    desktop = start_desktop(host_name="anna-laptop")
    import_mesh(desktop, "office")
    assert desktop.keyfile("office")["vpn"]["device"] == "anna"
    shown = program(desktop)
    shown.open("office")
    desktop.keys("alt+k")
    desktop.type(key_of("office-anna"))
    shown.choose_next("alt+x")
    desktop.keys("alt+r")
    path = desktop.shot(shown.window, "editor.png")
    shown.save()
    stored = shown.read("office")
    assert stored["vpn"]["device"] == "anna"
    assert stored["vpn"]["exit-node"] == "vps"
    assert stored["vpn"]["accept-routes"] == "yes"
    assert stored["vpn-secrets"]["private-key"] == key_of("office-anna")
    if program is Nm:
        picture(path, "editor.png")


def test_what_is_wrong(start_desktop, program):
    """A key that is none is not saved; with the right one it is, and the field says so no longer."""
    desktop = start_desktop(host_name="desktop")
    import_mesh(desktop, "wgnet")
    shown = program(desktop)
    shown.open("wgnet")
    desktop.keys("alt+k")
    desktop.type("no key")
    wrong = desktop.look()
    desktop.shot(shown.window, "wrong.png")
    shown.try_to_save()
    assert "private-key" not in str(shown.read("wgnet"))
    desktop.keys("alt+k", "ctrl+a")
    desktop.type(key_of("wgnet-desktop"))
    assert desktop.look() != wrong
    shown.save()
    assert shown.read("wgnet")["vpn-secrets"]["private-key"] == key_of("wgnet-desktop")


def test_make_a_key(start_desktop, program):
    """A new key, whose public half goes to the clipboard: here it is pasted in place of the private one, to see it."""
    desktop = start_desktop(host_name="desktop")
    import_mesh(desktop, "wgnet")
    shown = program(desktop)
    shown.open("wgnet")
    desktop.keys("alt+g")
    desktop.run("xdotool key alt+p")  # which is not seen
    desktop.keys("alt+w")
    desktop.keys("alt+k", "ctrl+a", "ctrl+v")
    desktop.shot(shown.window, "made.png")
    shown.save()
    pasted = shown.read("wgnet")["vpn-secrets"]["private-key"]
    assert len(pasted) == 44 and pasted not in (key_of("wgnet-desktop"), public_key_of("wgnet-desktop"))


def test_open_and_load(start_desktop, program):
    """From files: a mesh for a connection that has none yet, and the key, which tells the device. One that is open to others is
    refused."""
    desktop = start_desktop(host_name="desktop")
    desktop.nmcli("connection add type vpn vpn-type wattle con-name mine ifname -- vpn.data mesh=none,future=kept")
    for name, mode in (("open.key", 0o644), ("my.key", 0o600)):
        desktop.put(f"{desktop.folder}/{name}", key_of("office-ben"), mode)
    shown = program(desktop)
    shown.open("mine")
    shown.choose_file("alt+o", "Open a Mesh", MESHES / "office.mesh")
    shown.choose_file("alt+l", "Load a Private Key", desktop.folder / "open.key")
    desktop.shot(shown.window, "refused.png")
    shown.choose_file("alt+l", "Load a Private Key", desktop.folder / "my.key")
    desktop.shot(shown.window, "loaded.png")
    shown.save()
    stored = shown.read("mine")
    assert stored["vpn"]["mesh"] == "office" and stored["vpn"]["device"] == "ben" and stored["vpn"]["future"] == "kept"
    assert stored["vpn-secrets"]["private-key"] == key_of("office-ben")


def test_installed(start_desktop, program):
    """An installed mesh is taken by name, and its key is neither shown nor asked for."""
    desktop = start_desktop(files={"/etc/wattle/wgnet.mesh": (MESHES / "wgnet.mesh").read_text(),
                                   "/etc/wattle/wgnet.mesh.d/local.conf": "[Local]\nConnection=vpn\n"})
    desktop.nmcli("connection add type vpn vpn-type wattle con-name mine ifname -- vpn.data mesh=wgnet")
    shown = program(desktop)
    shown.open("mine")
    shown.choose_next("alt+d")
    desktop.shot(shown.window, "installed.png")
    shown.save()
    stored = shown.read("mine")
    assert stored["vpn"]["mesh"] == "wgnet" and stored["vpn"]["device"] == "desktop"
    assert "profile" not in stored["vpn"] and "vpn-secrets" not in stored


READ_SCREEN = pathlib.Path(__file__).resolve().parent / "read-screen"
NAMES = {"Open…", "Private key", "Load…", "Generate", "Show the private key", "Public key", "Copy",
         "Reach the networks behind other devices"}
NAMELESS = "scroll pane", "page tab list", "table cell"
# What can be chosen, by what the keyboard gets to: a list in GTK 3, and in GTK 4 a button.
LISTS = {Nm: {"Mesh", "This device", "Exit node"},
         Gtk4: {"Mesh: wgnet (kept in this connection)", "This device: desktop", "Exit node: None: only the mesh goes through it"}}


def read_screen(desktop, described):
    """What a screen reader has, by name, as soon as each of the things in described has a description that begins so; what has no
    name is left out, unless the keyboard gets there. What is drawn is told to a screen reader a little later."""
    end = time.monotonic() + LIMIT_S
    while True:
        said = [json.loads(line) for line in desktop.run(str(READ_SCREEN), check=False).splitlines() if line.startswith("{")]
        said = {each["name"]: each for each in said if each["name"] or each["focusable"] and each["role"] not in NAMELESS}
        if all(name in said and said[name]["description"].startswith(begin) for name, begin in described.items()):
            return said
        assert time.monotonic() < end, said
        time.sleep(STEP_S)


def test_names_for_screen_readers(start_desktop, program):
    """Each field has the name that stands beside it, and what is wrong with it describes it."""
    desktop = start_desktop(host_name="desktop", a11y=True)
    import_mesh(desktop, "wgnet")
    shown = program(desktop)
    shown.open("wgnet")
    desktop.keys("alt+g")
    table = "wgnet: 4 devices, serial 1, 10.42.0.0/16"
    said = read_screen(desktop, dict.fromkeys(NAMES | LISTS[program] | {table}, "")
                       | {"Private key": "The mesh does not know this key yet."})
    assert not [each for name, each in said.items() if each["focusable"] and (not name or name.startswith("Gtk") or "_" in name)]
    assert "Warning" in said and "Error" not in said
    assert program is Nm or "laptop, 10.42.1.2\n" in said[table]["description"]
    desktop.keys("alt+k", "ctrl+a")
    desktop.type("no key")
    assert "Error" in read_screen(desktop, {"Private key": "This is no private key"})


def test_by_keyboard_in_the_dark(start_desktop, program):
    """From field to field with the Tab key, and Enter saves where a window has a button for it; in a dark theme nothing is white but
    letters."""
    desktop = start_desktop(host_name="desktop", gtk="gtk-application-prefer-dark-theme=1\n")
    import_mesh(desktop, "wgnet")
    shown = program(desktop)
    shown.open("wgnet")
    desktop.keys("alt+m")
    for key in (["Escape"] if program is Gtk4 else []) + ["Tab"] * 3:  # each seen: a list that still closes takes the next one
        desktop.keys(key)
    desktop.type(key_of("wgnet-desktop"))
    path = desktop.shot(shown.window, "dark.png")
    light = float(desktop.run(f"convert {path} -colorspace Gray -threshold 70% -format '%[fx:mean]' info:"))
    assert light < 0.1
    desktop.keys("Return" if program is Gtk4 else "alt+s")
    shown.wait_closed()
    assert shown.read("wgnet")["vpn-secrets"]["private-key"] == key_of("wgnet-desktop")


def test_import_by_nm_connection_editor(start_desktop):
    """A file of somebody else's is refused by a message, and a mesh is imported into the window of a new connection."""
    desktop = start_desktop(host_name="laptop")
    desktop.put(f"{desktop.folder}/work.ovpn", "client\n")
    desktop.start(f"nm-connection-editor --type=vpn --import={desktop.folder}/work.ovpn", "import")
    window = desktop.window("nm-connection-editor", by="class")
    desktop.shot(window, "foreign.png")
    desktop.keys("Escape")
    desktop.no_window("nm-connection-editor", by="class")
    assert "vpn" not in desktop.nmcli("-g TYPE connection show")
    desktop.start(f"nm-connection-editor --type=vpn --import={MESHES}/wgnet.mesh", "import")
    window = desktop.window("Editing wgnet")
    desktop.shot(window, "imported.png")
    desktop.keys("alt+s")
    desktop.no_window("Editing .*")
    stored = desktop.keyfile("wgnet")
    assert stored["vpn"]["device"] == "laptop" and stored["vpn"]["persistent"] == "true"
