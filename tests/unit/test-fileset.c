/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/fileset.h"

#include "tests/unit/fixture.h"

static void every_kind_of_line(void)
{
        g_auto(WattleFileset) files = { 0 };
        g_autoptr(WattleArena) arena = wattle_arena_new();
        WattlePrefix prefixes[2];
        WattleEndpoint endpoint;
        WattleFile *file;
        WattleKey key;

        g_assert_true(wattle_prefix_parse("10.0.0.0/8", &prefixes[0], NULL));
        g_assert_true(wattle_prefix_parse("fd00::/8", &prefixes[1], NULL));
        g_assert_true(wattle_endpoint_parse("[2001:db8::1]:51820", arena, &endpoint, NULL));
        g_assert_true(wattle_key_parse(KEY_A, &key, NULL));
        wattle_fileset_init(&files);
        file = wattle_fileset_add(&files, WATTLE_FILE_NETDEV, "home", 0640);
        wattle_file_comment(file, "note");
        wattle_file_section(file, "One");
        wattle_file_set(file, "Text", "a b");
        wattle_file_set_uint(file, "Number", G_MAXUINT64);
        wattle_file_section(file, "Two");
        wattle_file_set_key(file, "Key", &key);
        wattle_file_set_endpoint(file, "Endpoint", &endpoint);
        wattle_file_set_prefix(file, "Prefix", &prefixes[1]);
        wattle_file_set_prefixes(file, "List", prefixes, 2);
        g_assert_cmpstr(file->content->str, ==,
                        "# note\n\n[One]\nText=a b\nNumber=18446744073709551615\n\n[Two]\n"
                        "Key=" KEY_A "\nEndpoint=[2001:db8::1]:51820\nPrefix=fd00::/8\n"
                        "List=10.0.0.0/8,fd00::/8\n");
        g_assert_cmpuint(file->mode, ==, 0640);
        g_assert_cmpstr(file->path, ==, "run/systemd/network/60-wattle-home.netdev");
}

static void found_by_kind(void)
{
        g_auto(WattleFileset) files = { 0 };
        const WattleFile *a, *b;

        wattle_fileset_init(&files);
        a = wattle_fileset_add(&files, WATTLE_FILE_HOSTS, "home", 0644);
        b = wattle_fileset_add(&files, WATTLE_FILE_FILTER, "home", 0644);
        g_assert_true(wattle_fileset_find(&files, WATTLE_FILE_HOSTS) == a);
        g_assert_true(wattle_fileset_find(&files, WATTLE_FILE_FILTER) == b);
        g_assert_null(wattle_fileset_find(&files, WATTLE_FILE_NETDEV));
}

/* A line in a value would be a line of the file: the text is left out, and the bug is told. */
static void control_characters_are_left_out(void)
{
        static const char *const texts[] = { "a\nPrivateKey=x", "a\rb", "\033[2J", "\x7f", "\t" };

        for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_auto(WattleFileset) files = { 0 };
                WattleFile *file;

                wattle_fileset_init(&files);
                file = wattle_fileset_add(&files, WATTLE_FILE_HOSTS, "home", 0644);
                g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, "*assertion*");
                wattle_file_set(file, "Key", texts[i]);
                g_test_assert_expected_messages();
                g_assert_cmpstr(file->content->str, ==, "Key=\n");
        }
}

static void bits_are_counted(void)
{
        g_assert_cmpuint(wattle_file_bits_count(0), ==, 0);
        g_assert_cmpuint(wattle_file_bits_count(WATTLE_FILE_BIT(WATTLE_FILE_NETDEV) |
                                                WATTLE_FILE_BIT(WATTLE_FILE_FILTER)),
                         ==, 2);
        g_assert_cmpuint(wattle_file_bits_count(G_MAXUINT), ==, 32);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/fileset/every-kind-of-line", every_kind_of_line);
        g_test_add_func("/fileset/found-by-kind", found_by_kind);
        g_test_add_func("/fileset/control-characters-are-left-out",
                        control_characters_are_left_out);
        g_test_add_func("/fileset/bits-are-counted", bits_are_counted);
        return g_test_run();
}
