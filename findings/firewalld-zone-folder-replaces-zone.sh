#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A file in /etc/firewalld/zones/public/ adds nothing to the zone public: it takes its place, and ssh is closed.
#
# Seen: Debian 12, firewalld 1.3.3-1~deb12u2; the same with 2.3.1-1+deb13u1 of Debian 13.
# What one would think: a folder with a zone's name, whose files firewalld reads, is for drop-ins: a package puts a file with its
# port there, and the port is open beside all that was. Were it not so, --check-config would have something to say.
# What happens: the files of the folder are put together into one zone, and this one stands at runtime for the public.xml of
# /usr/lib and of /etc: after a reload services, ssh among them, and forwarding are gone. --check-config is content, and
# --permanent still lists ssh in public, for there the file is another zone, "public/vpn". So who looks up why ssh is closed
# finds that it is not.
# What adds a port to a zone is a service that the zone names, or a policy.
# Source: firewalld, src/firewall/core/fw.py (combined_zones, added to the runtime after the zones that have their name) and
# src/firewall/core/io/zone.py (combine).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
        --include='firewalld=1.3.3-1~deb12u2 python3-firewall=1.3.3-1~deb12u2 iptables dbus-daemon libglib2.0-bin' \
        bookworm "$work/root" "${mirror:?apt knows no Debian mirror}"

cat >"$work/root/vpn.xml" <<'END'
<?xml version="1.0" encoding="utf-8"?>
<zone>
  <port port="51820" protocol="udp"/>
</zone>
END
cat >"$work/root/zone.sh" <<'END'
show()
{
        echo "$1: $(firewall-cmd --zone=public --list-services), ports $(firewall-cmd --zone=public --list-ports)," \
                "forward $(firewall-cmd --zone=public --query-forward)"
}

mkdir /run/dbus
dbus-daemon --system --fork --nopidfile
firewalld --nofork >/dev/null 2>&1 &
gdbus wait --system --timeout 60 org.fedoraproject.FirewallD1
show before
mkdir /etc/firewalld/zones/public
mv /vpn.xml /etc/firewalld/zones/public/
echo "check: $(firewall-cmd --check-config), reload: $(firewall-cmd --reload)"
show after || :
echo "permanent: $(firewall-cmd --permanent --zone=public --list-services)"
END

# shellcheck disable=SC2016  # the inner shell's own
seen=$(unshare --net --mount --pid --fork --kill-child sh -ec '
        mount -t proc proc "$1/proc"
        mount -t tmpfs tmpfs "$1/run"
        exec chroot "$1" sh -e /zone.sh' sh "$work/root")
printf '%s\n' "$seen"
[ "$seen" = 'before: dhcpv6-client ssh, ports , forward yes
check: success, reload: success
after: , ports 51820/udp, forward no
permanent: dhcpv6-client ssh' ]
