# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names of endpoints that are looked up past a tunnel by wattle-lookup: who may ask it, and what it may do in the sandbox of its unit."""

import pytest

import name_server

pytestmark = pytest.mark.each_release

UPLINK, NAME = "203.0.113.53", "vps.example.net"

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
    world.run(f"ip addr add {UPLINK}/32 dev lo")
    name_server.start(world, UPLINK, record="192.0.2.7")
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
    assert name_server.asked(world, UPLINK) == {NAME}
    for user in "nobody", "systemd-network":
        refused = host.run(f"setpriv --reuid {user} --clear-groups python3 /run/ask.py {UPLINK} 7 {eth0}", check=False)
        assert refused.code != 0 and "PermissionError" in refused.err, refused
    assert host.out("systemctl is-active wattle-lookup.socket") == "active"
    host.wait("! systemctl list-units --no-legend 'wattle-lookup@*' | grep .")
    assert "wattle-lookup@" not in host.run("journalctl -b -o short | grep -v pids.max", check=False).out and host.out("systemctl --failed --no-legend") == ""
