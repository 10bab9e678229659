# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nebula of this machine's Debian in the lab of tests/vm/reach.py, instead of wattle: core is its lighthouse and its relay.

    nebula = Nebula(reach); nebula.start(); nebula.forget(); one.out(f"ping -c1 {nebula.address('two')}")
"""

import gzip
import pathlib
import subprocess
import tempfile

HOSTS = {"core": 1, "one": 2, "two": 3}
# Where each calls core. Nebula answers from the address of the way back, which only WireGuard makes the one that was called.
CORE = {"core": "203.0.113.1", "one": "203.0.113.1", "two": "198.51.100.1"}
PORT = 4242
FOLDER = "/run/nebula"
LIMIT_S = 3600

# Its example's, as far as it says anything, and a relay of its own, without which hosts that do not meet never talk.
CONFIG = """pki: {{ca: {folder}/ca.crt, cert: {folder}/{name}.crt, key: {folder}/{name}.key}}
static_host_map: {{"10.99.0.1": ["{core}:{port}"]}}
lighthouse: {{am_lighthouse: {is_core}, interval: 60, hosts: [{lighthouse}]}}
listen: {{host: 0.0.0.0, port: {port}}}
punchy: {{punch: true{punchy}}}
relay: {{am_relay: {is_core}, use_relays: true, relays: [{lighthouse}]}}
tun: {{dev: nebula1, mtu: 1300, tx_queue: 500}}
logging: {{level: info, format: text}}
firewall: {{outbound: [{{port: any, proto: any, host: any}}], inbound: [{{port: any, proto: any, host: any}}]}}
{rest}
"""
# The quickest that its manual has.
FASTEST = {"punchy": ", respond: true, delay: 100ms", "rest": "handshakes: {try_interval: 50ms}"}
EXAMPLE = {"punchy": "", "rest": ""}


def _programs(folder):
    """Unpacked from the package; nothing of it is installed here."""
    subprocess.run(["apt-get", "-q", "download", "-o", "APT::Sandbox::User=root", "nebula"], cwd=folder, check=True, capture_output=True)
    (package,) = pathlib.Path(folder).glob("nebula_*.deb")
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    return pathlib.Path(folder, "usr/bin"), package.name.split("_")[1]


class Nebula:
    def __init__(self, reach, settings):
        self._reach, self._settings, self._jobs = reach, settings, {}
        reach.quick.guest.run(f"mkdir -p {FOLDER}; modprobe tun")
        with tempfile.TemporaryDirectory() as folder:
            programs, self.version = _programs(folder)
            self._put("nebula.gz", gzip.compress((programs / "nebula").read_bytes()))
            self._sign(programs / "nebula-cert", folder)
        reach.quick.guest.run(f"gunzip {FOLDER}/nebula.gz; chmod +x {FOLDER}/nebula", 120)

    def _put(self, name, data):
        self._reach.quick.guest.put(f"{FOLDER}/{name}", data)

    def _sign(self, program, folder):
        subprocess.run([program, "ca", "-name", "lab"], cwd=folder, check=True)
        for name, number in HOSTS.items():
            subprocess.run([program, "sign", "-name", name, "-ip", f"10.99.0.{number}/24"], cwd=folder, check=True)
        for path in (*pathlib.Path(folder).glob("*.crt"), *(pathlib.Path(folder, f"{name}.key") for name in HOSTS)):
            self._put(path.name, path.read_bytes())

    def address(self, name):
        return f"10.99.0.{HOSTS[name]}"

    def _start(self, host):
        self._jobs[host.name] = host.start(f"exec {FOLDER}/nebula -config {FOLDER}/{host.name}.yml >>{FOLDER}/{host.name}.log 2>&1", LIMIT_S)

    def start(self):
        for host in (self._reach.core, self._reach.one, self._reach.two):
            is_core = host.name == "core"
            self._put(f"{host.name}.yml", CONFIG.format(
                folder=FOLDER, name=host.name, core=CORE[host.name], port=PORT, is_core=str(is_core).lower(),
                lighthouse="" if is_core else '"10.99.0.1"', **self._settings))
            self._start(host)
        self._wait()

    def _wait(self):
        for host in (self._reach.one, self._reach.two):
            host.wait(f"ping -c1 -W2 {self.address('core')}")

    def forget(self, flush):
        """Nobody has a session with the other, and the routers, by that script, nothing in mind."""
        for host in (self._reach.one, self._reach.two):
            self._jobs[host.name].signal(9)
            self._jobs[host.name].finish(check=False)
        self._reach.quick.guest.run(f"pkill -x ping || true\n{flush}", 30)
        for host in (self._reach.one, self._reach.two):
            self._start(host)
        self._wait()
