/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How one change reaches a mesh, in virtual time and without a socket: the real
 * daemon/talk/gossip.c for each device, and around it what stands for the network: sessions,
 * fetching, and being off.
 *
 * usage: spread DEVICES graph|hub|up SEED [FETCH APPLY]
 *
 * graph: each device has sessions with 20 others, by chance. hub: all are behind NAT and have a
 * session with three hubs alone. 20 % are off and come back within ten minutes; 1 % are bad: they
 * say that they have what they do not give; and one HELLO of 20 is lost. up: each has a session
 * with each, none is off or bad, and nothing is lost. FETCH and APPLY: the seconds of a device, as
 * it has been measured. One line comes out, of "KEY VALUE" words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/talk/gossip.h"

#define SESSIONS  20
#define HUBS      3
#define OFF       0.20
#define BAD       0.01
#define LOST      0.05
#define BACK_S    600
#define NOW_S     1000000
#define LATENCY_S 0.05
/* wattle-serve@MESH.socket. */
#define MAX_CONNECTIONS 8

typedef enum {
        HEAR,
        TIMER,
        GOT,
        BACK,
        SERVED
} Kind;

typedef struct {
        double at_s;
        Kind kind;
        guint device, other;
        WattleHello hello;
} Event;

typedef struct {
        WattleRoster roster; /* members with a session; key bytes 0 to 3 are the number */
        WattleGossip gossip;
        guint64 serial;
        gboolean is_off, was_off, is_bad, is_busy; /* busy: it fetches */
        double has_s, due_s;                       /* when it had the new text; its timer */
        guint n_sent, n_fetched, n_served, n_serving;
} Device;

static Device *devices;
static guint n_devices, n_hubs;
static gboolean is_up;
/* Of a profile by a tunnel, and then it is applied. */
static double fetch_s = 0.3, apply_s = 0.2;
static GRand *chance;
static GArray *heap;
static double now_s;

static gint64 now_us(void)
{
        return (gint64)((1 + now_s) * G_USEC_PER_SEC + 0.5);
}

/* --- A queue of events, the earliest first --- */

static void push(Event event)
{
        guint at = heap->len;

        g_array_append_val(heap, event);
        for (; at > 0; at = (at - 1) / 2) {
                Event *one = &g_array_index(heap, Event, at);
                Event *above = &g_array_index(heap, Event, (at - 1) / 2), swap = *one;

                if (above->at_s <= one->at_s)
                        return;
                *one = *above;
                *above = swap;
        }
}

static Event pop(void)
{
        Event first = g_array_index(heap, Event, 0);
        guint at = 0;

        g_array_index(heap, Event, 0) = g_array_index(heap, Event, heap->len - 1);
        g_array_set_size(heap, heap->len - 1);
        for (guint low = 1; low < heap->len; at = low, low = 2 * at + 1) {
                Event *one = &g_array_index(heap, Event, at), *least, swap = *one;

                if (low + 1 < heap->len &&
                    g_array_index(heap, Event, low + 1).at_s < g_array_index(heap, Event, low).at_s)
                        low++;
                least = &g_array_index(heap, Event, low);
                if (one->at_s <= least->at_s)
                        break;
                *one = *least;
                *least = swap;
        }
        return first;
}

/* --- Devices --- */

static guint number_of(const WattleMember *member)
{
        guint32 number;

        memcpy(&number, member->key.bytes, sizeof number);
        return number;
}

static WattleMember *member_of(Device *device, guint number)
{
        WattleKey key = { { 0 } };
        guint32 number32 = number;

        memcpy(key.bytes, &number32, sizeof number32);
        return wattle_roster_with_key(&device->roster, &key);
}

static void add_session(guint a, guint b)
{
        WattleKey key = { { 0 } };
        guint32 number32 = b;
        WattleMember *member;

        memcpy(key.bytes, &number32, sizeof number32);
        if (a == b || wattle_roster_with_key(&devices[a].roster, &key))
                return;
        member = wattle_member_new(NULL, &key);
        member->name = g_strdup_printf("%u", b);
        member->managed = member->in_kernel = TRUE;
        member->last_handshake_s = NOW_S;
        member->greeted_s = NOW_S;
        member->serial = 8; /* each has heard of the other what it runs */
        g_ptr_array_add(devices[a].roster.members, member);
        g_hash_table_insert(devices[a].roster.by_key, &member->key, member);
}

static void join(guint a, guint b)
{
        add_session(a, b);
        add_session(b, a);
}

static void arm(guint number)
{
        gint64 due_us = wattle_gossip_due_us(&devices[number].gossip);
        double due_s = MAX((double)due_us / G_USEC_PER_SEC - 1, now_s);

        if (due_us == G_MAXINT64 ||
            (devices[number].due_s > now_s && devices[number].due_s <= due_s))
                return;
        devices[number].due_s = due_s;
        push((Event){ .at_s = due_s, .kind = TIMER, .device = number });
}

static void tell(guint from, guint to, gboolean asks)
{
        WattleHello hello = devices[from].gossip.own;

        hello.asks = asks;
        devices[from].n_sent++;
        if (!is_up && g_rand_double(chance) < LOST)
                return;
        push((Event){ now_s + LATENCY_S, HEAR, to, from, hello });
}

static void run_text(guint number, guint64 serial)
{
        Device *device = &devices[number];
        WattleHello own = { .serial = serial };

        device->serial = serial;
        wattle_gossip_set(&device->gossip, &own, now_us());
        arm(number);
}

static void fetch(guint number, guint other)
{
        Device *device = &devices[number], *server = &devices[other];

        /* Who is turned away asks another, when the time has come. */
        if (device->is_busy || device->serial >= 9 || server->is_off || server->is_bad ||
            server->serial < 9 || server->n_serving >= MAX_CONNECTIONS)
                return;
        server->n_serving++;
        server->n_served++;
        device->is_busy = TRUE;
        device->n_fetched++;
        push((Event){ .at_s = now_s + fetch_s, .kind = SERVED, .device = other });
        push((Event){ .at_s = now_s + fetch_s + apply_s, .kind = GOT, .device = number });
}

static void on_timer(guint number)
{
        Device *device = &devices[number];
        WattleMember *members[WATTLE_GOSSIP_MAX_BATCH];
        guint n = wattle_gossip_tell(&device->gossip, &device->roster, n_devices, chance, now_us(),
                                     NOW_S, members, G_N_ELEMENTS(members));
        const WattleMember *asked =
                wattle_gossip_ask(&device->gossip, &device->roster, chance, now_us(), NOW_S);

        for (guint i = 0; i < n; i++)
                tell(number, number_of(members[i]), FALSE);
        if (asked)
                fetch(number, number_of(asked));
        arm(number);
}

static void on_hear(const Event *event)
{
        Device *device = &devices[event->device];
        WattleMember *member = member_of(device, event->other);

        if (device->is_off || !member)
                return;
        if (wattle_gossip_heard(&device->gossip, member, &event->hello, n_devices, chance, now_us(),
                                NOW_S) == WATTLE_GOSSIP_ANSWER)
                tell(event->device, event->other, FALSE);
        arm(event->device);
}

static void set_sessions(guint number, gint64 handshake_s)
{
        const WattleRoster *roster = &devices[number].roster;

        for (guint i = 0; i < roster->members->len; i++)
                member_of(&devices[number_of(wattle_roster_at(roster, i))], number)
                        ->last_handshake_s = handshake_s;
}

/* Its sessions begin anew, with a HELLO. */
static void on_back(guint number)
{
        Device *device = &devices[number];

        device->is_off = FALSE;
        set_sessions(number, NOW_S);
        for (guint i = 0; i < device->roster.members->len; i++)
                tell(number, number_of(wattle_roster_at(&device->roster, i)), TRUE);
}

static void on_event(const Event *event)
{
        Device *device = &devices[event->device];

        switch (event->kind) {
        case HEAR:
                on_hear(event);
                break;
        case TIMER:
                if (!device->is_off && event->at_s == device->due_s)
                        on_timer(event->device);
                break;
        case GOT:
                device->is_busy = FALSE;
                device->has_s = now_s;
                run_text(event->device, 9);
                break;
        case BACK:
                on_back(event->device);
                break;
        case SERVED:
                device->n_serving--;
                break;
        }
}

static void make_mesh(void)
{
        devices = g_new0(Device, n_devices);
        for (guint i = 0; i < n_devices; i++) {
                wattle_roster_init(&devices[i].roster);
                wattle_gossip_init(&devices[i].gossip);
        }
        for (guint i = 1; i < n_devices && is_up; i++)
                for (guint j = 0; j < i; j++)
                        join(i, j);
        for (guint i = 1; i < n_devices && !is_up; i++)
                for (guint j = 0; j < (n_hubs > 0 ? n_hubs : SESSIONS / 2); j++)
                        join(i, n_hubs > 0 ? j
                                           : (guint)g_rand_int_range(chance, 0, (gint32)n_devices));
        for (guint i = 0; i < n_devices; i++) {
                Device *device = &devices[i];

                device->has_s = -1;
                run_text(i, 8);
                device->gossip.next_us = G_MAXINT64;
                if (i < MAX(n_hubs, 1) || is_up)
                        continue;
                device->is_bad = g_rand_double(chance) < BAD;
                device->is_off = g_rand_double(chance) < OFF;
                device->was_off = device->is_off;
                if (!device->is_off)
                        continue;
                set_sessions(i, 0);
                push((Event){ .at_s = g_rand_double(chance) * BACK_S, .kind = BACK, .device = i });
        }
}

static int compare(gconstpointer a, gconstpointer b)
{
        return (*(const double *)a > *(const double *)b) -
               (*(const double *)a < *(const double *)b);
}

static double seconds_to(const GArray *times, double share, guint n)
{
        guint enough = MAX((guint)(share * n), 1);

        return times->len >= enough ? g_array_index(times, double, enough - 1) : -1;
}

/* Of the devices that were on from the beginning. */
static void print_result(void)
{
        g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(double));
        guint n_on = 0, n_all = 0, sent = 0, most_sent = 0, fetched = 0, most_served = 0;

        for (guint i = 0; i < n_devices; i++) {
                const Device *device = &devices[i];

                sent += device->n_sent;
                fetched += device->n_fetched;
                if (i >= MAX(n_hubs, 1)) {
                        most_sent = MAX(most_sent, device->n_sent);
                        most_served = MAX(most_served, device->n_served);
                }
                n_all += device->serial == 9;
                if (device->was_off)
                        continue;
                n_on++;
                if (device->has_s >= 0)
                        g_array_append_val(times, device->has_s);
        }
        g_array_sort(times, compare);
        printf("devices %u have_it %u seconds_to_95 %.2f seconds_to_99 %.1f sent_each %.1f most_sent %u fetched_each "
               "%.3f most_served %u\n",
               n_devices, n_all, seconds_to(times, 0.95, n_on), seconds_to(times, 0.99, n_on),
               (double)sent / n_devices, most_sent, (double)fetched / n_devices, most_served);
}

int main(int argc, char **argv)
{
        if (argc != 4 && argc != 6)
                return 2;
        n_devices = (guint)atoi(argv[1]);
        n_hubs = strcmp(argv[2], "hub") == 0 ? HUBS : 0;
        is_up = strcmp(argv[2], "up") == 0;
        if (argc == 6) {
                fetch_s = atof(argv[4]);
                apply_s = atof(argv[5]);
        }
        chance = g_rand_new_with_seed((guint32)atoi(argv[3]));
        heap = g_array_new(FALSE, FALSE, sizeof(Event));
        make_mesh();
        devices[0].has_s = 0;
        run_text(0, 9);
        while (heap->len > 0 && now_s < 2 * BACK_S) {
                Event event = pop();

                now_s = event.at_s;
                on_event(&event);
        }
        print_result();
        return 0;
}
