/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattled and wattle-relay say to each other. */
#include "common/relay-message.h"

#include <string.h>

#include "tests/unit/fixture.h"

static WattleRelayMessage an_open(void)
{
        WattleRelayMessage open = { .kind = WATTLE_RELAY_OPEN,
                                    .id = 77,
                                    .only_old = TRUE,
                                    .ports = { TRUE, 21900, 21999 },
                                    .ends = { { .key = { { 1 } } }, { .key = { { 2 } } } } };

        g_assert_true(wattle_addr_parse("192.0.2.1", &open.ends[0].at, NULL));
        g_assert_true(wattle_addr_parse("2001:db8::2", &open.ends[1].at, NULL));
        return open;
}

static void open_again(void)
{
        WattleRelayMessage open = an_open(), read;
        guint8 bytes[WATTLE_RELAY_MESSAGE_MAX];
        gsize size = wattle_relay_message_write(&open, bytes);

        g_assert_cmpuint(size, ==, 114);
        g_assert_cmpmem(bytes, 12, "WTR1\x01\x01\x55\x8c\0\0\0M", 12);
        g_assert_true(wattle_relay_message_read(bytes, size, &read));
        g_assert_cmpuint(read.id, ==, 77);
        g_assert_true(read.only_old);
        g_assert_cmpuint(read.ports.first, ==, 21900);
        g_assert_cmpuint(read.ports.last, ==, 21999);
        for (guint i = 0; i < 2; i++) {
                g_assert_true(wattle_key_equal(&read.ends[i].key, &open.ends[i].key));
                g_assert_true(wattle_addr_equal(&read.ends[i].at, &open.ends[i].at));
        }
}

/* One byte of it changed, or of another length. */
static void open_refused(void)
{
        static const struct {
                guint at;
                guint8 value;
                gsize size;
        } rows[] = {
                { 0, 'X', 114 },  { 4, 0, 114 },     { 4, 5, 114 },     { 5, 2, 114 },
                { 6, 0xff, 114 }, { 12, 0x10, 114 }, { 12, 0xff, 114 }, { 80, 5, 114 },
                { 97, 0, 114 },   { 16, 2, 114 },    { 0, 'W', 113 },   { 0, 'W', 11 },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                WattleRelayMessage open = an_open(), read;
                guint8 bytes[WATTLE_RELAY_MESSAGE_MAX];
                g_autofree guint8 *exact = NULL;

                (void)wattle_relay_message_write(&open, bytes);
                bytes[rows[i].at] = rows[i].value;
                exact = g_memdup2(bytes, rows[i].size);
                g_test_message("row %u", i);
                g_assert_false(wattle_relay_message_read(exact, rows[i].size, &read));
        }
}

static void opened(void)
{
        static const struct {
                const char *bytes;
                gboolean good;
        } rows[] = {
                { "WTR1\x02\0\x55\x8c\0\0\0\x07", TRUE },
                { "WTR1\x02\x01\0\0\0\0\0\x07", TRUE },
                { "WTR1\x02\x04\0\0\0\0\0\x07", TRUE },
                { "WTR1\x02\x05\0\0\0\0\0\x07", FALSE },
                { "WTR1\x02\0\0\0\0\0\0\x07", FALSE },       /* neither port nor reason */
                { "WTR1\x02\x01\x55\x8c\0\0\0\x07", FALSE }, /* both */
                { "WTR1\x03\0\0\0\0\0\0\x07", TRUE },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                WattleRelayMessage read;
                guint8 again[WATTLE_RELAY_MESSAGE_MAX];

                g_assert_cmpint(wattle_relay_message_read(rows[i].bytes, 12, &read), ==,
                                rows[i].good);
                if (!rows[i].good)
                        continue;
                g_assert_cmpuint(read.id, ==, 7);
                g_assert_cmpuint(wattle_relay_message_write(&read, again), ==, 12);
                g_assert_cmpmem(again, 12, rows[i].bytes, 12);
        }
}

static void counters(void)
{
        WattleRelayMessage counted = { .kind = WATTLE_RELAY_COUNTERS,
                                       .id = 3,
                                       .counters = { 2, 100, 3, G_GUINT64_CONSTANT(1) << 40, 5 } };
        WattleRelayMessage read;
        guint8 bytes[WATTLE_RELAY_MESSAGE_MAX];
        gsize size = wattle_relay_message_write(&counted, bytes);

        g_assert_true(wattle_relay_message_read(bytes, size, &read));
        g_assert_cmpmem(&read.counters, sizeof read.counters, &counted.counters,
                        sizeof counted.counters);
        g_assert_false(wattle_relay_message_read(bytes, size - 1, &read));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/relay-message/open", open_again);
        g_test_add_func("/relay-message/open-refused", open_refused);
        g_test_add_func("/relay-message/opened", opened);
        g_test_add_func("/relay-message/counters", counters);
        return g_test_run();
}
