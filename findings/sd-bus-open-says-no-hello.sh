#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A connection that sd_bus_open_system() gave is dead after half a minute, if nothing was asked of the bus in that time.
#
# Seen: Debian 12, libsystemd 252.39-1~deb12u2 with dbus-daemon 1.14.10-1~deb12u1.
# What one would think: sd_bus_open_system() succeeded and sd_bus_is_open() says 1, so there is a connection; a program may do
# something else first (get a file, wait for a person) and use it then, as any socket that is open.
# What happens: opening only sends the first bytes of the authentication; its rest, and Hello(), wait for the first call that
# processes the bus. dbus-daemon drops a client that has not authenticated within auth_timeout (30 s by default; 1 s here, so
# that nobody waits), and the first call then fails with ENOTCONN or ECONNRESET. One sd_bus_get_unique_name() right after
# opening finishes the authentication, and the same wait does no harm.
# Source: systemd, src/libsystemd/sd-bus/sd-bus.c (sd_bus_start, bus_ensure_running) and bus-socket.c (bus_socket_start_auth);
# dbus, bus/connection.c (auth_timeout) and bus/config-parser.c (its default).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
        --include='dbus-daemon=1.14.10-1~deb12u1 libsystemd0=252.39-1~deb12u2 libsystemd-dev=252.39-1~deb12u2 gcc libc6-dev' \
        bookworm "$work/root" "${mirror:?apt knows no Debian mirror}"

cat >"$work/root/idle.c" <<'END'
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

int main(int argc, char **argv)
{
        int hello_first = argc > 1 && strcmp(argv[1], "hello") == 0, opened, is_open, dropped, called;
        const char *name;
        sd_bus *bus = NULL;

        opened = sd_bus_open_system(&bus);
        is_open = sd_bus_is_open(bus);
        if (hello_first && sd_bus_get_unique_name(bus, &name) < 0)
                return 1;
        /* Until the bus closes its end, and three times its limit at most. */
        dropped = poll(&(struct pollfd){ sd_bus_get_fd(bus), POLLRDHUP, 0 }, 1, 3000);
        called = sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId", NULL, NULL,
                                    NULL);
        printf("opened %d, open %d, dropped %d, call %s\n", opened, is_open, dropped, called < 0 ? strerrorname_np(-called) : "works");
        return 0;
}
END
cat >"$work/root/bus.conf" <<'END'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=/bus</listen>
  <auth>EXTERNAL</auth>
  <limit name="auth_timeout">1000</limit>
  <policy context="default"><allow user="*"/><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
END

seen=$(unshare --pid --fork --kill-child --mount-proc chroot "$work/root" sh -ec '
        gcc -o /idle /idle.c -lsystemd
        dbus-daemon --config-file=/bus.conf --fork --nopidfile --print-address >/dev/null
        export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/bus
        /idle
        /idle hello')
printf '%s\n' "$seen"
# Which of the two errors it is hangs on what the kernel saw first.
for gone in ENOTCONN ECONNRESET EPIPE; do
        seen=${seen/$gone/GONE}
done
[ "$seen" = 'opened 0, open 1, dropped 1, call GONE
opened 0, open 1, dropped 0, call works' ]
