#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# NetworkManager calls a VPN whose service names no gateway invalid, and routes one that names 127.0.0.1 by the next router.
#
# Seen: Debian 12, network-manager 1.42.4-1+deb12u1; the same with 1.52.1-1 of Debian 13.
# What one would think: a mesh has no server, so its service leaves "gateway" out of the Config signal, as it may leave out all
# else but the device: has-ip4 and has-ip6 can be false, and mtu, banner and proxy are not needed either. And if there has to
# be one, then a loopback address is as good as none.
# What happens: without it the activation fails with "The VPN service returned invalid configuration", and NetworkManager's
# log alone says what is missing. Nobody asks whether the address is of use: it gets a route past the tunnel, by the router of
# the connection below, and that router one of its own; 127.0.0.1 does, and so does ::1 where that connection has IPv6. What
# satisfies the check and does no more is a link-local address, to which there is a route already, or any address where the
# profile says ipv4.auto-route-ext-gw=no, or ipv6's.
# Source: NetworkManager, src/core/vpn/nm-vpn-connection.c (where it logs "no VPN gateway address received").
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
        --include='network-manager=1.42.4-1+deb12u1 libnm0=1.42.4-1+deb12u1 dbus-daemon libglib2.0-bin python3-gi iproute2' \
        bookworm "$work/root" "${mirror:?apt knows no Debian mirror}"

cat >"$work/root/etc/NetworkManager/NetworkManager.conf" <<'END'
[main]
plugins=keyfile
dns=none
auth-polkit=root-only
no-auto-default=*
[device-mesh]
match-device=interface-name:mesh
managed=0
END
cat >"$work/root/usr/lib/NetworkManager/VPN/example.name" <<'END'
[VPN Connection]
name=example
service=org.freedesktop.NetworkManager.example
program=/usr/bin/example
END
cat >"$work/root/usr/share/dbus-1/system.d/example.conf" <<'END'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <policy user="root">
    <allow own="org.freedesktop.NetworkManager.example"/>
    <allow send_destination="org.freedesktop.NetworkManager.example"/>
  </policy>
</busconfig>
END
# The service: its device is there, and it answers every connect with a Config that has the gateway that the profile names.
cat >"$work/root/usr/bin/example" <<'END'
#!/usr/bin/python3
import socket
import sys

from gi.repository import Gio, GLib

NAME = "org.freedesktop.NetworkManager.example"
PATH = "/org/freedesktop/NetworkManager/VPN/Plugin"
INTERFACE = "org.freedesktop.NetworkManager.VPN.Plugin"
INIT, STARTING, STARTED, STOPPED = 1, 3, 4, 6
XML = f"""
<node><interface name='{INTERFACE}'>
  <method name='Connect'><arg type='a{{sa{{sv}}}}' direction='in'/></method>
  <method name='ConnectInteractive'>
    <arg type='a{{sa{{sv}}}}' direction='in'/><arg type='a{{sv}}' direction='in'/>
  </method>
  <method name='NeedSecrets'><arg type='a{{sa{{sv}}}}' direction='in'/><arg type='s' direction='out'/></method>
  <method name='Disconnect'/>
  <property name='State' type='u' access='read'/>
</interface></node>"""


def emit(bus, signal, types, value):
    bus.emit_signal(None, PATH, INTERFACE, signal, GLib.Variant(types, (value,)))


def connect(bus, gateway):
    config = {"tundev": GLib.Variant("s", "mesh"), "has-ip4": GLib.Variant("b", False), "has-ip6": GLib.Variant("b", False)}
    if ":" in gateway:
        config["gateway"] = GLib.Variant("ay", socket.inet_pton(socket.AF_INET6, gateway))
    elif gateway != "none":
        config["gateway"] = GLib.Variant("u", int.from_bytes(socket.inet_aton(gateway), sys.byteorder))
    emit(bus, "StateChanged", "(u)", STARTING)
    emit(bus, "Config", "(a{sv})", config)
    emit(bus, "StateChanged", "(u)", STARTED)


def called(bus, _sender, _path, _interface, method, arguments, invocation):
    invocation.return_value(GLib.Variant("(s)", ("",)) if method == "NeedSecrets" else None)
    if method.startswith("Connect"):
        GLib.idle_add(connect, bus, arguments.unpack()[0]["vpn"]["data"]["gateway"])
    elif method == "Disconnect":
        emit(bus, "StateChanged", "(u)", STOPPED)


def ready(bus, _name):
    interface = Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0]
    bus.register_object(PATH, interface, called, lambda *_: GLib.Variant("u", INIT), None)


Gio.bus_own_name(Gio.BusType.SYSTEM, NAME, Gio.BusNameOwnerFlags.NONE, ready, None, None)
GLib.MainLoop().run()
END
chmod +x "$work/root/usr/bin/example"
cat >"$work/root/vpn.sh" <<'END'
mkdir /run/dbus
ip link set lo up
for name in lan mesh; do
        ip link add $name type veth peer name $name-peer
        ip link set $name-peer up
done
dbus-daemon --system --fork --nopidfile
NetworkManager --no-daemon >/dev/null 2>&1 &
gdbus wait --system --timeout 60 org.freedesktop.NetworkManager
nmcli connection add type ethernet con-name base ifname lan autoconnect no \
        ipv4.method manual ipv4.addresses 192.0.2.2/24 ipv4.gateway 192.0.2.1 \
        ipv6.method manual ipv6.addresses 2001:db8::2/64 ipv6.gateway 2001:db8::1 >/dev/null
nmcli connection up base >/dev/null
try()
{
        name=$1
        gateway=$2
        shift 2
        nmcli connection add type vpn con-name "$name" vpn-type example ifname -- vpn.data "gateway=$gateway" "$@" >/dev/null
        if said=$(nmcli connection up "$name" 2>&1); then
                echo "$name: up$(routes | grep -vxFf /before | sed 's/ *metric.*//; s/^/, /' | tr -d '\n')"
                nmcli connection down "$name" >/dev/null
        else
                echo "$name: $said" | sed q
        fi
}

routes()
{
        ip route show dev lan proto static
        ip -6 route show dev lan proto static
}

routes >/before
try none none
try loopback4 127.0.0.1
try loopback6 ::1
try link-local fe80::1
try loopback4-alone 127.0.0.1 ipv4.auto-route-ext-gw no
try loopback6-alone ::1 ipv6.auto-route-ext-gw no
END

# shellcheck disable=SC2016  # the inner shell's own
seen=$(unshare --net --mount --pid --fork --kill-child sh -ec '
        mount -t proc proc "$1/proc"
        mount -t sysfs -o ro sysfs "$1/sys"
        mount -t tmpfs tmpfs "$1/run"
        exec chroot "$1" sh -e /vpn.sh' sh "$work/root")
printf '%s\n' "$seen"
[ "$seen" = 'none: Error: Connection activation failed: The VPN service returned invalid configuration
loopback4: up, 127.0.0.1 via 192.0.2.1, 192.0.2.1 scope link
loopback6: up, ::1 via 2001:db8::1, 2001:db8::1
link-local: up
loopback4-alone: up
loopback6-alone: up' ]
