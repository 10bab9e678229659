/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells the members of one mesh which text we run, hears it of them, and has wattle-update know of
 * a newer one. gossip.h decides. */
#pragma once

#include "daemon/surroundings.h"
#include "daemon/talk/gossip.h"

typedef struct WattleHerald WattleHerald;

/* mesh and roster are borrowed. */
WattleHerald *wattle_herald_new(WattleSurroundings *around, const WattleRoster *roster,
                                const char *mesh);
void wattle_herald_free(WattleHerald *herald);

/* The text that we run, after the roster has taken it. serial 0: it is not signed. */
void wattle_herald_set(WattleHerald *herald, const WattleHello *own);

/* Where we are on LANs, of WattleAddr; the first WATTLE_HELLO_MAX_LINKS count. */
void wattle_herald_set_links(WattleHerald *herald, const GArray *addresses);

/* By which keys our beacons are known; none: there are none. */
void wattle_herald_set_keys(WattleHerald *herald, const WattleBeaconKey *keys, guint n_keys);

/* Where a router passes on what comes for us; not set: none does. */
void wattle_herald_set_mapped(WattleHerald *herald, const WattleSocketAddr *mapped);

/* By what it speaks: borrowed; NULL while the interface is away. */
void wattle_herald_use(WattleHerald *herald, WattleProber *prober, guint16 listen_port);

/* We have an interface, are in another network, or have slept. */
void wattle_herald_arrive(WattleHerald *herald);

/* The kernel was read: members with a new session are told. */
void wattle_herald_sessions(WattleHerald *herald);

/* A member said that, and may have an answer (wattle_member_may_answer()). */
void wattle_herald_heard(WattleHerald *herald, WattleMember *member, const WattleHello *hello);
