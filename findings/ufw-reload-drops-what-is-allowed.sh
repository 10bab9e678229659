#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `ufw reload` drops packets of ports that are allowed before and after it, and of connections that are established.
#
# Seen: Debian 12, ufw 0.36.2-1, iptables 1.8.9-2.
# What one would think: a reload puts the rules as they are now in the place of those that were, as `iptables-restore` and
# `nft -f` do it in one step and as `firewall-cmd --reload` does it: what both allow is never dropped. ufw(8) says "reloads firewall".
# What happens: ufw stops and starts. Stopping flushes its some thirty chains one by one, a program each, while the policy of INPUT is
# still DROP: from the chain with the accepts on until the policy is ACCEPT all that comes in is dropped, half a second and more of
# a flow of 50 packets a second. TCP sends again; a call, a game or a tunnel has a hole, and a heartbeat may miss its time.
# `ufw allow` and `ufw delete` put single rules in and out and lose nothing.
# Source: ufw, src/ufw-init-functions (ufw_stop, delete_chains, chains_command), called by UFWFrontend.set_enabled and "reload".
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
        --include='ufw=0.36.2-1 iptables=1.8.9-2 iproute2=6.1.0-3 python3-minimal' \
        bookworm "$work/root" "${mirror:?apt knows no Debian mirror}"

# What goes out 50 times a second comes back, until /run/stop is there; the last ones may still be on their way.
cat >"$work/root/flow.py" <<'END'
import os
import socket
import sys
import time

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if sys.argv[1] == "echo":
    sock.bind(("10.0.0.1", 51820))
    open("/run/bound", "w").close()
    while True:
        data, sender = sock.recvfrom(100)
        sock.sendto(data, sender)
sock.connect(("10.0.0.1", 51820))
sent, back, begun = 0, set(), time.monotonic()
while not os.path.exists("/run/stop"):
    sock.send(b"%d" % sent)
    sent += 1
    while (left := begun + sent / 50 - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            back.add(int(sock.recv(100)))
        except TimeoutError:
            pass
    open("/run/flows", "w").close()
print(max(back) - len(back) + 1, flush=True)
END
cat >"$work/root/try.sh" <<'END'
ip link set lo up
ip netns add other
ip link add lan type veth peer name eth0 netns other
ip address add 10.0.0.1/24 dev lan
ip link set lan up
ip -n other address add 10.0.0.2/24 dev eth0
ip -n other link set eth0 up
ufw allow 51820/udp >/dev/null
ufw --force enable >/dev/null
python3 /flow.py echo &
until [ -e /run/bound ]; do :; done
under() { # what is lost of a flow while a command runs
        rm -f /run/stop /run/flows
        ip netns exec other python3 /flow.py send >/run/lost &
        flow=$!
        until [ -e /run/flows ]; do :; done
        "$@" >/dev/null
        touch /run/stop
        wait $flow
        echo "$*: $(cat /run/lost) lost"
}
for round in 1 2 3; do
        under ufw allow "$round/udp"
        under ufw reload
done
END

# shellcheck disable=SC2016  # the inner shell's own
seen=$(unshare --net --mount --pid --fork --kill-child sh -ec '
        mount --bind "$1" "$1"
        mount -t proc proc "$1/proc"
        mount -t tmpfs tmpfs "$1/run"
        mount -t tmpfs tmpfs "$1/dev"
        for device in null urandom; do : >"$1/dev/$device"; mount --bind "/dev/$device" "$1/dev/$device"; done
        exec chroot "$1" sh -e /try.sh' sh "$work/root")
printf '%s\n' "$seen"
[ "$(grep -c '^ufw allow ./udp: 0 lost$' <<<"$seen")" -eq 3 ]
[ "$(grep -c '^ufw reload: [1-9][0-9]* lost$' <<<"$seen")" -eq 3 ]
