/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On which links beacons are sent, and when; how many of those of others are looked at. */
#include "daemon/talk/beat.h"

#include <netinet/in.h>
#include <string.h>

#include "tests/unit/fixture.h"

#define NOW_US (1000 * G_USEC_PER_SEC)
#define MSEC   1000

static WattleAddr addr(const char *text)
{
        WattleAddr value;

        g_assert_true(wattle_addr_parse(text, &value, NULL));
        return value;
}

/* The host's links. A bridge is as good as its ports. */
static const WattleLink host[] = {
        { .index = 1, .name = "lo", .kind = WATTLE_LINK_NOWHERE, .up = TRUE, .carrier = TRUE },
        { .index = 2, .name = "eth0", .up = TRUE, .carrier = TRUE },
        { .index = 3, .name = "wlan0", .up = TRUE, .carrier = TRUE },
        { .index = 4, .name = "eth1", .up = TRUE },
        { .index = 5, .name = "wwan0", .up = TRUE, .carrier = TRUE },
        { .index = 6, .name = "wwp0s20", .up = TRUE, .carrier = TRUE },
        { .index = 7, .name = "home", .kind = WATTLE_LINK_TUNNEL, .up = TRUE, .carrier = TRUE },
        { .index = 8, .name = "tap0", .kind = WATTLE_LINK_TUNNEL, .up = TRUE, .carrier = TRUE },
        { .index = 9, .name = "docker0", .kind = WATTLE_LINK_BRIDGE, .up = TRUE, .carrier = TRUE },
        { .index = 10,
          .name = "v1",
          .kind = WATTLE_LINK_VETH,
          .master = 9,
          .up = TRUE,
          .carrier = TRUE },
        { .index = 11, .name = "br0", .kind = WATTLE_LINK_BRIDGE, .up = TRUE, .carrier = TRUE },
        { .index = 12, .name = "eth2", .master = 11, .up = TRUE, .carrier = TRUE },
        { .index = 13, .name = "hso0", .point_to_point = TRUE, .up = TRUE, .carrier = TRUE },
        { .index = 14, .name = "eth3", .carrier = TRUE },
};

/* The addresses of a host, and where beacons come from. */
static const struct {
        const char *name, *addresses, *places;
} rows[] = {
        { "a wire", "2 192.168.1.2 2 fe80::2", "2 192.168.1.2 2 fe80::2" },
        { "of IPv4 no link-local one", "2 169.254.1.2 2 192.168.1.2", "2 192.168.1.2" },
        { "unless there is no other", "2 169.254.1.2", "2 169.254.1.2" },
        { "of IPv6 a link-local one", "2 2001:db8::2 2 fe80::2", "2 fe80::2" },
        { "or what there is", "2 fd00::2", "2 fd00::2" },
        { "one of each family and link", "2 10.0.0.2 3 10.0.1.2 3 10.0.2.2",
          "2 10.0.0.2 3 10.0.1.2" },
        { "no address", "", "" },
        { "not where the cable is out, or the link down", "4 10.0.0.2 14 10.0.1.2", "" },
        { "no loopback", "1 127.0.0.1 1 ::1", "" },
        { "no modem", "5 10.64.0.7 6 fe80::6 13 10.64.0.8", "" },
        { "no tunnel", "7 10.42.0.2 8 fe80::8", "" },
        { "no bridge of containers alone, nor what is in it", "9 172.17.0.1 10 fe80::10", "" },
        { "a bridge with a card, and not the card", "11 10.0.0.2 12 fe80::12", "11 10.0.0.2" },
        { "a link that is not known", "99 10.0.0.2", "" },
};

static void finds(gconstpointer data)
{
        const char *const *row = data;
        g_auto(GStrv) words = g_strsplit(row[1], " ", -1);
        g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(WattleLink));
        g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(WattleLinkAddr));
        g_autoptr(GString) found = g_string_new(NULL);
        WattleBeatPlace places[WATTLE_BEAT_MAX_PLACES];
        guint n;

        g_array_append_vals(links, host, G_N_ELEMENTS(host));
        for (guint i = 0; row[1][0] && words[i]; i += 2) {
                WattleLinkAddr one = { (guint32)atoi(words[i]), addr(words[i + 1]) };

                g_array_append_val(addresses, one);
        }
        n = wattle_beat_find_places(links, addresses, places);
        for (guint i = 0; i < n; i++) {
                char text[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&places[i].from, text);
                g_string_append_printf(found, "%s%u %s", i ? " " : "", places[i].ifindex, text);
        }
        g_assert_cmpstr(found->str, ==, row[2]);
}

static void set(WattleBeat *beat, const char *text, gint64 now_us)
{
        g_auto(GStrv) words = g_strsplit(text, " ", -1);
        WattleBeatPlace places[WATTLE_BEAT_MAX_PLACES] = { 0 };
        guint n = 0;

        for (guint i = 0; text[0] && words[i]; i += 2, n++) {
                places[n].ifindex = (guint32)atoi(words[i]);
                places[n].from = addr(words[i + 1]);
        }
        wattle_beat_set_places(beat, places, n, now_us);
}

/* The beacons up to that time, as "LINK@MS". */
static char *run(WattleBeat *beat, GRand *rand, gint64 until_us)
{
        GString *text = g_string_new(NULL);
        WattleBeatPlace place;

        for (gint64 due = wattle_beat_due_us(beat); due <= until_us;
             due = wattle_beat_due_us(beat)) {
                g_assert_true(wattle_beat_next(beat, rand, due, &place));
                g_string_append_printf(text, "%s%u@%" G_GINT64_FORMAT, text->len ? " " : "",
                                       place.ifindex, (due - NOW_US) / MSEC);
        }
        return g_string_free(text, FALSE);
}

/* A burst when a link is up, and when it has another address; each link has its own. */
static void bursts(void)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(1);
        WattleBeat beat = { 0 };
        g_autofree char *first = NULL, *second = NULL, *third = NULL, *again = NULL;

        g_assert_cmpint(wattle_beat_due_us(&beat), ==, G_MAXINT64);
        set(&beat, "2 10.0.0.2", NOW_US);
        first = run(&beat, rand, NOW_US + 500 * MSEC);
        g_assert_cmpstr(first, ==, "2@0 2@300");
        set(&beat, "2 10.0.0.2 3 fe80::3", NOW_US + 500 * MSEC);
        second = run(&beat, rand, NOW_US + 5000 * MSEC);
        g_assert_cmpstr(second, ==, "3@500 3@800 2@1200 3@1700");
        set(&beat, "2 10.0.0.2 3 fe80::4", NOW_US + 6000 * MSEC);
        third = run(&beat, rand, NOW_US + 10000 * MSEC);
        g_assert_cmpstr(third, ==, "3@6000 3@6300 3@7200");
        wattle_beat_again(&beat, NOW_US + 10000 * MSEC);
        again = run(&beat, rand, NOW_US + 15000 * MSEC);
        g_assert_cmpstr(again, ==, "2@10000 3@10000 2@10300 3@10300 2@11200 3@11200");
        set(&beat, "", NOW_US);
        g_assert_cmpint(wattle_beat_due_us(&beat), ==, G_MAXINT64);
}

/* Each 30 to 90 s for 5 min, then each 150 to 450 s. */
static void then_seldom(void)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(2);
        WattleBeat beat = { 0 };
        gint64 last_us = 0;
        guint n = 0, early = 0;

        set(&beat, "2 10.0.0.2", NOW_US);
        for (gint64 due = NOW_US; due < NOW_US + 24 * 3600 * (gint64)G_USEC_PER_SEC; n++) {
                WattleBeatPlace place;

                g_assert_true(wattle_beat_next(&beat, rand, due, &place));
                if (n >= 3) {
                        gint64 gap_s = (due - last_us) / G_USEC_PER_SEC;
                        gboolean is_early = last_us - NOW_US < 300 * G_USEC_PER_SEC;

                        early += is_early;
                        g_assert_cmpint(gap_s, >=, is_early ? 30 : 150);
                        g_assert_cmpint(gap_s, <=, is_early ? 90 : 450);
                }
                last_us = due;
                due = wattle_beat_due_us(&beat);
        }
        g_assert_cmpuint(early, >=, 4);
        g_assert_cmpuint(n, >=, 200);
        g_assert_cmpuint(n, <=, 400);
}

/* One who is new learns within 300 ms that we are there; many who are new, or a replay, make no
 * more of it than one in 2 s. */
static void answers(void)
{
        g_autoptr(GRand) rand = g_rand_new_with_seed(3);
        WattleBeat beat = { 0 };
        g_autofree char *burst = NULL, *quiet = NULL;
        WattleBeatPlace place;
        guint n = 0;

        set(&beat, "2 10.0.0.2 3 10.0.1.2", NOW_US);
        burst = run(&beat, rand, NOW_US + 1500 * MSEC);
        for (gint64 at = NOW_US + 5000 * MSEC; at < NOW_US + 25000 * MSEC; at += 10 * MSEC) {
                wattle_beat_answer(&beat, 2, rand, at);
                while (wattle_beat_next(&beat, rand, at, &place)) {
                        g_assert_cmpuint(place.ifindex, ==, 2);
                        n++;
                }
                g_assert_true(at < NOW_US + 5300 * MSEC || n > 0);
        }
        g_assert_cmpuint(n, >=, 8);
        g_assert_cmpuint(n, <=, 10);
}

/* 200 foreign beacons a second are not hashed, but 20 and a burst of as many; each link has its own
 * share, and a link that is none of ours has none. */
static void few_are_heard(void)
{
        WattleBeat beat = { 0 };
        guint heard = 0, other = 0;

        set(&beat, "2 10.0.0.2 3 10.0.1.2", NOW_US);
        for (guint i = 0; i < 2000; i++) {
                gint64 at = NOW_US + i * 5 * MSEC;

                heard += wattle_beat_may_hear(&beat, 2, at);
                other += i % 20 == 0 && wattle_beat_may_hear(&beat, 3, at);
                g_assert_false(wattle_beat_may_hear(&beat, 9, at));
        }
        g_test_message("of 2000 in 10 s: %u", heard);
        g_assert_cmpuint(heard, >=, 200);
        g_assert_cmpuint(heard, <=, 220);
        g_assert_cmpuint(other, ==, 100);
        set(&beat, "3 10.0.1.2", NOW_US);
        g_assert_false(wattle_beat_may_hear(&beat, 2, NOW_US + 60 * G_USEC_PER_SEC));
}

/* A short loss of the link is the same network; a new address of it is, too. */
static void since(void)
{
        WattleBeat beat = { 0 };

        set(&beat, "2 10.0.0.2", NOW_US);
        g_assert_cmpint(wattle_beat_since_us(&beat, 2), ==, NOW_US);
        g_assert_cmpint(wattle_beat_since_us(&beat, 3), ==, G_MAXINT64);
        set(&beat, "2 10.0.0.3", NOW_US + 500 * MSEC);
        g_assert_cmpint(wattle_beat_since_us(&beat, 2), ==, NOW_US);
        set(&beat, "", NOW_US + 1000 * MSEC);
        g_assert_cmpint(wattle_beat_since_us(&beat, 2), ==, G_MAXINT64);
        set(&beat, "2 10.0.0.2", NOW_US + 2000 * MSEC);
        g_assert_cmpint(wattle_beat_since_us(&beat, 2), ==, NOW_US);
        set(&beat, "", NOW_US + 3000 * MSEC);
        set(&beat, "2 10.0.0.2", NOW_US + 5000 * MSEC);
        g_assert_cmpint(wattle_beat_since_us(&beat, 2), ==, NOW_US + 5000 * MSEC);
}

/* More links than there is room for. */
static void too_many(void)
{
        g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(WattleLink));
        g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(WattleLinkAddr));
        WattleBeatPlace places[WATTLE_BEAT_MAX_PLACES];
        WattleBeat beat = { 0 };

        for (guint32 i = 1; i <= 100; i++) {
                WattleLink link = { .index = i, .up = TRUE, .carrier = TRUE };
                WattleLinkAddr one = { i, { AF_INET, { 10, 0, (guint8)i, 1 } } };

                g_array_append_val(links, link);
                g_array_append_val(addresses, one);
        }
        g_assert_cmpuint(wattle_beat_find_places(links, addresses, places), ==,
                         WATTLE_BEAT_MAX_PLACES);
        for (guint32 i = 1; i < 100; i++) {
                for (guint j = 0; j < WATTLE_BEAT_MAX_PLACES; j++)
                        places[j].ifindex = i + j;
                wattle_beat_set_places(&beat, places, WATTLE_BEAT_MAX_PLACES, NOW_US + i);
        }
        g_assert_cmpuint(beat.n_links, <=, WATTLE_BEAT_MAX_PLACES);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/places", rows, finds);
        g_test_add_func("/bursts", bursts);
        g_test_add_func("/then seldom", then_seldom);
        g_test_add_func("/answers", answers);
        g_test_add_func("/few are heard", few_are_heard);
        g_test_add_func("/since", since);
        g_test_add_func("/too many", too_many);
        return g_test_run();
}
