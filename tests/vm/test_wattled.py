# SPDX-License-Identifier: LGPL-2.1-or-later
"""wattled as a program: what it answers and what not, and that nothing depends on it."""

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


def start(host, text):
    """wattled for mesh wg0 in the namespace; returns when it has read the mesh."""
    host.put(f"/run/{host.name}/etc/wattle/wg0.mesh", text)
    host.run(f"mkdir -p /run/{host.name}/state; sysctl -qw 'net.ipv4.ping_group_range=0 0'")
    job = host.start(f"exec {WATTLED} --root=/run/{host.name} --state=/run/{host.name}/state 2>&1", 600)
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
