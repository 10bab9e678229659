/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What beacons told of where a member is: one address for each link. Whoever is on a link can
 * record a beacon and send it again later, if only from the same address; so it is a hint, which is
 * believed seldom enough for a liar to learn nothing and to stop nothing. Pure. */
#pragma once

#include "common/message.h"
#include "daemon/talk/beat.h"

#define WATTLE_HINTS_MAX_LINKS 4 /* of one member, where it was heard last */

/* No other address of the link is believed for so long, then twice as long, up to the second, until
 * one of them has proved itself. */
#define WATTLE_HINTS_HOLD_US     (30 * G_USEC_PER_SEC)
#define WATTLE_HINTS_HOLD_MAX_US (15 * 60 * G_USEC_PER_SEC)

/* The answer to a question inside the tunnel: later, the path is no live one. */
#define WATTLE_HINTS_ANSWER_US (1 * G_USEC_PER_SEC)

typedef struct {
        guint32 ifindex;
        WattleSocketAddr at; /* believed; or none */
        gint64 heard_us;     /* there, last */
        gint64 held_us, hold_us;

        WattleSocketAddr asked_at; /* that the member was asked about; or none */
        guint8 nonce[WATTLE_BEACON_NONCE_SIZE];
        gint64 asked_us, used_us;
} WattleHint;

typedef struct {
        guint n_keys;
        WattleBeaconKey keys[WATTLE_HELLO_MAX_KEYS];
        guint n_links;
        WattleHint links[WATTLE_HINTS_MAX_LINKS];
} WattleHints;

/* The keys that a member told of last are those that its beacons have: today's, and the next. */
void wattle_hints_take_keys(WattleHints *hints, const WattleHello *hello);

/* Whether the beacon is the member's, and from that address. It may be an old one. */
gboolean wattle_hints_know(const WattleHints *hints, const WattleBeacon *beacon,
                           const WattleAddr *from);

/* A beacon of the member's that was heard. */
typedef struct {
        guint32 ifindex;
        gint64 since_us;     /* wattle_beat_since_us() of it */
        WattleSocketAddr at; /* a neighbour's there, by the route */
        const guint8 *nonce; /* of the beacon */
        gboolean live;       /* there is a path to the member that works, */
        gboolean good;       /* and it leads there, */
        gboolean near;       /* or over that link, too, to an address of the other family */
} WattleHeard;

/* Whether the member is new on that link, or sends a burst, and so does not know who else is there.
 * Asked before wattle_hints_hear(). */
gboolean wattle_hints_is_arriving(const WattleHints *hints, const WattleHeard *heard,
                                  gint64 now_us);

typedef enum {
        WATTLE_HINT_NOTHING, /* new */
        WATTLE_HINT_TAKE,    /* at is to be tried */
        WATTLE_HINT_ASK,     /* the member is to be asked inside the tunnel about the nonce that is
                                returned */
} WattleHintVerdict;

WattleHintVerdict wattle_hints_hear(WattleHints *hints, const WattleHeard *heard, gint64 now_us,
                                    guint8 ret_nonce[WATTLE_BEACON_NONCE_SIZE]);

/* The member answers whether it sent that beacon just now. Returns whether the address is to be
 * tried. */
gboolean wattle_hints_answered(WattleHints *hints, const WattleSighting *sighting, gint64 now_us);

/* The member was heard at that address, inside the tunnel: what is held because of it ends. */
void wattle_hints_prove(WattleHints *hints, const WattleSocketAddr *at);

/* The addresses that are believed now; returns how many. */
guint wattle_hints_list(const WattleHints *hints, const WattleBeat *beat, gint64 now_us,
                        WattleSocketAddr ret[WATTLE_HINTS_MAX_LINKS]);
