/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The questions to relays that are under way: which relay is asked for which peer, how often, and
 * when the next one is. In a mesh without a relay they go to those that introduce two others, and a
 * relay is one of these. Pure: pairer.h sends. */
#pragma once

#include "daemon/roster.h"

/* Of a mesh's relays so many are asked for a pair, one after the other. */
#define WATTLE_PAIRINGS_MAX_RELAYS 3

typedef struct {
        WattleKey peer;
        WattleKey relays[WATTLE_PAIRINGS_MAX_RELAYS];
        guint n_relays;
        guint asked; /* how often, of them all */
        gint64 due_us;
} WattlePairingQuestion;

/* The relays for the pair in the order in which both of it ask them (rendezvous hashing: of each
 * relay and the pair's keys a number, the highest first), without those that are retiring; the one
 * whose port the pair has now stands in front. If there is none, and nobody can call either of the
 * pair, those that introduce. Returns how many. */
guint wattle_pairings_relays(const WattleRoster *roster, const WattleMember *peer,
                             WattleKey ret[WATTLE_PAIRINGS_MAX_RELAYS]);

/* Begins; list is of WattlePairingQuestion. FALSE if it has begun already, or there is no relay. */
gboolean wattle_pairings_begin(GArray *list, const WattleRoster *roster, const WattleMember *peer,
                               gint64 now_us);

/* The relay that is to be asked now for a peer, which then counts as asked: each three times within
 * 900 ms, the next one 600 ms later. FALSE: none is due. A question that all were asked is gone. */
gboolean wattle_pairings_next(GArray *list, gint64 now_us, WattleKey *ret_relay,
                              WattleKey *ret_peer);

/* That relay said yes or no. */
void wattle_pairings_answered(GArray *list, const WattleKey *relay, const WattleKey *peer,
                              gboolean yes, gint64 now_us);

/* When wattle_pairings_next() has something; G_MAXINT64: never. */
gint64 wattle_pairings_due_us(const GArray *list);
