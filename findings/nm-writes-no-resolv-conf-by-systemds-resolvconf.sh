#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Where the package systemd-resolved is installed and not in use, NetworkManager writes name servers nowhere.
#
# Seen: Debian 12, network-manager 1.42.4-1+deb12u1 and systemd-resolved 252.39-1~deb12u2.
# What one would think: who stops and disables systemd-resolved and makes /etc/resolv.conf a plain file again has what was there
# before: NetworkManager writes the name servers of its connections to that file. It does so where the package is not installed.
# What happens: the package also brings /usr/sbin/resolvconf, a link to resolvectl. NetworkManager sees one and takes it for the
# way to write resolv.conf(5), but calls it with "NetworkManager" for the name of an interface, which resolvectl looks for among
# those of the kernel. So it fails, with a warning in the log and nowhere else; the connection is up, and resolv.conf stays as it
# was. Removing the package mends it, as does rc-manager=file in NetworkManager.conf(5).
# Source: NetworkManager, src/core/dns/nm-dns-manager.c (dispatch_resolvconf); systemd, src/resolve/resolvconf-compat.c.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
        --include='network-manager=1.42.4-1+deb12u1 systemd-resolved dbus-daemon dbus-system-bus-common iproute2' \
        bookworm "$work/root" "${mirror:?apt knows no Debian mirror}"

cat >"$work/root/etc/NetworkManager/NetworkManager.conf" <<'END'
[main]
plugins=keyfile
auth-polkit=root-only
no-auto-default=*
END
cat >"$work/root/etc/NetworkManager/system-connections/lan.nmconnection" <<'END'
[connection]
id=lan
uuid=5f2f4b0e-4f0d-4c39-8a3c-2b8f1a6d1f10
type=ethernet
interface-name=lan
[ipv4]
method=manual
address1=192.0.2.9/24
dns=192.0.2.53;
[ipv6]
method=disabled
END
chmod 600 "$work/root/etc/NetworkManager/system-connections/lan.nmconnection"
rm -f "$work/root/etc/resolv.conf"
echo '# a plain file' >"$work/root/etc/resolv.conf"

look() {
        # shellcheck disable=SC2016  # the inner shell's own
        unshare --net --mount --pid --fork --kill-child sh -ec '
                mount -t proc proc "$1/proc"
                mount -t sysfs -o ro sysfs "$1/sys"
                mount -t tmpfs tmpfs "$1/run"
                exec chroot "$1" sh -ec "
                        mkdir /run/dbus
                        dbus-daemon --system --fork --nopidfile
                        ip link add lan type veth peer name far
                        ip link set far up
                        NetworkManager
                        nm-online -q -t 60
                        nmcli -g GENERAL.STATE device show lan
                        grep -o \"nameserver 192.0.2.53\" /etc/resolv.conf || echo no name server"' sh "$work/root"
}

installed=$(look)
printf 'installed, not running:\n%s\n' "$installed"
rm "$work/root/usr/sbin/resolvconf"
without=$(look)
printf 'without its resolvconf:\n%s\n' "$without"
[ "$installed" = '100 (connected)
no name server' ]
[ "$without" = '100 (connected)
nameserver 192.0.2.53' ]
