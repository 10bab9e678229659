/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a relay makes of datagrams: whose they are, and whether they are passed on. */
#include "relay/pair.h"

#include <blake2.h>
#include <string.h>

#include "tests/unit/fixture.h"

#define MSEC G_GINT64_CONSTANT(1000)

/* "low" and "high" are the two of the pair, by their keys. */
static const WattleKey low = { { 1, 2, 3 } }, high = { { 9, 8, 7 } }, stranger = { { 5 } };

typedef struct {
        gint64 ms;
        /* KIND FOR ADDRESS: an initiation for low, high or a stranger, or a datagram of that many
         * bytes and that type */
        const char *packet;
        const char *expected; /* "drop", "pass high", "held high" */
} Line;

typedef struct {
        const char *name;
        const char *at_low, *at_high; /* addresses in the relay's kernel */
        Line lines[12];
} Story;

#define L "192.0.2.1"
#define H "198.51.100.2"

static const Story stories[] = {
        { "the higher one comes first",
          L,
          H,
          { { 0, "init low " H ":40", "drop" },
            { 30, "init high " L ":30", "pass high" },
            { 60, "2 92 " H ":40", "pass low" },
            { 90, "4 32 " L ":30", "pass high" },
            { 95, "4 1440 " H ":40", "pass low" } } },
        { "the lower one comes first, and waits",
          L,
          H,
          { { 0, "init high " L ":30", "drop" },
            { 300, "init low " H ":40", "held high" },
            { 330, "2 92 " H ":40", "pass low" } } },
        { "it waits no longer than its handshake is good",
          L,
          H,
          { { 0, "init high " L ":30", "drop" }, { 5000, "init low " H ":40", "pass low" } } },
        { "of several the newest waits",
          L,
          H,
          { { 0, "init high " L ":30", "drop" },
            { 4900, "init high " L ":30", "drop" },
            { 5200, "init low " H ":40", "held high" } } },
        { "both at once, again and again",
          L,
          H,
          { { 0, "init high " L ":30", "drop" },
            { 1, "init low " H ":40", "held high" },
            { 5000, "init low " H ":40", "pass low" },
            { 5001, "init high " L ":30", "pass high" },
            { 5900, "init low " H ":40", "drop" } } },
        { "later the higher one begins alone",
          L,
          H,
          { { 0, "init low " H ":40", "drop" },
            { 10, "init high " L ":30", "pass high" },
            { 120000, "init low " H ":40", "pass low" } } },
        { "a stranger with a right mac1, from elsewhere",
          L,
          H,
          { { 0, "init high 203.0.113.9:30", "drop" },
            { 10, "init low 203.0.113.9:30", "drop" },
            { 20, "init low " H ":40", "drop" },
            { 30, "init high " L ":30", "pass high" } } },
        { "for somebody else", L, H, { { 0, "init stranger " L ":30", "drop" } } },
        { "a NAT that takes another port",
          L,
          H,
          { { 0, "init low " H ":40", "drop" },
            { 10, "init high " L ":30", "pass high" },
            { 5010, "init high " L ":31", "pass high" },
            { 5020, "2 92 " H ":40", "pass low" },
            { 5030, "4 32 " L ":30", "drop" } } },
        { "with its session, from another port: not while the old one speaks",
          L,
          H,
          { { 0, "init low " H ":40", "drop" },
            { 10, "init high " L ":30", "pass high" },
            { 1000, "4 32 " L ":31", "drop" },
            { 3010, "4 32 " L ":31", "pass high" },
            { 3020, "4 32 " L ":30", "drop" } } },
        { "both with their session, to the relay",
          L,
          H,
          { { 0, "4 32 " L ":30", "drop" },
            { 10, "4 32 " H ":40", "pass low" },
            { 20, "4 32 " L ":30", "pass high" } } },
        { "behind one address only initiations tell",
          L,
          L,
          { { 0, "4 32 " L ":30", "drop" },
            { 10, "init low " L ":40", "drop" },
            { 20, "init high " L ":30", "pass high" },
            { 30, "2 92 " L ":40", "pass low" },
            { 40, "4 32 " L ":30", "pass high" },
            { 50, "4 32 " L ":50", "drop" } } },
        { "one of each family",
          L,
          "2001:db8::2",
          { { 0, "init low [2001:db8::2]:40", "drop" },
            { 10, "init high " L ":30", "pass high" },
            { 20, "2 92 [2001:db8::2]:40", "pass low" } } },
        { "what is none of WireGuard's",
          L,
          H,
          { { 0, "init low " H ":40", "drop" },
            { 10, "init high " L ":30", "pass high" },
            { 20, "5 32 " L ":30", "drop" },
            { 20, "0 32 " L ":30", "drop" },
            { 20, "4 31 " L ":30", "drop" },
            { 20, "4 33 " L ":30", "drop" },
            { 20, "2 93 " L ":30", "drop" },
            { 20, "3 64 " L ":30", "pass high" },
            { 20, "1 147 " L ":30", "drop" } } },
};

static const WattleKey *key_of(const char *name)
{
        return strcmp(name, "low") == 0 ? &low : strcmp(name, "high") == 0 ? &high : &stranger;
}

static void make_initiation(guint8 *bytes, const WattleKey *receiver)
{
        guint8 text[8 + WATTLE_KEY_SIZE] = "mac1----", key[32];

        memset(bytes, 0, WATTLE_INITIATION_SIZE);
        bytes[0] = 1;
        memset(bytes + 4, 0x5a, 112);
        memcpy(text + 8, receiver->bytes, WATTLE_KEY_SIZE);
        g_assert_cmpint(blake2s(key, text, NULL, sizeof key, sizeof text, 0), ==, 0);
        g_assert_cmpint(blake2s(bytes + 116, bytes, key, 16, 116, sizeof key), ==, 0);
}

static gsize make_packet(char **words, guint8 *bytes)
{
        if (strcmp(words[0], "init") == 0) {
                make_initiation(bytes, key_of(words[1]));
                return WATTLE_INITIATION_SIZE;
        }
        memset(bytes, 0, 2048);
        bytes[0] = (guint8)atoi(words[0]);
        return (gsize)atoi(words[1]);
}

static char *take(WattlePair *pair, const Line *line)
{
        static const char *const names[] = { "low", "high" };
        g_auto(GStrv) words = g_strsplit(line->packet, " ", 3);
        g_autofree guint8 *bytes = g_malloc(2048), *exact = NULL;
        gsize size = make_packet(words, bytes);
        WattlePairVerdict verdict;
        WattleSocketAddr from;
        guint who = 9, to = 9;

        exact = g_memdup2(bytes, size);
        g_assert_true(wattle_socket_addr_parse(words[2], &from, NULL));
        verdict =
                wattle_pair_take(pair, &from, exact, size, (1000000 + line->ms) * MSEC, &who, &to);
        if (verdict == WATTLE_PAIR_DROP)
                return g_strdup("drop");
        g_assert_cmpuint(to, <, 2);
        g_assert_true(wattle_socket_addr_is_set(&pair->sides[to].at));
        if (verdict == WATTLE_PAIR_PASS)
                g_assert_cmpuint(to, ==, 1 - who);
        return g_strdup_printf("%s %s", verdict == WATTLE_PAIR_PASS ? "pass" : "held", names[to]);
}

static void story_test(gconstpointer data)
{
        const Story *story = data;
        WattleRelayEnd ends[2] = { { .key = high }, { .key = low } };
        WattlePair pair;

        g_assert_true(wattle_addr_parse(story->at_high, &ends[0].at, NULL));
        g_assert_true(wattle_addr_parse(story->at_low, &ends[1].at, NULL));
        wattle_pair_init(&pair, ends, 1000000 * MSEC);
        for (const Line *line = story->lines; line->packet; line++) {
                g_autofree char *verdict = take(&pair, line);

                g_test_message("%d %s", (int)line->ms, line->packet);
                g_assert_cmpstr(verdict, ==, line->expected);
        }
}

/* Who is elsewhere now has to be heard from there. */
static void moved(void)
{
        WattleRelayEnd ends[2] = { { .key = low }, { .key = high } };
        const Line lines[] = { { 0, "init low " H ":40", "drop" },
                               { 10, "init high " L ":30", "pass high" } };
        const Line later[] = { { 100, "4 32 " L ":30", "drop" },
                               { 110, "init high 192.0.2.77:30", "pass high" },
                               { 120, "4 32 " H ":40", "pass low" } };
        WattlePair pair;

        g_assert_true(wattle_addr_parse(L, &ends[0].at, NULL));
        g_assert_true(wattle_addr_parse(H, &ends[1].at, NULL));
        wattle_pair_init(&pair, ends, 0);
        for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
                g_autofree char *verdict = take(&pair, &lines[i]);

                g_assert_cmpstr(verdict, ==, lines[i].expected);
        }
        wattle_pair_update(&pair, ends);
        g_assert_true(wattle_socket_addr_is_set(&pair.sides[0].at)); /* nothing is new */
        g_assert_true(wattle_addr_parse("192.0.2.77", &ends[0].at, NULL));
        wattle_pair_update(&pair, ends);
        for (guint i = 0; i < G_N_ELEMENTS(later); i++) {
                g_autofree char *verdict = take(&pair, &later[i]);

                g_assert_cmpstr(verdict, ==, later[i].expected);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/pair", stories, story_test);
        g_test_add_func("/pair/moved", moved);
        return g_test_run();
}
