/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is told which text we run, and what is made of what others say. */
#include "daemon/talk/gossip.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define NOW_S  1000000
#define NOW_US (1000 * G_USEC_PER_SEC)

typedef struct {
        WattleRoster roster;
        WattleGossip gossip;
        GRand *rand;
} World;

/* Members without a profile: numbers for keys, all with a session since just now. */
static void world_init(World *world, guint n)
{
        wattle_roster_init(&world->roster);
        for (guint i = 0; i < n; i++) {
                WattleKey key = { { (guint8)i, (guint8)(i >> 8), 1 } };
                WattleMember *member = wattle_member_new(NULL, &key);

                member->name = "nas";
                member->managed = member->in_kernel = TRUE;
                member->last_handshake_s = NOW_S - 1;
                g_ptr_array_add(world->roster.members, member);
                g_hash_table_insert(world->roster.by_key, &member->key, member);
        }
        wattle_gossip_init(&world->gossip);
        world->rand = g_rand_new_with_seed(42);
}

static void world_clear(World *world)
{
        wattle_roster_clear(&world->roster);
        g_rand_free(world->rand);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static void run_text(World *world, guint64 serial, guint8 sum)
{
        WattleHello own = { .serial = serial, .sum = { sum } };

        wattle_gossip_set(&world->gossip, &own, NOW_US);
}

/* All that are told of one change: in how many seconds, and at most how many in one. */
static void rounds(void)
{
        static const struct {
                guint n, most, batches;
        } rows[] = {
                { 0, 0, 1 },   { 1, 1, 1 },    { 4, 4, 1 },
                { 20, 10, 4 }, { 100, 50, 6 }, { 400, 50, 12 },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(World) world = { 0 };
                guint told = 0, most = 0, batches = 0;

                world_init(&world, rows[i].n);
                run_text(&world, 8, 0);
                for (gint64 due = wattle_gossip_due_us(&world.gossip); due != G_MAXINT64;
                     due = wattle_gossip_due_us(&world.gossip)) {
                        WattleMember *members[WATTLE_GOSSIP_MAX_BATCH];
                        guint n = wattle_gossip_tell(&world.gossip, &world.roster, world.rand, due,
                                                     NOW_S, members, G_N_ELEMENTS(members));

                        for (guint j = 0; j < n; j++)
                                g_assert_cmpuint(members[j]->told_version, ==,
                                                 world.gossip.version);
                        told += n;
                        batches++;
                        most = MAX(most, n);
                        g_assert_cmpint(due - NOW_US, <, 100 * G_USEC_PER_SEC);
                }
                g_test_message("%u members: at most %u a second, in %u s", rows[i].n, most,
                               batches);
                g_assert_cmpuint(told, ==, rows[i].n);
                g_assert_cmpuint(most, ==, rows[i].most);
                g_assert_cmpuint(batches, ==, rows[i].batches);
        }
}

/* Nobody is told twice, none without a session, and a text that is not signed not at all. */
static void who_is_not_told(void)
{
        g_auto(World) world = { 0 };
        WattleMember *members[4];

        world_init(&world, 4);
        wattle_roster_at(&world.roster, 0)->managed = FALSE;
        wattle_roster_at(&world.roster, 1)->last_handshake_s = NOW_S - WATTLE_GOSSIP_SESSION_S;
        run_text(&world, 8, 0);
        wattle_roster_at(&world.roster, 2)->told_version = world.gossip.version;
        g_assert_cmpuint(wattle_gossip_tell(&world.gossip, &world.roster, world.rand, NOW_US, NOW_S,
                                            members, 4),
                         ==, 1);
        g_assert_true(members[0] == wattle_roster_at(&world.roster, 3));
        run_text(&world, 8, 0);
        g_assert_cmpint(wattle_gossip_due_us(&world.gossip), ==, G_MAXINT64);
        run_text(&world, 0, 0);
        g_assert_cmpint(wattle_gossip_due_us(&world.gossip), ==, G_MAXINT64);
}

/* Where we are is told though the mesh is not signed, at a new session and when it changes. */
static void addresses(void)
{
        const WattleHello asks = { .asks = TRUE };
        g_auto(World) world = { 0 };
        WattleMember *members[4], *member;
        WattleAddr lan[2];

        g_assert_true(wattle_addr_parse("192.168.1.2", &lan[0], NULL));
        g_assert_true(wattle_addr_parse("10.0.0.7", &lan[1], NULL));
        world_init(&world, 1);
        member = wattle_roster_at(&world.roster, 0);
        run_text(&world, 0, 0);
        g_assert_false(wattle_gossip_greet(&world.gossip, member, NOW_S));
        g_assert_cmpint(
                wattle_gossip_heard(&world.gossip, member, &asks, 1, world.rand, NOW_US, NOW_S), ==,
                WATTLE_GOSSIP_NOTHING);
        wattle_gossip_set_links(&world.gossip, lan, 1, NOW_US);
        g_assert_true(wattle_gossip_greet(&world.gossip, member, NOW_S));
        g_assert_cmpint(
                wattle_gossip_heard(&world.gossip, member, &asks, 1, world.rand, NOW_US, NOW_S), ==,
                WATTLE_GOSSIP_ANSWER);
        wattle_gossip_set_links(&world.gossip, lan, 1, NOW_US); /* nothing is new */
        g_assert_cmpuint(wattle_gossip_tell(&world.gossip, &world.roster, world.rand, NOW_US, NOW_S,
                                            members, 4),
                         ==, 0);
        wattle_gossip_set_links(&world.gossip, lan, 2, NOW_US);
        g_assert_cmpint(wattle_gossip_due_us(&world.gossip), ==, NOW_US);
        g_assert_cmpuint(wattle_gossip_tell(&world.gossip, &world.roster, world.rand, NOW_US, NOW_S,
                                            members, 4),
                         ==, 1);
        wattle_gossip_set_links(&world.gossip, lan + 1, 1, NOW_US);
        g_assert_cmpint(wattle_gossip_due_us(&world.gossip), ==, NOW_US);
}

/* Once in a session, however often that is renewed, and again in the next. */
static void greeting(void)
{
        g_auto(World) world = { 0 };
        WattleMember *member;

        world_init(&world, 1);
        member = wattle_roster_at(&world.roster, 0);
        g_assert_false(wattle_gossip_greet(&world.gossip, member, NOW_S));
        run_text(&world, 8, 0);
        g_assert_true(wattle_gossip_greet(&world.gossip, member, NOW_S));
        for (guint i = 1; i < 10; i++) {
                member->last_handshake_s += 120;
                g_assert_false(
                        wattle_gossip_greet(&world.gossip, member, member->last_handshake_s + 1));
        }
        g_assert_false(wattle_gossip_greet(&world.gossip, member, NOW_S + 9999));
        member->last_handshake_s += 500;
        g_assert_true(wattle_gossip_greet(&world.gossip, member, member->last_handshake_s + 1));
}

static void hearing(void)
{
        static const struct {
                const char *name;
                guint64 own, other;
                guint8 sum;
                gboolean asks;
                WattleGossipAnswer answer;
                gboolean wants;
        } rows[] = {
                { "the same", 8, 8, 1, FALSE, WATTLE_GOSSIP_NOTHING, FALSE },
                { "the same, and asks", 8, 8, 1, TRUE, WATTLE_GOSSIP_ANSWER, FALSE },
                { "behind", 8, 7, 1, FALSE, WATTLE_GOSSIP_ANSWER, FALSE },
                { "not signed", 8, 0, 1, FALSE, WATTLE_GOSSIP_NOTHING, FALSE },
                { "ahead", 8, 9, 1, FALSE, WATTLE_GOSSIP_NOTHING, TRUE },
                { "ahead, and asks", 8, 9, 1, TRUE, WATTLE_GOSSIP_ANSWER, TRUE },
                { "another text", 8, 8, 2, FALSE, WATTLE_GOSSIP_FORK, FALSE },
                { "we are not signed", 0, 9, 2, TRUE, WATTLE_GOSSIP_NOTHING, FALSE },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                const WattleHello hello = { .asks = rows[i].asks,
                                            .serial = rows[i].other,
                                            .sum = { rows[i].sum } };
                g_auto(World) world = { 0 };
                WattleMember *member;

                g_test_message("%s", rows[i].name);
                world_init(&world, 1);
                member = wattle_roster_at(&world.roster, 0);
                run_text(&world, rows[i].own, 1);
                g_assert_cmpint(wattle_gossip_heard(&world.gossip, member, &hello, 1, world.rand,
                                                    NOW_US, NOW_S),
                                ==, rows[i].answer);
                g_assert_cmpuint(member->serial, ==, rows[i].other);
                g_assert_cmpint(member->heard_s, ==, NOW_S);
                g_assert_cmpint(world.gossip.ask_us != G_MAXINT64, ==, rows[i].wants);
                /* A fork is told of once. */
                if (rows[i].answer == WATTLE_GOSSIP_FORK)
                        g_assert_cmpint(wattle_gossip_heard(&world.gossip, member, &hello, 1,
                                                            world.rand, NOW_US, NOW_S),
                                        ==, WATTLE_GOSSIP_NOTHING);
        }
}

/* Of those that hear of a new one at the same moment about 50 a second come for it, and all within
 * 20 s; the highest is asked for, once. */
static void asking(void)
{
        static const struct {
                guint n;
                gint64 limit_s;
        } rows[] = { { 10, 1 }, { 100, 2 }, { 10000, 20 } };
        const WattleHello nine = { .serial = 9 }, ten = { .serial = 10 };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
                for (guint seed = 0; seed < 50; seed++) {
                        g_auto(World) world = { 0 };
                        WattleMember *member;

                        world_init(&world, 1);
                        g_rand_set_seed(world.rand, seed);
                        member = wattle_roster_at(&world.roster, 0);
                        run_text(&world, 8, 0);
                        wattle_gossip_heard(&world.gossip, member, &nine, rows[i].n, world.rand,
                                            NOW_US, NOW_S);
                        g_assert_cmpint(world.gossip.ask_us - NOW_US, <=,
                                        rows[i].limit_s * G_USEC_PER_SEC);
                        wattle_gossip_heard(&world.gossip, member, &ten, rows[i].n, world.rand,
                                            NOW_US, NOW_S);
                        g_assert_false(wattle_gossip_ask(&world.gossip, NOW_US - 1));
                        g_assert_true(wattle_gossip_ask(&world.gossip, world.gossip.ask_us));
                        g_assert_cmpuint(world.gossip.wanted, ==, 10);
                        g_assert_false(wattle_gossip_ask(&world.gossip, G_MAXINT64 - 1));
                }
}

/* Of those that have it the last that says so is asked, while nobody was; later ones are not. */
static void asking_the_last(void)
{
        static const struct {
                guint64 serial;
                gboolean is_after; /* somebody has been asked */
                const char *asked;
        } rows[] = { { 9, FALSE, "nas" }, { 10, FALSE, "late" }, { 11, FALSE, "late" },
                     { 9, TRUE, "nas" },  { 10, TRUE, "nas" },   { 11, TRUE, "late" } };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(World) world = { 0 };
                const WattleHello ten = { .serial = 10 }, other = { .serial = rows[i].serial };

                world_init(&world, 2);
                wattle_roster_at(&world.roster, 1)->name = "late";
                run_text(&world, 8, 0);
                wattle_gossip_heard(&world.gossip, wattle_roster_at(&world.roster, 0), &ten, 2,
                                    world.rand, NOW_US, NOW_S);
                if (rows[i].is_after)
                        g_assert_true(wattle_gossip_ask(&world.gossip, world.gossip.ask_us));
                wattle_gossip_heard(&world.gossip, wattle_roster_at(&world.roster, 1), &other, 2,
                                    world.rand, NOW_US, NOW_S);
                g_assert_cmpstr(world.gossip.wanted_of, ==, rows[i].asked);
                g_assert_cmpint(wattle_gossip_ask(&world.gossip, G_MAXINT64 - 1), ==,
                                !rows[i].is_after || rows[i].serial == 11);
        }
}

/* Keys of beacons are told to whom has none of them yet, and anew each day; without any there is
 * nothing to tell. */
static void keys(void)
{
        const WattleHello asks = { .asks = TRUE };
        g_auto(World) world = { 0 };
        WattleMember *members[4], *member;
        WattleBeaconKey days[3];

        for (guint i = 0; i < G_N_ELEMENTS(days); i++)
                wattle_beacon_key_make(&days[i]);
        world_init(&world, 1);
        member = wattle_roster_at(&world.roster, 0);
        wattle_gossip_set_keys(&world.gossip, days, 2, NOW_US);
        g_assert_true(wattle_gossip_greet(&world.gossip, member, NOW_S));
        g_assert_cmpint(
                wattle_gossip_heard(&world.gossip, member, &asks, 1, world.rand, NOW_US, NOW_S), ==,
                WATTLE_GOSSIP_ANSWER);
        wattle_gossip_set_keys(&world.gossip, days, 2, NOW_US); /* nothing is new */
        g_assert_cmpuint(wattle_gossip_tell(&world.gossip, &world.roster, world.rand, NOW_US, NOW_S,
                                            members, 4),
                         ==, 0);
        wattle_gossip_set_keys(&world.gossip, days + 1, 2, NOW_US);
        g_assert_cmpuint(wattle_gossip_tell(&world.gossip, &world.roster, world.rand, NOW_US, NOW_S,
                                            members, 4),
                         ==, 1);
        wattle_gossip_set_keys(&world.gossip, NULL, 0, NOW_US);
        g_assert_cmpint(wattle_gossip_due_us(&world.gossip), ==, G_MAXINT64);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/gossip/rounds", rounds);
        g_test_add_func("/gossip/who-is-not-told", who_is_not_told);
        g_test_add_func("/gossip/greeting", greeting);
        g_test_add_func("/gossip/hearing", hearing);
        g_test_add_func("/gossip/asking", asking);
        g_test_add_func("/gossip/asking-the-last", asking_the_last);
        g_test_add_func("/addresses", addresses);
        g_test_add_func("/gossip/keys", keys);
        return g_test_run();
}
