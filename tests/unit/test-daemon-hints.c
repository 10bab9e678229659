/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is believed of beacons: of the member's own, of those that a stranger sends again, and of
 * those that came from another network. */
#include "daemon/talk/hints.h"

#include <netinet/in.h>
#include <string.h>

#include "tests/unit/fixture.h"

#define MSEC G_GINT64_CONSTANT(1000)
#define SEC  G_GINT64_CONSTANT(1000000)
#define UP   (1000 * SEC) /* when the links came */

static WattleSocketAddr at_of(guint n)
{
        return (WattleSocketAddr){ .addr = { AF_INET, { 10, 41, (guint8)(n >> 8), (guint8)n } },
                                   .port = 51820 };
}

typedef struct {
        gint64 ms; /* since UP */
        /* "LINK ADDRESS nonce NONCE", with "live" and "good"; or "yes NONCE", "no NONCE",
         * "proved ADDRESS", "up LINK" */
        const char *event;
        const char *does;
} Line;

static const struct {
        const char *name;
        Line lines[16];
} stories[] = {
        { "no path: it is tried, and once more when it was not heard for a while",
          { { 1000, "2 7 nonce a", "take" },
            { 1300, "2 7 nonce b", "" },
            { 2200, "2 7 nonce c", "" },
            { 60000, "2 7 nonce d", "take" } } },
        { "a live path: after a question alone, which is asked twice",
          { { 1000, "2 7 nonce a live", "ask a" },
            { 1100, "2 7 nonce b live", "" },
            { 1300, "2 7 nonce c live", "ask a" },
            { 1310, "yes a", "take" },
            { 1400, "yes a", "" },
            { 2200, "2 7 nonce d live", "" } } },
        { "it was not the member's: then nothing is asked for 30 s, then for 60",
          { { 1000, "2 7 nonce a live", "ask a" },
            { 1010, "no a", "" },
            { 1300, "2 7 nonce a live", "" },
            { 30900, "2 8 nonce a live", "" },
            { 31100, "2 8 nonce b live", "ask b" },
            { 31200, "no b", "" },
            { 91100, "2 9 nonce c live", "" },
            { 91300, "2 9 nonce c live", "ask c" } } },
        { "an answer to a question that nobody asked, or of long ago",
          { { 1000, "yes a", "" },
            { 1100, "2 7 nonce b live", "ask b" },
            { 1200, "yes a", "" },
            { 6200, "yes b", "" } } },
        { "no answer: the path that was taken for a live one is none",
          { { 1000, "2 7 nonce a live", "ask a" },
            { 1300, "2 7 nonce b live", "ask a" },
            { 2200, "2 7 nonce c live", "take" } } },
        { "one question at a time",
          { { 1000, "2 7 nonce a live", "ask a" },
            { 1300, "2 8 nonce b live", "" },
            { 3000, "2 8 nonce b live", "" },
            { 6100, "2 8 nonce b live", "ask b" } } },
        { "each link for itself",
          { { 1000, "2 7 nonce a", "take" },
            { 1100, "2 8 nonce b", "" },
            { 1200, "3 8 nonce b", "take" } } },
        { "another address of the same link: not before 30 s",
          { { 1000, "2 7 nonce a", "take" },
            { 1300, "2 8 nonce b", "" },
            { 30900, "2 8 nonce c", "" },
            { 31100, "2 8 nonce d", "take" },
            { 31200, "2 7 nonce e", "" },
            { 91200, "2 7 nonce f", "take" } } },
        { "one that has proved itself ends what was held",
          { { 1000, "2 7 nonce a", "take" },
            { 31100, "2 8 nonce b", "take" },
            { 32000, "2 8 nonce c good live", "" },
            { 33000, "2 9 nonce d", "take" },
            { 62900, "2 8 nonce e", "" },
            { 63100, "2 8 nonce e", "take" } } },
        { "and so does one that was heard inside the tunnel",
          { { 1000, "2 7 nonce a", "take" },
            { 2000, "2 8 nonce b", "" },
            { 3000, "proved 8", "" },
            { 4000, "2 8 nonce b", "" },
            { 5000, "proved 7", "" },
            { 6000, "2 8 nonce b", "take" },
            { 7000, "2 9 nonce b", "" } } },
        { "it is there already, by whatever told of it",
          { { 1000, "2 7 nonce a good live", "" }, { 60000, "2 7 nonce b good live", "" } } },
        { "another network on the same link: nothing of before counts",
          { { 1000, "2 7 nonce a", "take" },
            { 1100, "2 8 nonce b", "" },
            { 2000, "up 2", "" },
            { 2100, "2 8 nonce b", "take" } } },
        { "the other family of a neighbour that is reached over that link: nobody is asked",
          { { 1000, "2 7 nonce a live good", "" },
            { 60000, "2 8 nonce b live near", "" },
            { 120000, "2 7 nonce c live good", "" },
            { 180000, "2 8 nonce d live", "ask d" } } },
        { "more links than there is room for: the one that was not heard longest goes",
          { { 1000, "2 7 nonce a", "take" },
            { 2000, "3 7 nonce a", "take" },
            { 3000, "4 7 nonce a", "take" },
            { 4000, "5 7 nonce a", "take" },
            { 5000, "2 8 nonce a", "" },
            { 6000, "6 7 nonce a", "take" },
            { 7000, "2 8 nonce a", "" },
            { 8000, "3 8 nonce a", "take" } } },
};

typedef struct {
        WattleHints hints;
        gint64 since_us[8]; /* of links */
} World;

static const char *answer(World *world, char **words, gint64 now_us)
{
        WattleSighting sighting = { .kind = words[0][0] == 'y' ? WATTLE_SIGHTING_CONFIRMED
                                                               : WATTLE_SIGHTING_DENIED,
                                    .nonce = { (guint8)words[1][0] } };

        return wattle_hints_answered(&world->hints, &sighting, now_us) ? "take" : "";
}

static char *happen(World *world, const char *event, gint64 now_us)
{
        g_auto(GStrv) words = g_strsplit(event, " ", -1);
        guint8 nonce[WATTLE_BEACON_NONCE_SIZE] = { 0 }, asked[sizeof nonce];
        WattleHeard heard = { .nonce = nonce,
                              .live = strstr(event, "live") != NULL,
                              .good = strstr(event, "good") != NULL,
                              .near = strstr(event, "near") != NULL };

        if (strcmp(words[0], "yes") == 0 || strcmp(words[0], "no") == 0)
                return g_strdup(answer(world, words, now_us));
        if (strcmp(words[0], "proved") == 0) {
                WattleSocketAddr at = at_of((guint)atoi(words[1]));

                wattle_hints_prove(&world->hints, &at);
                return g_strdup("");
        }
        if (strcmp(words[0], "up") == 0) {
                world->since_us[atoi(words[1])] = now_us;
                return g_strdup("");
        }
        heard.ifindex = (guint32)atoi(words[0]);
        heard.since_us = world->since_us[heard.ifindex];
        heard.at = at_of((guint)atoi(words[1]));
        nonce[0] = (guint8)words[3][0];
        switch (wattle_hints_hear(&world->hints, &heard, now_us, asked)) {
        case WATTLE_HINT_NOTHING:
                return g_strdup("");
        case WATTLE_HINT_TAKE:
                return g_strdup("take");
        case WATTLE_HINT_ASK:
                return g_strdup_printf("ask %c", asked[0]);
        }
        g_assert_not_reached();
}

static void tell(gconstpointer data)
{
        const char *name = *(const char *const *)data;
        World world = { 0 };
        guint story = 0;

        while (stories[story].name != name)
                story++;
        for (guint i = 0; i < G_N_ELEMENTS(world.since_us); i++)
                world.since_us[i] = UP;
        for (const Line *line = stories[story].lines; line->event; line++) {
                g_autofree char *does = happen(&world, line->event, UP + line->ms * MSEC);

                g_test_message("%" G_GINT64_FORMAT " %s", line->ms, line->event);
                g_assert_cmpstr(does, ==, line->does);
        }
}

/* A stranger sends a beacon of the member's again, 20 a second for a day, each from another
 * address; of what comes to him there is little, whether there is a path or not. That the addresses
 * are not those that were signed does not even count here. */
static void ever_new_addresses(void)
{
        for (guint live = 0; live < 2; live++) {
                WattleHints hints = { 0 };
                guint8 nonce[WATTLE_BEACON_NONCE_SIZE] = { 'a' }, asked[sizeof nonce];
                WattleSighting no = { .kind = WATTLE_SIGHTING_DENIED, .nonce = { 'a' } };
                guint taken = 0, n_asked = 0;

                for (guint i = 0; i < 24 * 3600 * 20; i++) {
                        gint64 now_us = UP + i * 50 * MSEC;
                        WattleHeard heard = { 2, UP, at_of(i), nonce, live != 0, FALSE, FALSE };
                        WattleHintVerdict verdict =
                                wattle_hints_hear(&hints, &heard, now_us, asked);

                        taken += verdict == WATTLE_HINT_TAKE;
                        n_asked += verdict == WATTLE_HINT_ASK;
                        if (verdict == WATTLE_HINT_ASK)
                                g_assert_false(wattle_hints_answered(&hints, &no, now_us + MSEC));
                }
                g_test_message("in a day: %u believed, %u questions", taken, n_asked);
                g_assert_cmpuint(live ? n_asked : taken, <, 105);
                g_assert_cmpuint(live ? taken : n_asked, ==, 0);
        }
}

static guint list(const WattleHints *hints, const WattleBeat *beat, gint64 now_us)
{
        WattleSocketAddr found[WATTLE_HINTS_MAX_LINKS];

        return wattle_hints_list(hints, beat, now_us, found);
}

/* A cafe with the prefix of the home: what a beacon told there is nothing here, and what is sent
 * again here is denied by the member. */
static void a_cafe_like_home(void)
{
        WattleBeatPlace wlan = { .ifindex = 3, .from = { AF_INET, { 10, 41, 0, 2 } } };
        guint8 nonce[WATTLE_BEACON_NONCE_SIZE] = { 'a' }, asked[sizeof nonce];
        WattleHeard heard = { 3, UP, at_of(7), nonce, FALSE, FALSE, FALSE };
        WattleSighting no = { .kind = WATTLE_SIGHTING_DENIED, .nonce = { 'a' } };
        WattleHints hints = { 0 };
        WattleBeat beat = { 0 };

        wattle_beat_set_places(&beat, &wlan, 1, UP);
        g_assert_cmpint(wattle_hints_hear(&hints, &heard, UP + SEC, asked), ==, WATTLE_HINT_TAKE);
        g_assert_cmpuint(list(&hints, &beat, UP + SEC), ==, 1);
        wattle_beat_set_places(&beat, NULL, 0, UP + 60 * SEC);
        g_assert_cmpuint(list(&hints, &beat, UP + 60 * SEC), ==, 0);

        wattle_beat_set_places(&beat, &wlan, 1, UP + 90 * SEC);
        g_assert_cmpuint(list(&hints, &beat, UP + 90 * SEC), ==, 0);
        heard.since_us = wattle_beat_since_us(&beat, 3);
        heard.live = TRUE;
        g_assert_cmpint(wattle_hints_hear(&hints, &heard, UP + 91 * SEC, asked), ==,
                        WATTLE_HINT_ASK);
        g_assert_false(wattle_hints_answered(&hints, &no, UP + 91 * SEC + MSEC));
        g_assert_cmpuint(list(&hints, &beat, UP + 92 * SEC), ==, 0);
}

/* What was not heard for a quarter of an hour is believed no more. */
static void ends(void)
{
        WattleBeatPlace lan = { .ifindex = 2, .from = { AF_INET, { 10, 41, 0, 2 } } };
        guint8 nonce[WATTLE_BEACON_NONCE_SIZE] = { 'a' }, asked[sizeof nonce];
        WattleHeard heard = { 2, UP, at_of(7), nonce, FALSE, FALSE, FALSE };
        WattleHints hints = { 0 };
        WattleBeat beat = { 0 };

        wattle_beat_set_places(&beat, &lan, 1, UP);
        g_assert_cmpint(wattle_hints_hear(&hints, &heard, UP, asked), ==, WATTLE_HINT_TAKE);
        (void)wattle_hints_hear(&hints, &heard, UP + 600 * SEC, asked);
        g_assert_cmpuint(list(&hints, &beat, UP + 1499 * SEC), ==, 1);
        g_assert_cmpuint(list(&hints, &beat, UP + 1500 * SEC), ==, 0);
}

/* Who is new on the link, or sends a burst, is answered; who goes on to say that it is there is
 * not, though it says so by IPv4 and IPv6. */
static void arrives(void)
{
        static const struct {
                gint64 ms;
                gboolean arrives;
        } rows[] = {
                { 0, TRUE },       { 1, FALSE },     { 301, TRUE },    { 302, FALSE },
                { 1201, TRUE },    { 60000, FALSE }, { 60001, FALSE }, { 110000, FALSE },
                { 200000, FALSE }, { 200300, TRUE },
        };
        guint8 nonce[WATTLE_BEACON_NONCE_SIZE] = { 'a' }, asked[sizeof nonce];
        WattleHeard heard = { 2, UP, at_of(7), nonce, FALSE, FALSE, FALSE };
        WattleHints hints = { 0 };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                gint64 now_us = UP + SEC + rows[i].ms * MSEC;

                g_test_message("%" G_GINT64_FORMAT, rows[i].ms);
                g_assert_cmpint(wattle_hints_is_arriving(&hints, &heard, now_us), ==,
                                rows[i].arrives);
                (void)wattle_hints_hear(&hints, &heard, now_us, asked);
        }
        heard.since_us = UP + 300 * SEC; /* another network */
        g_assert_true(wattle_hints_is_arriving(&hints, &heard, UP + 301 * SEC));
        heard.ifindex = 3;
        g_assert_true(wattle_hints_is_arriving(&hints, &heard, UP + 301 * SEC));
}

/* The day changes: the member told of the next key before, and is known by it without a word. */
static void the_day_changes(void)
{
        WattleAddr from = at_of(7).addr;
        WattleHello hello = { .n_keys = 2 };
        WattleHints hints = { 0 };
        WattleBeaconKey days[4];
        WattleBeacon beacon;

        for (guint i = 0; i < G_N_ELEMENTS(days); i++)
                wattle_beacon_key_make(&days[i]);
        memcpy(hello.keys, days, sizeof hello.keys);
        wattle_hints_take_keys(&hints, &hello);
        for (guint day = 0; day < G_N_ELEMENTS(days); day++) {
                wattle_beacon_make(&beacon, &days[day], 51820, &from);
                g_assert_cmpint(wattle_hints_know(&hints, &beacon, &from), ==, day < 2);
        }
        /* It was heard of on the second day. */
        memcpy(hello.keys, days + 1, sizeof hello.keys);
        wattle_hints_take_keys(&hints, &hello);
        for (guint day = 0; day < G_N_ELEMENTS(days); day++) {
                wattle_beacon_make(&beacon, &days[day], 51820, &from);
                g_assert_cmpint(wattle_hints_know(&hints, &beacon, &from), ==,
                                day == 1 || day == 2);
        }
        /* It has none any more: Discovery=no, or an older version. */
        wattle_hints_take_keys(&hints, &(WattleHello){ 0 });
        wattle_beacon_make(&beacon, &days[1], 51820, &from);
        g_assert_false(wattle_hints_know(&hints, &beacon, &from));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/story", stories, tell);
        g_test_add_func("/ever new addresses", ever_new_addresses);
        g_test_add_func("/a cafe like home", a_cafe_like_home);
        g_test_add_func("/ends", ends);
        g_test_add_func("/arrives", arrives);
        g_test_add_func("/the day changes", the_day_changes);
        return g_test_run();
}
