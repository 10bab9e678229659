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

static WattleMember *hear(World *world, guint at, guint64 serial, guint n_members, gint64 now_us)
{
        const WattleHello hello = { .serial = serial };

        (void)wattle_gossip_heard(&world->gossip, wattle_roster_at(&world->roster, at), &hello,
                                  n_members, world->rand, now_us, NOW_S);
        return wattle_roster_at(&world->roster, at);
}

/* All that are told of one change: in how many rounds, at most how many in one, and how long the
 * last one waits. */
static void rounds(void)
{
        static const struct {
                guint n, n_members, most, batches, limit_s;
        } rows[] = {
                { 0, 0, 0, 1, 0 },        { 1, 1, 1, 1, 0 },        { 4, 4, 4, 1, 0 },
                { 20, 20, 7, 4, 3 },      { 20, 500, 7, 4, 7 },     { 20, 10000, 7, 4, 12 },
                { 64, 10000, 29, 6, 14 }, { 100, 10000, 50, 6, 5 }, { 400, 400, 50, 12, 11 },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(World) world = { 0 };
                guint told = 0, most = 0, batches = 0;
                gint64 last_us = NOW_US;

                world_init(&world, rows[i].n);
                run_text(&world, 8, 0);
                for (gint64 due = wattle_gossip_due_us(&world.gossip); due != G_MAXINT64;
                     due = wattle_gossip_due_us(&world.gossip)) {
                        WattleMember *members[WATTLE_GOSSIP_MAX_BATCH];
                        guint n = wattle_gossip_tell(&world.gossip, &world.roster,
                                                     rows[i].n_members, world.rand, due, NOW_S,
                                                     members, G_N_ELEMENTS(members));

                        for (guint j = 0; j < n; j++)
                                g_assert_cmpuint(members[j]->told_version, ==,
                                                 world.gossip.version);
                        told += n;
                        batches++;
                        most = MAX(most, n);
                        last_us = due;
                }
                g_test_message("%u members: at most %u a second, in %u rounds", rows[i].n, most,
                               batches);
                g_assert_cmpuint(told, ==, rows[i].n);
                g_assert_cmpuint(most, ==, rows[i].most);
                g_assert_cmpuint(batches, ==, rows[i].batches);
                g_assert_cmpint(last_us - NOW_US, ==, rows[i].limit_s * G_USEC_PER_SEC);
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
        g_assert_cmpuint(wattle_gossip_tell(&world.gossip, &world.roster, 4, world.rand, NOW_US,
                                            NOW_S, members, 4),
                         ==, 1);
        g_assert_true(members[0] == wattle_roster_at(&world.roster, 3));
        run_text(&world, 8, 0);
        g_assert_cmpint(wattle_gossip_due_us(&world.gossip), ==, G_MAXINT64);
        run_text(&world, 0, 0);
        g_assert_cmpint(wattle_gossip_due_us(&world.gossip), ==, G_MAXINT64);
}

/* Who said an older one, and nothing since it was told, is told again, ever more seldom; nobody
 * else. */
static void lost(void)
{
        g_auto(World) world = { 0 };
        WattleMember *members[4], *behind, *has_it;
        gint64 due_us;
        guint n = 0;

        world_init(&world, 4);
        run_text(&world, 7, 0);
        behind = hear(&world, 0, 7, 4, NOW_US);
        has_it = hear(&world, 1, 7, 4, NOW_US);
        run_text(&world, 8, 0);
        g_assert_cmpuint(wattle_gossip_tell(&world.gossip, &world.roster, 4, world.rand, NOW_US,
                                            NOW_S, members, 4),
                         ==, 4);
        hear(&world, 1, 8, 4, NOW_US);
        for (; n < 100; n++) {
                due_us = wattle_gossip_due_us(&world.gossip);
                if (n == 0)
                        g_assert_cmpint(due_us - NOW_US, <=,
                                        WATTLE_GOSSIP_REPEAT_S * G_USEC_PER_SEC);
                if (due_us - NOW_US > (gint64)24 * 3600 * G_USEC_PER_SEC)
                        break;
                g_assert_cmpuint(wattle_gossip_tell(&world.gossip, &world.roster, 4, world.rand,
                                                    due_us, NOW_S, members, 4),
                                 ==, 1);
                g_assert_true(members[0] == behind && members[0] != has_it);
        }
        g_assert_cmpuint(n, <=, 9 + 24);
        hear(&world, 0, 8, 4, NOW_US);
        g_assert_cmpuint(wattle_gossip_tell(&world.gossip, &world.roster, 4, world.rand,
                                            wattle_gossip_due_us(&world.gossip), NOW_S, members, 4),
                         ==, 0);
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
        g_assert_cmpuint(wattle_gossip_tell(&world.gossip, &world.roster, 4, world.rand, NOW_US,
                                            NOW_S, members, 4),
                         ==, 0);
        wattle_gossip_set_links(&world.gossip, lan, 2, NOW_US);
        g_assert_cmpint(wattle_gossip_due_us(&world.gossip), ==, NOW_US);
        g_assert_cmpuint(wattle_gossip_tell(&world.gossip, &world.roster, 4, world.rand, NOW_US,
                                            NOW_S, members, 4),
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

/* The next one that is asked, and when, in seconds since the beginning; NULL: none is any more. */
static WattleMember *next_asked(World *world, gdouble *ret_s)
{
        gint64 due_us = world->gossip.ask_us;

        *ret_s = (gdouble)(due_us - NOW_US) / G_USEC_PER_SEC;
        if (due_us == G_MAXINT64)
                return NULL;
        g_assert_null(
                wattle_gossip_ask(&world->gossip, &world->roster, world->rand, due_us - 1, NOW_S));
        return wattle_gossip_ask(&world->gossip, &world->roster, world->rand, due_us, NOW_S);
}

/* Those that hear of a new one at the same moment come for it at about 50 a second, and all within
 * two seconds. */
static void asking(void)
{
        static const struct {
                guint n;
                gdouble limit_s;
        } rows[] = { { 10, 0.2 }, { 50, 1 }, { 100, 2 }, { 10000, 2 } };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
                for (guint seed = 0; seed < 50; seed++) {
                        g_auto(World) world = { 0 };
                        gdouble at_s;

                        world_init(&world, 1);
                        g_rand_set_seed(world.rand, seed);
                        run_text(&world, 8, 0);
                        hear(&world, 0, 9, rows[i].n, NOW_US);
                        g_assert_nonnull(next_asked(&world, &at_s));
                        g_assert_cmpfloat(at_s, <=, rows[i].limit_s);
                }
}

/* Of two that have it, who is asked first. */
static void asked_first(void)
{
        static const struct {
                const char *name;
                guint64 serials[2]; /* as they say it, one after the other */
                gint64 between_us;
                gboolean was_asked; /* the first, before */
                int first;          /* -1: either, by chance */
        } rows[] = {
                { "who says so last", { 9, 9 }, G_USEC_PER_SEC, FALSE, 1 },
                { "either, in the same moment", { 9, 9 }, 1000, FALSE, -1 },
                { "who has the higher one", { 10, 9 }, G_USEC_PER_SEC, FALSE, 0 },
                { "who was not asked", { 10, 9 }, G_USEC_PER_SEC, TRUE, 1 },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                guint firsts[2] = { 0 };

                g_test_message("%s", rows[i].name);
                for (guint seed = 0; seed < 50; seed++) {
                        g_auto(World) world = { 0 };
                        WattleMember *asked;
                        gdouble at_s;

                        world_init(&world, 2);
                        g_rand_set_seed(world.rand, seed);
                        run_text(&world, 8, 0);
                        hear(&world, 0, rows[i].serials[0], 2, NOW_US);
                        if (rows[i].was_asked)
                                g_assert_nonnull(next_asked(&world, &at_s));
                        hear(&world, 1, rows[i].serials[1], 2, NOW_US + rows[i].between_us);
                        asked = next_asked(&world, &at_s);
                        firsts[asked == wattle_roster_at(&world.roster, 1)]++;
                }
                g_assert_cmpint(firsts[0] > 0, ==, rows[i].first != 1);
                g_assert_cmpint(firsts[1] > 0, ==, rows[i].first != 0);
        }
}

/* Ten say that they have the highest of all and give nothing; who has a newer one is asked in his
 * turn, and once that runs here nobody is asked any more, whatever they say again. */
static void liars(void)
{
        g_auto(World) world = { 0 };
        WattleMember *honest, *asked = NULL;
        gdouble at_s = 0;
        guint n = 0;

        world_init(&world, 11);
        run_text(&world, 8, 0);
        honest = hear(&world, 10, 9, 11, NOW_US);
        for (guint i = 0; i < 10; i++)
                hear(&world, i, G_MAXINT64, 11, NOW_US);
        for (; asked != honest; n++)
                asked = next_asked(&world, &at_s);
        g_assert_cmpuint(n, ==, 11);
        g_assert_cmpfloat(at_s, <=, 11 * 2 * WATTLE_GOSSIP_RETRY_S);
        run_text(&world, 9, 0);
        for (guint i = 0; i < 10; i++)
                hear(&world, i, G_MAXINT64, 11, NOW_US + 60 * G_USEC_PER_SEC);
        g_assert_null(next_asked(&world, &at_s));
}

/* Who says another one each time is not asked more often for it, and keeps nobody from being asked.
 */
static void a_liar_who_counts(void)
{
        g_auto(World) world = { 0 };
        WattleMember *honest = NULL, *asked;
        guint liars = 0, honests = 0;

        world_init(&world, 2);
        run_text(&world, 8, 0);
        for (guint s = 0; s < 600; s++) {
                gint64 now_us = NOW_US + s * G_USEC_PER_SEC;

                hear(&world, 0, 1000 + s, 2, now_us);
                if (s == 300)
                        honest = hear(&world, 1, 9, 2, now_us);
                asked = wattle_gossip_ask(&world.gossip, &world.roster, world.rand, now_us, NOW_S);
                liars += asked == wattle_roster_at(&world.roster, 0);
                honests += asked && asked == honest;
                if (s == 310)
                        g_assert_cmpuint(honests, ==, 1);
        }
        g_assert_cmpuint(liars, <=, 16);
}

/* A member that cannot give it now is asked again, ever more seldom. */
static void asked_again(void)
{
        g_auto(World) world = { 0 };
        gdouble at_s, before_s = 0;
        guint n = 0;

        world_init(&world, 1);
        run_text(&world, 8, 0);
        hear(&world, 0, 9, 1, NOW_US);
        for (; before_s < 24 * 3600; n++) {
                g_assert_nonnull(next_asked(&world, &at_s));
                g_assert_cmpfloat(at_s - before_s, <=, 2 * WATTLE_GOSSIP_MAX_RETRY_S);
                before_s = at_s;
                if (n == 0)
                        g_assert_cmpfloat(at_s, <=, 1);
                if (n == 1)
                        g_assert_cmpfloat(at_s, <=, 1 + 2 * WATTLE_GOSSIP_RETRY_S);
        }
        g_assert_cmpuint(n, <=, 12 + 24);
        /* Without a session nobody is whom the kernel cannot call: the next one begins with news.
         */
        wattle_roster_at(&world.roster, 0)->last_handshake_s = NOW_S - WATTLE_GOSSIP_SESSION_S;
        g_assert_null(next_asked(&world, &at_s));
        g_assert_cmpint(world.gossip.ask_us, ==, G_MAXINT64);
}

static void set_endpoint(const World *world, guint at, const char *text)
{
        WattleMember *member = wattle_roster_at(&world->roster, at);

        member->endpoint.port = 51820;
        g_assert_true(wattle_addr_parse(text, &member->endpoint.addr, NULL));
}

static void end_sessions(const World *world)
{
        for (guint i = 0; i < world->roster.members->len; i++)
                wattle_roster_at(&world->roster, i)->last_handshake_s = 0;
}

/* Whoever gave it not in time, and the session ended: it is asked again, though nobody talks to us.
 * Who has a session comes first. */
static void asked_without_a_session(void)
{
        g_auto(World) world = { 0 };
        gdouble at_s;

        world_init(&world, 2);
        run_text(&world, 8, 0);
        set_endpoint(&world, 0, "192.0.2.1");
        set_endpoint(&world, 1, "127.64.0.1"); /* our own door */
        hear(&world, 0, 9, 2, NOW_US);
        hear(&world, 1, 9, 2, NOW_US);
        wattle_roster_at(&world.roster, 0)->last_handshake_s = 0;
        g_assert_true(next_asked(&world, &at_s) == wattle_roster_at(&world.roster, 1));
        end_sessions(&world);
        for (guint i = 0; i < 3; i++)
                g_assert_true(next_asked(&world, &at_s) == wattle_roster_at(&world.roster, 0));
        g_assert_cmpfloat(at_s, >=, 2 * WATTLE_GOSSIP_RETRY_S);
}

static WattleMember *next_called(World *world, gdouble *ret_s)
{
        gint64 due_us = world->gossip.call_us;

        *ret_s = (gdouble)(due_us - NOW_US) / G_USEC_PER_SEC;
        if (due_us == G_MAXINT64)
                return NULL;
        g_assert_cmpint(wattle_gossip_due_us(&world->gossip), <=, due_us);
        g_assert_null(
                wattle_gossip_call(&world->gossip, &world->roster, world->rand, due_us - 1, NOW_S));
        return wattle_gossip_call(&world->gossip, &world->roster, world->rand, due_us, NOW_S);
}

/* Who was off and comes to a network asks one after another until somebody says something; and who
 * has a session, runs no signed mesh or can call nobody calls nobody. */
static void arriving(void)
{
        static const struct {
                const char *name;
                guint64 serial;
                guint n;
                const char *endpoint;
                gboolean session;
                guint called;
        } rows[] = {
                { "all are off", 8, 20, "192.0.2.1", FALSE, WATTLE_GOSSIP_CALLS },
                { "there are few", 8, 2, "2001:db8::1", FALSE, 2 },
                { "there is nobody", 8, 0, NULL, FALSE, 0 },
                { "none has an endpoint", 8, 4, NULL, FALSE, 0 },
                { "nobody can be called", 8, 4, "127.64.0.1", FALSE, 0 },
                { "there is a session", 8, 4, "192.0.2.1", TRUE, 0 },
                { "the mesh is not signed", 0, 4, "192.0.2.1", FALSE, 0 },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(World) world = { 0 };
                gdouble at_s, last_s = 0;
                guint n = 0;

                g_test_message("%s", rows[i].name);
                world_init(&world, rows[i].n);
                run_text(&world, rows[i].serial, 0);
                for (guint j = 0; j < rows[i].n && rows[i].endpoint; j++)
                        set_endpoint(&world, j, rows[i].endpoint);
                if (!rows[i].session)
                        end_sessions(&world);
                world.gossip.next_us = G_MAXINT64;
                wattle_gossip_arrive(&world.gossip, &world.roster, world.rand, NOW_US);
                if (rows[i].serial == 0) {
                        g_assert_cmpint(wattle_gossip_due_us(&world.gossip), ==, G_MAXINT64);
                        continue;
                }
                for (const WattleMember *called; (called = next_called(&world, &at_s)); n++) {
                        g_assert_cmpint(called->told_version, ==, world.gossip.version);
                        g_assert_cmpfloat(at_s, <=, n == 0 ? WATTLE_GOSSIP_CALL_S : 60);
                        g_assert_cmpfloat(at_s, >, last_s);
                        last_s = at_s;
                }
                g_assert_cmpuint(n, ==, rows[i].called);
                g_assert_cmpint(wattle_gossip_due_us(&world.gossip), ==, G_MAXINT64);
        }
}

/* The answer ends it, and its session needs no other greeting; in another network it begins anew.
 */
static void a_call_is_answered(void)
{
        g_auto(World) world = { 0 };
        WattleMember *called;
        gdouble at_s;

        world_init(&world, 1);
        run_text(&world, 8, 0);
        set_endpoint(&world, 0, "192.0.2.1");
        end_sessions(&world);
        wattle_gossip_arrive(&world.gossip, &world.roster, world.rand, NOW_US);
        called = next_called(&world, &at_s);
        called->last_handshake_s = NOW_S;
        hear(&world, 0, 9, 1, NOW_US);
        g_assert_false(wattle_gossip_greet(&world.gossip, called, NOW_S));
        g_assert_null(next_called(&world, &at_s));
        g_assert_true(next_asked(&world, &at_s) == called);
        end_sessions(&world);
        wattle_gossip_arrive(&world.gossip, &world.roster, world.rand, NOW_US);
        g_assert_true(next_called(&world, &at_s) == called);
        hear(&world, 0, 9, 1, NOW_US);
        g_assert_null(next_called(&world, &at_s));
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
        g_assert_cmpuint(wattle_gossip_tell(&world.gossip, &world.roster, 4, world.rand, NOW_US,
                                            NOW_S, members, 4),
                         ==, 0);
        wattle_gossip_set_keys(&world.gossip, days + 1, 2, NOW_US);
        g_assert_cmpuint(wattle_gossip_tell(&world.gossip, &world.roster, 4, world.rand, NOW_US,
                                            NOW_S, members, 4),
                         ==, 1);
        wattle_gossip_set_keys(&world.gossip, NULL, 0, NOW_US);
        g_assert_cmpint(wattle_gossip_due_us(&world.gossip), ==, G_MAXINT64);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/gossip/rounds", rounds);
        g_test_add_func("/gossip/who-is-not-told", who_is_not_told);
        g_test_add_func("/gossip/lost", lost);
        g_test_add_func("/gossip/greeting", greeting);
        g_test_add_func("/gossip/hearing", hearing);
        g_test_add_func("/gossip/asking", asking);
        g_test_add_func("/gossip/asked-first", asked_first);
        g_test_add_func("/gossip/liars", liars);
        g_test_add_func("/gossip/a-liar-who-counts", a_liar_who_counts);
        g_test_add_func("/gossip/asked-again", asked_again);
        g_test_add_func("/gossip/asked-without-a-session", asked_without_a_session);
        g_test_add_func("/gossip/arriving", arriving);
        g_test_add_func("/gossip/a-call-is-answered", a_call_is_answered);
        g_test_add_func("/addresses", addresses);
        g_test_add_func("/gossip/keys", keys);
        return g_test_run();
}
