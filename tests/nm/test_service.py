# SPDX-License-Identifier: LGPL-2.1-or-later
"""The VPN service with a real NetworkManager over a real bus: its .name file, its D-Bus policy and its program as they are installed,
switched by nmcli. The kernel need not have WireGuard: the link is one of type tun, by tun-link.c, and no packet goes through it. What
packets show is in tests/vm/test_vpn.py."""

import os
import pathlib
import re
import time

import desktop as desktops
import pytest

MESHES = pathlib.Path(__file__).resolve().parents[1] / "meshes"
TUN = pathlib.Path(os.environ["WATTLE_BUILD"]).resolve() / "tests" / "nm" / "libtun-link.so"
PROGRAM = "/usr/libexec/wattle/nm-wattle-service"
SERVICE = "nm-wattle-servi"  # as the kernel calls it: 15 characters
BUS = "org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus"

# NMVpnConnectionState and NMActiveConnectionStateReason.
STATES = {1: "prepare", 2: "need-auth", 3: "connect", 4: "ip-config", 5: "activated", 6: "failed", 7: "disconnected"}
REASONS = {0: "unknown", 1: "none", 2: "user", 4: "service-stopped", 8: "service-start-failed", 10: "login-failed"}
COMING_UP = ["need-auth", "connect", "ip-config", "activated"]


def key_of(name):
    return (MESHES / "keys" / f"{name}.key").read_text().strip()


class Host:
    """A desktop without a screen, whose service is asked for a tun in place of WireGuard."""

    def __init__(self, desktop):
        self.desktop = desktop
        self.run, self.wait, self.nmcli = desktop.run, desktop.wait, desktop.nmcli
        self._n_ups = 0
        desktop.put("/run/real/nm-wattle-service", "")
        self.run(f"mount --bind {PROGRAM} /run/real/nm-wattle-service")
        self.preload()
        self.run(f"mount --bind /run/preload {PROGRAM}")
        desktop.start("dbus-monitor --system \"type='signal',interface='org.freedesktop.NetworkManager.VPN.Connection',"
                      "member='VpnStateChanged'\"", "states")
        self.wait(f"grep -q NameAcquired {desktop.folder}/states.log")

    def preload(self, **environment):
        """How the service is started from now on. In place: what is mounted is this file."""
        words = " ".join(f"{name}={value}" for name, value in {"LD_PRELOAD": TUN, **environment}.items())
        self.desktop.put("/run/preload", f"#!/bin/sh\n{words} exec /run/real/nm-wattle-service \"$@\"\n", 0o755)

    def add(self, mesh, key=None):
        """A connection with one of the samples inside, as a user makes it."""
        self.nmcli(f"connection import type wattle file {MESHES}/{mesh}.mesh")
        if key:
            self.nmcli(f"connection modify {mesh} vpn.secrets private-key={key_of(key)}")

    def up(self, name="wgnet", check=True):
        """What nmcli says."""
        self._n_ups += 1
        return self.nmcli(f"connection up {name}", check)

    def said(self):
        """By NetworkManager, and by the service, which has its standard error."""
        return (self.desktop.folder / "NetworkManager.log").read_text()

    def _read_states(self):
        """Of the VPN that was switched on last: its states and the reason of each, as NetworkManager numbers them."""
        found = {}
        for path, *pair in re.findall(r"path=(\S+); .*member=VpnStateChanged\n +uint32 (\d+)\n +uint32 (\d+)\n",
                                      (self.desktop.folder / "states.log").read_text()):
            found.setdefault(path, []).append(pair)
        return list(found.values())[-1] if len(found) == self._n_ups else []

    def states(self, last):
        """The states up to that one, which is waited for, and its reason."""
        end = time.monotonic() + desktops.LIMIT_S
        while last not in (names := [STATES[int(state)] for state, _ in self._read_states()]):
            assert time.monotonic() < end, f"waited in vain for {last}: {names}"
            time.sleep(desktops.STEP_S)
        n = names.index(last)
        return names[:n + 1], REASONS[int(self._read_states()[n][1])]

    def active(self):
        """The VPN connections and links that are up, with their types."""
        pairs = [line.rsplit(":", 1) for line in self.nmcli("-g NAME,TYPE connection show --active").splitlines()]
        return {name: kind for name, kind in pairs if kind in ("vpn", "tun", "wireguard")}

    def services(self):
        """The processes: of each connection the service, and after it its child for the case that it is killed."""
        return self.run(f"pgrep -x {SERVICE}", check=False).split()

    def routes(self):
        """All but what the kernel makes by itself."""
        return {line.strip() for line in self.run("ip route; ip -6 route").splitlines() if "fe80::" not in line}

    def gone(self, name):
        """No link, no profile, no process, and no route."""
        self.wait(f"! ip link show dev {name}")
        self.wait(f"! nmcli -g NAME connection show | grep '^{name} (link)'")
        assert name not in self.active()
        assert not [line for line in self.routes() if name in line]

    def all_gone(self):
        self.gone("wgnet")
        self.wait(f"! pgrep -x {SERVICE}")
        assert self.active() == {}


@pytest.fixture
def host(start_desktop):
    return Host(start_desktop(host_name="laptop", screen=False))


def test_up_and_down(host):
    """The states, what NetworkManager has then, and nothing that was not there before."""
    host.add("wgnet", "wgnet-laptop")
    before = host.routes()
    for _ in range(2):
        host.up()
        assert host.states("activated") == (COMING_UP, "none")
        assert host.active() == {"wgnet": "vpn", "wgnet (link)": "tun"}
        shown = host.nmcli("-t connection show wgnet").splitlines()
        assert "GENERAL.STATE:activated" in shown and "VPN.VPN-STATE:5 - VPN connected" in shown
        assert "wgnet:tun:connected:wgnet (link)" in host.nmcli("-t device").splitlines()
        assert "10.42.1.2/16" in host.run("ip -4 -o addr show dev wgnet")
        assert [line.split(" proto")[0] for line in host.routes() - before] == ["10.42.0.0/16 dev wgnet"]
        assert len(host.services()) == 2
        host.nmcli("connection down wgnet")
        assert host.states("disconnected") == ([*COMING_UP, "disconnected"], "user")
        host.all_gone()
    assert host.routes() == before
    # The other toggle, which NetworkManager takes for an end of the service's own.
    host.up()
    host.nmcli("connection down 'wgnet (link)'")
    host.all_gone()
    assert host.states("failed") == ([*COMING_UP, "failed"], "unknown")
    complaints = [line for line in host.said().splitlines() if re.search("<(warn|error)>|WARNING|CRITICAL", line)]
    assert [line for line in complaints if re.search("wattle|wgnet|vpn|route", line)] == [], complaints


REFUSED = {  # changes of the connection: what nmcli says, the reason, words
    "true": ("Invalid secrets", "login-failed", "the connection has no private key"),
    "nmcli connection modify wgnet vpn.secrets private-key=x":
        ("service failed to start", "service-start-failed", "private-key: not a WireGuard key"),
    f"nmcli connection modify wgnet vpn.secrets private-key={key_of('office-anna')}":
        ("service failed to start", "service-start-failed", "belongs to no device of the mesh"),
    f"nmcli connection modify wgnet vpn.secrets private-key={key_of('wgnet-nas')}":
        ("service failed to start", "service-start-failed", "says laptop, but the key in the connection is that of nas"),
    f"nmcli connection modify wgnet +vpn.data exit-node=vps vpn.secrets private-key={key_of('wgnet-laptop')}":
        ("service failed to start", "service-start-failed", "ExitNode: vps offers no way out"),
    "nmcli connection modify wgnet -vpn.data exit-node,profile,device":
        ("service failed to start", "service-start-failed", "an installed mesh has its key in /etc/wattle/wgnet.key"),
    "nmcli connection delete wgnet; nmcli connection add type vpn vpn-type wattle con-name wgnet ifname -- vpn.data mesh=nowhere":
        ("service failed to start", "service-start-failed", "no mesh nowhere: there is no /etc/wattle/nowhere.mesh"),
}


def refuse(host, change, said_by_nmcli, reason, words):
    n = len(host.said())
    host.run(change)
    assert said_by_nmcli in host.up(check=False), change
    assert host.states("failed") == (["need-auth", "connect", "failed"], reason), change
    assert words in host.said()[n:], change
    host.wait(f"! pgrep -x {SERVICE}")
    assert host.active() == {}


def test_refused(host):
    """The reason that NetworkManager has, and the words; no secret is among them."""
    host.add("wgnet")
    for change, expected in REFUSED.items():
        refuse(host, change, *expected)
    for name in ("office-anna", "wgnet-nas", "wgnet-laptop"):
        assert key_of(name) not in host.said()


def test_interface_of_another(host):
    """It is left alone, and the VPN comes up once it has gone. Without a way out NetworkManager takes no VPN up."""
    host.add("wgnet", "wgnet-laptop")
    refuse(host, "ip tuntap add wgnet mode tun; ip link set wgnet up", "Unknown reason", "unknown",
           "there is an interface wgnet already, and another program has it")
    host.run("ip link show dev wgnet; ip link del wgnet")
    host.up()
    host.nmcli("connection down wgnet")
    host.all_gone()
    host.nmcli("connection down wired")
    assert "Could not find source connection" in host.nmcli("connection up wgnet", check=False)
    assert host.services() == []


def test_installed(start_desktop):
    """A mesh of the host is the admin's: by a VPN only where it says so, and read anew at each start."""
    files = {"/etc/wattle/wgnet.mesh": (MESHES / "wgnet.mesh").read_text()}
    host = Host(start_desktop(host_name="laptop", screen=False, files=files))
    host.desktop.put("/etc/wattle/wgnet.key", key_of("wgnet-laptop"), 0o600)
    for settings, words in {"Owner=NetworkManager": "write Connection=vpn below [Local] in /etc/wattle/wgnet.mesh.d/local.conf",
                            "Owner=networkd": "mesh wgnet is networkd's on this host",
                            "Connection=vpn\nEnable=no": "mesh wgnet has Enable=no below [Local]"}.items():
        host.desktop.put("/etc/wattle/wgnet.mesh.d/local.conf", f"[Local]\n{settings}\n")
        refuse(host, "nmcli connection delete wgnet; nmcli connection add type vpn vpn-type wattle con-name wgnet ifname -- vpn.data mesh=wgnet",
               "service failed to start", "service-start-failed", words)
    host.desktop.put("/etc/wattle/wgnet.mesh.d/local.conf", "[Local]\nOwner=NetworkManager\nConnection=vpn\n")
    host.up()
    host.wait("ip -4 -o addr show dev wgnet | grep 10.42.1.2/16")
    # The command takes it for the mesh, and a link that it left.
    assert host.run("wattle up wgnet") == "wgnet: up already"
    host.desktop.stop_nm()
    host.wait(f"! pgrep -x {SERVICE}")
    host.desktop.start_nm()
    host.wait("nmcli -g NAME connection show --active | grep -x 'wgnet (link)'")
    host.nmcli("connection up wired")
    assert host.run("wattle up wgnet") == "wgnet: up"
    assert host.active() == {"wgnet": "vpn", "wgnet (link)": "tun"}
    assert host.run("wattle down wgnet") == "wgnet: down"
    host.all_gone()
    assert "wattle apply wgnet" in host.run("wattle down wgnet", check=False)


@pytest.mark.parametrize("number", ["TERM", "KILL"])
def test_nm_restarts(host, number):
    """The service ends with NetworkManager, the link stays, and the next start takes it over, and brings it up to date."""
    host.add("office", "office-anna")
    host.up("office")
    index = host.run("cat /sys/class/net/office/ifindex")
    host.desktop.stop_nm(number)
    host.wait(f"! pgrep -x {SERVICE}")
    assert "10.77.0.10/24" in host.run("ip -4 -o addr show dev office")
    assert "192.168.20.0/24" not in host.run("ip route show dev office")
    host.desktop.start_nm()
    host.wait("nmcli -g NAME connection show --active | grep -x 'office (link)'")
    assert host.active() == {"office (link)": "tun"}
    host.nmcli("connection modify office +vpn.data accept-routes=yes")
    host.nmcli("connection up wired")
    host.up("office")
    assert host.active() == {"office": "vpn", "office (link)": "tun"}
    host.wait("ip route show 192.168.20.0/24 dev office | grep 'metric 10000000'")
    assert host.run("cat /sys/class/net/office/ifindex") == index
    host.nmcli("connection down office")
    host.gone("office")
    host.wait(f"! pgrep -x {SERVICE}")


def test_service_is_killed(host):
    """Up, or by its own hand on its way up: its child removes what there is, and the VPN can be switched on again."""
    host.add("wgnet", "wgnet-laptop")
    host.up()
    host.run(f"kill -9 {host.services()[0]}")
    assert host.states("disconnected") == ([*COMING_UP, "disconnected"], "service-stopped")
    host.all_gone()
    assert host.said().count("the service ended without a word: its connection is removed") == 1
    stopped = "The VPN service stopped unexpectedly"
    for call, told, words in (("AddConnection2", stopped, "before it had a connection|its connection is removed"),
                              ("ActivateConnection", stopped, "its connection is removed"),
                              ("Get", stopped, "its connection is removed"),
                              # The link is up, and NetworkManager knows: it may have said so already.
                              ("Update2", f"{stopped}|successfully activated", "its connection is removed")):
        n = len(host.said())
        host.preload(WATTLE_TEST_KILL_AT=call)
        assert re.search(told, host.up(check=False)), call
        host.all_gone()
        assert re.search(f"the service ended without a word.*({words})", host.said()[n:]), call
    host.preload()
    host.up()
    # And when it is asked to end.
    n = len(host.said())
    host.run(f"kill {host.services()[0]}")
    host.all_gone()
    assert "without a word" not in host.said()[n:]


def test_two_meshes(host):
    """A process for each, and what happens to one does not touch the other."""
    host.add("wgnet", "wgnet-laptop")
    host.add("office", "office-anna")
    host.up("wgnet")
    wgnet = host.services()
    host.up("office")
    assert host.active() == {"wgnet": "vpn", "wgnet (link)": "tun", "office": "vpn", "office (link)": "tun"}
    assert len(host.services()) == 4
    host.run(f"kill -9 {wgnet[0]}")
    host.gone("wgnet")
    assert host.active() == {"office": "vpn", "office (link)": "tun"}
    host.up("wgnet")
    host.nmcli("connection down office")
    host.gone("office")
    assert host.active() == {"wgnet": "vpn", "wgnet (link)": "tun"}
    host.nmcli("connection down wgnet")
    host.all_gone()


def test_bus_policy(host):
    """Nobody but root has a name like the service's, or talks to one."""
    nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    host.add("wgnet", "wgnet-laptop")
    host.up()
    names = re.findall(r"org\.freedesktop\.NetworkManager\.wattle\S+", host.run(f"busctl call {BUS} ListNames").replace('"', " "))
    assert len(names) == 1 and names[0].startswith("org.freedesktop.NetworkManager.wattle.Connection_")
    for call in (f"{names[0]} /org/freedesktop/NetworkManager/VPN/Plugin org.freedesktop.NetworkManager.VPN.Plugin Disconnect",
                 f"{BUS} RequestName su org.freedesktop.NetworkManager.wattle.Connection_99 0"):
        assert "Access denied" in host.run(f"{nobody} busctl --system call {call}", check=False), call
    assert host.active() == {"wgnet": "vpn", "wgnet (link)": "tun"}


FETCH = """
import os, socketserver

class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        lines = dict(line.decode().strip().split(" ", 1) for line in iter(self.rfile.readline, b"\\n"))
        path = "/run/served/" + os.path.basename(lines["url"])
        print(lines["url"], lines["interface"], flush=True)
        if os.path.exists(path):
            data = open(path, "rb").read()
            self.wfile.write(b"ok %d\\n" % len(data) + data)
        else:
            self.wfile.write(b"error nobody is there\\n")

socketserver.ThreadingUnixStreamServer("/run/wattle/fetch", Answer).serve_forever()
"""


def test_invited(host):
    """An invitation becomes a connection with the few members that are in it. Until one gives the mesh, each start asks; then the
    connection has all of it, and each start looks for a newer one. wattle-fetch is a stand-in."""
    signing = "--signing-key=/run/admin/s.key"
    host.run("mkdir -p /run/admin /run/served /run/wattle; cd /run/admin; export HOME=/run/admin\n"
             f"wattle init home.mesh --sign --no-password {signing} --subnet=10.42.0.0/16 2>&1\n"
             f"wattle add home.mesh nas --key={'A' * 42}E= --public-endpoint=198.51.100.7:51820 {signing}\n"
             f"wattle add home.mesh laptop --with-key {signing} >mail.txt")
    host.desktop.put("/run/fetch.py", FETCH)
    host.desktop.start("python3 /run/fetch.py", "fetch")
    host.wait("test -S /run/wattle/fetch")
    host.nmcli("connection import type wattle file /run/admin/mail.txt")
    secrets = host.desktop.keyfile("home")["vpn-secrets"]
    assert re.fullmatch("[A-Za-z0-9+/]{43}=", secrets["private-key"])

    def up_and_down(words):
        n = len(host.said())
        host.up("home")
        host.wait(f"tail -c +{n + 1} {host.desktop.folder}/NetworkManager.log | grep '{words}'")
        assert host.active() == {"home": "vpn", "home (link)": "tun"}
        assert "10.42.0.2/16" in host.run("ip -4 -o addr show dev home")
        host.nmcli("connection down home")
        host.gone("home")
        host.wait(f"! pgrep -x {SERVICE}")
        return host.desktop.keyfile("home")["vpn"]

    assert "profile" not in up_and_down("no member has given a newer profile, and the next start asks again: .*nobody is there")
    host.run("cp /run/admin/home.mesh* /run/served")
    vpn = up_and_down("a member has given all of the mesh")
    assert "Device laptop" in vpn["profile"] and "Invitation" not in vpn["profile"]
    assert host.desktop.keyfile("home")["vpn-secrets"] == secrets
    asked = (host.desktop.folder / "fetch.log").read_text().splitlines()
    assert set(asked) == {f"http://10.42.0.1:21823/home.mesh{end} home" for end in ("", ".minisig")}
    host.run(f"cd /run/admin; wattle add home.mesh tablet --key={'B' * 42}E= {signing} && cp home.mesh* /run/served")
    vpn = up_and_down("a newer profile has come, and is used from the next start")
    assert "Device tablet" in vpn["profile"]
    # What another has signed is not taken.
    host.run("cd /run/admin; sed -i s/tablet/trojan/ /run/served/home.mesh")
    n = len(host.said())
    host.up("home")
    host.wait("test $(grep -c 'home.mesh home' fetch.log) -ge 3")
    host.nmcli("connection down home")
    host.gone("home")
    assert "Device tablet" in host.desktop.keyfile("home")["vpn"]["profile"]
    complaints = [line for line in host.said()[n:].splitlines() if re.search("<(warn|error)>|WARNING|CRITICAL", line)]
    assert [line for line in complaints if re.search("wattle|home|vpn|route", line)] == [], complaints
