# SPDX-License-Identifier: LGPL-2.1-or-later
"""A network of IPv6 alone, whose name server and router know IPv4 for its hosts (RFC 6147, RFC 6146): a translator of UDP on a tun.

    start(router, "laptop", "2001:db8:64::1")       of router's card laptop; names have the address in /run/dns
"""

from roam import LIMIT_S

POOL = "192.0.2.64"

TRANSLATE = """import fcntl, os, socket, struct, sys
pool, prefix = socket.inet_aton(sys.argv[1]), socket.inet_pton(socket.AF_INET6, "64:ff9b::")[:12]
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH", b"nat64", 0x1001))  # TUNSETIFF, a tun without a header
ports, hosts = {}, {}
def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff
def to4(packet):
    src, dst, udp = packet[8:24], packet[24:40], packet[40:]
    if packet[6] != 17 or dst[:12] != prefix:
        return b""
    who = src, udp[:2]
    port = ports.setdefault(who, 40000 + len(ports))
    hosts[port] = who
    udp = struct.pack("!H", port) + udp[2:6] + bytes(2) + udp[8:]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, packet[7] - 1, 17, 0, pool, dst[12:])
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + udp
def to6(packet):
    size = (packet[0] & 15) * 4
    src, udp = prefix + packet[12:16], packet[size:struct.unpack("!H", packet[2:4])[0]]
    if packet[9] != 17 or struct.unpack("!H", udp[2:4])[0] not in hosts:
        return b""
    dst, port = hosts[struct.unpack("!H", udp[2:4])[0]]
    udp = udp[:2] + port + udp[4:6] + bytes(2) + udp[8:]
    proof = checksum(src + dst + struct.pack("!IHBB", len(udp), 0, 0, 17) + udp) or 0xffff
    return struct.pack("!IHBB", 6 << 28, len(udp), 17, packet[8] - 1) + src + dst + udp[:6] + struct.pack("!H", proof) + udp[8:]
while True:
    packet = os.read(tun, 65535)
    if translated := to4(packet) if packet[0] >> 4 == 6 else to6(packet):
        os.write(tun, translated)
"""

DNS64 = """import socket, struct, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 53))
while True:
    query, who = s.recvfrom(512)
    end = query.index(b"\\0", 12) + 5
    kind, = struct.unpack(">H", query[end - 4:end - 2])
    answer = b""
    if kind == 28:
        address = socket.inet_pton(socket.AF_INET6, "64:ff9b::" + open("/run/dns").read().strip())
        answer = b"\\xc0\\x0c" + struct.pack(">HHIH", 28, 1, 1, 16) + address
    s.sendto(query[:2] + struct.pack(">HHHHH", 0x8180, 1, bool(answer), 0, 0) + query[12:end] + answer, who)
"""


def start(router, card, address):
    router.put("/run/nat64.py", TRANSLATE)
    router.put("/run/dns64.py", DNS64)
    router.run(f"ip addr add {address}/64 dev {card} nodad; modprobe tun")
    router.start(f"exec python3 /run/nat64.py {POOL}", LIMIT_S)
    router.wait("ip link set nat64 up")
    router.run(f"ip route add {POOL}/32 dev nat64; ip route add 64:ff9b::/96 dev nat64")
    router.start(f"exec python3 /run/dns64.py {address}", LIMIT_S)
    router.wait("ss -Huln 'sport = 53' | grep -q :53")
