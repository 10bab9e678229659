/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/endpoint.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define LABEL_63 "a23456789012345678901234567890123456789012345678901234567890123"
#define NAME_253                                                                                   \
        LABEL_63 "." LABEL_63 "." LABEL_63                                                         \
                 ".a23456789012345678901234567890123456789012345678901234567890a"

typedef struct {
        const char *text;
        const char *canonical;
        const char *name; /* of a DNS name */
        const char *error;
} Row;

static const Row rows[] = {
        { "123.45.67.89:54444", "123.45.67.89:54444", NULL, NULL },
        { "[2001:DB8:7::1]:51820", "[2001:db8:7::1]:51820", NULL, NULL },
        { "gw.office.example:1", "gw.office.example:1", "gw.office.example", NULL },
        { "nas:65535", "nas:65535", "nas", NULL },
        { NAME_253 ":65535", NAME_253 ":65535", NAME_253, NULL },
        { NAME_253 "b:1", NULL, NULL,
          "'" NAME_253 "b:1' is not an endpoint: ADDRESS:PORT or NAME:PORT" },
        { "", NULL, NULL, "'' has no port: ADDRESS:PORT" },
        { "1.2.3.4", NULL, NULL, "'1.2.3.4' has no port: ADDRESS:PORT" },
        { "1.2.3.4:", NULL, NULL, "'' is not a port: 1 to 65535" },
        { "1.2.3.4:0", NULL, NULL, "'0' is not a port: 1 to 65535" },
        { "1.2.3.4:65536", NULL, NULL, "'65536' is not a port: 1 to 65535" },
        { "1.2.3.4:51820x", NULL, NULL, "'51820x' is not a port: 1 to 65535" },
        { "1.2.3.4: 51820", NULL, NULL, "' 51820' is not a port: 1 to 65535" },
        { ":51820", NULL, NULL, "':51820' is not an endpoint: ADDRESS:PORT or NAME:PORT" },
        { "2001:db8:7::1:51820", NULL, NULL,
          "'2001:db8:7::1:51820' is IPv6 without brackets: [2001:db8::1]:51820" },
        { "::1", NULL, NULL, "'::1' is IPv6 without brackets: [2001:db8::1]:51820" },
        { "[2001:db8::1]", NULL, NULL, "'[2001:db8::1]' is not an endpoint: [IPV6]:PORT" },
        { "[2001:db8::1", NULL, NULL, "'[2001:db8::1' is not an endpoint: [IPV6]:PORT" },
        { "[]:1", NULL, NULL, "'[]:1' is not an endpoint: [IPV6]:PORT" },
        { "[:1", NULL, NULL, "'[:1' is not an endpoint: [IPV6]:PORT" },
        { "[1.2.3.4]:1", NULL, NULL,
          "'[1.2.3.4]:1' has brackets around something that is not IPv6" },
        { "[nas]:1", NULL, NULL, "'[nas]:1' has brackets around something that is not IPv6" },
        { "[fe80::1%eth0]:1", NULL, NULL,
          "'[fe80::1%eth0]:1' has brackets around something that is not IPv6" },
        { "0.0.0.0:1", NULL, NULL, "'0.0.0.0:1' is not the address of one host" },
        { "[ff02::1]:1", NULL, NULL, "'[ff02::1]:1' is not the address of one host" },
        { "Gw.example:1", NULL, NULL, "'Gw.example' has upper case: write gw.example" },
        { "gw.example.:1", NULL, NULL, "'gw.example.' ends in a dot: write gw.example" },
        { "gw_1.example:1", NULL, NULL,
          "'gw_1.example' has an underscore, which no host name may have" },
        { "1.2.3.256:1", NULL, NULL, "'1.2.3.256' is not an IPv4 address" },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(WattleArena) arena = wattle_arena_new();
        g_autoptr(GError) error = NULL;
        char text[WATTLE_ENDPOINT_TEXT_MAX];
        WattleEndpoint endpoint, again;

        check_error(wattle_endpoint_parse(row->text, arena, &endpoint, &error), &error, row->error);
        if (row->error)
                return;
        g_assert_cmpstr(endpoint.name, ==, row->name);
        g_assert_cmpuint(wattle_endpoint_format(&endpoint, text), ==, strlen(row->canonical));
        g_assert_cmpstr(text, ==, row->canonical);
        g_assert_true(wattle_endpoint_parse(text, arena, &again, NULL));
        g_assert_true(wattle_endpoint_equal(&endpoint, &again));
}

static const struct socket_row {
        const char *text;
        const char *error; /* NULL: it is good, and comes out again */
} socket_rows[] = {
        { "", NULL },
        { "192.0.2.1:51820", NULL },
        { "[2001:db8::1]:1", NULL },
        { "[fe80::1%2147483647]:65535", NULL },
        { "vps.example:1", "'vps.example:1' is not an address" },
        { "[nas]:1", "'[nas]:1' is not an address" },
        { "[fe80::1%0]:1", "'0' is not a whole number from 1 to 2147483647" },
        { "[fe80::1%2147483648]:1", "'2147483648' is not a whole number from 1 to 2147483647" },
        { "[fe80::1%]:1", "'' is not a whole number from 1 to 2147483647" },
        { "[fe80::1%eth0]:1", "'eth0' is not a whole number from 1 to 2147483647" },
        { "[fe80::1%3:1", "'[fe80::1%3:1' is not an endpoint: [IPV6]:PORT" },
        { "[192.0.2.1%3]:1", "'[192.0.2.1%3]:1' has brackets around something that is not IPv6" },
        { "192.0.2.1%3:1", "'192.0.2.1%3:1' is not an address" },
        { "0.0.0.0:1", "'0.0.0.0:1' is not the address of one host" },
        { "[ff02::1%3]:1", "'[ff02::1%3]:1' is not the address of one host" },
        { "192.0.2.1:0", "'0' is not a port: 1 to 65535" },
        { "192.0.2.1", "'192.0.2.1' has no port: ADDRESS:PORT" },
};

static void socket_addr(gconstpointer data)
{
        const struct socket_row *row = data;
        g_autoptr(GError) error = NULL;
        WattleSocketAddr at = { .port = 7 };
        char text[WATTLE_SOCKET_ADDR_TEXT_MAX];

        check_error(wattle_socket_addr_parse(row->text, &at, &error), &error, row->error);
        if (row->error) {
                g_assert_cmpuint(at.port, ==, 7);
                return;
        }
        g_assert_cmpint(wattle_socket_addr_is_set(&at), ==, *row->text != '\0');
        g_assert_cmpuint(wattle_socket_addr_format(&at, text), ==, strlen(row->text));
        g_assert_cmpstr(text, ==, row->text);
}

/* Every two of these differ, and so do their hashes. */
static void socket_equality(void)
{
        static const char *const texts[] = {
                "",        "1.2.3.4:1",     "1.2.3.4:2",    "1.2.3.5:1",
                "[::2]:1", "[fe80::1%1]:1", "[fe80::1%2]:1"
        };

        for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
                for (guint j = 0; j < G_N_ELEMENTS(texts); j++) {
                        WattleSocketAddr a, b;

                        g_assert_true(wattle_socket_addr_parse(texts[i], &a, NULL));
                        g_assert_true(wattle_socket_addr_parse(texts[j], &b, NULL));
                        g_assert_cmpint(wattle_socket_addr_equal(&a, &b), ==, i == j);
                        g_assert_cmpint(wattle_socket_addr_hash(&a) == wattle_socket_addr_hash(&b),
                                        ==, i == j);
                }
}

static const struct at_row {
        const char *endpoint, *at;
        gboolean is_at;
} at_rows[] = {
        { "1.2.3.4:1", "1.2.3.4:1", TRUE },
        { "1.2.3.4:1", "1.2.3.4:2", FALSE },
        { "1.2.3.4:1", "1.2.3.5:1", FALSE },
        { "[fe80::1]:1", "[fe80::1%7]:1", TRUE },
        { "[fe80::1]:1", "[fe80::2%7]:1", FALSE },
        { "a.example:1", "1.2.3.4:1", FALSE },
        { "a.example:1", "", FALSE },
};

static void is_at(gconstpointer data)
{
        const struct at_row *row = data;
        g_autoptr(WattleArena) arena = wattle_arena_new();
        WattleEndpoint endpoint;
        WattleSocketAddr at;

        g_assert_true(wattle_endpoint_parse(row->endpoint, arena, &endpoint, NULL));
        g_assert_true(wattle_socket_addr_parse(row->at, &at, NULL));
        g_assert_cmpint(wattle_endpoint_is_at(&endpoint, &at), ==, row->is_at);
}

/* Every two of these differ. */
static void equality(void)
{
        static const char *const texts[] = { "1.2.3.4:1",   "1.2.3.4:2",   "1.2.3.5:1",  "[::2]:1",
                                             "a.example:1", "a.example:2", "b.example:1" };
        g_autoptr(WattleArena) arena = wattle_arena_new();

        for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
                for (guint j = 0; j < G_N_ELEMENTS(texts); j++) {
                        WattleEndpoint a, b;

                        g_assert_true(wattle_endpoint_parse(texts[i], arena, &a, NULL));
                        g_assert_true(wattle_endpoint_parse(texts[j], arena, &b, NULL));
                        g_assert_cmpint(wattle_endpoint_equal(&a, &b), ==, i == j);
                        g_assert_cmpint(wattle_endpoint_hash(&a) == wattle_endpoint_hash(&b), ==,
                                        i == j);
                }
}

/* As the kernel has them, and back; of another size or family they are refused. */
static void kernel(void)
{
        static const char *const texts[] = { "1.2.3.4:51820", "[2001:db8::1]:1", "[fe80::1%7]:2" };
        static const guint8 unix_addr[sizeof(struct sockaddr_in)] = { AF_UNIX };
        WattleSocketAddr read = { .port = 9 };

        for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
                WattleSocketAddr at;
                WattleKernelAddr bytes;
                guint size;

                g_assert_true(wattle_socket_addr_parse(texts[i], &at, NULL));
                size = wattle_socket_addr_write(&at, &bytes);
                g_assert_false(wattle_socket_addr_read(&bytes, size - 1, &read));
                g_assert_false(wattle_socket_addr_read(&bytes, size + 1, &read));
                g_assert_false(wattle_socket_addr_read(&bytes, 0, &read));
                g_assert_true(wattle_socket_addr_read(&bytes, size, &read));
                g_assert_true(wattle_socket_addr_equal(&at, &read));
        }
        g_assert_false(wattle_socket_addr_read(unix_addr, sizeof unix_addr, &read));
        g_assert_cmpuint(read.port, ==, 2);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/endpoint", rows, row);
        g_test_add_func("/endpoint/equality", equality);
        add_rows("/endpoint/is-at", at_rows, is_at);
        add_rows("/endpoint/socket-addr", socket_rows, socket_addr);
        g_test_add_func("/endpoint/socket-addr-equality", socket_equality);
        g_test_add_func("/endpoint/socket-addr-kernel", kernel);
        return g_test_run();
}
