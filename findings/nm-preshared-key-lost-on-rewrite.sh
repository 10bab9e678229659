#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# NetworkManager reads preshared-key= from a keyfile and drops it at the first change of anything; private-key= it keeps.
#
# Seen: Debian 12, network-manager 1.42.4-1+deb12u1; the same with 1.52.1-1 of Debian 13 and with 1.58.1.
# What one would think: a profile with private-key= and preshared-key=, and no -flags= of either, has both secrets stored in it:
# 0 is what flags are when none are given. What libnm has read and found valid, it writes again.
# What happens: the flags of a peer's preshared key begin as 4, not required, those of the private key as 0. Reading takes both
# secrets, whatever the flags say; writing leaves out each whose flags are not 0. So the tunnel works until somebody renames the
# profile, and from then on no handshake succeeds, for the other end still wants the key. With preshared-key-flags=0 it stays.
# Source: NetworkManager, src/libnm-core-impl/nm-setting-wireguard.c (nm_wireguard_peer_new) and nm-keyfile.c
# (_read_setting_wireguard_peer, _secret_flags_persist_secret).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
        --include='network-manager=1.42.4-1+deb12u1 libnm0=1.42.4-1+deb12u1 gir1.2-nm-1.0=1.42.4-1+deb12u1 python3-gi' \
        bookworm "$work/root" "${mirror:?apt knows no Debian mirror}"

cat >"$work/root/home.nmconnection" <<'END'
[connection]
id=home
uuid=0f1f2b9e-8f5e-4c43-9a35-2f4a2c1c7f10
type=wireguard
interface-name=home

[wireguard]
private-key=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHk8=

[wireguard-peer.ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=]
preshared-key=QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=
allowed-ips=10.0.0.2/32;

[ipv4]
method=disabled

[ipv6]
method=disabled
END
sed '/^preshared-key=/a preshared-key-flags=0' "$work/root/home.nmconnection" >"$work/root/flags.nmconnection"
cat >"$work/root/secrets.py" <<'END'
import sys

import gi

gi.require_version("NM", "1.0")
from gi.repository import GLib, NM

keyfile = GLib.KeyFile()
keyfile.load_from_file(sys.argv[1], GLib.KeyFileFlags.NONE)
profile = NM.keyfile_read(keyfile, "/", NM.KeyfileHandlerFlags.NONE, None, None)
wireguard = profile.get_setting_by_name("wireguard")
peer = wireguard.get_peer(0)
print(
    sys.argv[1],
    "valid," if profile.verify() else "invalid,",
    "private key" if wireguard.get_private_key() else "no private key",
    int(wireguard.get_private_key_flags()),
    "preshared key" if peer.get_preshared_key() else "no preshared key",
    int(peer.get_preshared_key_flags()),
)
END

# shellcheck disable=SC2016  # the inner shell's own
seen=$(chroot "$work/root" sh -ec '
        for name in home flags; do
                nmcli --offline connection modify connection.id office <$name.nmconnection >$name.renamed
                python3 secrets.py $name.nmconnection
                python3 secrets.py $name.renamed
        done')
printf '%s\n' "$seen"
[ "$seen" = 'home.nmconnection valid, private key 0 preshared key 4
home.renamed valid, private key 0 no preshared key 4
flags.nmconnection valid, private key 0 preshared key 0
flags.renamed valid, private key 0 preshared key 0' ]
