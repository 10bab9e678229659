#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# networkd puts the rules of a link that is down and waits for `networkctl up` in force; after up and down they are not.
#
# Seen: Debian 13, systemd 257.13-1~deb13u1. 252.39 of Debian 12 has the rules only while the link is up.
# What one would think: with ActivationPolicy=manual a tunnel is off until somebody turns it on, and its .network takes effect
# with it: addresses, routes and [RoutingPolicyRule]s come when it is up and go when it is down. Off is off.
# What happens: addresses and routes wait for the link, rules do not: they are in force from the moment networkd has the link,
# that is from boot. `down` takes them away with all the rest. So there are two ways to be off, with one file: a rule that
# refuses what the tunnel's own table has no route for, there to hold while the tunnel is on, cuts those addresses off from
# boot on, and turning the tunnel on and off mends it.
# Source: systemd, src/network/networkd-routing-policy-rule.c (routing_policy_rule_is_ready_to_configure) and
# src/network/networkd-route.c (route_is_ready_to_configure).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
        --include='systemd=257.13-1~deb13u1 dbus-daemon dbus-system-bus-common iproute2 python3-minimal' \
        trixie "$work/root" "${mirror:?apt knows no Debian mirror}"

# A veth pair stands for the tunnel, another one for the network the host is in, which networkd has no file for.
cat >"$work/root/etc/systemd/network/tunnel.netdev" <<'END'
[NetDev]
Name=tunnel
Kind=veth
[Peer]
Name=far
END
cat >"$work/root/etc/systemd/network/tunnel.network" <<'END'
[Match]
Name=tunnel
[Link]
ActivationPolicy=manual
[Network]
Address=10.9.0.1/24
LinkLocalAddressing=no
IPv6AcceptRA=no
[Route]
Destination=198.51.100.0/24
Table=4242
[RoutingPolicyRule]
Priority=100
To=198.51.100.0/24
Table=4242
[RoutingPolicyRule]
Priority=101
To=198.51.100.0/24
Type=unreachable
END
cat >"$work/root/watch.py" <<'END'
import socket
import subprocess

# Links, and addresses, routes and rules of IPv4.
GROUPS = 0x1 | 0x10 | 0x40 | 0x80


def ip(*args):
    done = subprocess.run(["ip", *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout


def wait(holds):
    """Until it holds: looks again after each change in the kernel, and gives up when none comes."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as changes:
        changes.bind((0, GROUPS))
        changes.settimeout(30)
        while not holds():
            changes.recv(65536)


def rules():
    return [line.split(":")[0] for line in ip("rule").splitlines() if "198.51.100.0/24" in line]


def show(what):
    way = ip("route", "get", "198.51.100.7")
    where = "unreachable" if "unreachable" in way else way.split(" dev ")[1].split()[0]
    routes = "198.51.100.0/24" in ip("route", "show", "table", "all")
    print(f"{what}: rules {' '.join(rules()) or 'none'}, route {'yes' if routes else 'no'}, 198.51.100.7: {where}")


ip("link", "add", "lan", "type", "veth", "peer", "name", "router")
for name in "lo", "lan", "router":
    ip("link", "set", name, "up")
ip("address", "add", "192.0.2.1/24", "dev", "lan")
ip("route", "add", "default", "via", "192.0.2.2")
show("before networkd")
networkd = subprocess.Popen(["/usr/lib/systemd/systemd-networkd"], stderr=subprocess.DEVNULL)
wait(lambda: len(rules()) == 2)
show("never up")
ip("link", "set", "far", "up")
ip("link", "set", "tunnel", "up")
wait(lambda: "198.51.100.0/24" in ip("route", "show", "table", "all"))
show("up")
ip("link", "set", "tunnel", "down")
wait(lambda: not rules())
show("down again")
networkd.terminate()
networkd.wait()
END

# shellcheck disable=SC2016  # the inner shell's own
seen=$(unshare --net --mount --pid --fork --kill-child sh -ec '
        mount -t proc proc "$1/proc"
        mount -t sysfs -o ro sysfs "$1/sys"
        mount -t tmpfs tmpfs "$1/run"
        exec chroot "$1" sh -ec "
                mkdir /run/dbus /run/systemd
                echo 00112233445566778899aabbccddeeff >/etc/machine-id
                dbus-daemon --system --fork --nopidfile
                python3 /watch.py"' sh "$work/root")
printf '%s\n' "$seen"
[ "$seen" = 'before networkd: rules none, route no, 198.51.100.7: lan
never up: rules 100 101, route no, 198.51.100.7: unreachable
up: rules 100 101, route yes, 198.51.100.7: tunnel
down again: rules none, route no, 198.51.100.7: lan' ]
