# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattled on hosts: endpoints that follow the user under both owners, and an interface that depends on it in nothing."""

import mesh as meshes
import pytest
import quick as quick_lab
from test_nm import start_nm

pytestmark = pytest.mark.one_release

WATTLED = "/usr/libexec/wattle/wattled"

# Sends a question to argv[1] from the interface argv[2], and prints what comes back within a second.
ASK = """import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[2].encode())
s.bind(("", 21822))
s.settimeout(1)
n, got = int(sys.argv[3]), 0
for i in range(n):
    s.sendto(b"WTL1" + bytes([1, 0, 0, 0]) + i.to_bytes(8, "big"), (sys.argv[1], 21822))
try:
    while got < n:
        data, _ = s.recvfrom(100)
        assert data[:8] == b"WTL1" + bytes([2, 0, 0, 0]) and len(data) == 16, data
        got += 1
except (TimeoutError, ConnectionRefusedError):
    pass
print(got)
"""


def profile(**devices):
    """Text of mesh wg0, for hosts of the quick lab: name to (public key, lines)."""
    parts = ["[Mesh]\nSubnet=10.42.0.0/24\n"]
    for name, (key, lines) in devices.items():
        parts.append(f"[Device {name}]\nPublicKey={key}\n{lines}\n")
    return "\n".join(parts)


def log(host):
    return f"/run/{host.name}/log"


def start(host, text):
    """wattled for mesh wg0 in the namespace, what it says in log(host); returns when it has read the mesh."""
    host.put(f"/run/{host.name}/etc/wattle/wg0.mesh", text)
    host.run(f"mkdir -p /run/{host.name}/state; sysctl -qw 'net.ipv4.ping_group_range=0 0'")
    job = host.start(f"exec {WATTLED} --root=/run/{host.name} --state=/run/{host.name}/state >{log(host)} 2>&1", 600)
    host.wait("ss -Hulpn 'sport = 21822' | grep -q wattled")
    return job


def two(quick):
    a, b = quick.host("laptop"), quick.host("nas")
    quick.wire(a, "192.168.1.1/24", b, "192.168.1.2/24")
    quick.wireguard(a, "10.42.0.1/24")
    quick.wireguard(b, "10.42.0.2/24")
    quick.peer(a, b, "10.42.0.2/32", "192.168.1.2:51820")
    quick.peer(b, a, "10.42.0.1/32")
    a.wait("ping -c1 -W1 10.42.0.2")
    return a, b


def test_a_probe_is_answered_inside_the_tunnel_alone(quick):
    a, b = two(quick)
    text = profile(laptop=(a.public_key, "Address=10.42.0.1"), nas=(b.public_key, "Address=10.42.0.2"))
    job = start(b, text)
    a.put("/run/ask.py", ASK)
    assert a.out("python3 /run/ask.py 10.42.0.2 wg0 1") == "1"
    # Not outside, neither by our address there nor by that of the mesh.
    assert a.out("python3 /run/ask.py 192.168.1.2 nas 1") == "0"
    a.run("ip route add 10.42.0.2/32 via 192.168.1.2 table 7; ip rule add oif nas table 7")
    assert a.out("python3 /run/ask.py 10.42.0.2 nas 1") == "0"
    # A burst of 20 and then 20 a second, whatever comes.
    assert 20 <= int(a.out("python3 /run/ask.py 10.42.0.2 wg0 500")) <= 100
    # An address of the tunnel that is no device of the mesh.
    b.run(f"wg set wg0 peer {a.public_key} allowed-ips 10.42.0.1/32,10.42.0.77/32")
    a.run("ip addr add 10.42.0.77/24 dev wg0; ip route replace 10.42.0.2/32 dev wg0 src 10.42.0.77")
    a.run("ping -c1 -W1 10.42.0.2")
    assert a.out("python3 /run/ask.py 10.42.0.2 wg0 1") == "0"
    job.signal(15)
    assert job.finish().code == 0


def roaming(quick):
    """laptop - isp - router - nas, and a bridge in the router that the laptop's second card is plugged into but for its address.
    Only the laptop runs wattled."""
    laptop, isp, router, nas = (quick.host(name) for name in ("laptop", "isp", "router", "nas"))
    quick.wire(laptop, "198.51.100.2/24", isp, "198.51.100.1/24")
    quick.wire(isp, "203.0.113.254/24", router, "203.0.113.1/24")
    isp.run("sysctl -qw net.ipv4.ip_forward=1")
    quick.route(laptop, "198.51.100.1")
    quick.route(router, "203.0.113.254")
    quick.nat(router, outside="isp")
    router.run(quick_lab.forward_port(51820, "192.168.1.2"))
    quick.guest.run("""ip -n router link add lan type bridge
        ip -n router addr add 192.168.1.1/24 dev lan
        ip -n router link set lan up
        for host in nas laptop; do
            ip -n router link add to-$host type veth peer name lan netns $host
            ip -n router link set to-$host master lan up
            ip -n $host link set lan up
        done
        ip -n nas addr add 192.168.1.2/24 dev lan""")
    quick.route(nas, "192.168.1.1")
    quick.wireguard(laptop, "10.42.0.1/24")
    quick.wireguard(nas, "10.42.0.2/24")
    quick.peer(laptop, nas, "10.42.0.2/32", "203.0.113.1:51820")
    quick.peer(nas, laptop, "10.42.0.1/32")
    text = profile(laptop=(laptop.public_key, "Address=10.42.0.1"),
                   nas=(nas.public_key, "Address=10.42.0.2\nPublicEndpoint=203.0.113.1:51820\nPrivateEndpoint=192.168.1.2:51820"))
    laptop.wait("ping -c1 -W1 10.42.0.2")
    return laptop, nas, text


@pytest.mark.parametrize("answer", ["port unreachable", "echo"])
def test_a_peer_without_wattled_proves_its_path(quick, answer):
    laptop, nas, text = roaming(quick)
    if answer == "echo":
        nas.run("nft add table ip no; nft 'add chain ip no in { type filter hook input priority 0; }'; "
                "nft add rule ip no in udp dport 21822 drop")
    else:
        nas.run("sysctl -qw net.ipv4.icmp_echo_ignore_all=1")
    # What is heard of a port that nobody listens at is rationed, one a second to each address: the traffic is to take none of it.
    nas.run("nft add table ip quiet; nft 'add chain ip quiet in { type filter hook input priority 0; }'; "
            "nft add rule ip quiet in udp dport 9 drop")
    job = start(laptop, text)
    laptop.start("while :; do echo >/dev/udp/10.42.0.2/9; sleep 0.1; done", 300)
    laptop.run("ip addr add 192.168.1.3/24 dev lan")
    # The endpoint alone may be a try that nobody has answered yet.
    laptop.wait(f"grep -F '192.168.1.2:51820 (LAN)' {log(laptop)}", 120)
    assert "192.168.1.2:51820" in laptop.out("wg show wg0 endpoints")
    job.signal(15)
    assert job.finish().code == 0


def at_home(lab, owner, settings=""):
    """The NAS at home, behind a router that forwards its port; the laptop in a cafe, its second card not plugged in yet."""
    mesh = meshes.Mesh("home", "laptop", "nas")
    home = lab.router(lab.lan, lab.internet)
    lab.router(lab.segment("cafe"), lab.internet)
    nas, laptop = lab.guest("nas"), lab.guest("laptop")
    nas.lan = nas.plug(0, lab.lan)
    laptop.plug(0, lab.segment("cafe"))
    home.run(quick_lab.forward_port(51820, nas.lan.v4))
    public = home.out("ip -4 -br addr show dev eth1").split()[2].split("/")[0]
    mesh["nas"].lines += [f"PublicEndpoint={public}:51820", f"PrivateEndpoint={nas.lan.v4}:51820"]
    mesh.apply(nas, "nas", f"ActivationPolicy=up\n{settings}")
    if owner == "NetworkManager":
        start_nm(laptop)
    print(mesh.apply(laptop, "laptop", f"ActivationPolicy=up\nOwner={owner}\n{settings}"))
    laptop.wait("ping -c1 -W1 10.42.0.2")
    return mesh, laptop, nas, f"{public}:51820", f"{nas.lan.v4}:51820"


def come_home(lab, laptop):
    """By its second card; the way to the Internet stays that through the cafe."""
    laptop.plug(1, lab.lan, configure=False)
    laptop.run(f"ip link set eth1 up; ip addr add {lab.lan.prefix4[77]}/24 dev eth1")


def wait_for_endpoint(guest, endpoint):
    guest.wait(f"wg show home endpoints | grep -F '\t{endpoint}'")


def state(guest):
    """All of the interface that could be lost."""
    return guest.out("ip -d link show dev home; ip addr show dev home; ip route show dev home; wg show home endpoints; "
                     "wg show home allowed-ips; wg show home listen-port; wg show home latest-handshakes")


@pytest.mark.limit(600)
@pytest.mark.parametrize("owner", ["networkd", "NetworkManager"])
def test_wattled_home_and_away(lab, owner):
    # The subject is the endpoint of the profile. By beacons the NAS is found at another address of its LAN too, over which the laptop
    # stays when it loses the one here alone.
    mesh, laptop, nas, public, private = at_home(lab, owner, "Discovery=no")
    key = mesh["nas"].public
    for guest in (laptop, nas):
        guest.wait("systemctl is-active wattled")
    assert laptop.out("systemctl show -P User wattled; grep -h Cap[EP] /proc/$(pidof wattled)/status") == (
        "wattle\nCapPrm:\t0000000000001000\nCapEff:\t0000000000001000")
    assert meshes.endpoints(laptop, "home")[key] == public
    traffic = meshes.Traffic(laptop, mesh["nas"].v4)
    for _ in range(2):
        come_home(lab, laptop)
        wait_for_endpoint(laptop, private)
        laptop.wait("journalctl -b -o cat -u wattled | tail -n1 | grep '(LAN)'")
        # At once when the address goes, though its route to the cafe is as it was.
        laptop.run("ip addr flush dev eth1 scope global")
        wait_for_endpoint(laptop, public)
        laptop.wait("journalctl -b -o cat -u wattled | tail -n1 | grep '(public)'")
    lost = traffic.lost()
    print(laptop.out("journalctl -b -o short-monotonic -u wattled"), f"lost {lost}")
    assert lost <= 50  # a second of them, for four moves

    # A manager that puts its own endpoints back does not keep the laptop away from the LAN.
    come_home(lab, laptop)
    traffic = meshes.Traffic(laptop, mesh["nas"].v4)
    wait_for_endpoint(laptop, private)
    laptop.run({"networkd": "systemctl restart systemd-networkd", "NetworkManager": "nmcli device reapply home"}[owner])
    laptop.wait("ping -c1 -W1 10.42.0.2")
    wait_for_endpoint(laptop, private)
    traffic.lost()
    assert laptop.out("journalctl -b -o cat -p warning -u wattled") == ""


def test_wattled_killed_under_traffic(lab):
    """Neither its end nor its beginning costs a packet or changes anything of the interface."""
    mesh, laptop, nas, _, _ = at_home(lab, "networkd")
    laptop.wait("systemctl is-active wattled")
    come_home(lab, laptop)
    laptop.run("ping -q -c30 -i0.1 10.42.0.2")
    laptop.wait("journalctl -b -o cat -u wattled | tail -n1 | grep '(LAN)'")
    before = state(laptop)
    traffic = meshes.Traffic(laptop, mesh["nas"].v4)
    pid = laptop.out("pidof wattled")
    laptop.run("systemctl kill -s KILL wattled")
    laptop.wait(f"systemctl is-active wattled && [ $(pidof wattled) != {pid} ]")
    assert traffic.lost() == 0
    assert state(laptop) == before
    traffic = meshes.Traffic(laptop, mesh["nas"].v4)
    laptop.run("systemctl stop wattled")
    assert traffic.lost() == 0
    assert state(laptop) == before


def test_wattled_beside_apply(lab):
    """b sends from another port than the profile says, and listens at no other: a learns it. Neither apply nor wattled, which
    apply has read the profile anew, takes that away; and an endpoint of the profile that is wrong is left for it."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = mesh.join(lab, "a", "b")
    for guest in (a, b):
        guest.wait("systemctl is-active wattled")
    b.run("wg set home listen-port 51999")
    b.wait(f"ping -c1 -W1 {mesh['a'].v4}")
    learnt = f"{b.lan.v4}:51999"
    wait_for_endpoint(a, learnt)
    with meshes.Undisturbed(mesh, a, b):
        mesh.add("c")
        assert "1 peer added" in mesh.update(a)
        a.wait("systemctl show -P StatusText wattled | grep '1 mesh, 2 peers'")
    assert meshes.endpoints(a, "home")[mesh["b"].public] == learnt

    mesh["b"].lines = ["PublicEndpoint=192.168.1.99:51820"]
    a.start(f"ping -q -i0.2 {mesh['b'].v4}")
    mesh.update(a)
    a.wait(f"ping -c1 -W1 {mesh['b'].v4}")
    wait_for_endpoint(a, learnt)
    print(a.out("journalctl -b -o cat -u wattled"))


def test_wattled_keeps_what_was_good(lab):
    """Over its own end, the endpoint that was proved last; the profile has none."""
    mesh = meshes.Mesh("home", "a", "b")
    a, b = lab.guest("a"), lab.guest("b")
    cafe = lab.segment("cafe")
    lab.router(lab.lan, lab.internet)
    lab.router(cafe, lab.internet)
    a.plug(0, lab.lan)
    b.lan = b.plug(0, lab.internet)
    for name, guest in ("a", a), ("b", b):
        mesh.apply(guest, name, "ActivationPolicy=up")
        guest.wait(f"ip addr show dev home | grep {mesh[name].v4}/")
    a.run(f"wg set home peer {mesh['b'].public} endpoint {b.lan.v4}:51820")
    a.wait("ping -c1 -W1 10.42.0.2")
    # The daemon proves a path that is used when the network changes.
    a.start("ping -q -i0.2 10.42.0.2")
    a.plug(1, cafe)
    a.wait("systemctl restart wattled; grep -F 51820 /var/lib/wattle/home.endpoints")
    assert a.out("stat -c '%a %U' /var/lib/wattle/home.endpoints") == "600 wattle"
    print(a.out("cat /var/lib/wattle/home.endpoints"))
    a.run(f"systemctl stop wattled; wg set home peer {mesh['b'].public} endpoint 203.0.113.200:51820; systemctl start wattled")
    wait_for_endpoint(a, f"{b.lan.v4}:51820")
    a.wait("ping -c1 -W1 10.42.0.2")

    # Foreign bytes: one line, and it works.
    a.run("systemctl stop wattled; echo x >>/var/lib/wattle/home.endpoints; systemctl start wattled")
    a.wait("journalctl -b -o cat -u wattled | grep 'beginning without the endpoints of before'")
    a.wait("ping -c1 -W1 10.42.0.2")


def test_wattled_starts_at_boot(lab):
    mesh = meshes.Mesh("home", "a", "b")
    a = lab.boot("a", files=mesh.files("a", "ActivationPolicy=up"))
    a.wait_booted()
    a.wait("systemctl is-active wattled")
    a.wait("ip addr show dev home | grep 10.42.0.1/")
    a.wait("ss -Hulpn 'sport = 21822' | grep -q wattled")
    assert meshes.complaints(a) == ""
    assert a.out("journalctl -b -o cat -p warning -u wattled") == ""


def test_wattled_starts_with_the_first_mesh(lab):
    mesh = meshes.Mesh("home", "a", "b")
    a = lab.guest("a")
    assert a.run("systemctl is-active wattled", check=False).out.strip() == "inactive"
    mesh.apply(a, "a", "Migrate=no")
    assert a.run("systemctl is-active wattled", check=False).out.strip() == "inactive"
    mesh.apply(a, "a", "ActivationPolicy=up")
    assert a.out("systemctl is-active wattled") == "active"
    a.wait("ss -Hulpn 'sport = 21822' | grep -q wattled")
    # A peer that the profile gets is taken without a restart.
    pid = a.out("pidof wattled")
    mesh.add("c")
    mesh.update(a)
    a.wait("systemctl show -P StatusText wattled | grep '1 mesh, 2 peers'")
    # A bad profile changes nothing; Migrate=no, and the interface going, are heeded.
    a.put(mesh.path, "[Mesh]\nSubnet=x\n")
    a.run("systemctl reload wattled")
    a.wait("journalctl -b -o cat -u wattled | grep 'keeping what was read before'")
    a.wait("systemctl show -P StatusText wattled | grep '1 mesh, 2 peers'")
    a.put(mesh.path, mesh.text())
    a.run("networkctl down home")
    a.wait("! ss -Hulpn 'sport = 21822' | grep -q wattled")
    a.run("networkctl up home")
    a.wait("ss -Hulpn 'sport = 21822' | grep -q wattled")
    a.run("rm /etc/wattle/home.mesh; wattle apply")
    a.wait("systemctl show -P StatusText wattled | grep '0 meshes'")
    assert a.out("pidof wattled") == pid
    # Masked, it is nobody's concern.
    a.run("systemctl mask --now wattled")
    assert mesh.update(a)
    # -t: its own words. systemd's, of a last notification from a unit that it has just forgotten, are of the mask.
    assert a.out("journalctl -b -o cat -p warning -t wattled | grep -v 'home.mesh:' | grep -v keeping || true") == ""


@pytest.mark.limit(600)
def test_wattled_with_1000_peers_idle(quick):
    """What it costs to have it."""
    a = quick.host("laptop")
    quick.wireguard(a, "10.42.0.1/16")
    devices = {"laptop": (a.public_key, "Address=10.42.0.1")}
    a.put("/run/keys.py", "import base64, os\nfor i in range(1000): print(base64.b64encode(os.urandom(32)).decode())\n")
    keys = a.out("python3 /run/keys.py").split()
    lines = []
    for number, key in enumerate(keys):
        addr = f"10.42.{1 + number // 250}.{1 + number % 250}"
        devices[f"peer-{number}"] = (key, f"Address={addr}\nPublicEndpoint=198.51.{number // 250}.{1 + number % 250}:51820\n"
                                          f"PrivateEndpoint=192.168.{number // 250}.{1 + number % 250}:51820")
        lines.append(f"[Peer]\nPublicKey={key}\nAllowedIPs={addr}/32\nEndpoint=198.51.{number // 250}.{1 + number % 250}:51820\n")
    a.put("/run/peers.conf", "\n".join(lines))
    a.run("wg addconf wg0 /run/peers.conf")
    job = start(a, profile(**devices).replace("Subnet=10.42.0.0/24", "Subnet=10.42.0.0/16"))
    pid = a.out("pidof -s wattled")
    begun = f"cut -d' ' -f22 /proc/{pid}/stat >/dev/null; grep -h ctxt_switches /proc/{pid}/status; cut -d' ' -f14,15 /proc/{pid}/stat"
    first = a.out(begun)
    a.run("sleep 60", 120)  # a minute of nothing is what is measured
    print("before the minute", first.split(), "after it", a.out(begun).split())
    print(a.out(f"grep -E 'VmRSS|VmHWM|RssAnon|RssFile' /proc/{pid}/status"))
    # The libraries of testing alone take 0.4 MB more.
    assert int(a.out(f"grep VmRSS /proc/{pid}/status").split()[1]) <= (7 if quick.guest.release == "forky" else 6) * 1024
    job.signal(15)
    assert job.finish().code == 0
