/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/gossip.h"

#include <string.h>

#define MEMBERS_A_SECOND 50 /* of those that hear of a new text and come for it */
#define MAX_WAIT_S       20

void wattle_gossip_init(WattleGossip *gossip)
{
        *gossip = (WattleGossip){ .next_us = G_MAXINT64, .ask_us = G_MAXINT64 };
}

static gboolean has_session(const WattleMember *member, gint64 now_s)
{
        return member->in_kernel && member->managed && member->last_handshake_s > 0 &&
               now_s - member->last_handshake_s < WATTLE_GOSSIP_SESSION_S;
}

/* Also one that had the text before us: it learns that we have it. */
static gboolean is_to_be_told(const WattleGossip *gossip, const WattleMember *member, gint64 now_s)
{
        return has_session(member, now_s) && member->told_version != gossip->version;
}

static gboolean has_news(const WattleGossip *gossip)
{
        return gossip->own.serial > 0 || gossip->own.n_links > 0 || gossip->own.n_keys > 0 ||
               wattle_socket_addr_is_set(&gossip->own.mapped);
}

static void note_told(const WattleGossip *gossip, WattleMember *member)
{
        member->told_version = gossip->version;
        member->greeted_s = member->last_handshake_s;
}

static void renew(WattleGossip *gossip, gint64 now_us)
{
        gossip->version++;
        gossip->next_us = has_news(gossip) ? now_us : G_MAXINT64;
}

void wattle_gossip_set(WattleGossip *gossip, const WattleHello *own, gint64 now_us)
{
        gboolean is_new = own->serial != gossip->own.serial ||
                          memcmp(own->sum, gossip->own.sum, sizeof own->sum) != 0;

        gossip->own.listen_port = own->listen_port;
        gossip->own.serial = own->serial;
        memcpy(gossip->own.sum, own->sum, sizeof own->sum);
        /* It points into the roster, which was just made anew. */
        gossip->wanted = 0;
        gossip->ask_us = G_MAXINT64;
        if (is_new)
                renew(gossip, now_us);
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

guint wattle_gossip_tell(WattleGossip *gossip, const WattleRoster *roster, GRand *rand,
                         gint64 now_us, gint64 now_s, WattleMember **ret, guint max)
{
        g_autoptr(GPtrArray) ready = NULL;
        guint n;

        if (now_us < gossip->next_us)
                return 0;
        ready = g_ptr_array_new();
        for (guint i = 0; i < roster->members->len; i++)
                if (is_to_be_told(gossip, wattle_roster_at(roster, i), now_s))
                        g_ptr_array_add(ready, wattle_roster_at(roster, i));
        n = CLAMP(ready->len / 2, WATTLE_GOSSIP_MIN_BATCH, WATTLE_GOSSIP_MAX_BATCH);
        n = MIN(MIN(n, max), ready->len);
        for (guint i = 0; i < n; i++) {
                guint at = (guint)g_rand_int_range(rand, (gint32)i, (gint32)ready->len);

                ret[i] = ready->pdata[at];
                ready->pdata[at] = ready->pdata[i];
                note_told(gossip, ret[i]);
        }
        gossip->next_us = ready->len > n ? now_us + G_USEC_PER_SEC : G_MAXINT64;
        return n;
}

gboolean wattle_gossip_greet(WattleGossip *gossip, WattleMember *member, gint64 now_s)
{
        gboolean was_greeted =
                member->greeted_s > 0 &&
                member->last_handshake_s - member->greeted_s < WATTLE_GOSSIP_SESSION_S;

        if (!has_news(gossip) || !has_session(member, now_s))
                return FALSE;
        if (was_greeted) {
                member->greeted_s = member->last_handshake_s; /* sessions that follow one another */
                return FALSE;
        }
        note_told(gossip, member);
        return TRUE;
}

static void want(WattleGossip *gossip, const WattleMember *member, const WattleHello *hello,
                 guint n_members, GRand *rand, gint64 now_us)
{
        gdouble limit_s = MIN((gdouble)n_members / MEMBERS_A_SECOND, MAX_WAIT_S);
        gboolean is_asked = gossip->ask_us == G_MAXINT64 && hello->serial == gossip->wanted;

        /* Of those that have it the last one is asked: it has had it for the shortest time, and so
         * gave it to the fewest. */
        if (hello->serial < gossip->wanted || is_asked)
                return;
        if (gossip->ask_us == G_MAXINT64)
                gossip->ask_us = now_us + (gint64)(g_rand_double(rand) * limit_s * G_USEC_PER_SEC);
        gossip->wanted = hello->serial;
        gossip->wanted_of = member->name;
        memcpy(gossip->wanted_sum, hello->sum, sizeof hello->sum);
}

WattleGossipAnswer wattle_gossip_heard(WattleGossip *gossip, WattleMember *member,
                                       const WattleHello *hello, guint n_members, GRand *rand,
                                       gint64 now_us, gint64 now_s)
{
        member->heard_s = now_s;
        member->speaks = TRUE;
        member->serial = hello->serial;
        memcpy(member->sum, hello->sum, sizeof hello->sum);
        if (gossip->own.serial > 0 && hello->serial > gossip->own.serial)
                want(gossip, member, hello, n_members, rand, now_us);
        if ((hello->asks && has_news(gossip)) ||
            (hello->serial > 0 && hello->serial < gossip->own.serial)) {
                note_told(gossip, member);
                return WATTLE_GOSSIP_ANSWER;
        }
        if (gossip->own.serial == 0 || hello->serial != gossip->own.serial)
                return WATTLE_GOSSIP_NOTHING;
        if (gossip->own.n_links == 0 && gossip->own.n_keys == 0 &&
            !wattle_socket_addr_is_set(&gossip->own.mapped))
                member->told_version = gossip->version; /* it has all, and need not be told */
        if (gossip->forked == hello->serial ||
            memcmp(hello->sum, gossip->own.sum, sizeof hello->sum) == 0)
                return WATTLE_GOSSIP_NOTHING;
        gossip->forked = hello->serial;
        return WATTLE_GOSSIP_FORK;
}

gboolean wattle_gossip_ask(WattleGossip *gossip, gint64 now_us)
{
        if (now_us < gossip->ask_us)
                return FALSE;
        gossip->ask_us = G_MAXINT64;
        return TRUE;
}

gint64 wattle_gossip_due_us(const WattleGossip *gossip)
{
        return MIN(gossip->next_us, gossip->ask_us);
}
