#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A packet that comes to a NAT router too early, and that the router itself takes, costs the host behind it its source port.
#
# Seen: Debian 12, nftables 1.0.6-2+deb12u2, Linux 6.18.
# What one would think: masquerade keeps the source port where it can, so two hosts behind routers that both send from 51820 to
# the other router's 51820 open the way for each other; whoever is first has his packet refused, and it leaves nothing behind.
# A router with nothing in its input chain and one that rejects there are alike: both say "port unreachable".
# What happens: only of a packet that was refused by a rule nothing stays. One that got as far as the router's own sockets, of
# which none listens, is a connection of the peer's with the router: conntrack holds its addresses and ports, and the same
# pair is what the host behind would have got. Its first packet leaves from another port, which the peer's router has never
# seen: it lets nothing in, and as long as both go on sending, the entry does not expire either.
# So a router that hole punching has to go through wants a rule that drops or rejects what is new.
# Source: Linux, net/netfilter/nf_nat_core.c (get_unique_tuple, nf_nat_used_tuple) and nf_conntrack_core.c
# (__nf_conntrack_confirm, which a dropped packet never comes to).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
        --include='nftables=1.0.6-2+deb12u2 iproute2=6.1.0-3 python3-minimal' \
        bookworm "$work/root" "${mirror:?apt knows no Debian mirror}"

# host 10.0.0.2 -- 10.0.0.1 router 198.51.100.1 -- 198.51.100.2 peer
cat >"$work/root/net.sh" <<'END'
for name in host router peer; do
        ip netns add $name
done
ip link add host netns router type veth peer name eth0 netns host
ip link add peer netns router type veth peer name eth0 netns peer
ip -n router address add 10.0.0.1/24 dev host
ip -n router address add 198.51.100.1/24 dev peer
ip -n host address add 10.0.0.2/24 dev eth0
ip -n peer address add 198.51.100.2/24 dev eth0
ip -n router link set host up
ip -n router link set peer up
ip -n host link set eth0 up
ip -n peer link set eth0 up
ip -n host route add default via 10.0.0.1
ip netns exec router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
ip netns exec router nft -f /nat.nft
END
cat >"$work/root/nat.nft" <<'END'
table ip nat {
        chain postrouting {
                type nat hook postrouting priority srcnat
                oifname "peer" masquerade
        }
        chain input {
                type filter hook input priority filter
                iifname "peer" ct state new udp dport 51821 reject
        }
}
END
# As the peer: one packet to the router, its answer, then one packet of the host's, which was asked for nothing.
cat >"$work/root/peer.py" <<'END'
import socket
import subprocess
import sys

IP_RECVERR = 11
port = int(sys.argv[1])
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("", port))
sock.settimeout(10)
sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
early = "not sent"
if sys.argv[2] == "early":
    sock.sendto(b"early", ("198.51.100.1", port))
    try:
        sock.recv(16)
        early = "answered"
    except ConnectionRefusedError:
        early = "unreachable"
subprocess.run(["ip", "netns", "exec", "host", "python3", "/host.py", str(port)], check=True)
came, (_, source) = sock.recvfrom(16)
print(port, "early packet", early + ",", came.decode(), "from", "the same port" if source == port else "another port")
END
cat >"$work/root/host.py" <<'END'
import socket
import sys

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("", int(sys.argv[1])))
sock.sendto(b"hello", ("198.51.100.2", int(sys.argv[1])))
END

# shellcheck disable=SC2016  # the inner shell's own
seen=$(unshare --net --mount --pid --fork --kill-child sh -ec '
        mount --bind "$1" "$1"
        mount -t proc proc "$1/proc"
        mount -t tmpfs tmpfs "$1/run"
        exec chroot "$1" sh -ec "
                sh -e /net.sh
                ip netns exec peer python3 /peer.py 51820 early
                ip netns exec peer python3 /peer.py 51821 early
                ip netns exec peer python3 /peer.py 51822 none"' sh "$work/root")
printf '%s\n' "$seen"
[ "$seen" = '51820 early packet unreachable, hello from another port
51821 early packet unreachable, hello from the same port
51822 early packet not sent, hello from the same port' ]
