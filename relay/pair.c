/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relay/pair.h"

#include <blake2.h>
#include <string.h>

#define MAC1_LABEL "mac1----"
#define MAC1_AT    116
#define MAC1_SIZE  16

#define HOLD_US   (5 * G_USEC_PER_SEC) /* then its sender has made another (REKEY_TIMEOUT) */
#define CROSS_US  (1 * G_USEC_PER_SEC)
#define SILENT_US (3 * G_USEC_PER_SEC)

#define LOWER  0
#define HIGHER 1
#define NOBODY 2

static void find_mac1_key(WattlePairSide *side)
{
        guint8 text[sizeof MAC1_LABEL - 1 + WATTLE_KEY_SIZE];

        memcpy(text, MAC1_LABEL, sizeof MAC1_LABEL - 1);
        memcpy(text + sizeof MAC1_LABEL - 1, side->end.key.bytes, WATTLE_KEY_SIZE);
        (void)blake2s(side->mac1_key, text, NULL, sizeof side->mac1_key, sizeof text, 0);
}

static guint index_of(const WattleRelayEnd ends[2], guint side)
{
        gboolean swapped = memcmp(ends[0].key.bytes, ends[1].key.bytes, WATTLE_KEY_SIZE) > 0;

        return swapped ? 1 - side : side;
}

void wattle_pair_init(WattlePair *pair, const WattleRelayEnd ends[2], gint64 now_us)
{
        *pair = (WattlePair){ .passed_us = now_us };
        for (guint i = 0; i < 2; i++) {
                pair->sides[i].end = ends[index_of(ends, i)];
                find_mac1_key(&pair->sides[i]);
        }
}

void wattle_pair_update(WattlePair *pair, const WattleRelayEnd ends[2])
{
        for (guint i = 0; i < 2; i++) {
                WattlePairSide *side = &pair->sides[i];
                const WattleAddr *at = &ends[index_of(ends, i)].at;

                if (wattle_addr_equal(&side->end.at, at))
                        continue;
                side->end.at = *at;
                side->at = (WattleSocketAddr){ 0 };
        }
}

static gboolean is_wireguard(const guint8 *bytes, gsize size)
{
        if (size < 32 || bytes[1] != 0 || bytes[2] != 0 || bytes[3] != 0)
                return FALSE;
        switch (bytes[0]) {
        case 1:
                return size == WATTLE_INITIATION_SIZE;
        case 2:
                return size == 92;
        case 3:
                return size == 64;
        case 4:
                return size % 16 == 0;
        default:
                return FALSE;
        }
}

static gboolean is_for(const WattlePairSide *side, const guint8 *initiation)
{
        guint8 mac1[MAC1_SIZE];

        (void)blake2s(mac1, initiation, side->mac1_key, sizeof mac1, MAC1_AT,
                      sizeof side->mac1_key);
        return memcmp(mac1, initiation + MAC1_AT, sizeof mac1) == 0;
}

static gboolean is_known(const WattlePairSide *side)
{
        return wattle_socket_addr_is_set(&side->at);
}

/* mac1 tells for whom it is, and so who sent it. Who knows both public keys can make one as well:
 * that is a member, or one who listened to nobody but them; and it has to come from the address
 * that the relay's own tunnel has for the sender. */
static guint find_initiator(const WattlePair *pair, const WattleSocketAddr *from,
                            const guint8 *bytes)
{
        for (guint i = 0; i < 2; i++)
                if (wattle_addr_equal(&pair->sides[i].end.at, &from->addr) &&
                    is_for(&pair->sides[1 - i], bytes))
                        return i;
        return NOBODY;
}

/* Of a device that changes to the relay with its session there comes no initiation: its address
 * tells, if it is not that of both, and if nothing comes any more from where it was before. */
static guint find_by_address(const WattlePair *pair, const WattleSocketAddr *from, gint64 now_us)
{
        guint found = NOBODY;

        for (guint i = 0; i < 2; i++)
                if (wattle_addr_equal(&pair->sides[i].end.at, &from->addr)) {
                        if (found != NOBODY)
                                return NOBODY;
                        found = i;
                }
        if (found != NOBODY && is_known(&pair->sides[found]) &&
            now_us - pair->sides[found].heard_us < SILENT_US)
                return NOBODY;
        return found;
}

static guint find_sender(const WattlePair *pair, const WattleSocketAddr *from, const guint8 *bytes,
                         gsize size, gint64 now_us)
{
        if (size == WATTLE_INITIATION_SIZE && bytes[0] == 1)
                return find_initiator(pair, from, bytes);
        for (guint i = 0; i < 2; i++)
                if (wattle_socket_addr_equal(&pair->sides[i].at, from))
                        return i;
        return find_by_address(pair, from, now_us);
}

/* Two initiations that cross end each other's handshake, so of two at once the lower key's counts.
 */
static WattlePairVerdict take_initiation(WattlePair *pair, guint sender, const guint8 *bytes,
                                         gint64 now_us)
{
        if (sender == LOWER) {
                pair->initiated_us = now_us;
                if (is_known(&pair->sides[HIGHER]))
                        return WATTLE_PAIR_PASS;
                memcpy(pair->held, bytes, WATTLE_INITIATION_SIZE);
                pair->held_us = now_us;
                return WATTLE_PAIR_DROP;
        }
        if (!is_known(&pair->sides[LOWER]) ||
            (pair->initiated_us != 0 && now_us - pair->initiated_us < CROSS_US))
                return WATTLE_PAIR_DROP;
        return WATTLE_PAIR_PASS;
}

WattlePairVerdict wattle_pair_take(WattlePair *pair, const WattleSocketAddr *from,
                                   gconstpointer bytes, gsize size, gint64 now_us, guint *ret_from,
                                   guint *ret_to)
{
        WattlePairVerdict verdict = WATTLE_PAIR_PASS;
        guint sender = NOBODY;

        if (is_wireguard(bytes, size))
                sender = find_sender(pair, from, bytes, size, now_us);
        *ret_from = sender;
        if (sender == NOBODY)
                return WATTLE_PAIR_DROP;
        *ret_to = 1 - sender;
        pair->sides[sender].at = *from;
        pair->sides[sender].heard_us = now_us;
        if (((const guint8 *)bytes)[0] == 1)
                verdict = take_initiation(pair, sender, bytes, now_us);
        else if (!is_known(&pair->sides[*ret_to]))
                verdict = WATTLE_PAIR_DROP;
        /* Before the handshake that waits there is nothing else that would be lost. */
        if (sender == HIGHER && pair->held_us != 0) {
                if (now_us - pair->held_us < HOLD_US) {
                        verdict = WATTLE_PAIR_PASS_HELD;
                        *ret_to = HIGHER;
                }
                pair->held_us = 0;
        }
        if (verdict != WATTLE_PAIR_DROP)
                pair->passed_us = now_us;
        return verdict;
}
