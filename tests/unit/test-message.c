/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/message.h"

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

static const Row hellos[] = {
        { "least", "WTL1\x03\0\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE, 24, "51820 42 0102030405060708" },
        { "asks", "WTL1\x03\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24,
          "0 0 0000000000000000 asks" },
        { "longer, of a later version", "WTL1\x03\xfe\xca\x6c\0\0\0\0\0\0\0\x2a" NONCE NONCE, 32,
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

        if (!wattle_hello_read(exact, row->size, &hello)) {
                g_assert_cmpstr("none", ==, row->expected);
                return;
        }
        text = g_strdup_printf("%u %" G_GUINT64_FORMAT " %016" G_GINT64_MODIFIER "x%s",
                               hello.listen_port, hello.serial, wattle_hello_sum(hello.sum),
                               hello.asks ? " asks" : "");
        g_assert_cmpstr(text, ==, row->expected);
        wattle_hello_write(&hello, again);
        if (row->size == sizeof again)
                g_assert_cmpmem(again, sizeof again, row->bytes, row->size);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/probe", rows, row_test);
        add_rows("/hello", hellos, hello_test);
        return g_test_run();
}
