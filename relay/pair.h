/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two devices that meet at a port: which of them a datagram is from, and whether it is passed on.
 * Pure. See doc/hacking.md, "A relay tells the two apart by their first packets".
 *
 * Of WireGuard's messages (linux/drivers/net/wireguard/messages.h) it knows the form alone: a type
 * of 1 to 4 and three zeros; an initiation (1) has 148 bytes, a response (2) 92, a cookie (3) 64,
 * data (4) 32 or more by 16. mac1, 16 bytes from byte 116 of an initiation, is BLAKE2s of what
 * stands before it, with the key BLAKE2s("mac1----", public key of the receiver) (cookie.c). */
#pragma once

#include "common/endpoint.h"
#include "common/relay-message.h"

#define WATTLE_INITIATION_SIZE 148

typedef struct {
        WattleRelayEnd end;
        guint8 mac1_key[32];
        WattleSocketAddr at; /* where its packets come from; none: it was not heard yet */
        gint64 heard_us;
} WattlePairSide;

typedef struct {
        WattlePairSide sides[2];             /* the lower key first */
        guint8 held[WATTLE_INITIATION_SIZE]; /* the lower one's, until the other is heard */
        gint64 held_us;                      /* 0: none */
        gint64 initiated_us;                 /* the lower one's last; 0: none */
        gint64 passed_us; /* the last packet that was passed on; at first when it was opened */
} WattlePair;

/* Both are unknown yet; in either order. */
void wattle_pair_init(WattlePair *pair, const WattleRelayEnd ends[2], gint64 now_us);

/* A side that is elsewhere now has to be heard from there. */
void wattle_pair_update(WattlePair *pair, const WattleRelayEnd ends[2]);

typedef enum {
        WATTLE_PAIR_DROP,
        WATTLE_PAIR_PASS, /* to the side *ret_to */
        /* The packet itself goes nowhere; the one that was held (pair->held) does, to *ret_to. */
        WATTLE_PAIR_PASS_HELD,
} WattlePairVerdict;

/* What to do with a datagram that came from there, of which up to size bytes were read. *ret_from
 * is the side that it is from, or 2. */
WattlePairVerdict wattle_pair_take(WattlePair *pair, const WattleSocketAddr *from,
                                   gconstpointer bytes, gsize size, gint64 now_us, guint *ret_from,
                                   guint *ret_to);
