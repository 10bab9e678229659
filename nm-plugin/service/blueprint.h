/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the link of a VPN connection is to be: all that is decided before NetworkManager is asked
 * for anything. */
#pragma once

#include <NetworkManager.h>

#include "common/report.h"

/* A connection of type wireguard, with the private key, for a VPN connection of type wattle. It is
 * called as that one with " (link)", and goes where it goes: users, firewall zone, metered or not.
 * root_fd stands for "/". NULL with errors in the report, none of which has a secret in it;
 * *ret_lacks_key then tells whether all but the private key was there. */
NMConnection *wattle_blueprint_new(NMConnection *vpn, int root_fd, WattleReport *report,
                                   gboolean *ret_lacks_key) G_GNUC_WARN_UNUSED_RESULT;
