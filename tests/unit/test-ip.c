/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/ip.h"

#include <string.h>
#include <sys/socket.h>

#include "tests/unit/fixture.h"

typedef struct {
        const char *text;
        const char *canonical; /* what format writes */
        const char *error;
} Row;

static const Row addrs[] = {
        { "0.0.0.0", "0.0.0.0", NULL },
        { "10.42.1.100", "10.42.1.100", NULL },
        { "255.255.255.255", "255.255.255.255", NULL },
        { "::", "::", NULL },
        { "2001:DB8:0:0:0:0:0:1", "2001:db8::1", NULL },
        { "::ffff:10.0.0.1", "::ffff:10.0.0.1", NULL },
        { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
          NULL },
        { "", NULL, "'' is not an IP address" },
        { "10.0.0", NULL, "'10.0.0' is not an IP address" },
        { "10.0.0.0.1", NULL, "'10.0.0.0.1' is not an IP address" },
        { "10..0.1", NULL, "'10..0.1' is not an IP address" },
        { "10.0.0.", NULL, "'10.0.0.' is not an IP address" },
        { "10.0.0.0001", NULL, "'10.0.0.0001' is not an IP address" },
        { "10.0.0.00", NULL, "'10.0.0.00' is not an IP address" },
        { "10.0.0.256", NULL, "'10.0.0.256' is not an IP address" },
        { "010.0.0.1", NULL, "'010.0.0.1' is not an IP address" },
        { "0x0a.0.0.1", NULL, "'0x0a.0.0.1' is not an IP address" },
        { "10.0.0.1 ", NULL, "'10.0.0.1 ' is not an IP address" },
        { "fe80::1%eth0", NULL, "'fe80::1%eth0' is not an IP address" },
        { "[::1]", NULL, "'[::1]' is not an IP address" },
        { "1:2:3", NULL, "'1:2:3' is not an IP address" },
        { "nas", NULL, "'nas' is not an IP address" },
};

static void addr_row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GError) error = NULL;
        char text[WATTLE_ADDR_TEXT_MAX];
        WattleAddr addr, again;

        check_error(wattle_addr_parse(row->text, &addr, &error), &error, row->error);
        if (row->error)
                return;
        g_assert_cmpuint(wattle_addr_format(&addr, text), ==, strlen(row->canonical));
        g_assert_cmpstr(text, ==, row->canonical);
        g_assert_true(wattle_addr_parse(text, &again, NULL));
        g_assert_true(wattle_addr_equal(&addr, &again));
        g_assert_cmpuint(wattle_addr_hash(&addr), ==, wattle_addr_hash(&again));
}

static const Row prefixes[] = {
        { "10.42.0.0/16", "10.42.0.0/16", NULL },
        { "0.0.0.0/0", "0.0.0.0/0", NULL },
        { "10.0.0.1/32", "10.0.0.1/32", NULL },
        { "128.0.0.0/1", "128.0.0.0/1", NULL },
        { "::/0", "::/0", NULL },
        { "2001:DB8::/32", "2001:db8::/32", NULL },
        { "::1/128", "::1/128", NULL },
        { "10.0.0.1", NULL, "'10.0.0.1' is not a prefix: ADDRESS/LENGTH, as in 10.42.0.0/16" },
        { "", NULL, "'' is not a prefix: ADDRESS/LENGTH, as in 10.42.0.0/16" },
        { "/8", NULL, "'' is not an IP address" },
        { "10.0.0/8", NULL, "'10.0.0' is not an IP address" },
        { "10.0.0.0/", NULL, "'10.0.0.0/': a prefix length is 0 to 32" },
        { "10.0.0.0/33", NULL, "'10.0.0.0/33': a prefix length is 0 to 32" },
        { "10.0.0.0/8x", NULL, "'10.0.0.0/8x': a prefix length is 0 to 32" },
        { "10.0.0.0/8/8", NULL, "'10.0.0.0/8/8': a prefix length is 0 to 32" },
        { "10.0.0.0/255.0.0.0", NULL, "'10.0.0.0/255.0.0.0': a prefix length is 0 to 32" },
        { "2001:db8::/129", NULL, "'2001:db8::/129': a prefix length is 0 to 128" },
        { "10.0.0.1/8", NULL, "'10.0.0.1/8' has host bits set: write 10.0.0.0/8" },
        { "10.0.0.1/31", NULL, "'10.0.0.1/31' has host bits set: write 10.0.0.0/31" },
        { "fd00::1/64", NULL, "'fd00::1/64' has host bits set: write fd00::/64" },
        { "fd00::4000:0/97", NULL, "'fd00::4000:0/97' has host bits set: write fd00::/97" },
        { "0000000000000000000000000000000000000000000000000:/8", NULL,
          "'0000000000000000000000000000000000000000000000000:/8' is not a prefix: "
          "ADDRESS/LENGTH, as in 10.42.0.0/16" },
};

static void prefix_row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GError) error = NULL;
        char text[WATTLE_PREFIX_TEXT_MAX];
        WattlePrefix prefix, again;

        check_error(wattle_prefix_parse(row->text, &prefix, &error), &error, row->error);
        if (row->error)
                return;
        g_assert_cmpuint(wattle_prefix_format(&prefix, text), ==, strlen(row->canonical));
        g_assert_cmpstr(text, ==, row->canonical);
        g_assert_true(wattle_prefix_parse(text, &again, NULL));
        g_assert_cmpint(wattle_prefix_compare(&prefix, &again), ==, 0);
}

static WattleAddr addr_of(const char *text)
{
        WattleAddr addr;

        g_assert_true(wattle_addr_parse(text, &addr, NULL));
        return addr;
}

static WattlePrefix prefix_of(const char *text)
{
        WattlePrefix prefix;

        g_assert_true(wattle_prefix_parse(text, &prefix, NULL));
        return prefix;
}

/* Whether the subnet contains the address, and whether a host may have it. */
static const struct {
        const char *subnet, *addr;
        gboolean contains, has_host;
} hosts[] = {
        { "10.42.0.0/16", "10.42.0.0", TRUE, FALSE },
        { "10.42.0.0/16", "10.42.0.1", TRUE, TRUE },
        { "10.42.0.0/16", "10.42.255.255", TRUE, FALSE },
        { "10.42.0.0/16", "10.43.0.0", FALSE, FALSE },
        { "10.42.0.0/16", "10.41.255.255", FALSE, FALSE },
        { "10.0.0.128/25", "10.0.0.127", FALSE, FALSE },
        { "10.0.0.128/25", "10.0.0.129", TRUE, TRUE },
        { "10.0.0.4/30", "10.0.0.4", TRUE, FALSE },
        { "10.0.0.4/30", "10.0.0.7", TRUE, FALSE },
        { "10.0.0.4/31", "10.0.0.4", TRUE, TRUE },
        { "10.0.0.4/31", "10.0.0.5", TRUE, TRUE },
        { "10.0.0.4/31", "10.0.0.6", FALSE, FALSE },
        { "10.0.0.4/32", "10.0.0.4", TRUE, TRUE },
        { "0.0.0.0/0", "1.2.3.4", TRUE, TRUE },
        { "0.0.0.0/0", "::1", FALSE, FALSE },
        { "::/0", "10.0.0.1", FALSE, FALSE },
        { "fd77::/64", "fd77::", TRUE, FALSE },
        { "fd77::/64", "fd77::1", TRUE, TRUE },
        { "fd77::/64", "fd77::ffff:ffff:ffff:ffff", TRUE, TRUE },
        { "fd77::/64", "fd77:0:0:1::", FALSE, FALSE },
        { "fd77::4/127", "fd77::4", TRUE, TRUE },
        { "fd77::4/128", "fd77::4", TRUE, TRUE },
};

static void subnets_and_hosts(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(hosts); i++) {
                WattlePrefix subnet = prefix_of(hosts[i].subnet);
                WattleAddr addr = addr_of(hosts[i].addr);

                g_test_message("%s %s", hosts[i].subnet, hosts[i].addr);
                g_assert_cmpint(wattle_prefix_contains_addr(&subnet, &addr), ==, hosts[i].contains);
                g_assert_cmpint(wattle_prefix_has_host(&subnet, &addr), ==, hosts[i].has_host);
        }
}

static const struct {
        const char *outer, *inner;
        gboolean contains;
} nested[] = {
        { "10.0.0.0/8", "10.0.0.0/8", TRUE },
        { "10.0.0.0/8", "10.42.0.0/16", TRUE },
        { "10.42.0.0/16", "10.0.0.0/8", FALSE },
        { "10.0.0.0/8", "11.0.0.0/16", FALSE },
        { "0.0.0.0/0", "10.0.0.0/8", TRUE },
        { "0.0.0.0/0", "fd00::/8", FALSE },
        { "::/0", "fd00::/8", TRUE },
        { "fd00::/9", "fd80::/9", FALSE },
};

static void prefixes_in_prefixes(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(nested); i++) {
                WattlePrefix outer = prefix_of(nested[i].outer), inner = prefix_of(nested[i].inner);

                g_test_message("%s %s", nested[i].outer, nested[i].inner);
                g_assert_cmpint(wattle_prefix_contains(&outer, &inner), ==, nested[i].contains);
        }
}

/* Each entry sorts before all that follow. */
static void order(void)
{
        static const char *const sorted[] = { "0.0.0.0/0",   "10.0.0.0/8",  "10.0.0.0/16",
                                              "10.0.0.1/32", "10.1.0.0/16", "192.0.2.0/24",
                                              "::/0",        "fd00::/8",    "fd00::/64" };

        for (guint i = 0; i < G_N_ELEMENTS(sorted); i++)
                for (guint j = 0; j < G_N_ELEMENTS(sorted); j++) {
                        WattlePrefix a = prefix_of(sorted[i]), b = prefix_of(sorted[j]);
                        gint order = wattle_prefix_compare(&a, &b);

                        g_assert_cmpint((order > 0) - (order < 0), ==, (i > j) - (i < j));
                }
}

static const struct {
        const char *addr;
        gboolean special;
} specials[] = {
        { "0.0.0.0", TRUE },
        { "255.255.255.255", TRUE },
        { "224.0.0.1", TRUE },
        { "239.1.1.1", TRUE },
        { "223.255.255.255", FALSE },
        { "240.0.0.1", FALSE },
        { "10.0.0.1", FALSE },
        { "::", TRUE },
        { "ff02::1", TRUE },
        { "fe80::1", FALSE },
        { "::1", FALSE },
        { "ffff::", TRUE },
};

static void special_addresses(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(specials); i++) {
                WattleAddr addr = addr_of(specials[i].addr);

                g_test_message("%s", specials[i].addr);
                g_assert_cmpint(wattle_addr_is_special(&addr), ==, specials[i].special);
        }
}

static const struct class_row {
        const char *addr;
        WattleAddrClass class;
} class_rows[] = {
        { "0.0.0.0", WATTLE_ADDR_UNSPECIFIED },
        { "0.0.0.1", WATTLE_ADDR_THIS_NETWORK },
        { "1.0.0.0", WATTLE_ADDR_GLOBAL },
        { "9.255.255.255", WATTLE_ADDR_GLOBAL },
        { "10.0.0.0", WATTLE_ADDR_PRIVATE },
        { "100.63.255.255", WATTLE_ADDR_GLOBAL },
        { "100.64.0.0", WATTLE_ADDR_SHARED },
        { "100.127.255.255", WATTLE_ADDR_SHARED },
        { "100.128.0.0", WATTLE_ADDR_GLOBAL },
        { "127.9.9.9", WATTLE_ADDR_LOOPBACK },
        { "169.254.0.1", WATTLE_ADDR_LINK_LOCAL },
        { "172.15.255.255", WATTLE_ADDR_GLOBAL },
        { "172.16.0.0", WATTLE_ADDR_PRIVATE },
        { "172.31.255.255", WATTLE_ADDR_PRIVATE },
        { "172.32.0.0", WATTLE_ADDR_GLOBAL },
        { "192.0.0.1", WATTLE_ADDR_PROTOCOL },
        { "192.0.1.1", WATTLE_ADDR_GLOBAL },
        { "192.0.2.1", WATTLE_ADDR_DOCUMENTATION },
        { "192.168.255.1", WATTLE_ADDR_PRIVATE },
        { "198.17.255.255", WATTLE_ADDR_GLOBAL },
        { "198.19.0.1", WATTLE_ADDR_BENCHMARK },
        { "198.51.100.1", WATTLE_ADDR_DOCUMENTATION },
        { "203.0.113.1", WATTLE_ADDR_DOCUMENTATION },
        { "223.255.255.255", WATTLE_ADDR_GLOBAL },
        { "224.0.0.1", WATTLE_ADDR_MULTICAST },
        { "239.255.255.255", WATTLE_ADDR_MULTICAST },
        { "240.0.0.1", WATTLE_ADDR_CLASS_E },
        { "255.255.255.254", WATTLE_ADDR_CLASS_E },
        { "255.255.255.255", WATTLE_ADDR_BROADCAST },
        { "::", WATTLE_ADDR_UNSPECIFIED },
        { "::1", WATTLE_ADDR_LOOPBACK },
        { "::2", WATTLE_ADDR_RESERVED },
        { "::ffff:10.0.0.1", WATTLE_ADDR_MAPPED },
        { "64:ff9b::192.0.2.1", WATTLE_ADDR_TRANSLATED },
        { "64:ff9b:1::1", WATTLE_ADDR_TRANSLATED },
        { "64:ff9b:2::1", WATTLE_ADDR_RESERVED },
        { "100::1", WATTLE_ADDR_GLOBAL },
        { "2001:2::1", WATTLE_ADDR_BENCHMARK },
        { "2001:db7::1", WATTLE_ADDR_GLOBAL },
        { "2001:db8::1", WATTLE_ADDR_DOCUMENTATION },
        { "2a00::1", WATTLE_ADDR_GLOBAL },
        { "3fff:fff::1", WATTLE_ADDR_DOCUMENTATION },
        { "3fff:1000::1", WATTLE_ADDR_GLOBAL },
        { "fbff::1", WATTLE_ADDR_GLOBAL },
        { "fc00::1", WATTLE_ADDR_UNIQUE_LOCAL },
        { "fdff::1", WATTLE_ADDR_UNIQUE_LOCAL },
        { "fe7f::1", WATTLE_ADDR_GLOBAL },
        { "fe80::1", WATTLE_ADDR_LINK_LOCAL },
        { "febf::1", WATTLE_ADDR_LINK_LOCAL },
        { "fec0::1", WATTLE_ADDR_GLOBAL },
        { "ff02::1", WATTLE_ADDR_MULTICAST },
};

static void class_of(gconstpointer data)
{
        const struct class_row *row = data;
        WattleAddr addr = addr_of(row->addr);
        WattlePrefix prefix = wattle_prefix_of_addr(&addr);
        gboolean is_special = row->class == WATTLE_ADDR_UNSPECIFIED ||
                              row->class == WATTLE_ADDR_MULTICAST ||
                              row->class == WATTLE_ADDR_BROADCAST;

        g_assert_cmpint(wattle_addr_class(&addr), ==, row->class);
        g_assert_cmpuint(wattle_prefix_classes(&prefix), ==, 1u << row->class);
        g_assert_cmpint(wattle_addr_is_special(&addr), ==, is_special);
        g_assert_cmpint(wattle_addr_has_scope(&addr), ==,
                        addr.family == AF_INET6 && row->class == WATTLE_ADDR_LINK_LOCAL);
}

#define CLASS(name) (1u << WATTLE_ADDR_##name)

static const struct classes_row {
        const char *prefix;
        guint classes;
} classes_rows[] = {
        { "10.42.0.0/16", CLASS(PRIVATE) },
        { "0.0.0.0/31", CLASS(THIS_NETWORK) | CLASS(UNSPECIFIED) },
        { "0.0.0.0/4", CLASS(GLOBAL) | CLASS(THIS_NETWORK) | CLASS(UNSPECIFIED) | CLASS(PRIVATE) },
        { "240.0.0.0/4", CLASS(CLASS_E) | CLASS(BROADCAST) },
        { "192.0.0.0/22", CLASS(GLOBAL) | CLASS(PROTOCOL) | CLASS(DOCUMENTATION) },
        { "::/64", CLASS(RESERVED) | CLASS(UNSPECIFIED) | CLASS(LOOPBACK) | CLASS(MAPPED) },
        { "2000::/3", CLASS(GLOBAL) | CLASS(DOCUMENTATION) | CLASS(BENCHMARK) },
        { "fd00::/8", CLASS(UNIQUE_LOCAL) },
        { "fe00::/8", CLASS(GLOBAL) | CLASS(LINK_LOCAL) },
};

static void classes_of(gconstpointer data)
{
        const struct classes_row *row = data;
        WattlePrefix prefix;

        g_assert_true(wattle_prefix_parse(row->prefix, &prefix, NULL));
        g_assert_cmphex(wattle_prefix_classes(&prefix), ==, row->classes);
}

static void next_address(void)
{
        static const struct {
                const char *addr, *next;
        } rows[] = { { "10.0.0.1", "10.0.0.2" },
                     { "10.0.0.255", "10.0.1.0" },
                     { "10.255.255.255", "11.0.0.0" },
                     { "255.255.255.255", NULL },
                     { "fd00::ffff", "fd00::1:0" },
                     { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL } };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                WattleAddr addr = addr_of(rows[i].addr);
                char text[WATTLE_ADDR_TEXT_MAX];

                g_assert_cmpint(wattle_addr_next(&addr), ==, rows[i].next != NULL);
                wattle_addr_format(&addr, text);
                if (rows[i].next)
                        g_assert_cmpstr(text, ==, rows[i].next);
        }
}

static void around_and_of(void)
{
        static const struct {
                const char *addr;
                guint8 length;
                const char *around;
        } rows[] = {
                { "10.42.1.3", 16, "10.42.0.0/16" },    { "10.42.1.3", 32, "10.42.1.3/32" },
                { "10.42.1.3", 0, "0.0.0.0/0" },        { "10.42.1.255", 25, "10.42.1.128/25" },
                { "fd77::1", 64, "fd77::/64" },         { "fd77::1", 128, "fd77::1/128" },
                { "ffff::ffff", 127, "ffff::fffe/127" }
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                WattleAddr addr = addr_of(rows[i].addr);
                WattlePrefix around = wattle_prefix_around(&addr, rows[i].length);
                WattlePrefix alone = wattle_prefix_of_addr(&addr);
                char text[WATTLE_PREFIX_TEXT_MAX];

                wattle_prefix_format(&around, text);
                g_assert_cmpstr(text, ==, rows[i].around);
                g_assert_cmpuint(alone.length, ==, addr.family == AF_INET ? 32 : 128);
                g_assert_true(wattle_addr_equal(&alone.addr, &addr));
        }
}

/* parse(format(x)) = x for values that nobody wrote down. */
static void random_prefixes_come_back(void)
{
        for (guint i = 0; i < 20000; i++) {
                WattleAddr addr = { .family = g_test_rand_bit() ? AF_INET : AF_INET6 };
                char text[WATTLE_PREFIX_TEXT_MAX];
                WattlePrefix prefix, again;

                for (guint j = 0; j < wattle_addr_bits(&addr) / 8; j++)
                        addr.bytes[j] = g_test_rand_int_range(0, 3)
                                                ? (guint8)g_test_rand_int_range(0, 256)
                                                : 0;
                prefix = wattle_prefix_around(
                        &addr,
                        (guint8)g_test_rand_int_range(0, (gint32)wattle_addr_bits(&addr) + 1));
                wattle_prefix_format(&prefix, text);
                g_assert_true(wattle_prefix_parse(text, &again, NULL));
                g_assert_cmpint(wattle_prefix_compare(&prefix, &again), ==, 0);
                g_assert_true(wattle_prefix_contains_addr(&prefix, &addr));
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/ip/addr", addrs, addr_row);
        add_rows("/ip/prefix", prefixes, prefix_row);
        g_test_add_func("/ip/subnets-and-hosts", subnets_and_hosts);
        g_test_add_func("/ip/prefixes-in-prefixes", prefixes_in_prefixes);
        g_test_add_func("/ip/order", order);
        g_test_add_func("/ip/special-addresses", special_addresses);
        add_rows("/ip/class", class_rows, class_of);
        add_rows("/ip/classes-of-prefix", classes_rows, classes_of);
        g_test_add_func("/ip/next-address", next_address);
        g_test_add_func("/ip/around-and-of", around_and_of);
        g_test_add_func("/ip/random-prefixes-come-back", random_prefixes_come_back);
        return g_test_run();
}
