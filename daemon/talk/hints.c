/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/hints.h"

#include <string.h>

/* Two of those that come each 5 minutes, and half of the time more, may get lost. */
#define LIFE_US (15 * 60 * G_USEC_PER_SEC)

/* The same address once more is news after that time: the member may have been away. */
#define QUIET_US (10 * G_USEC_PER_SEC)

/* Between two of a burst; one of each family is sent at the same time. */
#define BURST_LEAST_US (100 * 1000)
#define BURST_MOST_US  (2 * G_USEC_PER_SEC)

/* Between two packets with the same question, for one may get lost; and then it is forgotten. */
#define ASK_AGAIN_US (250 * 1000)
#define FORGET_US    (5 * G_USEC_PER_SEC)

void wattle_hints_take_keys(WattleHints *hints, const WattleHello *hello)
{
        hints->n_keys = hello->n_keys;
        memcpy(hints->keys, hello->keys, sizeof hints->keys);
}

gboolean wattle_hints_know(const WattleHints *hints, const WattleBeacon *beacon,
                           const WattleAddr *from)
{
        for (guint i = 0; i < hints->n_keys; i++)
                if (wattle_beacon_is_of(beacon, &hints->keys[i], from))
                        return TRUE;
        return FALSE;
}

/* The network is another than the one of which that is known. */
static gboolean is_of_before(const WattleHint *hint, gint64 since_us)
{
        return since_us == G_MAXINT64 || hint->used_us < since_us;
}

gboolean wattle_hints_is_arriving(const WattleHints *hints, const WattleHeard *heard, gint64 now_us)
{
        for (guint i = 0; i < hints->n_links; i++) {
                const WattleHint *hint = &hints->links[i];
                gint64 gap_us = now_us - hint->used_us;

                if (hint->ifindex == heard->ifindex && !is_of_before(hint, heard->since_us))
                        return gap_us >= BURST_LEAST_US && gap_us <= BURST_MOST_US;
        }
        return TRUE;
}

static WattleHint *of_link(WattleHints *hints, const WattleHeard *heard, gint64 now_us)
{
        WattleHint *oldest = &hints->links[0], *found = NULL;

        for (guint i = 0; i < hints->n_links; i++) {
                if (hints->links[i].ifindex == heard->ifindex)
                        found = &hints->links[i];
                if (hints->links[i].used_us < oldest->used_us)
                        oldest = &hints->links[i];
        }
        if (!found && hints->n_links < WATTLE_HINTS_MAX_LINKS)
                oldest = &hints->links[hints->n_links++];
        if (!found || is_of_before(found, heard->since_us)) {
                found = found ? found : oldest;
                *found = (WattleHint){ .ifindex = heard->ifindex, .hold_us = WATTLE_HINTS_HOLD_US };
        }
        found->used_us = now_us;
        return found;
}

static void stop_asking(WattleHint *hint)
{
        hint->asked_at = (WattleSocketAddr){ 0 };
}

static void hold(WattleHint *hint, gint64 now_us)
{
        hint->held_us = now_us + hint->hold_us;
        hint->hold_us = MIN(2 * hint->hold_us, WATTLE_HINTS_HOLD_MAX_US);
        stop_asking(hint);
}

static void free_hold(WattleHint *hint)
{
        hint->held_us = 0;
        hint->hold_us = WATTLE_HINTS_HOLD_US;
}

static WattleHintVerdict take(WattleHint *hint, const WattleSocketAddr *at, gint64 now_us)
{
        hint->at = *at;
        hint->heard_us = now_us;
        hold(hint, now_us);
        return WATTLE_HINT_TAKE;
}

static WattleHintVerdict hear_again(WattleHint *hint, const WattleHeard *heard, gint64 now_us)
{
        gboolean is_news = now_us - hint->heard_us >= QUIET_US;

        hint->heard_us = now_us;
        if (heard->good)
                free_hold(hint);
        return is_news && !heard->good && !heard->near ? WATTLE_HINT_TAKE : WATTLE_HINT_NOTHING;
}

/* Asks once, and if need be once more; who does not answer has no live path. */
static WattleHintVerdict ask(WattleHint *hint, const WattleHeard *heard, gint64 now_us,
                             guint8 ret_nonce[WATTLE_BEACON_NONCE_SIZE])
{
        gint64 since_us = now_us - hint->asked_us;

        if (!wattle_socket_addr_is_set(&hint->asked_at) || since_us >= FORGET_US) {
                hint->asked_at = heard->at;
                hint->asked_us = now_us;
                memcpy(hint->nonce, heard->nonce, sizeof hint->nonce);
        } else if (!wattle_socket_addr_equal(&hint->asked_at, &heard->at) ||
                   since_us < ASK_AGAIN_US) {
                return WATTLE_HINT_NOTHING;
        } else if (since_us >= WATTLE_HINTS_ANSWER_US) {
                return take(hint, &heard->at, now_us);
        }
        memcpy(ret_nonce, hint->nonce, sizeof hint->nonce);
        return WATTLE_HINT_ASK;
}

WattleHintVerdict wattle_hints_hear(WattleHints *hints, const WattleHeard *heard, gint64 now_us,
                                    guint8 ret_nonce[WATTLE_BEACON_NONCE_SIZE])
{
        WattleHint *hint = of_link(hints, heard, now_us);

        if (heard->good && !wattle_socket_addr_equal(&hint->at, &heard->at)) {
                hint->at = heard->at;
                hint->heard_us = now_us;
        }
        if (wattle_socket_addr_equal(&hint->at, &heard->at))
                return hear_again(hint, heard, now_us);
        if (heard->near || now_us < hint->held_us)
                return WATTLE_HINT_NOTHING;
        return heard->live ? ask(hint, heard, now_us, ret_nonce) : take(hint, &heard->at, now_us);
}

gboolean wattle_hints_answered(WattleHints *hints, const WattleSighting *sighting, gint64 now_us)
{
        for (guint i = 0; i < hints->n_links; i++) {
                WattleHint *hint = &hints->links[i];

                if (!wattle_socket_addr_is_set(&hint->asked_at) ||
                    now_us - hint->asked_us >= FORGET_US ||
                    memcmp(hint->nonce, sighting->nonce, sizeof hint->nonce) != 0)
                        continue;
                if (sighting->kind == WATTLE_SIGHTING_CONFIRMED)
                        return take(hint, &hint->asked_at, now_us) == WATTLE_HINT_TAKE;
                hold(hint, now_us);
                return FALSE;
        }
        return FALSE;
}

void wattle_hints_prove(WattleHints *hints, const WattleSocketAddr *at)
{
        for (guint i = 0; i < hints->n_links; i++)
                if (wattle_socket_addr_equal(&hints->links[i].at, at))
                        free_hold(&hints->links[i]);
}

guint wattle_hints_list(const WattleHints *hints, const WattleBeat *beat, gint64 now_us,
                        WattleSocketAddr ret[WATTLE_HINTS_MAX_LINKS])
{
        guint n = 0;

        for (guint i = 0; i < hints->n_links; i++) {
                const WattleHint *hint = &hints->links[i];

                if (wattle_socket_addr_is_set(&hint->at) && now_us - hint->heard_us < LIFE_US &&
                    !is_of_before(hint, wattle_beat_since_us(beat, hint->ifindex)))
                        ret[n++] = hint->at;
        }
        return n;
}
