#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# c-ares takes a name server at a link-local address written one way on Debian 12, and only the other way on Debian 13, where the first is
# taken with success and dropped.
#
# Seen: libc-ares2 1.18.1-3 of Debian 12 and libcares2 1.34.9-1~deb13u1 of Debian 13.
# What one would think: routers announce link-local name servers (RFC 8106), resolv.conf(5) and NetworkManager write them as
# fe80::1%eth0, and ares_set_servers_ports_csv() takes that, then as now: its name, its manual and the soname are the same.
# What happens: 1.18 knows no scope and refuses it (ARES_EBADSTR, 17), with all other servers of the list; without the scope it takes it,
# and the caller's socket has to know the link. 1.34 wants the scope. Without it the call succeeds, and the server is not in the list:
# of a list of nothing else, none is left to ask.
# Source: c-ares, src/lib/ares_options.c (1.18: set_servers_csv), src/lib/ares_update_servers.c (1.34: ares_sconfig_append).
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck disable=SC2016  # these are words of apt's, not the shell's
mirror=$(apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 == "main" && $1 ~ /\/debian\/?$/ { print $1; exit }')
apt-config dump | grep -E '^Acquire::(http|https|Check-Valid-Until|Check-Date)' >"$work/apt.conf" || :

cat >"$work/servers.py" <<'END'
import ctypes
ares = ctypes.CDLL("libcares.so.2")
ares.ares_library_init(1)
for server in (b"fe80::1", b"fe80::1%lo", b"192.0.2.1"):
    channel, listed = ctypes.c_void_p(), ctypes.c_void_p()
    assert ares.ares_init(ctypes.byref(channel)) == 0
    taken = ares.ares_set_servers_ports_csv(channel, server)
    assert ares.ares_get_servers_ports(channel, ctypes.byref(listed)) == 0
    print(server.decode(), f"is refused ({taken})" if taken != 0 else "is a server" if listed.value else "is taken, and no server")
END

look() {
        DEBIAN_FRONTEND=noninteractive mmdebstrap --quiet --variant=essential --aptopt="$work/apt.conf" \
                --include="python3-minimal libpython3-stdlib $2" "$1" "$work/$1" "${mirror:?apt knows no Debian mirror}"
        cp "$work/servers.py" "$work/$1/"
        chroot "$work/$1" python3 /servers.py
}
old=$(look bookworm libc-ares2=1.18.1-3)
printf '1.18:\n%s\n' "$old"
new=$(look trixie libcares2=1.34.9-1~deb13u1)
printf '1.34:\n%s\n' "$new"
[ "$old" = 'fe80::1 is a server
fe80::1%lo is refused (17)
192.0.2.1 is a server' ]
[ "$new" = 'fe80::1 is taken, and no server
fe80::1%lo is a server
192.0.2.1 is a server' ]
