/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks out for the members of one mesh on this host's LANs, and shows itself to them. hints.h
 * decides what is believed. */
#pragma once

#include "common/local.h"
#include "daemon/surroundings.h"
#include "daemon/talk/herald.h"

typedef struct WattleLookout WattleLookout;

/* A member may be at an address that is new among wattle_hints_list(). */
typedef void (*WattleSighted)(WattleMember *member, gpointer data);

/* The interface as it is now: by what members are asked, and whose packets go to them. prober is
 * borrowed; NULL: it is away. */
typedef struct {
        WattleProber *prober;
        guint32 ifindex, fwmark;
        guint16 listen_port;
} WattleLookoutTunnel;

/* roster and herald are borrowed. */
WattleLookout *wattle_lookout_new(WattleSurroundings *around, const WattleRoster *roster,
                                  WattleHerald *herald, WattleSighted sighted, gpointer data);
void wattle_lookout_free(WattleLookout *lookout);

/* With a tunnel and Discovery= it begins, else it ends. */
void wattle_lookout_use(WattleLookout *lookout, const WattleLookoutTunnel *tunnel,
                        WattleDiscovery discovery);

/* A member said that, also while nobody looks out: its keys are of use later. */
void wattle_lookout_told(WattleMember *member, const WattleHello *hello);

/* A member asks that, or answers, and may have an answer (wattle_member_may_answer()). */
void wattle_lookout_asked(WattleLookout *lookout, WattleMember *member,
                          const WattleSighting *sighting);
