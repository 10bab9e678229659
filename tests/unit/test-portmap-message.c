/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/portmap-message.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define ZEROS_12 "\0\0\0\0\0\0\0\0\0\0\0\0"
#define NOTHING  "\0\0\0\0" ZEROS_12 "\0\0\0\0"
#define AT_4     "\x04\0\0\0\xcb\0\x71\x07" ZEROS_12
#define AT_6     "\x06\0\0\0\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"

static const struct row {
        const char *name, *bytes;
        gsize size;
        const char *text;
} rows[] = {
        { "wanted", "WTM1\x01\0\xca\x6c" NOTHING, 28, "1 at :51820" },
        { "mapped", "WTM1\x02\0\x0f\xa0" AT_4, 28, "2 NAT-PMP at 203.0.113.7:4000" },
        { "mapped-ipv6", "WTM1\x02\x01\x0f\xa0" AT_6, 28, "2 UPnP at [2001:db8::1]:4000" },
        { "failed", "WTM1\x03\x02\0\0" NOTHING, 28, "3 the router has no public address itself" },
        { "cut", "WTM1\x01\0\xca\x6c" NOTHING, 27, "none" },
        { "long", "WTM1\x01\0\xca\x6c" NOTHING "x", 29, "none" },
        { "other magic", "WTR1\x01\0\xca\x6c" NOTHING, 28, "none" },
        { "no port wanted", "WTM1\x01\0\0\0" NOTHING, 28, "none" },
        { "no port mapped", "WTM1\x02\0\0\0" AT_4, 28, "none" },
        { "no family", "WTM1\x02\0\x0f\xa0" NOTHING, 28, "none" },
        { "no such protocol", "WTM1\x02\x02\x0f\xa0" AT_4, 28, "none" },
        { "no such failure", "WTM1\x03\x04\0\0" NOTHING, 28, "none" },
        { "no such kind", "WTM1\x04\0\0\0" NOTHING, 28, "none" },
};

static char *describe(const WattlePortmapMessage *message)
{
        char at[WATTLE_SOCKET_ADDR_TEXT_MAX];

        wattle_socket_addr_format(&message->at, at);
        switch (message->kind) {
        case WATTLE_PORTMAP_WANTED:
                return g_strdup_printf("1 at :%u", message->at.port);
        case WATTLE_PORTMAP_MAPPED:
                return g_strdup_printf("2 %s at %s",
                                       wattle_portmap_protocol_name(message->protocol), at);
        case WATTLE_PORTMAP_FAILED:
                return g_strdup_printf("3 %s", wattle_portmap_failure_text(message->failure));
        }
        g_assert_not_reached();
}

static void row(gconstpointer data)
{
        const struct row *row = data;
        g_autofree char *exact = g_memdup2(row->bytes, row->size), *text = NULL;
        guint8 again[WATTLE_PORTMAP_MESSAGE_SIZE];
        WattlePortmapMessage message;

        if (!wattle_portmap_message_read(exact, row->size, &message)) {
                g_assert_cmpstr(row->text, ==, "none");
                return;
        }
        text = describe(&message);
        g_assert_cmpstr(text, ==, row->text);
        wattle_portmap_message_write(&message, again);
        g_assert_cmpmem(again, sizeof again, row->bytes, row->size);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/portmap-message", rows, row);
        return g_test_run();
}
