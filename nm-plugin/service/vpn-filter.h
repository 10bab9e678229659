/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host does for a mesh that a VPN connection carries, and for an installed one by files and
 * udev: the packet filter and the word to the host's firewall are wattle-filter's, whose unit is
 * started by the UUID of the link and ends with the interface; settings of the kernel are set. */
#pragma once

#include <gio/gio.h>

#include "common/fileset.h"
#include "common/render.h"

/* Puts the files in place, and has systemd start the unit, or read them anew. Nothing waits for it.
 * Of an empty set what an earlier start has left goes. Whether there is something to hold goes to
 * *ret. */
gboolean wattle_vpn_filter_begin(GDBusConnection *bus, int root_fd, const char *uuid,
                                 const WattleFileset *files, gboolean *ret,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The interface is up: if the unit ended with one before it, it starts again. */
void wattle_vpn_filter_ensure(GDBusConnection *bus, const char *uuid);

/* Takes the files away and has the unit stopped, if there are files. */
void wattle_vpn_filter_end(GDBusConnection *bus, int root_fd, const char *uuid);

/* Sets those that a reverse path filter looks at; the interface must be there. */
gboolean wattle_vpn_filter_set_sysctls(int root_fd, const WattleSysctl *sysctls, guint n,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
