#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The root that a VPN service of NetworkManager's runs as may give no file to a group, but may make one of that group.
#
# Seen: Debian 12, network-manager 1.42.4-1+deb12u1.
# What one would think: the program of a VPN plugin is started as root and does as root does, by hand and in its tests; so it can write a
# file for the group of another daemon with chown(2), as an installer does.
# What happens: it is a child of NetworkManager's, and has what NetworkManager.service leaves that in CapabilityBoundingSet=. CAP_CHOWN is not
# in it, and CAP_DAC_OVERRIDE, CAP_SETGID and CAP_SETUID are: it can write anywhere and become anybody, but chown() and chgrp(1) say
# "Operation not permitted". What is made with another effective group is that group's.
# Source: NetworkManager, data/NetworkManager.service.in; src/core/vpn/nm-vpn-connection.c (nm_vpn_service_daemon_exec); capabilities(7).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
        --include='network-manager=1.42.4-1+deb12u1 libnm0=1.42.4-1+deb12u1 dbus-daemon libglib2.0-bin iproute2' \
        bookworm "$work/root" "${mirror:?apt knows no Debian mirror}"

cat >"$work/root/etc/NetworkManager/NetworkManager.conf" <<'END'
[main]
plugins=keyfile
dns=none
auth-polkit=root-only
no-auto-default=*
END
cat >"$work/root/usr/lib/NetworkManager/VPN/example.name" <<'END'
[VPN Connection]
name=example
service=org.freedesktop.NetworkManager.example
program=/usr/bin/example
END
cat >"$work/root/usr/bin/example" <<'END'
#!/bin/sh
{
        echo "user $(id -u)"
        : >/run/given
        echo "chgrp: $(chgrp nogroup /run/given 2>&1 | sed 's/.*: //')"
        setpriv --regid=nogroup --clear-groups sh -c ': >/run/made'
        stat -c '%n is of the group %G' /run/given /run/made
} >/run/said.new 2>&1
mv /run/said.new /run/said
END
chmod +x "$work/root/usr/bin/example"
# As systemd starts it.
bounds=$(sed -n 's/^CapabilityBoundingSet=//p' "$work/root/lib/systemd/system/NetworkManager.service" | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
cat >"$work/root/vpn.sh" <<'END'
mkdir /run/dbus
ip link set lo up
ip link add lan type veth peer name lan-peer
ip link set lan-peer up
dbus-daemon --system --fork --nopidfile
setpriv --bounding-set="-all,$1" NetworkManager --no-daemon >/dev/null 2>&1 &
gdbus wait --system --timeout 60 org.freedesktop.NetworkManager
{
        nmcli connection add type ethernet con-name base ifname lan autoconnect no \
                ipv4.method manual ipv4.addresses 192.0.2.2/24 ipv4.gateway 192.0.2.1 ipv6.method disabled
        nmcli --wait 60 connection up base
        nmcli connection add type vpn con-name vpn autoconnect no vpn-type org.freedesktop.NetworkManager.example
        nmcli --wait 0 connection up vpn
} >/dev/null
until [ -e /run/said ]; do :; done
cat /run/said
END

# shellcheck disable=SC2016  # the inner shell's own
seen=$(timeout 120 unshare --net --mount --pid --fork --kill-child sh -ec '
        mount -t proc proc "$1/proc"
        mount -t sysfs -o ro sysfs "$1/sys"
        mount -t tmpfs tmpfs "$1/run"
        exec chroot "$1" sh -e /vpn.sh "$2"' sh "$work/root" "$bounds")
printf '%s\n' "$seen"
[ "$seen" = 'user 0
chgrp: Operation not permitted
/run/given is of the group root
/run/made is of the group nogroup' ]
