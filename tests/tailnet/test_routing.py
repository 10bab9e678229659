# SPDX-License-Identifier: LGPL-2.1-or-later
"""A subnet router and an exit node with interfaces of their own, in network namespaces whose reverse path filters are strict but for
what wattle has the kernel set: a client and a router on one wire with headscale, and a box behind the router."""

import os
import pathlib
import re
import subprocess

import conftest
import pytest
from conftest import until

WIRE = "10.99.0"
STRICT = "--accept-risk=linux-strict-rp-filter"  # wattle-filter sees to it


class Space:
    """A network namespace, with a card to the wire."""

    def __init__(self, number=None):
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.run("ip link set lo up; sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=1")
        if number:
            subprocess.run(f"""ip link add w{number} type veth peer name eth0 netns {self.holder.pid}
                ip link set w{number} master wire up""", shell=True, check=True)
            self.run(f"ip addr add {WIRE}.{number}/24 dev eth0; ip link set eth0 up; ip route add default via {WIRE}.1")

    def enter(self):
        return ["nsenter", "--net", f"--target={self.holder.pid}"]

    def run(self, script, check=True):
        return subprocess.run([*self.enter(), "sh", "-ec", script], check=check, capture_output=True, text=True, timeout=conftest.LIMIT)

    def reaches(self, address):
        return self.run(f"exec python3 -c \"import socket; socket.create_connection(('{address}', 7), 1)\"", check=False).returncode == 0

    def listen(self):
        code = "import socket; s = socket.create_server(('', 7)); print(flush=True); [s.accept() for _ in iter(int, 1)]"
        self.listening = subprocess.Popen([*self.enter(), "python3", "-c", code], stdout=subprocess.PIPE)
        self.listening.stdout.readline()

    def close(self):
        if hasattr(self, "listening"):
            self.listening.kill()
            self.listening.wait()
        self.holder.kill()
        self.holder.wait()


class RoutedHost(conftest.Host):
    def __init__(self, folder, space):
        self.space, self.filter = space, None
        super().__init__(folder)

    def daemon_argv(self):
        return [*self.space.enter(), *super().daemon_argv()]

    tun = "tailscale0"
    env = {"TS_DEBUG_FIREWALL_MODE": "nftables"}

    def stop(self):
        if self.filter:
            self.filter.terminate()
            self.filter.wait(conftest.LIMIT)
        super().stop()

    def start_filter(self):
        """As the interface does."""
        run = self.folder / "root/run/wattle"
        run.mkdir(parents=True)
        run.joinpath("work.tailnet.nft").write_text((self.folder / "rendered/run/wattle/work.tailnet.nft").read_text())
        self.filter = subprocess.Popen([*self.space.enter(), os.environ["WATTLE_FILTER"], f"--root={self.folder}/root", "work"])

    def server(self):
        return f"http://{WIRE}.1:8480"

    def apply_sysctls(self):
        """What 'wattle render' has of the tailnet below sysctl.d."""
        out = self.folder / "rendered"
        subprocess.run([os.environ["WATTLE"], f"--root={self.folder}/root", "render", "--systemd=257", f"--output={out}", "work"], check=True,
                       capture_output=True)
        for line in (out / "run/sysctl.d/60-tailnet-work.conf").read_text().splitlines():
            if line and line[0] not in "#;":
                self.space.run(f"sysctl -qw '{line.lstrip('-').replace(' ', '')}'")


KEYS = pathlib.Path(__file__).resolve().parents[1] / "meshes/keys"
MESH = """[Mesh]
Subnet=10.77.0.0/24
[Device user]
PublicKey={0}
Address=10.77.0.10
[Device gw]
PublicKey={1}
Address=10.77.0.1
PublicEndpoint=203.0.113.9:51820
"""


class MeshBeside:
    """A mesh in the space of the client, with Coexist=tailscale. Its link is a card: nothing of it is about WireGuard."""

    def __init__(self, space, folder):
        self.space = space
        folder.mkdir()
        key_names = sorted(path.stem for path in KEYS.glob("*.pub"))[:2]
        folder.joinpath("office.mesh").write_text(MESH.format(*((KEYS / f"{name}.pub").read_text().strip() for name in key_names)))
        folder.joinpath("local.conf").write_text("[Local]\nCoexist=tailscale\n")
        subprocess.run([os.environ["WATTLE"], "render", "--as=user", "--owner=networkd", "--systemd=257", f"--local={folder}/local.conf",
                        f"--output={folder}/out", folder / "office.mesh"], check=True, capture_output=True)
        text = (folder / "out/run/systemd/network/60-wattle-office.network").read_text()
        parts = [dict(line.split("=", 1) for line in part.splitlines()[1:]) for part in text.split("\n\n") if part.startswith("[RoutingPolicyRule]\n")]
        self.rules = [f"priority {part['Priority']} to {part['To']} table {part['Table']} suppress_prefixlength {part['SuppressPrefixLength']}" for part in parts]
        netdev = (folder / "out/run/systemd/network/60-wattle-office.netdev").read_text()
        self.mark = re.search(r"^FirewallMark=(\S+)$", netdev, re.MULTILINE)[1]
        space.run("ip link add office type veth peer name far; ip addr add 10.77.0.10/24 dev office; ip link set office up; ip link set far up")

    def turn(self, verb):
        for rule in self.rules:
            self.space.run(f"ip rule {verb} {rule}")

    def ways(self):
        """The cards by which this host's packets go: to the mesh, to the Internet, and WireGuard's own."""
        marks = {"10.77.0.1": 0, "203.0.113.9": 0, "203.0.113.10": self.mark}
        return [re.search(r" dev (\S+)", self.space.run(f"ip route get {to} mark {mark}").stdout)[1] for to, mark in marks.items()]


@pytest.fixture
def spaces():
    subprocess.run(f"ip link add wire type bridge; ip addr add {WIRE}.1/24 dev wire; ip link set wire up", shell=True, check=True)
    made = [Space(11), Space(12), Space()]
    yield made
    for space in made:
        space.close()
    subprocess.run(["ip", "link", "del", "wire"], check=True)


def test_subnet_router_and_exit_node_with_strict_filters(server, spaces, tmp_path):
    gateway, client, box = spaces
    subprocess.run(f"ip link add lan0 netns {gateway.holder.pid} type veth peer name eth0 netns {box.holder.pid}", shell=True, check=True)
    gateway.run("ip addr add 192.0.2.1/24 dev lan0; ip link set lan0 up; ip route add 203.0.113.0/24 via 192.0.2.9")
    box.run("ip addr add 203.0.113.9/32 dev lo; ip addr add 192.0.2.9/24 dev eth0; ip link set eth0 up; ip route add default via 192.0.2.1")
    box.listen()
    hosts = []
    try:
        for name, space in ("router", gateway), ("client", client):
            (tmp_path / name).mkdir()
            hosts.append(RoutedHost(tmp_path / name, space))
        router, user = hosts
        router.tailnet(server.key("-e", "1h"), "Hostname=gateway", "AdvertiseRoutes=192.0.2.0/24", "AdvertiseExitNode=yes")
        router.apply_sysctls()
        assert gateway.run("sysctl -n net.ipv4.ip_forward").stdout == "1\n"
        assert router.run()[0] == 0
        number = next(node["id"] for node in server.nodes() if node["given_name"] == "gateway")
        server("nodes", "approve-routes", "-i", str(number), "-r", "192.0.2.0/24,0.0.0.0/0,::/0")

        user.tailnet(server.key("-e", "1h"), "Hostname=user", local=["AcceptRoutes=yes"])
        user.apply_sysctls()
        assert client.run("sysctl -n net.ipv4.conf.tailscale0.rp_filter net.ipv4.conf.eth0.rp_filter").stdout == "2\n1\n"
        assert not client.reaches("192.0.2.9")
        assert user.run()[0] == 0
        until("the box is not reached by the subnet router", lambda: client.reaches("192.0.2.9"))

        # As on the Internet: only the router has a way there.
        assert not client.reaches("203.0.113.9")
        user.tailnet(server.key("-e", "1h"), "Hostname=user", local=["AcceptRoutes=yes", "ExitNode=gateway"])
        user.apply_sysctls()
        assert client.run("sysctl -n net.ipv4.conf.all.src_valid_mark").stdout == "1\n"
        status, log = user.run()
        assert status == 0, log
        dropped = "nstat -asz TcpExtIPReversePathFilter | awk 'END { print $2 }'"
        client.run("nstat -n")
        until("the strict filter drops nothing", lambda: not client.reaches("203.0.113.9") and client.run(dropped).stdout != "0\n")
        user.start_filter()
        until("the exit node is no way out", lambda: client.reaches("203.0.113.9"))
        assert client.run("sysctl -n net.ipv4.conf.eth0.rp_filter").stdout == "1\n"
        assert client.reaches("192.0.2.9")

        mesh = MeshBeside(client, tmp_path / "office")
        assert mesh.rules and mesh.ways() == ["tailscale0", "tailscale0", "eth0"]
        mesh.turn("add")
        assert mesh.ways() == ["office", "tailscale0", "eth0"]
        # It makes its routes and rules anew, and leaves those of others.
        address = next(node["ip_addresses"][0] for node in server.nodes() if node["given_name"] == "gateway")
        user.tailscale("set", "--exit-node=")
        until("the exit node is still in use", lambda: mesh.ways() == ["office", "eth0", "eth0"])
        user.tailscale("set", f"--exit-node={address}", STRICT)
        until("the exit node is not in use again", lambda: mesh.ways() == ["office", "tailscale0", "eth0"])
        user.tailscale("down")
        user.tailscale("up", "--reset", f"--exit-node={address}", f"--login-server={user.server()}", "--accept-routes", "--hostname=user", STRICT)
        until("the exit node is not in use after it was down", lambda: mesh.ways() == ["office", "tailscale0", "eth0"])
        until("the exit node is no way out after it was down", lambda: client.reaches("203.0.113.9"))
        mesh.turn("del")
        assert mesh.ways() == ["tailscale0", "tailscale0", "eth0"]
    finally:
        for host in hosts:
            host.stop()
