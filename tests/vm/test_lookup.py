# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names of endpoints that are looked up past a tunnel by wattle-lookup: who may ask it, and what it may do in the sandbox of its unit."""

import pytest

pytestmark = pytest.mark.each_release

UPLINK, NAME = "203.0.113.53", "vps.example.net"

# Answers each question for an IPv4 address with what stands in /run/record, and writes down the name.
SERVER = """import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 53))
log = open(sys.argv[2], "a", buffering=1)
while True:
    question, source = s.recvfrom(4096)
    end, labels = 12, []
    while question[end]:
        labels.append(question[end + 1:end + 1 + question[end]].decode())
        end += 1 + question[end]
    found = question[end + 1:end + 3] == b"\\0\\1"
    log.write(".".join(labels).lower() + "\\n")
    answer = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\0\\0\\4" + socket.inet_aton(open("/run/record").read()) if found else b""
    s.sendto(question[:2] + b"\\x81\\x80\\0\\1" + (b"\\0\\1" if found else b"\\0\\0") + b"\\0\\0\\0\\0" + question[12:end + 5] + answer, source)
"""


# As wattled asks: SERVER MARK LINK, the index of one or 0
ASK = """import socket, struct, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.settimeout(20)
s.connect("/run/wattle/lookup")
name = b"vps.example.net"
s.send(b"WTQ1" + struct.pack(">IIBBHBBH", int(sys.argv[2]), int(sys.argv[3]), 1, len(name), 0, 4, 0, 53)
       + socket.inet_aton(sys.argv[1]) + bytes(12) + name)
answer = s.recv(4096)
print(struct.unpack(">H", answer[6:8])[0], *(socket.inet_ntoa(answer[9 + 17 * i:13 + 17 * i]) for i in range(answer[4])))
"""


def test_the_service_in_its_sandbox(native):
    """What has no mark would go into the tunnel, which refuses all. wattled may ask, and nobody else."""
    world, host = native.guest("world"), native.guest("host")
    world.plug(0, native.lan)
    host.plug(0, native.lan)
    world.run(f"ip addr add {UPLINK}/32 dev lo; printf 192.0.2.7 >/run/record; : >/run/asked")
    world.put("/run/server.py", SERVER)
    world.start(f"exec python3 /run/server.py {UPLINK} /run/asked", 600)
    world.wait(f"ss -Hlun src {UPLINK} | grep :53")
    router = world.out("ip -4 -o addr show dev eth0 | sed 's,.* inet \\([0-9.]*\\)/.*,\\1,'")
    host.run(f"""ip route add default via {router} dev eth0
        ip route add unreachable default table 7; ip rule add priority 30001 table main suppress_prefixlength 0
        ip rule add priority 30002 not fwmark 7 table 7""")
    host.put("/run/ask.py", ASK, 0o644)
    host.run("systemctl start wattle-lookup.socket")
    as_wattled = "setpriv --reuid wattle --regid wattle --clear-groups python3 /run/ask.py"
    eth0 = host.out("cat /sys/class/net/eth0/ifindex")
    for link in 0, eth0:
        assert host.out(f"{as_wattled} {UPLINK} 7 {link}") == "0 192.0.2.7"
    assert host.out(f"{as_wattled} {UPLINK} 0 0") == "0"
    assert set(world.out("cat /run/asked").split()) == {NAME}
    for user in "nobody", "systemd-network":
        refused = host.run(f"setpriv --reuid {user} --clear-groups python3 /run/ask.py {UPLINK} 7 {eth0}", check=False)
        assert refused.code != 0 and "PermissionError" in refused.err, refused
    assert host.out("systemctl is-active wattle-lookup.socket") == "active"
    host.wait("! systemctl list-units --no-legend 'wattle-lookup@*' | grep .")
    assert "wattle-lookup@" not in host.run("journalctl -b -o short | grep -v pids.max", check=False).out and host.out("systemctl --failed --no-legend") == ""
