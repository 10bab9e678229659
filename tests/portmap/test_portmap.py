# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real wattle-portmap in a home of namespaces: a router, which is miniupnpd or one that the test plays, a host behind it, and
somebody outside. Nothing leaves them."""

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import threading

import pytest

PORTMAP = os.environ["WATTLE_PORTMAP"]
LIMIT_S = 60
# miniupnpd takes none of those for examples.
PUBLIC, OUTSIDE = "11.22.33.7", "11.22.33.1"
PORT = 51820
WANTED, MAPPED, FAILED = 1, 2, 3
NAT_PMP, UPNP = 0, 1
NO_ROUTER, REFUSED, NOT_PUBLIC, LATE = range(4)

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces")]
needs_miniupnpd = pytest.mark.skipif(not shutil.which("miniupnpd"), reason="miniupnpd is not installed")

RULES = """table inet filter {
    chain forward { type filter hook forward priority 0; policy drop; ct state established,related accept; iifname "lan*" accept; jump miniupnpd; }
    chain miniupnpd { }
    chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
    chain prerouting_miniupnpd { }
    chain postrouting { type nat hook postrouting priority 100; oifname "wan" masquerade; jump postrouting_miniupnpd; }
    chain postrouting_miniupnpd { }
}"""


class Place:
    """A network namespace."""

    def __init__(self, home):
        self.process = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo ready; exec sleep 3600"], stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"
        home.callback(self.process.wait)
        home.callback(self.process.kill)
        self.run("ip link set lo up")

    @property
    def pid(self):
        return self.process.pid

    def enter(self, *words):
        return ["nsenter", "-t", str(self.pid), "-n", *words]

    def run(self, script):
        done = subprocess.run(self.enter("sh", "-euc", script), capture_output=True, text=True, timeout=LIMIT_S)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def socket(self, kind=socket.SOCK_DGRAM):
        """Made in there, by a thread: namespaces are of threads."""
        made = []

        def make():
            with open(f"/proc/{self.pid}/ns/net", "rb") as namespace:
                assert libc().setns(namespace.fileno(), 0) == 0
            made.append(socket.socket(socket.AF_INET, kind))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        made[0].settimeout(LIMIT_S)
        return made[0]


def libc():
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


class Helper:
    """wattle-portmap in a place, and a wattled that the test plays."""

    def __init__(self, home, place, folder):
        self.path, self.log_path = str(folder / f"socket-{place.pid}"), folder / f"log-{place.pid}"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(self.path)
        listener.listen()
        script = f'exec 3<&{listener.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "{PORTMAP}"'
        self.process = subprocess.Popen(place.enter("bash", "-c", script), pass_fds=[listener.fileno()], stderr=open(self.log_path, "wb"))
        listener.close()
        home.callback(self.stop)
        self.connect()

    def connect(self):
        self.client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.client.settimeout(LIMIT_S)
        self.client.connect(self.path)

    def want(self, port=PORT):
        self.client.send(b"WTM1" + struct.pack(">BBH", WANTED, 0, port) + bytes(20))

    def hear(self):
        """("NAT-PMP or UPnP", "ADDRESS", port), or a reason."""
        message = self.client.recv(64)
        assert len(message) == 28 and message[:4] == b"WTM1"
        kind, detail, port, family = struct.unpack(">BBHB", message[4:9])
        if kind == FAILED:
            return detail
        assert (kind, family) == (MAPPED, 4)
        return detail, socket.inet_ntop(socket.AF_INET, message[12:16]), port

    def hears_nothing(self):
        return not select.select([self.client], [], [], 0)[0]

    def stop(self):
        """By systemd; what the router gave it gets back before."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(LIMIT_S) == 0, self.log()

    def log(self):
        return self.log_path.read_text()


class Home:
    def __init__(self, stack, folder, public=PUBLIC, hosts=1):
        self.stack, self.folder = stack, folder
        self.outside, self.router = Place(stack), Place(stack)
        self.outside.run(f"ip link add wan type veth peer name wan netns {self.router.pid}; ip addr add {OUTSIDE}/24 dev wan; ip link set wan up")
        self.router.run(f"ip addr add {public}/24 dev wan; ip link set wan up; ip link add lan type bridge; ip addr add 192.168.1.1/24 dev lan; "
                        "ip link set lan up; echo 1 >/proc/sys/net/ipv4/ip_forward")
        self.hosts = [self.host(2 + i) for i in range(hosts)]

    def host(self, number):
        host = Place(self.stack)
        host.run(f"ip link add eth0 type veth peer name lan{number} netns {self.router.pid}; ip addr add 192.168.1.{number}/24 dev eth0; "
                 "ip link set eth0 up; ip route add default via 192.168.1.1")
        self.router.run(f"ip link set lan{number} master lan up")
        return host

    def helper(self, number=0):
        return Helper(self.stack, self.hosts[number], self.folder)

    def start_miniupnpd(self, protocol):
        config = self.folder / "miniupnpd.conf"
        config.write_text(f"ext_ifname=wan\nlistening_ip=lan\nipv6_disable=yes\nupnp_table_name=filter\nupnp_nat_table_name=filter\n"
                          f"enable_natpmp={'yes' if protocol == NAT_PMP else 'no'}\nenable_upnp={'yes' if protocol == UPNP else 'no'}\n"
                          "secure_mode=yes\nsystem_uptime=no\nallow 1024-65535 192.168.1.0/24 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n")
        self.router.run(f"nft delete table inet filter 2>/dev/null || true; nft -f - <<'END'\n{RULES}\nEND")
        log = open(self.folder / "miniupnpd.log", "wb")
        self.daemon = subprocess.Popen(self.router.enter("miniupnpd", "-d", "-f", config, "-P", self.folder / "miniupnpd.pid"), stdout=log, stderr=log)
        self.stack.callback(self.stop_miniupnpd)
        port = 5351 if protocol == NAT_PMP else 1900
        wait_for(lambda: f":{port} " in self.router.run("ss -lun"))

    def stop_miniupnpd(self):
        self.daemon.kill()
        self.daemon.wait()

    def mappings(self):
        return self.router.run("nft list chain inet filter prerouting_miniupnpd").count("dnat")

    def check_call(self, host, port, own=PORT):
        """A packet from outside arrives."""
        there, here = self.outside.socket(), host.socket()
        here.bind(("0.0.0.0", own))
        there.sendto(b"hello", (PUBLIC, port))
        assert here.recv(64) == b"hello"


def wait_for(is_so):
    for _ in range(LIMIT_S * 20):
        if is_so():
            return
        select.select([], [], [], 0.05)
    pytest.fail("it does not become so")


@pytest.fixture
def stack():
    with contextlib.ExitStack() as stack:
        yield stack


@needs_miniupnpd
@pytest.mark.parametrize("protocol", [NAT_PMP, UPNP])
def test_a_port_comes_and_goes(stack, tmp_path, protocol):
    home = Home(stack, tmp_path)
    home.start_miniupnpd(protocol)
    helper = home.helper()
    helper.want()
    assert helper.hear() == (protocol, PUBLIC, PORT)
    home.check_call(home.hosts[0], PORT)
    assert home.mappings() == 1
    helper.stop()
    assert home.mappings() == 0, "given back"


@needs_miniupnpd
@pytest.mark.parametrize("protocol", [NAT_PMP, UPNP])
def test_two_hosts_with_one_port(stack, tmp_path, protocol):
    home = Home(stack, tmp_path, hosts=2)
    home.start_miniupnpd(protocol)
    first, second = home.helper(0), home.helper(1)
    first.want()
    assert first.hear() == (protocol, PUBLIC, PORT)
    second.want()
    found, address, port = second.hear()
    assert (found, address) == (protocol, PUBLIC) and port != PORT
    home.check_call(home.hosts[1], port)
    home.check_call(home.hosts[0], PORT)


@needs_miniupnpd
@pytest.mark.parametrize("protocol", [NAT_PMP, UPNP])
def test_a_router_that_starts_anew(stack, tmp_path, protocol):
    """It has forgotten the port; when the link comes back, wattled says so, and it is there again, without a word for it is the same."""
    home = Home(stack, tmp_path)
    home.start_miniupnpd(protocol)
    helper = home.helper()
    helper.want()
    assert helper.hear() == (protocol, PUBLIC, PORT)
    home.stop_miniupnpd()
    home.start_miniupnpd(protocol)
    assert home.mappings() == 0
    helper.want()
    assert helper.hear() == (protocol, PUBLIC, PORT), "what is known is said at once"
    wait_for(lambda: home.mappings() == 1)
    home.check_call(home.hosts[0], PORT)


@needs_miniupnpd
def test_wattled_starts_again(stack, tmp_path):
    home = Home(stack, tmp_path)
    home.start_miniupnpd(NAT_PMP)
    helper = home.helper()
    helper.want()
    assert helper.hear() == (NAT_PMP, PUBLIC, PORT)
    helper.client.close()
    helper.connect()
    helper.want()
    assert helper.hear() == (NAT_PMP, PUBLIC, PORT)
    helper.client.close()
    assert helper.process.wait(LIMIT_S) == 0, "and ends by itself, when nobody comes back"
    assert home.mappings() == 0


class NatPmp(threading.Thread):
    """A router that the test plays (RFC 6886): address, the port that it gives, its clock, and what it does not answer."""

    def __init__(self, home, address=PUBLIC, port=None, result=0, lifetime=3600, passes_over=0, garbage=False):
        super().__init__(daemon=True)
        self.socket = home.router.socket()
        self.socket.bind(("192.168.1.1", 5351))
        self.address, self.port, self.result, self.lifetime, self.passes_over, self.garbage = address, port, result, lifetime, passes_over, garbage
        self.epoch, self.given_back, self.questions = 1000, threading.Event(), 0
        self.start()
        home.stack.callback(self.socket.close)

    def answer(self, question):
        if len(question) == 2:
            return struct.pack(">BBHI", 0, 128, self.result, self.epoch) + socket.inet_aton(self.address)
        _, _, _, own, port, lifetime = struct.unpack(">BBHHHI", question)
        if lifetime == 0:
            self.given_back.set()
        given = 0 if lifetime == 0 else self.port or port
        return struct.pack(">BBHIHHI", 0, 129, self.result, self.epoch, own, given, self.lifetime if lifetime else 0)

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                question, source = self.socket.recvfrom(64)
                self.questions += 1
                if self.questions > self.passes_over:
                    self.socket.sendto(os.urandom(40) if self.garbage else self.answer(question), source)


@pytest.mark.parametrize("router, expected", [
    ({"port": 4000}, (NAT_PMP, PUBLIC, 4000)),
    ({"passes_over": 2}, (NAT_PMP, PUBLIC, PORT)),
    ({"address": "192.168.7.2"}, NOT_PUBLIC),
    ({"address": "100.64.1.1"}, NOT_PUBLIC),
    ({"address": "0.0.0.0"}, NOT_PUBLIC),
    ({"address": "127.0.0.1"}, NOT_PUBLIC),
    ({"address": "240.1.2.3"}, NOT_PUBLIC),
    ({"address": "198.18.0.1"}, NOT_PUBLIC),
    ({"result": 2}, REFUSED),
    ({"result": 3}, NOT_PUBLIC),
    ({"result": 5}, NO_ROUTER),
    ({"lifetime": 0}, REFUSED),
    ({"garbage": True}, NO_ROUTER),
    ({"passes_over": 1000}, NO_ROUTER),
], ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_what_a_router_says(stack, tmp_path, router, expected):
    home = Home(stack, tmp_path)
    played = NatPmp(home, **router)
    helper = home.helper()
    helper.want()
    assert helper.hear() == expected
    if expected == NOT_PUBLIC and "address" in router:
        assert played.given_back.wait(LIMIT_S), "a port that is of no use goes back"
    if isinstance(expected, tuple):
        helper.stop()
        assert played.given_back.wait(LIMIT_S)


def test_a_clock_that_goes_back(stack, tmp_path):
    """And now it gives another port."""
    home = Home(stack, tmp_path)
    router = NatPmp(home)
    helper = home.helper()
    helper.want()
    assert helper.hear() == (NAT_PMP, PUBLIC, PORT)
    router.epoch, router.port = 1, 4001
    helper.want()
    assert helper.hear() == (NAT_PMP, PUBLIC, PORT)
    assert helper.hear() == (NAT_PMP, PUBLIC, 4001)


def test_an_address_that_changes(stack, tmp_path):
    home = Home(stack, tmp_path)
    router = NatPmp(home)
    helper = home.helper()
    helper.want()
    assert helper.hear() == (NAT_PMP, PUBLIC, PORT)
    for address, expected in (("11.22.33.99", (NAT_PMP, "11.22.33.99", PORT)), ("10.0.0.1", NOT_PUBLIC), (PUBLIC, (NAT_PMP, PUBLIC, PORT))):
        router.address = address
        helper.want()
        helper.hear()
        assert helper.hear() == expected


GATEWAY = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
CONNECTION = "urn:schemas-upnp-org:service:WANIPConnection:1"


def describe():
    """A gateway of UPnP: devices within one another, and services in the inner ones."""
    def service(kind):
        return (f"<serviceList><service><serviceType>{kind}</serviceType><serviceId>urn:upnp-org:serviceId:1</serviceId>"
                "<controlURL>/control</controlURL><eventSubURL>/event</eventSubURL><SCPDURL>/scpd.xml</SCPDURL></service></serviceList>")

    def device(name, inner):
        return f"<device><deviceType>{GATEWAY.replace('InternetGateway', name)}</deviceType><UDN>uuid:1</UDN>{inner}</device>"

    connection = f"<deviceList>{device('WANConnection', service(CONNECTION))}</deviceList>"
    wan = device("WAN", service(CONNECTION.replace("WANIPConnection", "WANCommonInterfaceConfig")) + connection)
    return f'<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0">{device("InternetGateway", f"<deviceList>{wan}</deviceList>")}</root>'


def find_by_ssdp(home):
    """Whoever asks for a gateway is sent to port 5000."""
    ssdp = home.router.socket()
    ssdp.bind(("0.0.0.0", 1900))
    ssdp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.255.255.250") + socket.inet_aton("192.168.1.1"))
    answer = f"HTTP/1.1 200 OK\r\nST: {GATEWAY}\r\nUSN: uuid:1::{GATEWAY}\r\nLOCATION: http://192.168.1.1:5000/root.xml\r\n\r\n".encode()

    def find():
        with contextlib.suppress(OSError):
            while True:
                _, source = ssdp.recvfrom(2048)
                ssdp.sendto(answer, source)

    http = home.router.socket(socket.SOCK_STREAM)
    http.bind(("192.168.1.1", 5000))
    http.listen()
    for each in (ssdp, http):
        home.stack.callback(each.close)
    threading.Thread(target=find, daemon=True).start()
    return http


class Upnp(threading.Thread):
    """A router that the test plays: what it says of itself, of its address, and to each wish for a port. An answer is an error's number,
    or the elements of a good one."""

    def __init__(self, home, root=None, address=PUBLIC, add=(), add_any=401, delay_s=0.0):
        super().__init__(daemon=True)
        self.http = find_by_ssdp(home)
        self.root, self.address, self.add, self.add_any, self.delay_s = describe() if root is None else root, address, list(add), add_any, delay_s
        self.wishes, self.given_back = [], threading.Event()
        self.start()

    def act(self, name, question):
        if name == "GetStatusInfo":
            return "<NewConnectionStatus>Connected</NewConnectionStatus><NewLastConnectionError>ERROR_NONE</NewLastConnectionError><NewUptime>9</NewUptime>"
        if name == "GetExternalIPAddress":
            return f"<NewExternalIPAddress>{self.address}</NewExternalIPAddress>"
        if name == "AddPortMapping":
            self.wishes.append({key: value for key, value in re.findall(r"<(New\w+)>([^<]*)</", question)})
            return self.add.pop(0) if self.add else ""
        if name == "AddAnyPortMapping":
            return self.add_any
        if name == "DeletePortMapping":
            self.given_back.set()
            return ""
        return 401

    def answer(self, question):
        """The status and the body."""
        found = re.search(r'(?i)^SOAPAction: "[^#]*#(\w+)"', question, re.M)
        if not found:
            return "200 OK", self.root
        said = self.act(found[1], question)
        if isinstance(said, int):
            body = (f"<s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring><detail><UPnPError><errorCode>{said}</errorCode>"
                    "</UPnPError></detail></s:Fault>")
        else:
            body = f'<u:{found[1]}Response xmlns:u="{CONNECTION}">{said}</u:{found[1]}Response>'
        status = "500 Internal Server Error" if isinstance(said, int) else "200 OK"
        return status, f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{body}</s:Body></s:Envelope>'

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.http.accept()
                with connection, connection.makefile("rb") as file:
                    head = b"".join(iter(file.readline, b"\r\n")).decode()
                    length = re.search(r"(?i)^Content-Length: *(\d+)", head, re.M)
                    status, body = self.answer(head + file.read(int(length[1]) if length else 0).decode())
                    select.select([], [], [], self.delay_s)
                    connection.sendall(f"HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())


@pytest.mark.parametrize("router, expected", [
    ({"delay_s": 0.4}, (UPNP, PUBLIC, PORT)),
    ({"add": [725]}, (UPNP, PUBLIC, PORT)),
    ({"add": [718], "add_any": "<NewReservedPort>4000</NewReservedPort>"}, (UPNP, PUBLIC, 4000)),
    ({"add": [718], "add_any": "<NewReservedPort>70000</NewReservedPort>"}, (UPNP, PUBLIC, "another")),
    ({"add": [718] * 9}, REFUSED),
    ({"address": "192.168.7.2"}, NOT_PUBLIC),
    ({"address": "9" * 500}, REFUSED),
    ({"root": "<root>" * 2000}, NO_ROUTER),
], ids=lambda value: str(value)[:60] if isinstance(value, dict) else "")
def test_what_a_router_says_by_upnp(stack, tmp_path, router, expected):
    home = Home(stack, tmp_path)
    played = Upnp(home, **router)
    helper = home.helper()
    helper.want()
    heard = helper.hear()
    if isinstance(expected, tuple) and expected[2] == "another":
        assert heard[:2] == expected[:2] and heard[2] not in (0, PORT)
    else:
        assert heard == expected
    if isinstance(heard, tuple):
        (last,) = played.wishes[-1:]
        assert (last["NewInternalPort"], last["NewInternalClient"], last["NewProtocol"]) == (str(PORT), "192.168.1.2", "UDP")
        assert (last["NewLeaseDuration"] == "0") == (725 in router.get("add", ()))
        helper.stop()
    if isinstance(heard, tuple) or heard == NOT_PUBLIC:
        assert played.given_back.wait(LIMIT_S), "a port that is of no use goes back, and so does one when wattle-portmap ends"


def serve_slowly(home):
    """A gateway of UPnP that never comes to an end of what it is."""
    http = find_by_ssdp(home)

    def drip():
        with contextlib.suppress(OSError):
            connection, _ = http.accept()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while True:
                connection.sendall(b" ")
                select.select([], [], [], 1)

    threading.Thread(target=drip, daemon=True).start()


def test_a_router_that_never_ends(stack, tmp_path):
    home = Home(stack, tmp_path)
    serve_slowly(home)
    helper = home.helper()
    helper.want()
    assert helper.hear() == LATE


def test_what_is_no_message(stack, tmp_path):
    home = Home(stack, tmp_path)
    NatPmp(home)
    helper = home.helper()
    for message in (b"x", b"WTM1" + struct.pack(">BBH", WANTED, 0, 0) + bytes(20), b"WTM1" + struct.pack(">BBH", MAPPED, 0, 5) + bytes(20), bytes(64)):
        helper.client.send(message)
    helper.want()
    assert helper.hear() == (NAT_PMP, PUBLIC, PORT)
    assert helper.log().count("a message that is none") == 4


def test_usage():
    for words, status, said in ((["--help"], 0, "wattle-portmap(8)"), (["--version"], 0, "wattle-portmap "), (["x"], 2, "no arguments"), ([], 1, "its socket unit")):
        done = subprocess.run([PORTMAP, *words], capture_output=True, text=True, timeout=LIMIT_S)
        assert done.returncode == status and said in done.stdout + done.stderr
