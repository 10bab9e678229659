#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# To wg syncconf a file without PrivateKey= says "no private key", and a peer without PresharedKey= says "as it was".
#
# Seen: Debian 12, wireguard-tools 1.0.20210914-1+b1; the same with 1.0.20210914-3 of Debian 13. 1.0.20260223 differs in the
# second half: it clears the preshared key and the keepalive.
# What one would think: syncconf "only makes changes that are explicitly different between the configuration file and the
# interface", wg(8). So a file of [Peer]s alone, its key kept elsewhere, changes peers alone, as addconf with it does; or else
# what the file has not is unset, whatever it is, as setconf does: what they leave behind is the same.
# What happens: private key, port and mark that the file does not have become nothing, with exit status 0, and the tunnel has no
# key any more. The preshared key and the keepalive that a peer in the file does not have stay; setconf drops them, with the
# peer that had them. So once both ends have removed their PresharedKey= and synced, one by setconf, no handshake succeeds.
# What is synced has to be the whole file, and to say PersistentKeepalive = off and a PresharedKey = of zeros where is none.
# Source: wireguard-tools, src/config.c (config_read_init) and src/setconf.c (sync_conf).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
        --include='wireguard-tools=1.0.20210914-1+b1 python3-minimal' bookworm "$work/root" "${mirror:?apt knows no Debian mirror}"

# No kernel is asked: wg speaks to a socket of this name as to a WireGuard in user space. This is one that has a tunnel with
# all that a tunnel may have, does to it what one wg says, and shows what is left.
cat >"$work/root/tunnel.py" <<'END'
import os
import socket
import subprocess
import sys
import threading

PATH = "/var/run/wireguard/wg0.sock"
SHOWN = ("private_key", "listen_port", "fwmark", "preshared_key", "persistent_keepalive_interval")

device = {"private_key": "10" * 31 + "41", "listen_port": "51820", "fwmark": "7"}
peers = {"20" * 32: {"preshared_key": "30" * 32, "endpoint": "192.0.2.1:51820", "persistent_keepalive_interval": "25"}}


def text(values):
    return "".join(f"{key}={value}\n" for key, value in values.items())


def change(lines):
    values = device
    for key, value in (line.split("=", 1) for line in lines):
        if key == "replace_peers":
            peers.clear()
        elif key == "public_key":
            values = peers.setdefault(value, {})
        else:
            values[key] = value


def answer(stream):
    lines = list(iter(lambda: stream.readline().rstrip("\n"), ""))
    if not lines:
        return  # wg only looked whether anybody is here
    if lines[0] == "get=1":
        stream.write(text(device))
        for key, values in peers.items():
            stream.write(f"public_key={key}\n" + text(values))
    else:
        change(lines[1:])
    stream.write("errno=0\n\n")


def serve(listener):
    while True:
        connection, _ = listener.accept()
        with connection, connection.makefile("rw") as stream:
            answer(stream)


os.makedirs(os.path.dirname(PATH), exist_ok=True)
with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(PATH)
    listener.listen()
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    status = subprocess.run(["wg", sys.argv[1], "wg0", sys.argv[2]], timeout=30).returncode
os.unlink(PATH)
(peer,) = peers.values()
left = [key for key in SHOWN if int((device | peer).get(key, "0"), 16)]
print(f"{sys.argv[1]}: {status}, left:", " ".join(left) or "nothing")
END
cat >"$work/root/peers.conf" <<'END'
[Peer]
PublicKey = ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICA=
AllowedIPs = 10.0.0.2/32
END

seen=$(unshare --net --pid --fork --kill-child chroot "$work/root" sh -ec '
        python3 /tunnel.py addconf /peers.conf
        python3 /tunnel.py setconf /peers.conf
        python3 /tunnel.py syncconf /peers.conf')
printf '%s\n' "$seen"
[ "$seen" = 'addconf: 0, left: private_key listen_port fwmark preshared_key persistent_keepalive_interval
setconf: 0, left: nothing
syncconf: 0, left: preshared_key persistent_keepalive_interval' ]
