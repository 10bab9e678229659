/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/gossip.h"

#include <string.h>

#define MEMBERS_A_SECOND 50 /* of those that hear of a new text and come for it */
#define MAX_WAIT_S       2
#define MEMBERS_A_PAUSE  100 /* between who is told of a new text at first and the others */
#define MAX_PAUSE_S      10
#define MOMENT_US        (G_USEC_PER_SEC / 2)
#define AGAIN_S          60 /* between two questions to who says another Serial= each time */

void wattle_gossip_init(WattleGossip *gossip)
{
        *gossip = (WattleGossip){ .next_us = G_MAXINT64,
                                  .ask_us = G_MAXINT64,
                                  .call_us = G_MAXINT64 };
}

gboolean wattle_gossip_has_session(const WattleMember *member, gint64 now_s)
{
        return member->in_kernel && member->managed && member->last_handshake_s > 0 &&
               now_s - member->last_handshake_s < WATTLE_GOSSIP_SESSION_S;
}

static gboolean is_behind(const WattleGossip *gossip, const WattleMember *member)
{
        return member->serial > 0 && member->serial < gossip->own.serial;
}

/* Also one that had the text before us: it learns that we have it. */
static gboolean is_to_be_told(const WattleGossip *gossip, const WattleMember *member, gint64 now_s)
{
        return wattle_gossip_has_session(member, now_s) &&
               (member->told_version != gossip->version ||
                (is_behind(gossip, member) && member->told_repeat != gossip->n_repeats));
}

/* Spread by chance, from the one to twice of it. */
static gint64 about_us(gdouble s, GRand *rand)
{
        return (gint64)((1 + g_rand_double(rand)) * s * G_USEC_PER_SEC);
}

static gboolean has_news(const WattleGossip *gossip)
{
        return gossip->own.serial > 0 || gossip->own.n_links > 0 || gossip->own.n_keys > 0 ||
               wattle_socket_addr_is_set(&gossip->own.mapped);
}

static void note_told(const WattleGossip *gossip, WattleMember *member)
{
        member->told_version = gossip->version;
        member->told_repeat = gossip->n_repeats;
        member->greeted_s = member->last_handshake_s;
}

static void renew(WattleGossip *gossip, gint64 now_us)
{
        gossip->version++;
        gossip->is_new_text = FALSE;
        gossip->next_us = has_news(gossip) ? now_us : G_MAXINT64;
}

void wattle_gossip_set(WattleGossip *gossip, const WattleHello *own, gint64 now_us)
{
        gboolean is_new = own->serial != gossip->own.serial ||
                          memcmp(own->sum, gossip->own.sum, sizeof own->sum) != 0;

        gossip->own.listen_port = own->listen_port;
        gossip->own.serial = own->serial;
        memcpy(gossip->own.sum, own->sum, sizeof own->sum);
        if (!is_new)
                return;
        renew(gossip, now_us);
        gossip->is_new_text = TRUE;
        gossip->n_repeats = 0;
        gossip->ask_us = G_MAXINT64;
        gossip->text_us = now_us;
        gossip->asked_us = 0;
        gossip->n_rounds = 0;
}

void wattle_gossip_set_links(WattleGossip *gossip, const WattleAddr *links, guint n_links,
                             gint64 now_us)
{
        gboolean is_new = n_links != gossip->own.n_links;

        for (guint i = 0; i < n_links && !is_new; i++)
                is_new = !wattle_addr_equal(&links[i], &gossip->own.links[i]);
        if (!is_new)
                return;
        memcpy(gossip->own.links, links, n_links * sizeof *links);
        gossip->own.n_links = n_links;
        renew(gossip, now_us);
}

void wattle_gossip_set_keys(WattleGossip *gossip, const WattleBeaconKey *keys, guint n_keys,
                            gint64 now_us)
{
        gboolean is_new = n_keys != gossip->own.n_keys;

        for (guint i = 0; i < n_keys && !is_new; i++)
                is_new = !wattle_beacon_key_equal(&keys[i], &gossip->own.keys[i]);
        if (!is_new)
                return;
        if (n_keys > 0)
                memcpy(gossip->own.keys, keys, n_keys * sizeof *keys);
        gossip->own.n_keys = n_keys;
        renew(gossip, now_us);
}

void wattle_gossip_set_mapped(WattleGossip *gossip, const WattleSocketAddr *mapped, gint64 now_us)
{
        if (wattle_socket_addr_equal(mapped, &gossip->own.mapped))
                return;
        gossip->own.mapped = *mapped;
        renew(gossip, now_us);
}

/* All were told: those of them who are behind will be again, ever more seldom. */
static gint64 repeat_us(WattleGossip *gossip, const WattleRoster *roster, gint64 now_us,
                        gint64 now_s)
{
        gboolean any = FALSE;
        guint repeat_s = WATTLE_GOSSIP_REPEAT_S << MIN(gossip->n_repeats, 8);

        for (guint i = 0; i < roster->members->len && !any; i++) {
                const WattleMember *member = wattle_roster_at(roster, i);

                any = is_behind(gossip, member) && wattle_gossip_has_session(member, now_s);
        }
        gossip->n_repeats += any;
        return any ? now_us + MIN(repeat_s, WATTLE_GOSSIP_MAX_REPEAT_S) * G_USEC_PER_SEC
                   : G_MAXINT64;
}

guint wattle_gossip_tell(WattleGossip *gossip, const WattleRoster *roster, guint n_members,
                         GRand *rand, gint64 now_us, gint64 now_s, WattleMember **ret, guint max)
{
        g_autoptr(GPtrArray) ready = NULL;
        guint n, most = WATTLE_GOSSIP_MAX_BATCH;
        gdouble pause_s = 1;

        if (now_us < gossip->next_us)
                return 0;
        ready = g_ptr_array_new();
        for (guint i = 0; i < roster->members->len; i++)
                if (is_to_be_told(gossip, wattle_roster_at(roster, i), now_s))
                        g_ptr_array_add(ready, wattle_roster_at(roster, i));
        if (gossip->is_new_text && ready->len <= WATTLE_GOSSIP_FEW) {
                most = WATTLE_GOSSIP_FIRST_BATCH;
                pause_s = CLAMP((gdouble)n_members / MEMBERS_A_PAUSE, 1, MAX_PAUSE_S);
        }
        gossip->is_new_text = FALSE;
        n = CLAMP(ready->len / 2, WATTLE_GOSSIP_MIN_BATCH, most);
        n = MIN(MIN(n, max), ready->len);
        for (guint i = 0; i < n; i++) {
                guint at = (guint)g_rand_int_range(rand, (gint32)i, (gint32)ready->len);

                ret[i] = ready->pdata[at];
                ready->pdata[at] = ready->pdata[i];
                note_told(gossip, ret[i]);
        }
        gossip->next_us = ready->len > n ? now_us + (gint64)(pause_s * G_USEC_PER_SEC)
                                         : repeat_us(gossip, roster, now_us, now_s);
        return n;
}

gboolean wattle_gossip_greet(WattleGossip *gossip, WattleMember *member, gint64 now_s)
{
        gboolean was_greeted =
                member->greeted_s > 0 &&
                member->last_handshake_s - member->greeted_s < WATTLE_GOSSIP_SESSION_S;

        if (!has_news(gossip) || !wattle_gossip_has_session(member, now_s))
                return FALSE;
        if (was_greeted) {
                member->greeted_s = member->last_handshake_s; /* sessions that follow one another */
                return FALSE;
        }
        note_told(gossip, member);
        return TRUE;
}

static gboolean was_asked(const WattleGossip *gossip, const WattleMember *member)
{
        return member->asked_us > gossip->text_us;
}

/* A higher one than ours, and not what the member was asked for already. */
static void want(WattleGossip *gossip, WattleMember *member, guint n_members, GRand *rand,
                 gint64 now_us)
{
        gdouble limit_s = MIN((gdouble)n_members / MEMBERS_A_SECOND, MAX_WAIT_S);
        gint64 ask_us = now_us + (gint64)(g_rand_double(rand) * limit_s * G_USEC_PER_SEC);

        member->newer_us = now_us;
        if (gossip->ask_us != G_MAXINT64 && gossip->n_rounds == 0)
                return;
        /* Who was asked just now may be giving it. */
        if (gossip->asked_us > 0)
                ask_us = MAX(ask_us, gossip->asked_us + WATTLE_GOSSIP_RETRY_S * G_USEC_PER_SEC);
        if (was_asked(gossip, member))
                ask_us = MAX(ask_us, member->asked_us + AGAIN_S * G_USEC_PER_SEC);
        gossip->ask_us = MIN(gossip->ask_us, ask_us);
}

WattleGossipAnswer wattle_gossip_heard(WattleGossip *gossip, WattleMember *member,
                                       const WattleHello *hello, guint n_members, GRand *rand,
                                       gint64 now_us, gint64 now_s)
{
        gboolean is_known = member->is_asked && hello->serial == member->serial;

        gossip->call_us = G_MAXINT64;
        if (member->is_called) /* which was our word in this session, too */
                member->greeted_s = member->last_handshake_s;
        member->is_called = FALSE;
        member->heard_s = now_s;
        member->speaks = TRUE;
        member->serial = hello->serial;
        member->is_asked = is_known;
        memcpy(member->sum, hello->sum, sizeof hello->sum);
        if (gossip->own.serial > 0 && hello->serial > gossip->own.serial && !is_known)
                want(gossip, member, n_members, rand, now_us);
        if ((hello->asks && has_news(gossip)) ||
            (hello->serial > 0 && hello->serial < gossip->own.serial)) {
                note_told(gossip, member);
                return WATTLE_GOSSIP_ANSWER;
        }
        if (gossip->own.serial == 0 || hello->serial != gossip->own.serial)
                return WATTLE_GOSSIP_NOTHING;
        if (gossip->forked == hello->serial ||
            memcmp(hello->sum, gossip->own.sum, sizeof hello->sum) == 0)
                return WATTLE_GOSSIP_NOTHING;
        gossip->forked = hello->serial;
        return WATTLE_GOSSIP_FORK;
}

/* Below 0 if one is rather asked than the other: who was not asked yet, or not for longest; and
 * then who has the higher one. */
static gint compare_askable(const WattleGossip *gossip, const WattleMember *one,
                            const WattleMember *other)
{
        gint64 one_us = was_asked(gossip, one) ? one->asked_us : 0;
        gint64 other_us = was_asked(gossip, other) ? other->asked_us : 0;

        if (one_us != other_us)
                return one_us < other_us ? -1 : 1;
        return (one->serial < other->serial) - (one->serial > other->serial);
}

/* The kernel knows where it is, or was. Our own door is no endpoint. */
static gboolean can_be_called(const WattleMember *member)
{
        return member->in_kernel && member->managed &&
               wattle_socket_addr_is_set(&member->endpoint) &&
               wattle_addr_class(&member->endpoint.addr) != WATTLE_ADDR_LOOPBACK;
}

/* Those of whom none is rather asked than another: with a session, or else who can be called. */
static void find_askable(const WattleGossip *gossip, const WattleRoster *roster,
                         gboolean with_session, gint64 now_s, GPtrArray *ret)
{
        for (guint i = 0; i < roster->members->len; i++) {
                WattleMember *member = wattle_roster_at(roster, i);
                gint rank = ret->len > 0 ? compare_askable(gossip, member, ret->pdata[0]) : 0;

                if (member->serial <= gossip->own.serial ||
                    !(with_session ? wattle_gossip_has_session(member, now_s)
                                   : can_be_called(member)))
                        continue;
                if (rank < 0)
                        g_ptr_array_set_size(ret, 0);
                if (rank <= 0)
                        g_ptr_array_add(ret, member);
        }
}

/* Who said so last has had it for the shortest time, and so gave it to the fewest: one of those
 * that said so in the same moment, by chance. */
static WattleMember *choose_latest(const GPtrArray *members, GRand *rand)
{
        WattleMember *chosen = NULL;
        gint64 latest_us = 0;
        guint n = 0;

        for (guint i = 0; i < members->len; i++)
                latest_us = MAX(latest_us, ((const WattleMember *)members->pdata[i])->newer_us);
        for (guint i = 0; i < members->len; i++) {
                WattleMember *member = members->pdata[i];

                if (member->newer_us > latest_us - MOMENT_US &&
                    g_rand_int_range(rand, 0, (gint32)++n) == 0)
                        chosen = member;
        }
        return chosen;
}

WattleMember *wattle_gossip_ask(WattleGossip *gossip, const WattleRoster *roster, GRand *rand,
                                gint64 now_us, gint64 now_s)
{
        g_autoptr(GPtrArray) askable = NULL;
        WattleMember *best;
        guint retry_s;

        if (now_us < gossip->ask_us)
                return NULL;
        gossip->ask_us = G_MAXINT64;
        askable = g_ptr_array_new();
        find_askable(gossip, roster, TRUE, now_s, askable);
        /* Sessions end, and what they left undone stays so. The question begins another. */
        if (askable->len == 0)
                find_askable(gossip, roster, FALSE, now_s, askable);
        best = choose_latest(askable, rand);
        if (!best)
                return NULL; /* a session that comes begins with news */
        gossip->n_rounds += was_asked(gossip, best);
        best->is_asked = TRUE;
        best->asked_us = gossip->asked_us = now_us;
        retry_s = WATTLE_GOSSIP_RETRY_S << MIN(gossip->n_rounds, 12);
        gossip->ask_us = now_us + about_us(MIN(retry_s, WATTLE_GOSSIP_MAX_RETRY_S), rand);
        return best;
}

void wattle_gossip_arrive(WattleGossip *gossip, const WattleRoster *roster, GRand *rand,
                          gint64 now_us)
{
        for (guint i = 0; i < roster->members->len; i++)
                wattle_roster_at(roster, i)->is_called = FALSE;
        gossip->n_calls = 0;
        gossip->call_us =
                now_us + (gint64)(g_rand_double(rand) * WATTLE_GOSSIP_CALL_S * G_USEC_PER_SEC);
}

WattleMember *wattle_gossip_call(WattleGossip *gossip, const WattleRoster *roster, GRand *rand,
                                 gint64 now_us, gint64 now_s)
{
        WattleMember *chosen = NULL;
        guint n = 0;

        if (now_us < gossip->call_us || gossip->own.serial == 0)
                return NULL;
        gossip->call_us = G_MAXINT64;
        for (guint i = 0; i < roster->members->len; i++) {
                WattleMember *member = wattle_roster_at(roster, i);

                if (wattle_gossip_has_session(member, now_s))
                        return NULL; /* it was greeted, and answers */
                if (!member->is_called && can_be_called(member) &&
                    g_rand_int_range(rand, 0, (gint32)++n) == 0)
                        chosen = member;
        }
        if (!chosen)
                return NULL;
        note_told(gossip, chosen);
        chosen->is_called = TRUE;
        if (++gossip->n_calls < WATTLE_GOSSIP_CALLS)
                gossip->call_us = now_us + ((gint64)(WATTLE_GOSSIP_CALL_S * G_USEC_PER_SEC)
                                            << (gossip->n_calls - 1));
        return chosen;
}

gint64 wattle_gossip_due_us(const WattleGossip *gossip)
{
        gint64 due_us = MIN(gossip->next_us, gossip->ask_us);

        return gossip->own.serial > 0 ? MIN(due_us, gossip->call_us) : due_us;
}
