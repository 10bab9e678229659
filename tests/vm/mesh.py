# SPDX-License-Identifier: LGPL-2.1-or-later
"""A mesh for scenarios: the profile's text, the devices' keys, and the two ways onto a guest.

    mesh = Mesh("home", "a", "b")               10.42.0.1 and fd42::1, 10.42.0.2 and fd42::2; keys of tests/meshes
    mesh["b"].lines += ["Routes=192.168.2.0/24"]
    mesh.apply(guest, "a", "ActivationPolicy=up")   as an admin does it on a running host
    lab.boot("a", files=mesh.files("a"))            as a host finds it at boot
"""

import pathlib
import re

KEYS = pathlib.Path(__file__).resolve().parents[1] / "meshes" / "keys"
KEY_NAMES = sorted(path.stem for path in KEYS.glob("*.key"))
LISTEN_PORT = 51820
REKEY_AFTER_S = 120  # WireGuard's own: a session in use is followed by a new one


class Device:
    def __init__(self, name, number, net, pair=None):
        self.name = name
        self.key, self.public = pair or ((KEYS / f"{KEY_NAMES[number - 1]}.{suffix}").read_text() for suffix in ("key", "pub"))
        self.public = self.public.strip()
        self.v4 = f"10.{net}.0.{number}"
        self.v6 = f"fd{net}::{number}"
        self.lines = []

    def text(self):
        return "\n".join([f"[Device {self.name}]", f"PublicKey={self.public}", f"Address={self.v4} {self.v6}", *self.lines, ""])


class Mesh:
    def __init__(self, name, *devices, net=42, port=LISTEN_PORT):
        self.name = name
        self.net = net
        self.head = [f"Subnet=10.{net}.0.0/16 fd{net}::/64", f"ListenPort={port}"]
        self.devices = {}
        for device in devices:
            self.add(device)

    def __getitem__(self, name):
        return self.devices[name]

    def add(self, name, pair=None):
        """One more device; its number and key are the next free ones. There are few of tests/meshes: pair is another key, and its
        public one."""
        if pair:
            self.devices[name] = Device(name, len(self.devices) + 1, self.net, pair)
            return self.devices[name]
        used = {device.public for device in self.devices.values()}
        number = next(n for n in range(1, len(KEY_NAMES) + 1) if Device(name, n, self.net).public not in used)
        self.devices[name] = Device(name, number, self.net)
        return self.devices[name]

    def remove(self, name):
        return self.devices.pop(name)

    def text(self):
        return "\n".join(["[Mesh]", *self.head, "", *(device.text() for device in self.devices.values())])

    @property
    def path(self):
        return f"/etc/wattle/{self.name}.mesh"

    def files(self, device, settings=""):
        """Path to content, mode and group, of all that a host has of the mesh."""
        files = {self.path: (self.text(), 0o644),
                 f"/etc/wattle/{self.name}.key": (self.devices[device].key, 0o640, "systemd-network")}
        if settings:
            files[f"/etc/wattle/{self.name}.mesh.d/local.conf"] = (f"[Local]\n{settings}\n", 0o644)
        return files

    def put(self, guest, device, settings=""):
        for path, (data, mode, *group) in self.files(device, settings).items():
            guest.put(path, data, mode, f"root:{group[0]}" if group else None)

    def apply(self, guest, device, settings=""):
        self.put(guest, device, settings)
        return guest.out(f"wattle apply {self.name}")

    def update(self, guest):
        """The profile alone, as it is now, to a guest that has the rest."""
        guest.put(self.path, self.text())
        return guest.out(f"wattle apply {self.name}")

    def join(self, lab, *names, settings="ActivationPolicy=up"):
        """A guest for each device, all on one LAN with their addresses there as endpoints, and the interfaces up."""
        guests = []
        for name in names:
            guest = lab.guest(name)
            guest.lan = guest.plug(0, lab.lan)
            self[name].lines.append(f"PublicEndpoint={guest.lan.v4}:{LISTEN_PORT}")
            guests.append(guest)
        for name, guest in zip(names, guests):
            self.apply(guest, name, settings)
        for name, guest in zip(names, guests):
            guest.wait(f"ip addr show dev {self.name} | grep {self[name].v4}/")
        return guests


def handshakes(guest, interface):
    """Public key to time of the last handshake."""
    lines = guest.out(f"wg show {interface} latest-handshakes").splitlines()
    return {key: int(time_s) for key, time_s in map(str.split, lines)}


def gets_records(guest):
    """Whether systemd-resolved reads static records, as from version 261 on: a mesh has one file more then."""
    return guest.release == "forky"


def endpoints(guest, interface):
    return dict(line.split() for line in guest.out(f"wg show {interface} endpoints").splitlines())


def allowed_ips(guest, interface):
    return {line.split()[0]: set(line.split()[1:]) for line in guest.out(f"wg show {interface} allowed-ips").splitlines()}


# The lab's Internet has addresses of private networks and of documentation, of which wattle rightly warns.
ADDRESSES_OF_THE_LAB = r"mesh:\d+:\d+: warning: PublicEndpoint: \S+ is "


def complaints(guest):
    """What networkd, udev, systemd-sysctl and systemd say of our files and units, at warning or worse."""
    lines = [line for line in guest.out("journalctl -b -o short -p warning").splitlines() if not re.search(ADDRESSES_OF_THE_LAB, line)]
    return "\n".join(line for line in lines if re.search(r"wattle|60-|systemd-networkd|systemd-sysctl", line))


class Traffic:
    """50 packets a second from one guest to an address, until told to stop; it counts what was lost."""

    ENOUGH = 100  # answers, below which nothing is proved

    def __init__(self, guest, address):
        self._guest = guest
        self._log = f"/run/ping-{address}"
        self._job = guest.start(f"ping -n -i 0.02 {address} >{self._log}", 300)

    def lost(self):
        """The last packet may still be on its way when ping is stopped: it does not count."""
        self._guest.wait(f"[ $(grep -c icmp_seq= {self._log}) -ge {self.ENOUGH} ]")
        self._job.signal()
        self._job.finish(check=False)
        answered = {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", self._guest.out(f"cat {self._log}"))}
        return max(answered) - len(answered)


class Undisturbed:
    """Traffic between two guests loses no packet, and the session of a's peer stays the same one, with the same endpoint."""

    def __init__(self, mesh, a, b):
        self._mesh, self._a = mesh, a
        a.wait(f"ping -c1 -W1 {mesh['b'].v4}")
        self._before = self._session()
        self._flows = [Traffic(a, mesh["b"].v4), Traffic(b, mesh["a"].v4)]

    def _session(self):
        key = self._mesh["b"].public
        return handshakes(self._a, "home")[key], endpoints(self._a, "home")[key]

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        lost = [flow.lost() for flow in self._flows]
        if not failure:
            assert lost == [0, 0]
            (handshake, endpoint), (first_handshake, first_endpoint) = self._session(), self._before
            assert endpoint == first_endpoint
            assert handshake == first_handshake or handshake >= first_handshake + REKEY_AFTER_S
