/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The profile of a connection that came of an invitation, and each newer one: the members that the
 * invitation has are asked, and what they give is taken if it is signed by whoever signed that. */
#pragma once

#include <NetworkManager.h>

#include "cli/update/offer.h"

typedef struct {
        char *mesh;
        WattleTrust trust;
        WattleLineage present; /* of the profile that the connection carries; Serial 0: none yet */
        guint64 floor;         /* no older one is taken */
        WattleKey self;        /* this device's public key */
        GArray *sources;       /* of WattleUpdateSource, in the order in which they are asked */
} WattleNewer;

/* Of a VPN connection for which there is a link. NULL: it came of no invitation. */
WattleNewer *wattle_newer_new(NMConnection *vpn);
void wattle_newer_free(WattleNewer *newer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleNewer, wattle_newer_free)

/* The text of a profile to take from now on; NULL with an error that says why there is none. offer
 * has text, signature and name. */
char *wattle_newer_judge(const WattleNewer *newer, WattleOffer *offer,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Asks, in a thread of its own for it waits: at most for three members, some seconds each. As
 * wattle_newer_judge(). */
char *wattle_newer_get(const WattleNewer *newer, GError **error) G_GNUC_WARN_UNUSED_RESULT;
