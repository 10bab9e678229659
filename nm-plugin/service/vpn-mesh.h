/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mesh that a VPN connection carries, handed on to wattled while the VPN is up: that moves the
 * endpoints of its peers as it does for an installed one. It has no secret in it, but is for the
 * group of wattled alone, for the connection may be one user's. */
#pragma once

#include <gio/gio.h>

#include "common/fileset.h"
#include "common/sys/load.h"

/* Into a set that is initialized: nothing but a warning, if the mesh is large. profile is the text
 * of the mesh, of which mesh was read; uuid is that of the link. */
void wattle_vpn_mesh_plan(const char *profile, const WattleMesh *mesh, const char *uuid,
                          WattleReport *report, WattleFileset *ret);

/* Once the interface is the link's: puts the files in place, in the place of all others for that
 * interface, where wattled looks for them, and has systemd start that; nothing waits for it. Of an
 * empty set what an earlier start has left goes. Whether there is something to end goes to *ret; a
 * host that has no group of wattled's has no wattled. */
gboolean wattle_vpn_mesh_begin(GDBusConnection *bus, int root_fd, const char *uuid,
                               const char *interface, const WattleFileset *files, gboolean *ret,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes the files away, if there are any: wattled sees that, and that the interface goes. */
void wattle_vpn_mesh_end(int root_fd, const char *uuid);
