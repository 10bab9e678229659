/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a VPN connection is to bring about on this host: all that is decided before NetworkManager
 * or systemd is asked for anything. */
#pragma once

#include <NetworkManager.h>

#include "common/fileset.h"
#include "common/render.h"
#include "common/report.h"

typedef struct {
        NMConnection *link; /* of type wireguard, with the private key */
        /* What the files and settings of an installed mesh are, as far as it is one of its own: */
        WattleFileset files; /* for wattle-filter, by the UUID of the link */
        WattleFileset names; /* likewise, for libnss_wattle */
        WattleFileset mesh;  /* likewise, for wattled */
        gboolean looks_up;   /* it asks wattle-lookup, past the tunnel of an exit node */
        WattleSysctl sysctls[WATTLE_MAX_SYSCTLS];
        guint n_sysctls;
} WattleBlueprint;

void wattle_blueprint_clear(WattleBlueprint *blueprint);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleBlueprint, wattle_blueprint_clear)

/* Of a VPN connection of type wattle. The link is called as that one with " (link)", and goes where
 * it goes: users, firewall zone, metered or not. root_fd stands for "/"; ret must be zeroed, and is
 * to be cleared in any case. FALSE with errors in the report, none of which has a secret in it;
 * *ret_lacks_key then tells whether all but the private key was there. */
gboolean wattle_blueprint_make(NMConnection *vpn, int root_fd, WattleReport *report,
                               WattleBlueprint *ret,
                               gboolean *ret_lacks_key) G_GNUC_WARN_UNUSED_RESULT;
