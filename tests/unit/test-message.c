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

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/probe", rows, row_test);
        return g_test_run();
}
