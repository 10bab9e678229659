/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On which links beacons are sent, from which addresses and when; and how many are heard there.
 * Pure: time and chance come in, beacons.h sends and hears. */
#pragma once

#include "daemon/links.h"

/* Places of a host, and links of it that are known. */
#define WATTLE_BEAT_MAX_PLACES 32

/* Beacons that are looked at on a link: after a burst of as many, so many a second. */
#define WATTLE_BEAT_HEARD_A_SECOND 20

/* A link that was away for so long may be another network. */
#define WATTLE_BEAT_AWAY_US (2 * G_USEC_PER_SEC)

/* A link, and the address of ours on it that beacons of one family come from. */
typedef struct {
        guint32 ifindex;
        WattleAddr from;
        gint64 began_us, sent_us; /* sent_us 0: never */
        guint n_sent;
        gint64 due_us;
} WattleBeatPlace;

typedef struct {
        guint32 ifindex;
        gboolean is_there;
        gint64 since_us, gone_us;
        gint64 hear_us; /* see wattle_beat_may_hear() */
} WattleBeatLink;

typedef struct {
        WattleBeatPlace places[WATTLE_BEAT_MAX_PLACES];
        guint n_places;
        WattleBeatLink links[WATTLE_BEAT_MAX_PLACES];
        guint n_links;
} WattleBeat;

/* Where beacons may go: links that are LANs, no mobile ones, no ports of a bridge, which has the
 * addresses itself. Of each link one address of each family: of IPv6 a link-local one, of IPv4
 * rather one that is not. links is of WattleLink, addresses of WattleLinkAddr; returns how many of
 * at most WATTLE_BEAT_MAX_PLACES, of which ifindex and from are filled in. */
guint wattle_beat_find_places(const GArray *links, const GArray *addresses,
                              WattleBeatPlace ret[WATTLE_BEAT_MAX_PLACES]);

/* These places are there now; a new one begins with a burst. */
void wattle_beat_set_places(WattleBeat *beat, const WattleBeatPlace *places, guint n_places,
                            gint64 now_us);

/* All begin again: a mesh is up. */
void wattle_beat_again(WattleBeat *beat, gint64 now_us);

/* Somebody of ours is new on that link, and does not know yet that we are there. */
void wattle_beat_answer(WattleBeat *beat, guint32 ifindex, GRand *rand, gint64 now_us);

/* The next place where a beacon is to be sent now, which then counts as sent. FALSE: there is none.
 */
gboolean wattle_beat_next(WattleBeat *beat, GRand *rand, gint64 now_us, WattleBeatPlace *ret);

/* When wattle_beat_next() has something; G_MAXINT64: never. */
gint64 wattle_beat_due_us(const WattleBeat *beat);

/* Whether a beacon that came by that link is to be looked at. */
gboolean wattle_beat_may_hear(WattleBeat *beat, guint32 ifindex, gint64 now_us);

/* Since when that link has been the network that it is; G_MAXINT64: it is none of the places. */
gint64 wattle_beat_since_us(const WattleBeat *beat, guint32 ifindex);
