/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/lookout.h"

#include <string.h>

#include "common/sys/clock.h"
#include "common/sys/log.h"

/* The key of today is good for so long, and then that of tomorrow is, of which members know. */
#define DAY_US (24 * 3600 * (gint64)G_USEC_PER_SEC)

/* Beacons that we sent are remembered: so many, and for so long. */
#define MAX_SENT 64
#define SENT_US  (10 * G_USEC_PER_SEC)

typedef struct {
        guint8 nonce[WATTLE_BEACON_NONCE_SIZE];
        gint64 at_us; /* 0: none */
} Sent;

struct WattleLookout {
        WattleSurroundings *around;
        const WattleRoster *roster;
        WattleHerald *herald;
        WattleSighted sighted;
        gpointer data;
        WattleLookoutTunnel tunnel;
        WattleDiscovery discovery;
        gboolean is_open;
        WattleBeaconKey keys[WATTLE_HELLO_MAX_KEYS]; /* today's, and the next */
        gint64 day_us;                               /* when that of today was first used */
        guint departures;                            /* of the roster, when they were made */
        sd_event_source *day;
        Sent sent[MAX_SENT];
        guint n_sent;
};

static void begin_day(WattleLookout *lookout)
{
        lookout->day_us = wattle_clock_now_us();
        (void)sd_event_source_set_time(lookout->day, (guint64)(lookout->day_us + DAY_US));
        (void)sd_event_source_set_enabled(lookout->day, SD_EVENT_ONESHOT);
        if (lookout->is_open)
                wattle_herald_set_keys(lookout->herald, lookout->keys, WATTLE_HELLO_MAX_KEYS);
}

/* Both: who has left the mesh knows the one of tomorrow, too. */
static void make_keys(WattleLookout *lookout)
{
        for (guint i = 0; i < WATTLE_HELLO_MAX_KEYS; i++)
                wattle_beacon_key_make(&lookout->keys[i]);
        lookout->departures = lookout->roster->n_departures;
        begin_day(lookout);
}

static int on_day(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED guint64 due_us, void *data)
{
        WattleLookout *lookout = data;

        lookout->keys[0] = lookout->keys[1];
        wattle_beacon_key_make(&lookout->keys[1]);
        begin_day(lookout);
        return 0;
}

static gboolean on_make(const WattleBeatPlace *place, WattleBeacon *ret, gpointer data)
{
        WattleLookout *lookout = data;
        Sent *sent = &lookout->sent[lookout->n_sent % MAX_SENT];

        if (lookout->discovery == WATTLE_DISCOVERY_AUTO &&
            wattle_beacons_is_metered(lookout->around->beacons, place->ifindex))
                return FALSE;
        lookout->n_sent++;
        wattle_beacon_make(ret, &lookout->keys[0], lookout->tunnel.listen_port, &place->from);
        memcpy(sent->nonce, ret->nonce, sizeof sent->nonce);
        sent->at_us = wattle_clock_now_us();
        return TRUE;
}

static WattleMember *find_sender(const WattleLookout *lookout, const WattleBeacon *beacon,
                                 const WattleAddr *from)
{
        for (guint i = 0; i < lookout->roster->members->len; i++) {
                WattleMember *member = wattle_roster_at(lookout->roster, i);

                if (member->hints && wattle_hints_know(member->hints, beacon, from))
                        return member;
        }
        return NULL;
}

/* As the kernel would send to it. */
static gboolean is_neighbour(const WattleLookout *lookout, const WattleSocketAddr *at,
                             guint32 ifindex)
{
        WattleRoute route;

        return wattle_surroundings_reach(lookout->around, lookout->tunnel.ifindex,
                                         lookout->tunnel.fwmark, at,
                                         &route) == WATTLE_REACH_ON_LINK &&
               route.ifindex == ifindex;
}

static gboolean is_live(const WattleMember *member, const WattleMigrateStatus *status)
{
        return status->path != WATTLE_PATH_NONE && !status->busy &&
               member->reach != WATTLE_REACH_NONE;
}

static void ask(const WattleLookout *lookout, const WattleMember *member, WattleSightingKind kind,
                const guint8 nonce[WATTLE_BEACON_NONCE_SIZE])
{
        WattleSighting sighting = { .kind = kind };

        if (!lookout->tunnel.prober || member->n_addresses == 0)
                return;
        memcpy(sighting.nonce, nonce, sizeof sighting.nonce);
        wattle_prober_send_sighting(lookout->tunnel.prober, &member->addresses[0], &sighting);
}

static void on_heard(const WattleBeacon *beacon, const WattleAddr *from, guint32 ifindex,
                     gpointer data)
{
        WattleLookout *lookout = data;
        WattleMember *member = find_sender(lookout, beacon, from);
        const WattleBeat *beat = wattle_beacons_beat(lookout->around->beacons);
        WattleHeard heard = { .ifindex = ifindex,
                              .since_us = wattle_beat_since_us(beat, ifindex),
                              .at = { .addr = *from, .port = beacon->port },
                              .nonce = beacon->nonce };
        guint8 nonce[WATTLE_BEACON_NONCE_SIZE];
        gint64 now_us = wattle_clock_now_us();
        WattleMigrateStatus status;

        if (wattle_addr_has_scope(from))
                heard.at.scope = ifindex;
        if (!member || !is_neighbour(lookout, &heard.at, ifindex))
                return;
        wattle_member_status(member, now_us, &status);
        heard.live = is_live(member, &status);
        heard.good = heard.live && status.proved &&
                     wattle_socket_addr_equal(&status.endpoint, &heard.at);
        heard.near = heard.live && status.proved &&
                     status.endpoint.addr.family != heard.at.addr.family &&
                     is_neighbour(lookout, &status.endpoint, ifindex);
        if (wattle_hints_is_arriving(member->hints, &heard, now_us))
                wattle_beacons_answer(lookout->around->beacons, ifindex);
        switch (wattle_hints_hear(member->hints, &heard, now_us, nonce)) {
        case WATTLE_HINT_NOTHING:
                break;
        case WATTLE_HINT_TAKE:
                lookout->sighted(member, lookout->data);
                break;
        case WATTLE_HINT_ASK:
                ask(lookout, member, WATTLE_SIGHTING_ASKED, nonce);
                break;
        }
}

void wattle_lookout_told(WattleMember *member, const WattleHello *hello)
{
        if (hello->n_keys == 0 && !member->hints)
                return;
        if (!member->hints)
                member->hints = g_new0(WattleHints, 1);
        wattle_hints_take_keys(member->hints, hello);
}

static gboolean is_ours(const WattleLookout *lookout, const WattleSighting *sighting)
{
        gint64 now_us = wattle_clock_now_us();

        for (guint i = 0; i < MAX_SENT; i++)
                if (lookout->sent[i].at_us != 0 && now_us - lookout->sent[i].at_us < SENT_US &&
                    memcmp(lookout->sent[i].nonce, sighting->nonce, sizeof sighting->nonce) == 0)
                        return TRUE;
        return FALSE;
}

void wattle_lookout_asked(WattleLookout *lookout, WattleMember *member,
                          const WattleSighting *sighting)
{
        if (sighting->kind == WATTLE_SIGHTING_ASKED)
                ask(lookout, member,
                    is_ours(lookout, sighting) ? WATTLE_SIGHTING_CONFIRMED : WATTLE_SIGHTING_DENIED,
                    sighting->nonce);
        else if (lookout->is_open && member->hints &&
                 wattle_hints_answered(member->hints, sighting, wattle_clock_now_us()))
                lookout->sighted(member, lookout->data);
}

static void open_lookout(WattleLookout *lookout)
{
        WattleBeaconsUser user = { on_make, on_heard, lookout };

        lookout->is_open = TRUE;
        wattle_herald_set_keys(lookout->herald, lookout->keys, WATTLE_HELLO_MAX_KEYS);
        wattle_beacons_join(lookout->around->beacons, &user);
}

static void close_lookout(WattleLookout *lookout)
{
        lookout->is_open = FALSE;
        wattle_herald_set_keys(lookout->herald, NULL, 0);
        wattle_beacons_leave(lookout->around->beacons, lookout);
}

void wattle_lookout_use(WattleLookout *lookout, const WattleLookoutTunnel *tunnel,
                        WattleDiscovery discovery)
{
        gboolean wanted =
                tunnel->prober && tunnel->listen_port != 0 && discovery != WATTLE_DISCOVERY_NO;

        lookout->tunnel = *tunnel;
        lookout->discovery = discovery;
        if (lookout->departures != lookout->roster->n_departures)
                make_keys(lookout);
        if (wanted && !lookout->is_open)
                open_lookout(lookout);
        else if (!wanted && lookout->is_open)
                close_lookout(lookout);
}

WattleLookout *wattle_lookout_new(WattleSurroundings *around, const WattleRoster *roster,
                                  WattleHerald *herald, WattleSighted sighted, gpointer data)
{
        WattleLookout *lookout = g_new0(WattleLookout, 1);
        int result;

        lookout->around = around;
        lookout->roster = roster;
        lookout->herald = herald;
        lookout->sighted = sighted;
        lookout->data = data;
        result = sd_event_add_time(around->event, &lookout->day, CLOCK_BOOTTIME, G_MAXUINT64,
                                   G_USEC_PER_SEC, on_day, lookout);
        if (result >= 0)
                result = sd_event_source_set_enabled(lookout->day, SD_EVENT_OFF);
        if (result < 0)
                wattle_log(WATTLE_LOG_ERROR, "beacons: a timer: %s", g_strerror(-result));
        make_keys(lookout);
        return lookout;
}

void wattle_lookout_free(WattleLookout *lookout)
{
        if (lookout->is_open)
                close_lookout(lookout);
        sd_event_source_disable_unref(lookout->day);
        g_free(lookout);
}
