/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/message.h"

#include <netinet/in.h>
#include <string.h>

#include "tests/unit/fixture.h"

typedef struct {
        const char *test;
        const char *bytes;
        gsize size;
        const char *expected;
} Row;

#define NONCE "\x01\x02\x03\x04\x05\x06\x07\x08"

static const Row rows[] = {
        { "question", "WTL1\x01\0\0\0" NONCE, 16, "question 0102030405060708" },
        { "answer", "WTL1\x02\0\0\0" NONCE, 16, "answer 0102030405060708" },
        { "empty", "", 0, "none" },
        { "cut", "WTL1\x01\0\0\0" NONCE, 15, "none" },
        { "long", "WTL1\x01\0\0\0" NONCE "x", 17, "none" },
        { "other-version", "WTL2\x01\0\0\0" NONCE, 16, "none" },
        { "no-kind", "WTL1\0\0\0\0" NONCE, 16, "none" },
        { "kind-of-the-future", "WTL1\x03\0\0\0" NONCE, 16, "none" },
        { "flags-of-the-future", "WTL1\x01\0\0\x01" NONCE, 16, "none" },
};

static void row_test(gconstpointer data)
{
        const Row *row = data;
        g_autofree char *exact = g_memdup2(row->bytes, row->size), *text = NULL;
        guint8 again[WATTLE_PROBE_SIZE];
        WattleProbe probe;

        if (!wattle_probe_read(exact, row->size, &probe)) {
                g_assert_cmpstr("none", ==, row->expected);
                return;
        }
        text = g_strdup_printf("%s %016" G_GINT64_MODIFIER "x",
                               probe.kind == WATTLE_PROBE_QUESTION ? "question" : "answer",
                               probe.nonce);
        g_assert_cmpstr(text, ==, row->expected);
        wattle_probe_write(&probe, again);
        g_assert_cmpmem(again, sizeof again, row->bytes, row->size);
}

#define NO_SEEN "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define LINK_4  "\x01\x04\0\0\xc0\xa8\x01\x02\0\0\0\0\0\0\0\0\0\0\0\0"
#define LINK_6  "\x01\x06\0\0\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
#define KEY_1   "\x02\0\0\0ABCDEFGHIJKLMNOP"
#define KEY_2   "\x02\0\0\0abcdefghijklmnop"
#define LINK_9  "\x09\x04\0\0\xc0\xa8\x01\x02\0\0\0\0\0\0\0\0\0\0\0\0"

#define MAPPED_4  "\x03\x04\x0f\xa0\xcb\0\x71\x07\0\0\0\0\0\0\0\0\0\0\0\0"
#define MAPPED_NO "\x03\x04\0\0\xcb\0\x71\x07\0\0\0\0\0\0\0\0\0\0\0\0"
#define MAPPED_9  "\x03\x09\x0f\xa0\xcb\0\x71\x07\0\0\0\0\0\0\0\0\0\0\0\0"

static const Row hellos[] = {
        { "least", "WTL1\x03\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE, 24, "51820 42 0102030405060708" },
        { "asks", "WTL1\x03\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24,
          "0 0 0000000000000000 asks" },
        { "longer, of a later version", "WTL1\x03\xfe\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE NONCE, 32,
          "51820 42 0102030405060708" },
        { "where it is", "WTL1\x03\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE LINK_4 LINK_6, 64,
          "51820 42 0102030405060708 at 192.168.1.2 at fe80::1" },
        { "zeros, and what is not known, between",
          "WTL1\x03\x01\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE NO_SEEN LINK_9 LINK_4, 84,
          "51820 42 0102030405060708 asks at 192.168.1.2" },
        { "its keys", "WTL1\x03\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE LINK_4 KEY_1 KEY_2, 84,
          "51820 42 0102030405060708 at 192.168.1.2 key ABCDEFGHIJKLMNOP key abcdefghijklmnop" },
        { "keys behind more addresses than there may be, and a third one",
          "WTL1\x03\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE LINK_4 LINK_4 LINK_4 LINK_4 LINK_4 LINK_4
                  LINK_4 LINK_4 LINK_6 KEY_1 KEY_2,
          244,
          "51820 42 0102030405060708 at 192.168.1.2 at 192.168.1.2 at 192.168.1.2 at 192.168.1.2 at "
          "192.168.1.2 at 192.168.1.2 at 192.168.1.2 at 192.168.1.2 key ABCDEFGHIJKLMNOP key "
          "abcdefghijklmnop" },
        { "a third key", "WTL1\x03\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE KEY_1 KEY_2 KEY_1, 84,
          "51820 42 0102030405060708 key ABCDEFGHIJKLMNOP key abcdefghijklmnop" },
        { "half a key", "WTL1\x03\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE KEY_1, 43,
          "51820 42 0102030405060708" },
        { "half an address", "WTL1\x03\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE LINK_4, 43,
          "51820 42 0102030405060708" },
        { "nine addresses",
          "WTL1\x03\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE LINK_4 LINK_4 LINK_4 LINK_4 LINK_4 LINK_4
                  LINK_4 LINK_4 LINK_6,
          204,
          "51820 42 0102030405060708 at 192.168.1.2 at 192.168.1.2 at 192.168.1.2 at 192.168.1.2 at "
          "192.168.1.2 at 192.168.1.2 at 192.168.1.2 at 192.168.1.2" },
        { "where it is called", "WTL1\x03\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE LINK_4 MAPPED_4, 64,
          "51820 42 0102030405060708 at 192.168.1.2 called at 203.0.113.7:4000" },
        { "called at no port", "WTL1\x03\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE MAPPED_NO, 44,
          "51820 42 0102030405060708" },
        { "called at no family", "WTL1\x03\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE MAPPED_9, 44,
          "51820 42 0102030405060708" },
        { "cut", "WTL1\x03\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE, 23, "none" },
        { "probe", "WTL1\x01\0\0\0" NONCE NONCE, 24, "none" },
        { "kind-of-the-future", "WTL1\x04\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE, 24, "none" },
        { "serial-2^63", "WTL1\x03\0\xca\x6c\x80\0\0\0\0\0\0\0" NONCE, 24, "none" },
};

static void hello_test(gconstpointer data)
{
        const Row *row = data;
        g_autofree char *exact = g_memdup2(row->bytes, row->size), *text = NULL;
        guint8 again[WATTLE_HELLO_SIZE];
        WattleHello hello;
        guint things = 0;
        GString *said;
        gsize size;

        if (!wattle_hello_read(exact, row->size, &hello)) {
                g_assert_cmpstr("none", ==, row->expected);
                return;
        }
        said = g_string_new(NULL);
        g_string_printf(said, "%u %" G_GUINT64_FORMAT " %016" G_GINT64_MODIFIER "x%s",
                        hello.listen_port, hello.serial, wattle_hello_sum(hello.sum),
                        hello.asks ? " asks" : "");
        for (guint i = 0; i < hello.n_links; i++) {
                char addr[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&hello.links[i], addr);
                g_string_append_printf(said, " at %s", addr);
        }
        for (guint i = 0; i < hello.n_keys; i++)
                g_string_append_printf(said, " key %.16s", (const char *)hello.keys[i].bytes);
        if (wattle_socket_addr_is_set(&hello.mapped)) {
                char at[WATTLE_SOCKET_ADDR_TEXT_MAX];

                wattle_socket_addr_format(&hello.mapped, at);
                g_string_append_printf(said, " called at %s", at);
                things++;
        }
        text = g_string_free(said, FALSE);
        g_assert_cmpstr(text, ==, row->expected);
        /* An answer is no longer than the question. */
        size = wattle_hello_write(&hello, again);
        things += hello.n_links + hello.n_keys;
        g_assert_cmpuint(size, ==, hello.asks ? WATTLE_HELLO_SIZE : 24 + 20 * things);
        if (row->size == size && !(row->bytes[5] & ~1))
                g_assert_cmpmem(again, size, row->bytes, row->size);
}

/* A wattled that knows no beacons: it takes what has at most 256 bytes, and of the things in it
 * those of kind 1. */
static void of_older_versions(void)
{
        WattleHello hello = { .asks = TRUE, .listen_port = 51820, .n_links = 1, .n_keys = 2 }, read;
        guint8 bytes[WATTLE_HELLO_SIZE], before[184] = "WTL1\x03\x01\xca\x6c";
        guint n_links = 0;
        gsize size;

        hello.links[0] = (WattleAddr){ AF_INET, { 192, 168, 1, 2 } };
        size = wattle_hello_write(&hello, bytes);
        g_assert_cmpuint(size, <=, 256);
        g_assert_cmpmem(bytes, 8, before, 8);
        for (gsize at = 24; at + 20 <= size; at += 20)
                n_links += bytes[at] == 1;
        g_assert_cmpuint(n_links, ==, 1);
        g_assert_cmpmem(bytes + 24, 20, LINK_4, 20);

        /* And what such a one asks, with zeros where it has nothing to say. */
        g_assert_true(wattle_hello_read(before, sizeof before, &read));
        g_assert_true(read.asks);
        g_assert_cmpuint(read.listen_port, ==, 51820);
        g_assert_cmpuint(read.n_links + read.n_keys, ==, 0);
}

static const Row sightings[] = {
        { "asked", "WTL1\x05\x01\0\0ABCDEFGHIJKLMNOP", 24, "1 ABCDEFGHIJKLMNOP" },
        { "confirmed", "WTL1\x05\x02\0\0ABCDEFGHIJKLMNOP", 24, "2 ABCDEFGHIJKLMNOP" },
        { "denied", "WTL1\x05\x03\0\0ABCDEFGHIJKLMNOP", 24, "3 ABCDEFGHIJKLMNOP" },
        { "longer, of a later version", "WTL1\x05\x01\0\0ABCDEFGHIJKLMNOPmore", 28,
          "1 ABCDEFGHIJKLMNOP" },
        { "cut", "WTL1\x05\x01\0\0ABCDEFGHIJKLMNOP", 23, "none" },
        { "no-kind", "WTL1\x05\0\0\0ABCDEFGHIJKLMNOP", 24, "none" },
        { "kind-of-the-future", "WTL1\x05\x04\0\0ABCDEFGHIJKLMNOP", 24, "none" },
        { "hello", "WTL1\x03\x01\0\0ABCDEFGHIJKLMNOP", 24, "none" },
};

static void sighting_test(gconstpointer data)
{
        const Row *row = data;
        g_autofree char *exact = g_memdup2(row->bytes, row->size), *text = NULL;
        guint8 again[WATTLE_SIGHTING_SIZE];
        WattleSighting sighting;

        if (!wattle_sighting_read(exact, row->size, &sighting)) {
                g_assert_cmpstr("none", ==, row->expected);
                return;
        }
        text = g_strdup_printf("%d %.16s", sighting.kind, (const char *)sighting.nonce);
        g_assert_cmpstr(text, ==, row->expected);
        wattle_sighting_write(&sighting, again);
        g_assert_cmpmem(again, sizeof again, row->bytes, sizeof again);
}

#define KEY_BYTES "0123456789abcdef0123456789ABCDEF"
#define SEEN_4    "\x04\0\xca\x6c\xcb\0\x71\x07\0\0\0\0\0\0\0\0\0\0\0\0"
#define GOES_ON   "\x04\x01\xca\x6c\xcb\0\x71\x07\0\0\0\0\0\0\0\0\0\0\0\0"
#define SEEN_6    "\x06\0\xca\x6c\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"

static const Row pairings[] = {
        { "asked", "WTL1\x04\x01\0\0" KEY_BYTES NO_SEEN, 60, "1 0 0 at none" },
        { "offered-you", "WTL1\x04\x02\x55\x8c" KEY_BYTES SEEN_4 SEEN_6, 80,
          "2 21900 0 at 203.0.113.7:51820 and [2001:db8::1]:51820" },
        { "you-of-no-family", "WTL1\x04\x03\0\0" KEY_BYTES NO_SEEN "\x05" NO_SEEN, 80, "none" },
        { "you-cut", "WTL1\x04\x02\x55\x8c" KEY_BYTES SEEN_4 SEEN_6, 79,
          "2 21900 0 at 203.0.113.7:51820" },
        { "offered", "WTL1\x04\x02\x55\x8c" KEY_BYTES SEEN_4, 60,
          "2 21900 0 at 203.0.113.7:51820" },
        { "offered-ipv6", "WTL1\x04\x02\x55\x8c" KEY_BYTES SEEN_6, 60,
          "2 21900 0 at [2001:db8::1]:51820" },
        { "refused", "WTL1\x04\x03\0\0" KEY_BYTES NO_SEEN, 60, "3 0 0 at none" },
        { "longer, of a later version", "WTL1\x04\x01\0\0" KEY_BYTES NO_SEEN "more", 64,
          "1 0 0 at none" },
        { "cut", "WTL1\x04\x01\0\0" KEY_BYTES NO_SEEN, 59, "none" },
        { "offered-no-port", "WTL1\x04\x02\0\0" KEY_BYTES SEEN_4, 60, "none" },
        { "asked-with-a-port", "WTL1\x04\x01\0\x01" KEY_BYTES NO_SEEN, 60, "none" },
        { "introduced", "WTL1\x04\x04\xca\x6c" KEY_BYTES SEEN_4 SEEN_6, 80,
          "4 51820 0 at 203.0.113.7:51820 and [2001:db8::1]:51820" },
        { "introduced-and-goes-on", "WTL1\x04\x04\0\0" KEY_BYTES GOES_ON SEEN_6, 80,
          "4 0 0 at 203.0.113.7:51820 goes on and [2001:db8::1]:51820" },
        { "introduced-to-nowhere", "WTL1\x04\x04\0\0" KEY_BYTES NO_SEEN, 60, "none" },
        { "kind-of-the-future", "WTL1\x04\x05\0\0" KEY_BYTES NO_SEEN, 60, "none" },
        { "no-kind", "WTL1\x04\0\0\0" KEY_BYTES NO_SEEN, 60, "none" },
        { "seen-of-no-family", "WTL1\x04\x03\0\0" KEY_BYTES "\x05" NO_SEEN, 60, "none" },
        { "seen-at-no-port", "WTL1\x04\x03\0\0" KEY_BYTES "\x04" NO_SEEN, 60, "none" },
        { "hello", "WTL1\x03\x01\0\0" KEY_BYTES NO_SEEN, 60, "none" },
};

static void pairing_test(gconstpointer data)
{
        const Row *row = data;
        g_autofree char *exact = g_memdup2(row->bytes, row->size), *text = NULL;
        char seen[WATTLE_SOCKET_ADDR_TEXT_MAX] = "none", you[WATTLE_SOCKET_ADDR_TEXT_MAX] = "";
        guint8 again[WATTLE_PAIRING_SIZE];
        WattlePairing pairing;

        if (!wattle_pairing_read(exact, row->size, &pairing)) {
                g_assert_cmpstr("none", ==, row->expected);
                return;
        }
        if (wattle_socket_addr_is_set(&pairing.seen))
                wattle_socket_addr_format(&pairing.seen, seen);
        if (wattle_socket_addr_is_set(&pairing.you))
                wattle_socket_addr_format(&pairing.you, you);
        text = g_strdup_printf("%d %u %d at %s%s%s%s", pairing.kind, pairing.port,
                               memcmp(pairing.other.bytes, KEY_BYTES, WATTLE_KEY_SIZE), seen,
                               pairing.goes_on ? " goes on" : "", *you ? " and " : "", you);
        g_assert_cmpstr(text, ==, row->expected);
        wattle_pairing_write(&pairing, again);
        g_assert_cmpmem(again, WATTLE_PAIRING_LEAST_SIZE, row->bytes, WATTLE_PAIRING_LEAST_SIZE);
        if (*you)
                g_assert_cmpmem(again, sizeof again, row->bytes, sizeof again);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/probe", rows, row_test);
        add_rows("/hello", hellos, hello_test);
        g_test_add_func("/hello of older versions", of_older_versions);
        add_rows("/pairing", pairings, pairing_test);
        add_rows("/sighting", sightings, sighting_test);
        return g_test_run();
}
