#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What NetworkManager offers on the bus as its DNS configuration has servers that it does not use.
#
# Seen: Debian 12, network-manager 1.42.4-1+deb12u1.
# What one would think: org.freedesktop.NetworkManager.DnsManager says in Configuration, by its manual "the current DNS configuration",
# which name servers are asked, so that who reads it knows what resolv.conf(5) has.
# What happens: a connection with a negative dns-priority, as a VPN that takes all names, silences those of all others: resolv.conf has
# its servers alone. Configuration has those of all connections as before, each with its priority, and nothing says which of them
# counts but that: one has to know the rule of nm-settings(5) and apply it. (It is handy for who wants the uplink's own server.)
# Source: NetworkManager, src/core/dns/nm-dns-manager.c (get_property of PROP_CONFIGURATION walks all configurations;
# _collect_resolv_conf_data leaves out what is behind a negative priority).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
        --include='network-manager=1.42.4-1+deb12u1 dbus-daemon dbus-bin dbus-system-bus-common iproute2' \
        bookworm "$work/root" "${mirror:?apt knows no Debian mirror}"

cat >"$work/root/etc/NetworkManager/NetworkManager.conf" <<'END'
[main]
plugins=keyfile
auth-polkit=root-only
no-auto-default=*
END

# NAME UUID ADDRESS SERVER PRIORITY
connection() {
        cat >"$work/root/etc/NetworkManager/system-connections/$1.nmconnection" <<END
[connection]
id=$1
uuid=$2
type=ethernet
interface-name=$1
[ipv4]
method=manual
address1=$3/24
dns=$4;
dns-priority=$5
[ipv6]
method=disabled
END
}
connection uplink 5f2f4b0e-4f0d-4c39-8a3c-2b8f1a6d1f11 192.0.2.9 192.0.2.53 100
connection tunnel 5f2f4b0e-4f0d-4c39-8a3c-2b8f1a6d1f12 198.51.100.9 198.51.100.53 -50
chmod 600 "$work/root/etc/NetworkManager/system-connections/"*
rm -f "$work/root/etc/resolv.conf"
: >"$work/root/etc/resolv.conf"

# shellcheck disable=SC2016  # the inner shell's own
seen=$(unshare --net --mount --pid --fork --kill-child sh -ec '
        mount -t proc proc "$1/proc"
        mount -t sysfs -o ro sysfs "$1/sys"
        mount -t tmpfs tmpfs "$1/run"
        exec chroot "$1" sh -ec "
                mkdir /run/dbus
                dbus-daemon --system --fork --nopidfile
                for name in uplink tunnel; do
                        ip link add \$name type veth peer name far-\$name
                        ip link set far-\$name up
                done
                NetworkManager
                nm-online -q -t 60
                until nmcli -g GENERAL.STATE device show uplink | grep -q ^100 && nmcli -g GENERAL.STATE device show tunnel | grep -q ^100; do :; done
                sed -n \"s/^nameserver/resolv.conf:/p\" /etc/resolv.conf
                dbus-send --system --print-reply --dest=org.freedesktop.NetworkManager /org/freedesktop/NetworkManager/DnsManager \
                        org.freedesktop.DBus.Properties.Get string:org.freedesktop.NetworkManager.DnsManager string:Configuration |
                        grep -oE \"(192.0.2|198.51.100).53|int32 -?[0-9]+\""' sh "$work/root")
printf '%s\n' "$seen"
[ "$seen" = 'resolv.conf: 198.51.100.53
198.51.100.53
int32 -50
192.0.2.53
int32 100' ]
