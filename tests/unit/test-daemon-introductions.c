/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is introduced to whom, and how often. */
#include "daemon/talk/introductions.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define SEC   G_USEC_PER_SEC
#define NOW_S 1000000

typedef struct {
        const char *name;
        const char *one, *other; /* where we see them; "": nowhere */
        const char *what;
        gboolean fit;
} Row;

static const Row rows[] = {
        { "both-outside", "203.0.113.7:51820", "198.51.100.7:4000", "", TRUE },
        { "both-on-a-lan", "192.168.1.7:51820", "192.168.1.8:51820", "", TRUE },
        { "ipv6", "[2001:db8::7]:51820", "[2001:db8:1::7]:51820", "", TRUE },
        { "of-two-families", "203.0.113.7:51820", "[2001:db8::7]:51820", "", FALSE },
        { "one-on-our-lan", "203.0.113.7:51820", "192.168.1.8:51820", "", FALSE },
        { "one-behind-its-provider", "203.0.113.7:51820", "100.64.0.8:51820", "", FALSE },
        { "at-our-own-door", "127.64.0.1:51820", "127.64.0.2:51820", "", FALSE },
        { "never-heard", "", "198.51.100.7:4000", "", FALSE },
        { "away", "203.0.113.7:51820", "198.51.100.7:4000", "away", FALSE },
        { "without-wattle", "203.0.113.7:51820", "198.51.100.7:4000", "unmanaged", FALSE },
        { "not-in-the-kernel", "203.0.113.7:51820", "198.51.100.7:4000", "gone", FALSE },
        { "never-spoke", "203.0.113.7:51820", "198.51.100.7:4000", "silent", FALSE },
};

static WattleMember *member_at(guint8 number, const char *at)
{
        WattleKey key = { { number } };
        WattleMember *member = wattle_member_new(NULL, &key);

        g_assert_true(wattle_socket_addr_parse(at, &member->endpoint, NULL));
        member->in_kernel = member->managed = TRUE;
        member->last_handshake_s = NOW_S - 100;
        return member;
}

static void row_test(gconstpointer data)
{
        const Row *row = data;
        WattleMember *one = member_at(1, row->one), *other = member_at(2, row->other);

        if (strcmp(row->what, "away") == 0)
                other->last_handshake_s = NOW_S - 180;
        else if (strcmp(row->what, "unmanaged") == 0)
                other->managed = FALSE;
        else if (strcmp(row->what, "gone") == 0)
                other->in_kernel = FALSE;
        else if (strcmp(row->what, "silent") == 0)
                other->last_handshake_s = 0;
        g_assert_cmpint(wattle_introductions_fit(one, other, NOW_S), ==, row->fit);
        g_assert_cmpint(wattle_introductions_fit(other, one, NOW_S), ==, row->fit);
        g_assert_false(wattle_introductions_fit(one, one, NOW_S));
        wattle_member_free(one);
        wattle_member_free(other);
}

/* Whoever of the two asks, and however often. */
static void seldom(void)
{
        WattleIntroductions *list = g_new0(WattleIntroductions, 1);
        WattleKey one = { { 1 } }, other = { { 2 } }, third = { { 3 } };
        guint n = 0, n_third = 0;
        gboolean lower;

        for (guint i = 0; i < 1000; i++) {
                gint64 now_us = 100 * SEC + i * 10000;

                n += wattle_introductions_begin(list, i % 2 ? &one : &other, i % 2 ? &other : &one,
                                                now_us, &lower);
                n_third +=
                        i == 500 && wattle_introductions_begin(list, &one, &third, now_us, &lower);
        }
        g_assert_cmpuint(n, ==, 3 + 9);
        g_assert_cmpuint(n_third, ==, 1);
        g_free(list);
}

/* Of a round all words say the same, and the next round has the other go on. */
static void in_turns(void)
{
        WattleIntroductions *list = g_new0(WattleIntroductions, 1);
        WattleKey one = { { 1 } }, other = { { 2 } };
        static const struct {
                gint64 s;
                gboolean lower;
        } said[] = { { 100, TRUE }, { 101, TRUE }, { 103, TRUE }, { 143, FALSE }, { 200, TRUE } };

        for (guint i = 0; i < G_N_ELEMENTS(said); i++) {
                gboolean lower;

                g_assert_true(
                        wattle_introductions_begin(list, &one, &other, said[i].s * SEC, &lower));
                g_assert_cmpint(lower, ==, said[i].lower);
        }
        g_free(list);
}

/* A member that asks for everybody, again and again, makes nobody hear more than a word a second of
 * it, and takes no more room. */
static void for_everybody(void)
{
        WattleIntroductions *list = g_new0(WattleIntroductions, 1);
        WattleKey bad = { { 1 } };
        WattleMember *member = wattle_member_new(NULL, &bad);
        guint words = 0, most = 0, heard[200] = { 0 };

        for (guint i = 0; i < 60 * 1000; i++) {
                WattleKey other = { { 2, (guint8)(i % 200) } };
                gint64 now_us = 100 * SEC + i * 1000;
                gboolean lower;

                if (!wattle_member_may_answer(member, now_us) ||
                    !wattle_introductions_begin(list, &bad, &other, now_us, &lower))
                        continue;
                words++;
                heard[i % 200]++;
                most = MAX(most, heard[i % 200]);
        }
        g_assert_cmpuint(words, <=, 60 * 20 + 21);
        g_assert_cmpuint(most, <=, 62);
        wattle_member_free(member);
        g_free(list);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/introductions", rows, row_test);
        g_test_add_func("/introductions/seldom", seldom);
        g_test_add_func("/introductions/in-turns", in_turns);
        g_test_add_func("/introductions/for-everybody", for_everybody);
        return g_test_run();
}
