/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two engines that meet: two kernels, each behind a NAT that lets in what was asked for alone, and
 * a relay between them, or somebody who introduces them. Time goes in steps of a millisecond. What
 * must come of it, also after things happened in a random order. The seeds are fixed. */
#include "common/migrate/migrate.h"

#include <netinet/in.h>
#include <string.h>

#include "tests/unit/fixture.h"

#define MSEC   G_GINT64_CONSTANT(1000)
#define SEC    (1000 * MSEC)
#define SEEDS  60
#define ROUNDS 30 /* random events */

#define RELAY_WAY  (20 * MSEC) /* to the relay, or from it */
#define DIRECT_WAY (30 * MSEC)

typedef enum {
        INITIATION,
        RESPONSE,
        DATA,
        QUESTION,
        ANSWER,
} Kind;

typedef struct {
        gint64 at;
        guint to; /* side; 2: the relay */
        guint from;
        WattleSocketAddr source, target;
        Kind kind;
        guint session;
        guint64 id;
} Packet;

typedef struct {
        WattleMigration *m;
        gint64 deadline, read;

        /* the kernel */
        WattleSocketAddr endpoint;
        guint64 rx, tx;
        guint session;    /* 0: none */
        guint next;       /* as the responder, until the first packet of it came */
        gint64 handshake; /* of session */
        gint64 initiated; /* 0: never */
        gboolean waiting; /* for the response to that, */
        guint64 index;    /* which has its number */

        /* the NAT */
        guint8 host; /* its public address is 203.0.113.HOST */
        gboolean symmetric;
        GHashTable *open; /* of WattleSocketAddr: what may come in */

        WattleSocketAddr offered; /* by the relay; none */
        WattleSocketAddr seen;    /* the other one, by the relay */

        gboolean traffic; /* 50 packets a second */
        guint sent, got;
        gint64 last_got;
} Side;

typedef struct {
        GRand *random;
        gint64 now;
        Side sides[2]; /* the lower key first */
        GArray *packets;
        guint n_sessions;
        guint64 n_indices;
        struct {
                gboolean alive;
                guint16 port;
                WattleSocketAddr at[2];
                gint64 initiated;   /* the lower one's */
                Packet held;        /* from 2: none */
                gint64 offer_at[2]; /* 0: none */
        } relay;
        gboolean introduces; /* the relay is none */
        guint n_words;       /* of introductions; each second one has the higher key go on */
        guint loss;          /* of words and packets, in percent */
        gint64 way;          /* from one to the other */
        guint n_sets, n_asks, n_punches;
        gint64 counted_from;
} World;

static WattleSocketAddr addr_of(guint8 a, guint8 b, guint8 c, guint8 d, guint port)
{
        return (WattleSocketAddr){ .addr = { AF_INET, { a, b, c, d } }, .port = (guint16)port };
}

static WattleSocketAddr knock_of(guint side)
{
        return addr_of(127, 64, 0, (guint8)side, 4444);
}

static gboolean is_knock(const WattleSocketAddr *at)
{
        return at->addr.bytes[0] == 127;
}

/* Where packets of a side to a target seem to come from. */
static WattleSocketAddr mapped(const Side *side, const WattleSocketAddr *target)
{
        guint port = side->symmetric ? 30000 + wattle_socket_addr_hash(target) % 30000 : 51820;

        return addr_of(203, 0, 113, side->host, port);
}

static gboolean is_lost(World *w)
{
        return w->loss > 0 && (guint)g_rand_int_range(w->random, 0, 100) < w->loss;
}

static void emit(World *w, guint from, Kind kind, guint session, guint64 id)
{
        Side *side = &w->sides[from];
        Packet packet = { .from = from,
                          .target = side->endpoint,
                          .source = mapped(side, &side->endpoint),
                          .kind = kind,
                          .session = session,
                          .id = id };

        g_hash_table_add(side->open, g_memdup2(&side->endpoint, sizeof side->endpoint));
        if (side->endpoint.addr.bytes[0] == 192) {
                packet.to = 2;
                packet.at = w->now + RELAY_WAY;
        } else {
                packet.to = 1 - from;
                packet.at = w->now + w->way;
        }
        if (!is_lost(w))
                g_array_append_val(w->packets, packet);
}

static void step(World *w, guint index, const WattleMigrateEvent *event);

/* One packet of ours, if the kernel lets it go. */
static void transmit(World *w, guint index, Kind kind, guint64 id, guint size)
{
        Side *side = &w->sides[index];
        WattleMigrateEvent wanted = { .kind = WATTLE_ON_WANTED };

        if (!wattle_socket_addr_is_set(&side->endpoint))
                return;
        if (side->session != 0 && w->now - side->handshake < 180 * SEC) {
                side->tx += size;
                if (!is_knock(&side->endpoint))
                        emit(w, index, kind, side->session, id);
                return;
        }
        if (side->initiated != 0 && w->now - side->initiated < 5 * SEC)
                return;
        side->initiated = w->now;
        side->waiting = TRUE;
        side->index = ++w->n_indices;
        side->tx += 148;
        if (is_knock(&side->endpoint))
                step(w, index, &wanted);
        else
                emit(w, index, INITIATION, 0, side->index);
}

static void perform(World *w, guint index, const WattleMigrateAction *action)
{
        Side *side = &w->sides[index];

        switch (action->kind) {
        case WATTLE_MIGRATE_NOTHING:
        case WATTLE_MIGRATE_RESOLVE:
                break;
        case WATTLE_MIGRATE_READD:
                g_assert_false(side->session != 0 && w->now - side->handshake < 170 * SEC);
                side->rx = side->tx = 0;
                side->session = side->next = 0;
                side->handshake = side->initiated = 0;
                side->waiting = FALSE;
                side->endpoint = action->at;
                w->n_sets++;
                break;
        case WATTLE_MIGRATE_SET:
                side->endpoint = action->at;
                w->n_sets++;
                break;
        case WATTLE_MIGRATE_PROBE:
                transmit(w, index, QUESTION, action->probe_id, 96);
                break;
        case WATTLE_MIGRATE_ASK:
                w->n_asks++;
                if (is_lost(w))
                        break;
                w->n_words++;
                for (guint i = 0; i < 2 && w->relay.alive; i++)
                        if (w->relay.offer_at[i] == 0 && !is_lost(w))
                                w->relay.offer_at[i] = w->now + 2 * RELAY_WAY +
                                                       g_rand_int_range(w->random, 0, 10) * MSEC;
                break;
        case WATTLE_MIGRATE_PUNCH:
                w->n_punches++;
                side->endpoint = action->at;
                transmit(w, index, QUESTION, action->probe_id, 96);
                side->endpoint = action->back;
                break;
        }
}

static void step(World *w, guint index, const WattleMigrateEvent *event)
{
        Side *side = &w->sides[index];
        WattleMigrateStep next = wattle_migration_step(side->m, event, w->now);

        for (guint i = 0; next.action.kind != WATTLE_MIGRATE_NOTHING; i++) {
                g_assert_cmpuint(i, <, 8);
                perform(w, index, &next.action);
                next = wattle_migration_step(side->m, NULL, w->now);
        }
        side->deadline = next.deadline_us;
        side->read = next.read_us;
}

static void tell_list(World *w, guint index, WattleMigrateEventKind kind)
{
        Side *side = &w->sides[index];
        WattleMigrateCandidate list[3];
        WattleMigrateEvent event = { .kind = kind,
                                     .candidates = list,
                                     .goes_on = index == w->n_words % 2 };

        if (wattle_socket_addr_is_set(&side->seen))
                list[event.n_candidates++] =
                        (WattleMigrateCandidate){ WATTLE_SOURCE_SEEN, side->seen,
                                                  WATTLE_REACH_GATEWAY };
        if (wattle_socket_addr_is_set(&side->offered))
                list[event.n_candidates++] =
                        (WattleMigrateCandidate){ WATTLE_SOURCE_RELAY, side->offered,
                                                  WATTLE_REACH_GATEWAY };
        list[event.n_candidates++] = (WattleMigrateCandidate){ WATTLE_SOURCE_KNOCK, knock_of(index),
                                                               WATTLE_REACH_GATEWAY };
        step(w, index, &event);
}

static void tell_counters(World *w, guint index)
{
        Side *side = &w->sides[index];
        WattleMigrateEvent event = { .kind = WATTLE_ON_COUNTERS };

        event.counters = (WattleMigrateCounters){ .endpoint = side->endpoint,
                                                  .reach = WATTLE_REACH_GATEWAY,
                                                  .rx_bytes = side->rx,
                                                  .tx_bytes = side->tx,
                                                  .last_handshake_s = side->handshake / SEC,
                                                  .handshake_age_us = w->now - side->handshake };
        step(w, index, &event);
}

static void establish(World *w, Side *side, guint session)
{
        side->session = session;
        side->next = 0;
        side->handshake = w->now;
}

static void receive(World *w, const Packet *packet)
{
        Side *side = &w->sides[packet->to];
        WattleMigrateEvent answered = { .kind = WATTLE_ON_ANSWER,
                                        .probe_id = packet->id,
                                        .rtt_us = 60 * MSEC };

        if (packet->kind == INITIATION) {
                /* Its own that is under way comes to nothing (noise.c). */
                side->rx += 148;
                side->waiting = FALSE;
                side->endpoint = packet->source;
                side->next = ++w->n_sessions;
                side->tx += 92;
                emit(w, packet->to, RESPONSE, side->next, packet->id);
                return;
        }
        if (packet->kind == RESPONSE) {
                if (!side->waiting || side->index != packet->id)
                        return;
                side->waiting = FALSE;
                side->rx += 92;
                side->endpoint = packet->source;
                establish(w, side, packet->session);
                transmit(w, packet->to, DATA, 0, 32);
                return;
        }
        if (packet->session == side->next && side->next != 0)
                establish(w, side, packet->session);
        if (packet->session != side->session || side->session == 0)
                return;
        side->endpoint = packet->source;
        side->rx += 96;
        if (packet->kind == QUESTION) {
                transmit(w, packet->to, ANSWER, packet->id, 96);
        } else if (packet->kind == ANSWER) {
                step(w, packet->to, &answered);
        } else if (packet->id != 0) {
                side->got++;
                side->last_got = w->now;
        }
}

/* As relay/pair.h says. */
static void relay(World *w, const Packet *packet)
{
        guint from = packet->from, to = 1 - from;
        Packet out = *packet;

        if (!w->relay.alive || packet->target.port != w->relay.port)
                return;
        w->relay.at[from] = packet->source;
        if (from == 1 && w->relay.held.from < 2) {
                out = w->relay.held;
                to = 1;
                w->relay.held.from = 2;
        } else if (packet->kind == INITIATION && from == 0) {
                w->relay.initiated = w->now;
                if (!wattle_socket_addr_is_set(&w->relay.at[1])) {
                        w->relay.held = *packet;
                        return;
                }
        } else if (packet->kind == INITIATION) {
                if (!wattle_socket_addr_is_set(&w->relay.at[0]) ||
                    (w->relay.initiated != 0 && w->now - w->relay.initiated < SEC))
                        return;
        }
        if (!wattle_socket_addr_is_set(&w->relay.at[to]))
                return;
        out.to = to;
        out.source = addr_of(192, 0, 2, 9, w->relay.port);
        out.target = w->relay.at[to];
        out.at = w->now + RELAY_WAY;
        g_array_append_val(w->packets, out);
}

/* The NAT takes in what comes from where something went, to the port that it went from. */
static gboolean lets_in(World *w, const Packet *packet)
{
        const Side *side = &w->sides[packet->to];
        WattleSocketAddr own = mapped(side, &packet->source);

        return wattle_socket_addr_equal(&own, &packet->target) &&
               g_hash_table_contains(side->open, &packet->source);
}

static void deliver(World *w)
{
        for (guint i = 0; i < w->packets->len;) {
                Packet packet = g_array_index(w->packets, Packet, i);

                if (packet.at > w->now) {
                        i++;
                        continue;
                }
                g_array_remove_index(w->packets, i);
                if (packet.to == 2)
                        relay(w, &packet);
                else if (lets_in(w, &packet))
                        receive(w, &packet);
        }
}

static void offer(World *w, guint index)
{
        Side *side = &w->sides[index], *other = &w->sides[1 - index];
        WattleSocketAddr home = addr_of(192, 0, 2, 9, 51820);

        w->relay.offer_at[index] = 0;
        if (!w->relay.alive)
                return;
        if (w->introduces) {
                side->seen = mapped(other, &home);
                tell_counters(w, index);
                tell_list(w, index, WATTLE_ON_INTRODUCED);
                return;
        }
        side->offered = addr_of(192, 0, 2, 9, w->relay.port);
        side->seen = mapped(other, &home);
        tell_counters(w, index);
        tell_list(w, index, WATTLE_ON_PAIRED);
}

static void run(World *w, gint64 span)
{
        const WattleMigrateEvent timer = { .kind = WATTLE_ON_TIMER };

        for (gint64 until = w->now + span; w->now < until; w->now += MSEC) {
                deliver(w);
                for (guint i = 0; i < 2; i++) {
                        Side *side = &w->sides[i];

                        if (side->traffic && w->now % (20 * MSEC) == 0) {
                                side->sent++;
                                transmit(w, i, DATA, side->sent, 128);
                        }
                        if (side->session != 0 && w->now - side->handshake > 120 * SEC &&
                            w->now - side->last_got < SEC &&
                            w->sides[1 - i].session == side->session)
                                side->handshake = w->sides[1 - i].handshake = w->now;
                        if (w->relay.offer_at[i] != 0 && w->relay.offer_at[i] <= w->now)
                                offer(w, i);
                        if (side->read <= w->now)
                                tell_counters(w, i);
                        if (side->deadline <= w->now)
                                step(w, i, &timer);
                }
        }
}

static void start_engine(World *w, guint index, guint32 seed)
{
        Side *side = &w->sides[index];
        WattleMigrateConfig config = { .managed = TRUE, .can_pair = TRUE, .seed = seed + index };

        config.self.bytes[0] = (guint8)(index + 1);
        config.peer.bytes[0] = (guint8)(2 - index);
        g_clear_pointer(&side->m, wattle_migration_free);
        side->m = wattle_migration_new(&config, w->now);
        tell_list(w, index, WATTLE_ON_CANDIDATES);
        tell_counters(w, index);
}

static void begin(World *w, guint32 seed, gboolean one_symmetric, gboolean other_symmetric)
{
        *w = (World){ .random = g_rand_new_with_seed(seed),
                      .now = 1000 * SEC,
                      .packets = g_array_new(FALSE, FALSE, sizeof(Packet)) };
        w->relay.alive = TRUE;
        w->relay.port = 21900;
        w->relay.held.from = 2;
        w->way = DIRECT_WAY;
        w->sides[0].symmetric = one_symmetric;
        w->sides[1].symmetric = other_symmetric;
        for (guint i = 0; i < 2; i++) {
                w->sides[i].host = (guint8)(i + 1);
                w->sides[i].open =
                        g_hash_table_new_full((GHashFunc)wattle_socket_addr_hash,
                                              (GEqualFunc)wattle_socket_addr_equal, g_free, NULL);
                start_engine(w, i, seed);
        }
        run(w, 1 * SEC + g_rand_int_range(w->random, 0, 1000) * MSEC);
}

static void end(World *w)
{
        for (guint i = 0; i < 2; i++) {
                wattle_migration_free(w->sides[i].m);
                g_hash_table_unref(w->sides[i].open);
        }
        g_array_unref(w->packets);
        g_rand_free(w->random);
}

/* Both hear each other at the end of that time. */
static void assert_meet(World *w, gint64 span)
{
        guint got[2];

        run(w, span - SEC);
        for (guint i = 0; i < 2; i++)
                got[i] = w->sides[i].got;
        run(w, SEC);
        for (guint i = 0; i < 2; i++)
                g_assert_cmpuint(w->sides[i].got - got[i], >, 40);
}

/* Packets that were sent since and did not come, but for those that are on their way. */
static guint lost_since(const World *w, guint index, guint sent, guint got)
{
        guint on_their_way = 5, gone = w->sides[index].sent - sent;
        guint came = w->sides[1 - index].got - got;

        return gone > came + on_their_way ? gone - came - on_their_way : 0;
}

/* The first packet wakes both, and they meet at the relay within a second; then directly, if their
 * NATs let them. Nothing of what users send is lost by that, whether it comes to anything or not.
 */
static void meets(gconstpointer data)
{
        guint32 seed = GPOINTER_TO_UINT(data);
        gboolean symmetric[2] = { seed % 4 == 1 || seed % 4 == 3, seed % 4 >= 2 };
        gboolean direct = !symmetric[0] && !symmetric[1];
        guint first = seed / 4 % 2, sent[2], got[2];
        World w;

        begin(&w, seed, symmetric[0], symmetric[1]);
        g_assert_true(is_knock(&w.sides[0].endpoint) && is_knock(&w.sides[1].endpoint));
        w.sides[first].traffic = TRUE;
        run(&w, 1 * SEC);
        g_assert_cmpuint(w.sides[1 - first].got, >, 0);
        w.sides[1 - first].traffic = TRUE;
        run(&w, 100 * MSEC);
        for (guint i = 0; i < 2; i++) {
                sent[i] = w.sides[i].sent;
                got[i] = w.sides[1 - i].got;
        }
        assert_meet(&w, 20 * SEC);
        for (guint i = 0; i < 2; i++) {
                WattleMigrateStatus status;

                wattle_migration_status(w.sides[i].m, w.now, &status);
                g_assert_cmpint(status.path, ==, direct ? WATTLE_PATH_DIRECT : WATTLE_PATH_RELAYED);
                g_assert_cmpuint(lost_since(&w, i, sent[i], got[i]), <=, 1);
        }
        end(&w);
}

static void assert_path(World *w, WattlePath path)
{
        for (guint i = 0; i < 2; i++) {
                WattleMigrateStatus status;

                wattle_migration_status(w->sides[i].m, w->now, &status);
                g_assert_cmpint(status.path, ==, path);
        }
}

/* One of them has something to say, and no relay is there. Where their NATs keep ports they hear
 * each other within a second, though their first handshakes cross; else they do not, and it is
 * known why. */
static void is_introduced(gconstpointer data)
{
        guint32 seed = GPOINTER_TO_UINT(data);
        gboolean symmetric[2] = { seed % 4 == 1 || seed % 4 == 3, seed % 4 >= 2 };
        gboolean direct = !symmetric[0] && !symmetric[1];
        guint first = seed / 4 % 2;
        WattleMigrateStatus status;
        World w;

        begin(&w, seed, symmetric[0], symmetric[1]);
        w.introduces = TRUE;
        w.n_words = seed / 8;
        w.way = (seed % 5 * 50 + 5) * MSEC; /* up to 205 ms */
        g_assert_true(is_knock(&w.sides[0].endpoint) && is_knock(&w.sides[1].endpoint));
        w.sides[first].traffic = TRUE;
        run(&w, 1 * SEC + 2 * w.way);
        g_assert_cmpint(w.sides[1 - first].got > 0, ==, direct);
        w.sides[1 - first].traffic = direct;
        run(&w, 20 * SEC);
        assert_path(&w, direct ? WATTLE_PATH_DIRECT : WATTLE_PATH_NONE);
        wattle_migration_status(w.sides[first].m, w.now, &status);
        g_assert_cmpint(status.punches > 0, ==, !direct);
        g_assert_cmpuint(w.n_asks, <=, direct ? 1 : 4);
        g_assert_cmpuint(w.n_sets, <=, direct ? 10 : 40);
        end(&w);
}

/* A member says all the time that each is somewhere else. What works stays; and where nothing is
 * sent, so that nobody knows, some packets a minute go where he says. */
static void is_lied_to(gconstpointer data)
{
        guint32 seed = GPOINTER_TO_UINT(data);
        guint sent, got, sets;
        World w;

        begin(&w, seed, FALSE, FALSE);
        w.introduces = TRUE;
        w.sides[0].traffic = w.sides[1].traffic = TRUE;
        run(&w, 20 * SEC);
        assert_path(&w, WATTLE_PATH_DIRECT);
        sent = w.sides[0].sent;
        got = w.sides[1].got;
        sets = w.n_sets;
        for (guint i = 0; i < 120; i++) {
                if (i == 60) {
                        g_assert_cmpuint(w.n_punches, ==, 0);
                        g_assert_cmpuint(lost_since(&w, 0, sent, got), ==, 0);
                        w.sides[0].traffic = w.sides[1].traffic = FALSE;
                }
                w.sides[i % 2].seen = addr_of(203, 0, 114, (guint8)i,
                                              (guint)g_rand_int_range(w.random, 1, 65536));
                tell_counters(&w, i % 2);
                tell_list(&w, i % 2, WATTLE_ON_INTRODUCED);
                run(&w, 2 * SEC);
        }
        g_assert_cmpuint(w.n_sets, ==, sets);
        g_assert_cmpuint(w.n_punches, <=, 2 * 4 * 4);
        assert_path(&w, WATTLE_PATH_DIRECT);
        end(&w);
}

/* The same of two that have no session. When he has ended they meet, after the longest hold. */
static void is_lied_to_of_nobody(gconstpointer data)
{
        World w;

        begin(&w, GPOINTER_TO_UINT(data), FALSE, FALSE);
        w.introduces = TRUE;
        for (guint i = 0; i < 300; i++) {
                w.sides[i % 2].seen = addr_of(203, 0, 114, (guint8)i,
                                              (guint)g_rand_int_range(w.random, 1, 65536));
                tell_counters(&w, i % 2);
                tell_list(&w, i % 2, WATTLE_ON_INTRODUCED);
                run(&w, 2 * SEC);
        }
        g_assert_cmpuint(w.n_sets, <=, 150);
        g_assert_cmpuint(w.n_asks, ==, 0);
        w.sides[0].traffic = w.sides[1].traffic = TRUE;
        assert_meet(&w, 350 * SEC);
        end(&w);
}

/* A fifth of all is lost, words and packets, and what comes takes 200 ms. */
static void is_introduced_by_radio(gconstpointer data)
{
        guint32 seed = GPOINTER_TO_UINT(data);
        World w;

        begin(&w, seed, FALSE, FALSE);
        w.introduces = TRUE;
        w.loss = 20;
        w.way = 200 * MSEC;
        w.sides[seed % 2].traffic = TRUE;
        run(&w, 100 * SEC);
        assert_path(&w, WATTLE_PATH_DIRECT);
        end(&w);
}

static void something(World *w)
{
        guint index = (guint)g_rand_int_range(w->random, 0, 2);
        Side *side = &w->sides[index];

        switch (g_rand_int_range(w->random, 0, 8)) {
        case 0:
                w->relay.alive = !w->relay.alive;
                break;
        case 1: /* another one in its place */
                w->relay.port = w->relay.port == 21900 ? 21901 : 21900;
                w->relay.at[0] = w->relay.at[1] = (WattleSocketAddr){ 0 };
                w->relay.held.from = 2;
                break;
        case 2: /* its provider gives it another address */
                side->host = (guint8)g_rand_int_range(w->random, 1, 250);
                g_hash_table_remove_all(side->open);
                break;
        case 3:
                side->symmetric = g_rand_boolean(w->random);
                break;
        case 4: /* a manager that sets up all anew */
                side->endpoint = (WattleSocketAddr){ 0 };
                side->session = side->next = 0;
                side->handshake = side->initiated = 0;
                side->rx = side->tx = 0;
                break;
        case 5: /* wattled is killed */
                side->offered = side->seen = (WattleSocketAddr){ 0 };
                start_engine(w, index, (guint32)g_rand_int(w->random));
                break;
        case 6: /* the NAT forgets */
                g_hash_table_remove_all(side->open);
                break;
        default:
                side->traffic = !side->traffic;
                break;
        }
}

static gint64 some_time(World *w)
{
        static const gint32 spans_ms[] = { 5, 30, 300, 3000, 40000 };

        return (1 + g_rand_int_range(w->random, 0, spans_ms[g_rand_int_range(w->random, 0, 5)])) *
               MSEC;
}

/* Whatever was before: with a relay they meet in the end, and it takes no flood. */
static void meets_again(gconstpointer data)
{
        guint32 seed = GPOINTER_TO_UINT(data);
        gint64 began;
        World w;

        begin(&w, seed, seed % 2, seed % 3 == 0);
        began = w.now;
        for (guint i = 0; i < ROUNDS; i++) {
                something(&w);
                run(&w, some_time(&w));
        }
        w.relay.alive = TRUE;
        w.sides[0].traffic = w.sides[1].traffic = TRUE;
        assert_meet(&w, 200 * SEC);
        g_test_message("%u sets, %u questions in %d s", w.n_sets, w.n_asks,
                       (int)((w.now - began) / SEC));
        g_assert_cmpuint(w.n_asks, <, 20 + (w.now - began) / SEC);
        g_assert_cmpuint(w.n_sets, <, 200 + 5 * (w.now - began) / SEC);
        end(&w);
}

/* The same without a relay: by then each waits five minutes at most before the next try. */
static void is_introduced_again(gconstpointer data)
{
        guint32 seed = GPOINTER_TO_UINT(data);
        gint64 began;
        World w;

        begin(&w, seed, seed % 2, seed % 3 == 0);
        w.introduces = TRUE;
        began = w.now;
        for (guint i = 0; i < ROUNDS; i++) {
                something(&w);
                run(&w, some_time(&w));
        }
        w.relay.alive = TRUE;
        w.sides[0].symmetric = w.sides[1].symmetric = FALSE;
        w.sides[0].traffic = w.sides[1].traffic = TRUE;
        assert_meet(&w, 620 * SEC);
        g_assert_cmpuint(w.n_asks, <, 20 + (w.now - began) / SEC);
        g_assert_cmpuint(w.n_sets, <, 200 + 5 * (w.now - began) / SEC);
        end(&w);
}

static void add(const char *name, guint32 seed, GTestDataFunc function)
{
        g_autofree char *path = g_strdup_printf("/migrate/meet/%s/%u", name, seed);

        g_test_add_data_func(path, GUINT_TO_POINTER(seed), function);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        for (guint32 seed = 0; seed < SEEDS; seed++) {
                add("meets", seed, meets);
                add("meets again", seed, meets_again);
                add("is introduced", seed, is_introduced);
                add("is lied to", seed, is_lied_to);
                add("is lied to of nobody", seed, is_lied_to_of_nobody);
                add("is introduced by radio", seed, is_introduced_by_radio);
                add("is introduced again", seed, is_introduced_again);
        }
        return g_test_run();
}
