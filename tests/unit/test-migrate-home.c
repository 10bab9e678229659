/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two engines and a LAN: one of the two comes home to it, or both do at once, under traffic. Two
 * kernels that follow each other's packets, a way of 15 to 60 ms past the Internet and one of 1 ms
 * on the LAN. Time goes in steps of a millisecond, and the seeds are fixed. */
#include "common/migrate/migrate.h"

#include <netinet/in.h>
#include <string.h>

#include "tests/unit/fixture.h"

#define MSEC    G_GINT64_CONSTANT(1000)
#define SEC     (1000 * MSEC)
#define SEEDS   40
#define LAN_WAY (1 * MSEC)

typedef enum {
        DATA,
        REPLY,
        QUESTION,
        ANSWER,
} Kind;

typedef struct {
        gint64 at;
        guint to;
        WattleSocketAddr source;
        Kind kind;
        guint64 id;
        gint64 sent_at;
} Packet;

typedef struct {
        WattleMigration *m;
        gint64 deadline, read;
        gint64 told_at[2]; /* of its link, and by the other; 0: it is not */
        GArray *answers;   /* Packet, which wattled gets at that time */
        WattleSocketAddr endpoint;
        guint64 rx, tx;
        gboolean knows; /* where the other one is on the LAN */
        guint reverts;
        gint64 left_us; /* when it last was not at the other's LAN address */
} Side;

typedef struct {
        GRand *random;
        gint64 now, lag;
        gboolean is_home;
        Side sides[2]; /* the lower key first */
        GArray *packets;
        guint sends; /* the side that pings */
        guint sent, got;
        gint64 send_at, way; /* the next packet of a user's; past the Internet */
} World;

static WattleSocketAddr public_of(guint side)
{
        return (WattleSocketAddr){ .addr = { AF_INET, { 203, 0, 113, (guint8)(side + 1) } },
                                   .port = 51820 };
}

static WattleSocketAddr lan_of(guint side)
{
        return (WattleSocketAddr){ .addr = { AF_INET, { 10, 41, 0, (guint8)(side + 1) } },
                                   .port = 51820 };
}

static gboolean is_lan(const WattleSocketAddr *at)
{
        return at->addr.bytes[0] == 10;
}

static void transmit(World *w, guint index, Kind kind, guint64 id, guint size, gint64 sent_at)
{
        Side *side = &w->sides[index];
        gboolean lan = is_lan(&side->endpoint);
        Packet packet = { .at = w->now + (lan ? LAN_WAY : w->way),
                          .to = 1 - index,
                          .source = lan ? lan_of(index) : public_of(index),
                          .kind = kind,
                          .id = id,
                          .sent_at = sent_at };

        side->tx += size;
        if (!lan || w->is_home)
                g_array_append_val(w->packets, packet);
}

static void step(World *w, guint index, const WattleMigrateEvent *event)
{
        Side *side = &w->sides[index];
        WattleMigrateStep next = wattle_migration_step(side->m, event, w->now);

        for (; next.action.kind != WATTLE_MIGRATE_NOTHING;
             next = wattle_migration_step(side->m, NULL, w->now)) {
                if (next.action.kind == WATTLE_MIGRATE_PROBE)
                        transmit(w, index, QUESTION, next.action.probe_id, 96, w->now);
                if (next.action.kind != WATTLE_MIGRATE_SET)
                        continue;
                side->endpoint = next.action.at;
                side->reverts += next.action.reason == WATTLE_MOVE_REVERT;
        }
        side->deadline = next.deadline_us;
        side->read = next.read_us;
}

static void tell_list(World *w, guint index, WattleMigrateEventKind kind)
{
        Side *side = &w->sides[index];
        WattleMigrateCandidate list[] = {
                { WATTLE_SOURCE_PUBLIC, public_of(1 - index), WATTLE_REACH_GATEWAY },
                { WATTLE_SOURCE_PRIVATE, lan_of(1 - index),
                  w->is_home ? WATTLE_REACH_ON_LINK : WATTLE_REACH_GATEWAY },
        };

        step(w, index,
             &(WattleMigrateEvent){
                     .kind = kind, .candidates = list, .n_candidates = side->knows ? 2 : 1 });
}

static void tell_counters(World *w, guint index)
{
        Side *side = &w->sides[index];

        step(w, index,
             &(WattleMigrateEvent){ .kind = WATTLE_ON_COUNTERS,
                                    .counters = { .endpoint = side->endpoint,
                                                  .reach = is_lan(&side->endpoint) && w->is_home
                                                                   ? WATTLE_REACH_ON_LINK
                                                                   : WATTLE_REACH_GATEWAY,
                                                  .rx_bytes = side->rx,
                                                  .tx_bytes = side->tx,
                                                  .last_handshake_s = 1000,
                                                  .handshake_age_us = SEC } });
}

static void receive(World *w, const Packet *packet)
{
        Side *side = &w->sides[packet->to];
        Packet late = *packet;

        late.at = w->now + w->lag;
        side->endpoint = packet->source;
        side->rx += 96;
        if (packet->kind == DATA)
                transmit(w, packet->to, REPLY, packet->id, 128, packet->sent_at);
        else if (packet->kind == QUESTION)
                transmit(w, packet->to, ANSWER, packet->id, 96, packet->sent_at);
        else if (packet->kind == REPLY)
                w->got++;
        else
                g_array_append_val(side->answers, late);
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
                receive(w, &packet);
        }
}

static void tell_answers(World *w, guint index)
{
        GArray *answers = w->sides[index].answers;

        while (answers->len > 0 && g_array_index(answers, Packet, 0).at <= w->now) {
                const Packet *packet = &g_array_index(answers, Packet, 0);
                WattleMigrateEvent event = { .kind = WATTLE_ON_ANSWER,
                                             .probe_id = packet->id,
                                             .rtt_us = w->now - packet->sent_at };

                g_array_remove_index(answers, 0);
                step(w, index, &event);
        }
}

static void run_side(World *w, guint index)
{
        Side *side = &w->sides[index];

        if (side->told_at[0] != 0 && side->told_at[0] <= w->now) {
                side->told_at[0] = 0;
                tell_list(w, index, WATTLE_ON_LINK);
        }
        if (side->told_at[1] != 0 && side->told_at[1] <= w->now) {
                side->told_at[1] = 0;
                side->knows = TRUE;
                tell_list(w, index, WATTLE_ON_CANDIDATES);
        }
        tell_answers(w, index);
        if (side->read <= w->now - w->lag)
                tell_counters(w, index);
        if (side->deadline <= w->now - w->lag)
                step(w, index, &(WattleMigrateEvent){ .kind = WATTLE_ON_TIMER });
        if (!is_lan(&side->endpoint))
                side->left_us = w->now;
}

static void run(World *w, gint64 span)
{
        for (gint64 until = w->now + span; w->now < until; w->now += MSEC) {
                deliver(w);
                if (w->now >= w->send_at) {
                        w->send_at += 20 * MSEC;
                        w->send_at += g_rand_int_range(w->random, -3, 4) * MSEC;
                        w->sent++;
                        transmit(w, w->sends, DATA, w->sent, 128, w->now);
                }
                for (guint i = 0; i < 2; i++)
                        run_side(w, i);
        }
}

static void begin(World *w, guint32 seed, gint64 lag)
{
        *w = (World){ .random = g_rand_new_with_seed(seed),
                      .now = 1000 * SEC,
                      .lag = lag,
                      .send_at = 1000 * SEC,
                      .sends = seed % 2,
                      .packets = g_array_new(FALSE, FALSE, sizeof(Packet)) };
        w->way = g_rand_int_range(w->random, 15, 60) * MSEC;
        for (guint i = 0; i < 2; i++) {
                WattleMigrateConfig config = { .managed = TRUE, .seed = seed + i };

                config.self.bytes[0] = (guint8)(i + 1);
                config.peer.bytes[0] = (guint8)(2 - i);
                w->sides[i].m = wattle_migration_new(&config, w->now);
                w->sides[i].answers = g_array_new(FALSE, FALSE, sizeof(Packet));
                w->sides[i].endpoint = public_of(1 - i);
                tell_list(w, i, WATTLE_ON_CANDIDATES);
                tell_counters(w, i);
        }
        run(w, 5 * SEC + g_rand_int_range(w->random, 0, 1000) * MSEC);
}

static void end(World *w)
{
        for (guint i = 0; i < 2; i++) {
                wattle_migration_free(w->sides[i].m);
                g_array_unref(w->sides[i].answers);
        }
        g_array_unref(w->packets);
        g_rand_free(w->random);
}

/* From the event until both are there to stay; -1: they are not. */
static gint64 come(World *w, gboolean came[2], guint *lost)
{
        gint64 event = w->now, last;
        guint sent = w->sent, got = w->got;

        w->is_home = TRUE;
        for (guint i = 0; i < 2; i++) {
                /* Who was there before has told of its LAN long ago. */
                w->sides[i].knows = w->sides[i].knows || !came[1 - i];
                if (came[i]) {
                        gint64 seen =
                                w->now + (50 + g_rand_int_range(w->random, 0, 200)) * MSEC + w->lag;

                        w->sides[i].told_at[0] = seen;
                        w->sides[1 - i].told_at[1] = seen + w->way + w->lag;
                }
        }
        run(w, 8 * SEC);
        last = MAX(w->sides[0].left_us, w->sides[1].left_us) + MSEC;
        *lost = (guint)MAX((gint)(w->sent - sent - (w->got - got)), 0);
        return last < w->now - SEC ? last - event : -1;
}

/* Each tries it at once, and holds on to it: so the packets that are still on the old way cannot
 * keep the two kernels on it. Nothing is lost by that. */
static void comes_home(gconstpointer data)
{
        guint who = GPOINTER_TO_UINT(data);
        gboolean came[2] = { who != 1, who != 0 };
        guint n_stay = 0, n_quick = 0, reverts = 0;

        for (guint seed = 0; seed < SEEDS; seed++) {
                World w;
                gint64 time;
                guint lost;

                begin(&w, seed, seed % 2 * MSEC);
                w.sides[0].knows = w.sides[1].knows = who == 2;
                time = come(&w, came, &lost);
                n_stay += time >= 0;
                n_quick += time >= 0 && time < 600 * MSEC;
                reverts += w.sides[0].reverts + w.sides[1].reverts;
                g_assert_cmpuint(lost, <=, 1);
                end(&w);
        }
        g_assert_cmpuint(n_stay, >=, SEEDS - 1);
        g_assert_cmpuint(n_quick, >=, SEEDS * 4 / 5);
        g_assert_cmpuint(reverts, <=, 4);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_data_func("/migrate-home/lower-key", GUINT_TO_POINTER(0), comes_home);
        g_test_add_data_func("/migrate-home/higher-key", GUINT_TO_POINTER(1), comes_home);
        g_test_add_data_func("/migrate-home/both-known", GUINT_TO_POINTER(2), comes_home);
        g_test_add_data_func("/migrate-home/both", GUINT_TO_POINTER(3), comes_home);
        return g_test_run();
}
