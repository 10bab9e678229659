#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Under traffic, a new endpoint that is set with `wg set` on one side does not stay, though the peer answers there.
#
# Seen: Debian 12, wireguard-go 0.0.20220316-1+b4, wireguard-tools 1.0.20210914-1+b1.
# What one would think: who sets the endpoint of a peer to a better way that works moves both: the own packets take it at once, the
# peer follows as soon as one of them comes, and what was still on the old way changes nothing of note.
# What happens: each packet that comes by the old way sets the endpoint back to it. What is then sent to the old way sets the peer's
# back when it gets there, and his answers to it come by the old way again. With pings 20 ms apart and 40 ms each way one side's
# setting is undone within the next packets, and seconds later both are still on the old way; with no traffic the same setting moves
# both.
# So a program that moves a peer has to look and set again, and to be quicker in that than users' packets follow each other.
# Source: WireGuard's paper, section 2.1 (endpoints and roaming); wireguard-go device/receive.go, SetEndpointFromPacket.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
        --include='wireguard-go=0.0.20220316-1+b4 wireguard-tools=1.0.20210914-1+b1 iproute2=6.1.0-3 iputils-ping python3-minimal' \
        bookworm "$work/root" "${mirror:?apt knows no Debian mirror}"

# one 10.0.0.1 ===== 10.0.0.2 two, and past it a box at 10.0.0.9 that passes on datagrams, 40 ms late
cat >"$work/root/box.py" <<'END'
import heapq
import select
import socket
import time

left, right = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
left.bind(("10.0.0.9", 1001))
right.bind(("10.0.0.9", 1002))
late, number = [], 0
while True:
    wait = max(late[0][0] - time.monotonic(), 0) if late else None
    for sock in select.select([left, right], [], [], wait)[0]:
        number += 1
        to = (right, ("10.0.0.2", 51820)) if sock is left else (left, ("10.0.0.1", 51820))
        heapq.heappush(late, (time.monotonic() + 0.04, number, *to, sock.recv(2048)))
    while late and late[0][0] <= time.monotonic():
        _, _, sock, address, data = heapq.heappop(late)
        sock.sendto(data, address)
END
cat >"$work/root/net.sh" <<'END'
for name in one two box; do
        ip netns add $name
done
ip link add lan netns box type bridge
ip -n box address add 10.0.0.9/24 dev lan
ip -n box link set lan up
for name in one two; do
        ip link add $name netns box type veth peer name eth0 netns $name
        ip -n box link set $name master lan up
        ip -n $name link set eth0 up
        (umask 077; wg genkey >/run/$name.key)
done
ip -n one address add 10.0.0.1/24 dev eth0
ip -n two address add 10.0.0.2/24 dev eth0
ip netns exec box python3 /box.py &
for name in one two; do
        ip netns exec $name env WG_PROCESS_FOREGROUND=1 wireguard-go wg-$name >/run/$name.log 2>&1 &
        until [ -S /run/wireguard/wg-$name.sock ]; do :; done
done
peer() { # NAME OTHER OWN-ADDRESS OTHERS-ADDRESS OLD-WAY
        wg set wg-$1 listen-port 51820 private-key /run/$1.key peer "$(wg pubkey </run/$2.key)" allowed-ips $4/32 endpoint $5
        ip -n $1 address add $3/24 dev wg-$1
        ip -n $1 link set wg-$1 up
}
peer one two 10.1.0.1 10.1.0.2 10.0.0.9:1001
peer two one 10.1.0.2 10.1.0.1 10.0.0.9:1002
END
# The way of both, three seconds after one of them was set.
cat >"$work/root/try.sh" <<'END'
way() {
        wg show wg-$1 endpoints | cut -f2 | sed 's/10.0.0.9:.*/old/; s/10.0.0.[12]:.*/new/'
}
[ "$1" = without ] || ip netns exec one ping -q -i 0.02 10.1.0.2 >/dev/null &
ip netns exec one ping -q -c 10 -i 0.1 10.1.0.2 >/dev/null
for round in 1 2 3; do
        wg set wg-one peer "$(wg pubkey </run/two.key)" endpoint 10.0.0.9:1001
        wg set wg-two peer "$(wg pubkey </run/one.key)" endpoint 10.0.0.9:1002
        ip netns exec one ping -q -c 2 -i 0.5 10.1.0.2 >/dev/null
        wg set wg-one peer "$(wg pubkey </run/two.key)" endpoint 10.0.0.2:51820
        ip netns exec one ping -q -c 2 -i 1.5 10.1.0.2 >/dev/null
        sleep 1.5
        echo "$1 traffic: one $(way one), two $(way two)"
done
END

# shellcheck disable=SC2016  # the inner shell's own
seen=$(unshare --net --mount --pid --fork --kill-child sh -ec '
        mount --bind "$1" "$1"
        mount -t proc proc "$1/proc"
        mount -t tmpfs tmpfs "$1/run"
        mount -t tmpfs tmpfs "$1/dev"
        mkdir "$1/dev/net"
        for device in net/tun null urandom; do : >"$1/dev/$device"; mount --bind "/dev/$device" "$1/dev/$device"; done
        exec chroot "$1" sh -ec ". /net.sh; sh /try.sh without; sh /try.sh under"' sh "$work/root")
printf '%s\n' "$seen"
# Chance may end it sooner.
[ "$(grep -c '^without traffic: one new, two new' <<<"$seen")" -eq 3 ]
[ "$(grep -c '^under traffic: one old, two old' <<<"$seen")" -ge 2 ]
