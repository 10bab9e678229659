/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/pairings.h"

#include <string.h>

#include "common/digest.h"

static const gint64 pauses_us[] = { 300 * 1000, 600 * 1000, 600 * 1000 }; /* after each question */

#define TRIES G_N_ELEMENTS(pauses_us)

#define SESSION_S 180 /* REJECT_AFTER_TIME of WireGuard */

static guint64 score(const WattleKey *relay, const WattleKey *self, const WattleKey *peer)
{
        gboolean first = memcmp(self->bytes, peer->bytes, WATTLE_KEY_SIZE) < 0;
        guint64 digest = WATTLE_DIGEST_EMPTY;

        digest = wattle_digest(digest, (first ? self : peer)->bytes, WATTLE_KEY_SIZE);
        digest = wattle_digest(digest, (first ? peer : self)->bytes, WATTLE_KEY_SIZE);
        return wattle_digest(digest, relay->bytes, WATTLE_KEY_SIZE);
}

static guint insert(const WattleMember *relay, guint64 own_score, guint64 *scores, WattleKey *keys,
                    guint n)
{
        guint at = n;

        while (at > 0 && scores[at - 1] < own_score)
                at--;
        if (at == WATTLE_PAIRINGS_MAX_RELAYS)
                return n;
        n = MIN(n + 1, WATTLE_PAIRINGS_MAX_RELAYS);
        memmove(scores + at + 1, scores + at, (n - at - 1) * sizeof *scores);
        memmove(keys + at + 1, keys + at, (n - at - 1) * sizeof *keys);
        scores[at] = own_score;
        keys[at] = relay->key;
        return n;
}

static gboolean may_introduce(const WattleMember *other, const WattleMember *peer)
{
        return other != peer && other->introduces && other->in_kernel;
}

static gint64 newest_handshake_s(const WattleRoster *roster, const WattleMember *peer)
{
        gint64 newest_s = 0;

        for (guint i = 0; i < roster->members->len; i++) {
                const WattleMember *other = wattle_roster_at(roster, i);

                if (may_introduce(other, peer))
                        newest_s = MAX(newest_s, other->last_handshake_s);
        }
        return newest_s;
}

/* Who has been away for longer than a session lives comes behind the others. All of them are called
 * from time to time, so what one knows of that the other knows too. */
static guint introducers(const WattleRoster *roster, const WattleMember *peer, WattleKey *ret)
{
        gint64 newest_s = newest_handshake_s(roster, peer);
        guint64 scores[WATTLE_PAIRINGS_MAX_RELAYS];
        guint n = 0;

        for (guint i = 0; i < roster->members->len; i++) {
                const WattleMember *other = wattle_roster_at(roster, i);
                guint64 own_score;

                if (!may_introduce(other, peer))
                        continue;
                own_score = score(&other->key, &roster->self, &peer->key) >> 1;
                if (newest_s - other->last_handshake_s < SESSION_S)
                        own_score |= G_GUINT64_CONSTANT(1) << 63;
                n = insert(other, own_score, scores, ret, n);
        }
        return n;
}

guint wattle_pairings_relays(const WattleRoster *roster, const WattleMember *peer,
                             WattleKey ret[WATTLE_PAIRINGS_MAX_RELAYS])
{
        gboolean has_port = peer->port && wattle_socket_addr_is_set(&peer->port->at) &&
                            wattle_socket_addr_equal(&peer->port->at, &peer->endpoint);
        guint64 scores[WATTLE_PAIRINGS_MAX_RELAYS];
        guint n = 0;

        for (guint i = 0; i < roster->members->len; i++) {
                const WattleMember *relay = wattle_roster_at(roster, i);
                gboolean is_ours = has_port && wattle_key_equal(&relay->key, &peer->port->relay);

                if (relay != peer && (relay->relay == WATTLE_RELAY_YES || is_ours))
                        n = insert(relay,
                                   is_ours ? G_MAXUINT64
                                           : score(&relay->key, &roster->self, &peer->key),
                                   scores, ret, n);
        }
        return n > 0 || !peer->introduced ? n : introducers(roster, peer, ret);
}

static gint find(const GArray *list, const WattleKey *peer)
{
        for (guint i = 0; i < list->len; i++)
                if (wattle_key_equal(&g_array_index(list, WattlePairingQuestion, i).peer, peer))
                        return (gint)i;
        return -1;
}

gboolean wattle_pairings_begin(GArray *list, const WattleRoster *roster, const WattleMember *peer,
                               gint64 now_us)
{
        WattlePairingQuestion question = { .peer = peer->key, .due_us = now_us };

        if (find(list, &peer->key) >= 0)
                return FALSE;
        question.n_relays = wattle_pairings_relays(roster, peer, question.relays);
        if (question.n_relays > 0)
                g_array_append_val(list, question);
        return question.n_relays > 0;
}

gboolean wattle_pairings_next(GArray *list, gint64 now_us, WattleKey *ret_relay,
                              WattleKey *ret_peer)
{
        for (guint i = 0; i < list->len;) {
                WattlePairingQuestion *question = &g_array_index(list, WattlePairingQuestion, i);

                if (question->due_us > now_us) {
                        i++;
                } else if (question->asked == question->n_relays * TRIES) {
                        g_array_remove_index_fast(list, i);
                } else {
                        *ret_relay = question->relays[question->asked / TRIES];
                        *ret_peer = question->peer;
                        question->due_us = now_us + pauses_us[question->asked % TRIES];
                        question->asked++;
                        return TRUE;
                }
        }
        return FALSE;
}

void wattle_pairings_answered(GArray *list, const WattleKey *relay, const WattleKey *peer,
                              gboolean yes, gint64 now_us)
{
        gint at = find(list, peer);
        WattlePairingQuestion *question;
        guint current;

        if (at < 0)
                return;
        if (yes) {
                g_array_remove_index_fast(list, (guint)at);
                return;
        }
        question = &g_array_index(list, WattlePairingQuestion, at);
        current = question->asked > 0 ? (question->asked - 1) / TRIES : 0;
        if (question->asked == 0 || !wattle_key_equal(&question->relays[current], relay))
                return;
        question->asked = (current + 1) * TRIES;
        question->due_us = now_us;
}

gint64 wattle_pairings_due_us(const GArray *list)
{
        gint64 due_us = G_MAXINT64;

        for (guint i = 0; i < list->len; i++)
                due_us = MIN(due_us, g_array_index(list, WattlePairingQuestion, i).due_us);
        return due_us;
}
