/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of a mesh that a VPN connection carries, for libnss_wattle, while the VPN is up. The
 * programs of root and of other users look them up as well, so they are there for a connection of
 * the whole host alone, which takes polkit's org.freedesktop.NetworkManager.settings.modify.system
 * to make: who may that can give the host any name server. */
#pragma once

#include <NetworkManager.h>

#include "common/fileset.h"
#include "common/view.h"

/* Into a set that is initialized: nothing, if the connection is some users' alone, or the module is
 * not installed. uuid is that of the link. */
void wattle_vpn_names_plan(NMConnection *vpn, int root_fd, const WattleView *view, const char *uuid,
                           WattleFileset *ret);

/* Puts the file in place; of an empty set what an earlier start has left goes. Whether there is
 * something to end goes to *ret. */
gboolean wattle_vpn_names_begin(int root_fd, const char *uuid, const WattleFileset *names,
                                gboolean *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes the file away, if there is one. */
void wattle_vpn_names_end(int root_fd, const char *uuid);
