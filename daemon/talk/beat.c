/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/beat.h"

#include <string.h>

#define MSEC_US        1000
#define OFTEN_US       (60 * G_USEC_PER_SEC) /* after the burst, */
#define OFTEN_UNTIL_US (5 * OFTEN_US)        /* for so long, */
#define SELDOM_US      (5 * OFTEN_US)        /* and then */
#define ANSWER_US      (300 * MSEC_US)       /* at most, for many may answer */
#define ANSWER_GAP_US  (2 * G_USEC_PER_SEC)
#define HEAR_GAP_US    (G_USEC_PER_SEC / WATTLE_BEAT_HEARD_A_SECOND)

static const gint64 burst_us[] = { 0, 300 * MSEC_US, 1200 * MSEC_US };

static const WattleLink *find_link(const GArray *links, guint32 index)
{
        for (guint i = 0; i < links->len; i++)
                if (g_array_index(links, WattleLink, i).index == index)
                        return &g_array_index(links, WattleLink, i);
        return NULL;
}

/* A modem that looks like Ethernet; udev and the kernel give them such names. */
static gboolean is_mobile(const WattleLink *link)
{
        return g_str_has_prefix(link->name, "ww");
}

static gboolean is_bridge_port(const GArray *links, const WattleLink *link)
{
        const WattleLink *master = find_link(links, link->master);

        return master && master->kind == WATTLE_LINK_BRIDGE;
}

static gboolean may_send(const GArray *links, guint32 index)
{
        const WattleLink *link = find_link(links, index);

        return link && !link->point_to_point && wattle_link_is_lan(links, index) &&
               !is_mobile(link) && !is_bridge_port(links, link);
}

static gboolean is_better(const WattleAddr *addr, const WattleAddr *other)
{
        gboolean wanted = addr->family == AF_INET6;

        return (wattle_addr_class(addr) == WATTLE_ADDR_LINK_LOCAL) == wanted &&
               (wattle_addr_class(other) == WATTLE_ADDR_LINK_LOCAL) != wanted;
}

static const WattleBeatPlace *find_place(const WattleBeatPlace *places, guint n, guint32 ifindex,
                                         guint8 family)
{
        for (guint i = 0; i < n; i++)
                if (places[i].ifindex == ifindex && places[i].from.family == family)
                        return &places[i];
        return NULL;
}

guint wattle_beat_find_places(const GArray *links, const GArray *addresses,
                              WattleBeatPlace ret[WATTLE_BEAT_MAX_PLACES])
{
        guint n = 0;

        for (guint i = 0; i < addresses->len; i++) {
                const WattleLinkAddr *one = &g_array_index(addresses, WattleLinkAddr, i);
                const WattleBeatPlace *place = find_place(ret, n, one->ifindex, one->addr.family);

                if (place && is_better(&one->addr, &place->from))
                        ret[place - ret].from = one->addr;
                if (!place && n < WATTLE_BEAT_MAX_PLACES && may_send(links, one->ifindex))
                        ret[n++] = (WattleBeatPlace){ .ifindex = one->ifindex, .from = one->addr };
        }
        return n;
}

static WattleBeatLink *known_link(WattleBeat *beat, guint32 ifindex)
{
        for (guint i = 0; i < beat->n_links; i++)
                if (beat->links[i].ifindex == ifindex)
                        return &beat->links[i];
        return NULL;
}

/* Those that have gone are remembered until they are another network. */
static void set_links(WattleBeat *beat, const WattleBeatPlace *places, guint n, gint64 now_us)
{
        guint kept = 0;

        for (guint i = 0; i < beat->n_links; i++) {
                WattleBeatLink link = beat->links[i];
                gboolean was_there = link.is_there;

                link.is_there = find_place(places, n, link.ifindex, AF_INET) ||
                                find_place(places, n, link.ifindex, AF_INET6);
                if (was_there && !link.is_there)
                        link.gone_us = now_us;
                if ((link.is_there && was_there) || now_us - link.gone_us < WATTLE_BEAT_AWAY_US)
                        beat->links[kept++] = link;
        }
        beat->n_links = kept;
        for (guint i = 0; i < n && beat->n_links < WATTLE_BEAT_MAX_PLACES; i++)
                if (!known_link(beat, places[i].ifindex))
                        beat->links[beat->n_links++] = (WattleBeatLink){
                                .ifindex = places[i].ifindex, .is_there = TRUE, .since_us = now_us
                        };
}

void wattle_beat_set_places(WattleBeat *beat, const WattleBeatPlace *places, guint n_places,
                            gint64 now_us)
{
        WattleBeatPlace before[WATTLE_BEAT_MAX_PLACES];
        guint n_before = beat->n_places;

        memcpy(before, beat->places, sizeof before);
        beat->n_places = MIN(n_places, WATTLE_BEAT_MAX_PLACES);
        set_links(beat, places, beat->n_places, now_us);
        for (guint i = 0; i < beat->n_places; i++) {
                const WattleBeatPlace *known =
                        find_place(before, n_before, places[i].ifindex, places[i].from.family);

                beat->places[i] = (WattleBeatPlace){ .ifindex = places[i].ifindex,
                                                     .from = places[i].from,
                                                     .began_us = now_us,
                                                     .due_us = now_us };
                if (known && wattle_addr_equal(&known->from, &places[i].from))
                        beat->places[i] = *known;
        }
}

void wattle_beat_again(WattleBeat *beat, gint64 now_us)
{
        for (guint i = 0; i < beat->n_places; i++) {
                beat->places[i].began_us = beat->places[i].due_us = now_us;
                beat->places[i].n_sent = 0;
        }
}

void wattle_beat_answer(WattleBeat *beat, guint32 ifindex, GRand *rand, gint64 now_us)
{
        for (guint i = 0; i < beat->n_places; i++) {
                WattleBeatPlace *place = &beat->places[i];
                gint64 wait_us = g_rand_int_range(rand, 0, ANSWER_US);

                if (place->ifindex == ifindex &&
                    (place->sent_us == 0 || now_us - place->sent_us >= ANSWER_GAP_US))
                        place->due_us = MIN(place->due_us, now_us + wait_us);
        }
}

/* After what was just sent. */
static gint64 next_us(const WattleBeatPlace *place, GRand *rand, gint64 now_us)
{
        gint64 gap_us = now_us - place->began_us < OFTEN_UNTIL_US ? OFTEN_US : SELDOM_US;

        if (place->n_sent < G_N_ELEMENTS(burst_us))
                return place->began_us + burst_us[place->n_sent];
        return now_us + (gint64)(g_rand_double_range(rand, 0.5, 1.5) * (gdouble)gap_us);
}

gboolean wattle_beat_next(WattleBeat *beat, GRand *rand, gint64 now_us, WattleBeatPlace *ret)
{
        for (guint i = 0; i < beat->n_places; i++) {
                WattleBeatPlace *place = &beat->places[i];

                if (now_us < place->due_us)
                        continue;
                place->sent_us = now_us;
                place->n_sent++;
                place->due_us = MAX(next_us(place, rand, now_us), now_us + 1);
                *ret = *place;
                return TRUE;
        }
        return FALSE;
}

gint64 wattle_beat_due_us(const WattleBeat *beat)
{
        gint64 due_us = G_MAXINT64;

        for (guint i = 0; i < beat->n_places; i++)
                due_us = MIN(due_us, beat->places[i].due_us);
        return due_us;
}

gboolean wattle_beat_may_hear(WattleBeat *beat, guint32 ifindex, gint64 now_us)
{
        WattleBeatLink *link = known_link(beat, ifindex);

        if (!link || !link->is_there ||
            link->hear_us - now_us > (WATTLE_BEAT_HEARD_A_SECOND - 1) * HEAR_GAP_US)
                return FALSE;
        link->hear_us = MAX(link->hear_us, now_us) + HEAR_GAP_US;
        return TRUE;
}

gint64 wattle_beat_since_us(const WattleBeat *beat, guint32 ifindex)
{
        for (guint i = 0; i < beat->n_links; i++)
                if (beat->links[i].ifindex == ifindex && beat->links[i].is_there)
                        return beat->links[i].since_us;
        return G_MAXINT64;
}
