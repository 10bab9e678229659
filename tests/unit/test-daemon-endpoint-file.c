/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of last good endpoints: what was written is read again, and of anything else nothing. */
#include "daemon/endpoint-file.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define HEADER "# wattled: where each peer was reached last\n"

typedef struct {
        const char *test;
        const char *text;
        const char *error; /* NULL: good, and written the same again */
} Row;

static const Row rows[] = {
        { "none", HEADER, NULL },
        { "both-families",
          HEADER KEY_A " 192.0.2.1:51820 1700000000\n" KEY_B " [2001:db8::1]:1 0\n", NULL },
        { "empty", "", "line 1: not written by wattled" },
        { "no-header", KEY_A " 192.0.2.1:51820 1700000000\n", "line 1: not written by wattled" },
        { "later", "# wattled 2: where each peer was reached last\nfoo\n",
          "line 1: of a later version of wattled" },
        { "cut", HEADER KEY_A " 192.0.2.1:51820 17000", "line 2: the end is missing" },
        { "empty-line", HEADER "\n", "line 2: not a key, an endpoint and a time" },
        { "two-words", HEADER KEY_A " 192.0.2.1:51820\n",
          "line 2: not a key, an endpoint and a time" },
        { "four-words", HEADER KEY_A " 192.0.2.1:51820 1 2\n",
          "line 2: not a key, an endpoint and a time" },
        { "two-blanks", HEADER KEY_A "  192.0.2.1:51820 1\n",
          "line 2: not a key, an endpoint and a time" },
        { "no-key", HEADER "AAAA 192.0.2.1:51820 1\n", "line 2: not a key" },
        { "name", HEADER KEY_A " example.org:51820 1\n", "line 2: not an endpoint" },
        { "no-port", HEADER KEY_A " 192.0.2.1 1\n", "line 2: not an endpoint" },
        { "multicast", HEADER KEY_A " 224.0.0.1:1 1\n", "line 2: not an endpoint" },
        { "negative-time", HEADER KEY_A " 192.0.2.1:1 -1\n", "line 2: not a time" },
        { "huge-time", HEADER KEY_A " 192.0.2.1:1 9223372036854775808\n", "line 2: not a time" },
        { "key-twice", HEADER KEY_A " 192.0.2.1:1 1\n" KEY_A " 192.0.2.2:1 1\n",
          "line 3: a key comes twice" },
        { "fault-after-good", HEADER KEY_A " 192.0.2.1:1 1\nx\n",
          "line 3: not a key, an endpoint and a time" },
};

static GArray *new_list(void)
{
        return g_array_new(FALSE, FALSE, sizeof(WattleGoodEndpoint));
}

static void row_test(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GArray) list = new_list();
        g_autoptr(GError) error = NULL;
        g_autofree char *again = NULL;

        check_error(wattle_endpoint_file_read(row->text, strlen(row->text), list, &error), &error,
                    row->error);
        if (row->error) {
                g_assert_cmpuint(list->len, ==, 0);
                return;
        }
        again = wattle_endpoint_file_write(list);
        g_assert_cmpstr(again, ==, row->text);
}

static void nul_byte(void)
{
        static const char text[] = HEADER KEY_A " 192.0.2.1:1 1\n\0";
        g_autoptr(GArray) list = new_list();
        g_autoptr(GError) error = NULL;

        check_error(wattle_endpoint_file_read(text, sizeof text - 1, list, &error), &error,
                    "line 1: not written by wattled");
}

static void on_disk(void)
{
        const gint64 now_s = 1700000000;
        g_auto(Root) root = { 0 };
        g_autoptr(GArray) list = new_list(), again = new_list();
        g_autoptr(GError) error = NULL;
        WattleGoodEndpoint good = { .at = { .port = 51820 }, .proved_s = now_s };

        root_init(&root);
        check_error(wattle_endpoint_file_load(root.fd, "home", now_s, again, &error), &error, NULL);
        g_assert_cmpuint(again->len, ==, 0);
        g_assert_true(wattle_key_parse(KEY_A, &good.peer, NULL));
        g_assert_true(wattle_addr_parse("192.0.2.1", &good.at.addr, NULL));
        g_array_append_val(list, good);
        good.peer.bytes[0]++;
        good.proved_s -= WATTLE_ENDPOINT_FILE_MAX_AGE_S + 1;
        g_array_append_val(list, good);
        check_error(wattle_endpoint_file_store(root.fd, "home", list, &error), &error, NULL);
        g_assert_cmpuint(root_stat(&root, "home.endpoints").st_mode & 0777, ==, 0600);
        /* The second is too old. */
        check_error(wattle_endpoint_file_load(root.fd, "home", now_s, again, &error), &error, NULL);
        g_assert_cmpuint(again->len, ==, 1);
        g_assert_true(wattle_socket_addr_equal(&g_array_index(again, WattleGoodEndpoint, 0).at,
                                               &good.at));
}

static void foreign_file(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(GArray) list = new_list();
        g_autoptr(GError) error = NULL;

        root_init(&root);
        root_put(&root, "home.endpoints",
                 "\x7f"
                 "ELF",
                 0600);
        check_error(wattle_endpoint_file_load(root.fd, "home", 0, list, &error), &error,
                    "home.endpoints: line 1: not written by wattled");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/state", rows, row_test);
        g_test_add_func("/nul-byte", nul_byte);
        g_test_add_func("/on-disk", on_disk);
        g_test_add_func("/foreign-file", foreign_file);
        return g_test_run();
}
