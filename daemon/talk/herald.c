/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/herald.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/sys/clock.h"
#include "common/sys/log.h"

/* Where wattle-update@MESH.socket listens, below the root. */
#define UPDATE_SOCKET "run/wattle/update/"

struct WattleHerald {
        WattleSurroundings *around;
        const WattleRoster *roster;
        const char *mesh;
        WattleGossip gossip;
        WattleProber *prober; /* NULL: nobody can be told */
        guint16 listen_port;
        GRand *rand;
        sd_event_source *timer;
};

static gint64 now_s(void)
{
        return g_get_real_time() / G_USEC_PER_SEC;
}

static void arm(WattleHerald *herald)
{
        gint64 due_us = wattle_gossip_due_us(&herald->gossip);
        gboolean wanted = due_us != G_MAXINT64 && herald->prober;

        if (wanted)
                (void)sd_event_source_set_time(herald->timer, (guint64)MAX(due_us, 1));
        (void)sd_event_source_set_enabled(herald->timer, wanted ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void send_hello(WattleHerald *herald, const WattleMember *member, const WattleHello *own,
                       gboolean asks)
{
        WattleHello hello = *own;

        if (!herald->prober || member->n_addresses == 0)
                return;
        hello.asks = asks;
        hello.listen_port = herald->listen_port;
        wattle_prober_send_hello(herald->prober, &member->addresses[0], &hello);
}

static void tell(WattleHerald *herald, const WattleMember *member, gboolean asks)
{
        send_hello(herald, member, &herald->gossip.own, asks);
}

/* An answer is no longer than its question: an older wattled, which has no keys, has a shorter one.
 */
static void answer(WattleHerald *herald, const WattleMember *member, const WattleHello *question)
{
        WattleHello own = herald->gossip.own;

        if (question->n_keys == 0)
                own.n_keys = 0;
        send_hello(herald, member, &own, FALSE);
}

/* The service starts with the datagram. Where it is not installed there is no socket, and a newer
 * profile waits for whoever brings it. */
static void tell_update(WattleHerald *herald, const char *device, guint64 serial,
                        const guint8 sum[WATTLE_HELLO_SUM_BYTES])
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        g_autofree char *line =
                g_strdup_printf("peer %s %" G_GUINT64_FORMAT " %016" G_GINT64_MODIFIER "x\n",
                                device, serial, wattle_hello_sum(sum));
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        (void)snprintf(address.sun_path, sizeof address.sun_path,
                       "/proc/self/fd/%d/" UPDATE_SOCKET "%s", herald->around->root_fd,
                       herald->mesh);
        if (fd >= 0 && sendto(fd, line, strlen(line), MSG_NOSIGNAL,
                              (const struct sockaddr *)&address, sizeof address) >= 0)
                wattle_log(WATTLE_LOG_INFO, "%s: %s has serial %" G_GUINT64_FORMAT, herald->mesh,
                           device, serial);
        if (fd >= 0)
                close(fd);
}

static int on_timer(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED guint64 due_us, void *data)
{
        WattleHerald *herald = data;
        WattleGossip *gossip = &herald->gossip;
        WattleMember *members[WATTLE_GOSSIP_MAX_BATCH];
        gint64 now_us = wattle_clock_now_us();
        guint n = wattle_gossip_tell(gossip, herald->roster, herald->roster->members->len,
                                     herald->rand, now_us, now_s(), members, G_N_ELEMENTS(members));
        const WattleMember *asked =
                wattle_gossip_ask(gossip, herald->roster, herald->rand, now_us, now_s());
        const WattleMember *called =
                wattle_gossip_call(gossip, herald->roster, herald->rand, now_us, now_s());

        for (guint i = 0; i < n; i++)
                tell(herald, members[i], FALSE);
        if (asked)
                tell_update(herald, asked->name, asked->serial, asked->sum);
        if (called)
                tell(herald, called, TRUE);
        arm(herald);
        return 0;
}

void wattle_herald_set(WattleHerald *herald, const WattleHello *own)
{
        wattle_gossip_set(&herald->gossip, own, wattle_clock_now_us());
        arm(herald);
}

void wattle_herald_set_links(WattleHerald *herald, const GArray *addresses)
{
        wattle_gossip_set_links(&herald->gossip, (const WattleAddr *)(gpointer)addresses->data,
                                MIN(addresses->len, WATTLE_HELLO_MAX_LINKS), wattle_clock_now_us());
        arm(herald);
}

void wattle_herald_set_keys(WattleHerald *herald, const WattleBeaconKey *keys, guint n_keys)
{
        wattle_gossip_set_keys(&herald->gossip, keys, n_keys, wattle_clock_now_us());
        arm(herald);
}

void wattle_herald_set_mapped(WattleHerald *herald, const WattleSocketAddr *mapped)
{
        wattle_gossip_set_mapped(&herald->gossip, mapped, wattle_clock_now_us());
        arm(herald);
}

void wattle_herald_arrive(WattleHerald *herald)
{
        wattle_gossip_arrive(&herald->gossip, herald->roster, herald->rand, wattle_clock_now_us());
        arm(herald);
}

void wattle_herald_use(WattleHerald *herald, WattleProber *prober, guint16 listen_port)
{
        herald->prober = prober;
        herald->listen_port = listen_port;
        arm(herald);
}

void wattle_herald_sessions(WattleHerald *herald)
{
        for (guint i = 0; herald->prober && i < herald->roster->members->len; i++) {
                WattleMember *member = wattle_roster_at(herald->roster, i);

                if (wattle_gossip_greet(&herald->gossip, member, now_s()))
                        tell(herald, member, TRUE);
        }
}

void wattle_herald_heard(WattleHerald *herald, WattleMember *member, const WattleHello *hello)
{
        switch (wattle_gossip_heard(&herald->gossip, member, hello, herald->roster->members->len,
                                    herald->rand, wattle_clock_now_us(), now_s())) {
        case WATTLE_GOSSIP_ANSWER:
                answer(herald, member, hello);
                break;
        case WATTLE_GOSSIP_FORK:
                tell_update(herald, member->name, hello->serial, hello->sum);
                break;
        case WATTLE_GOSSIP_NOTHING:
                break;
        }
        arm(herald);
}

WattleHerald *wattle_herald_new(WattleSurroundings *around, const WattleRoster *roster,
                                const char *mesh)
{
        WattleHerald *herald = g_new0(WattleHerald, 1);
        int result;

        *herald = (WattleHerald){
                .around = around, .roster = roster, .mesh = mesh, .rand = g_rand_new()
        };
        wattle_gossip_init(&herald->gossip);
        result = sd_event_add_time(around->event, &herald->timer, CLOCK_BOOTTIME, G_MAXUINT64, 0,
                                   on_timer, herald);
        if (result >= 0)
                result = sd_event_source_set_enabled(herald->timer, SD_EVENT_OFF);
        if (result < 0)
                wattle_log(WATTLE_LOG_ERROR, "%s: a timer: %s", mesh, g_strerror(-result));
        return herald;
}

void wattle_herald_free(WattleHerald *herald)
{
        sd_event_source_disable_unref(herald->timer);
        g_rand_free(herald->rand);
        g_free(herald);
}
