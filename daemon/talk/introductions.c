/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/introductions.h"

#include <string.h>

#include "common/digest.h"

#define EVERY_US G_USEC_PER_SEC
#define BURST    3

/* What comes within that time is about the same try. */
#define ROUND_US (20 * G_USEC_PER_SEC)

/* REJECT_AFTER_TIME of WireGuard: a member that was not heard for so long is not there. */
#define SESSION_S 180

static gboolean is_near(const WattleSocketAddr *at)
{
        const guint near = 1u << WATTLE_ADDR_PRIVATE | 1u << WATTLE_ADDR_SHARED |
                           1u << WATTLE_ADDR_UNIQUE_LOCAL | 1u << WATTLE_ADDR_LINK_LOCAL;

        return (1u << wattle_addr_class(&at->addr) & near) != 0;
}

/* Somebody's endpoint at the loopback is a door of ours, or what a test has. */
static gboolean is_there(const WattleMember *member, gint64 now_s)
{
        return member->in_kernel && member->managed &&
               wattle_socket_addr_is_set(&member->endpoint) &&
               wattle_addr_class(&member->endpoint.addr) != WATTLE_ADDR_LOOPBACK &&
               member->last_handshake_s > 0 && now_s - member->last_handshake_s < SESSION_S;
}

gboolean wattle_introductions_fit(const WattleMember *one, const WattleMember *other, gint64 now_s)
{
        return one != other && is_there(one, now_s) && is_there(other, now_s) &&
               one->endpoint.addr.family == other->endpoint.addr.family &&
               is_near(&one->endpoint) == is_near(&other->endpoint);
}

/* The same whoever of the two asks. */
static guint64 digest_of(const WattleKey *one, const WattleKey *other)
{
        gboolean first = memcmp(one->bytes, other->bytes, WATTLE_KEY_SIZE) < 0;
        guint64 digest = WATTLE_DIGEST_EMPTY;

        digest = wattle_digest(digest, (first ? one : other)->bytes, WATTLE_KEY_SIZE);
        digest = wattle_digest(digest, (first ? other : one)->bytes, WATTLE_KEY_SIZE);
        return digest | 1;
}

static WattleIntroduction *find(WattleIntroductions *introductions, guint64 pair, gint64 now_us)
{
        WattleIntroduction *oldest = introductions->pairs;

        for (guint i = 0; i < WATTLE_INTRODUCTIONS_PAIRS; i++) {
                WattleIntroduction *one = &introductions->pairs[i];

                if (one->pair == pair)
                        return one;
                if (one->asked_us < oldest->asked_us)
                        oldest = one;
        }
        *oldest = (WattleIntroduction){ .pair = pair, .asked_us = now_us };
        return oldest;
}

gboolean wattle_introductions_begin(WattleIntroductions *introductions, const WattleKey *one,
                                    const WattleKey *other, gint64 now_us, gboolean *ret_lower)
{
        WattleIntroduction *pair = find(introductions, digest_of(one, other), now_us);
        gint64 next_us = MAX(pair->next_us, now_us);

        if (next_us - now_us > (BURST - 1) * EVERY_US)
                return FALSE;
        pair->next_us = next_us + EVERY_US;
        if (now_us - pair->asked_us >= ROUND_US)
                pair->n++;
        pair->asked_us = now_us;
        *ret_lower = pair->n % 2 == 0;
        return TRUE;
}
