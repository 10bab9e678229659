/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of moves under way: what was written is read again, and of anything else nothing. */
#include "daemon/unproved.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define HEADER "# wattled: moves under way\n"
#define MOVE   "7 " KEY_A " 192.0.2.1:51820 10.41.1.1:51820\n"

typedef struct {
        const char *test;
        const char *text;
        const char *error; /* NULL: good, and written the same again */
} Row;

static const Row rows[] = {
        { "none", HEADER, NULL },
        { "one", HEADER MOVE, NULL },
        { "two", HEADER MOVE "7 " KEY_B " [2001:db8::1]:1 [fe80::1%3]:2\n", NULL },
        { "empty", "", "line 1: not written by wattled" },
        { "no-header", MOVE, "line 1: not written by wattled" },
        { "cut", HEADER "7 " KEY_A " 192.0.2.1:51", "line 2: the end is missing" },
        { "empty-line", HEADER "\n", "line 2: not an interface, a key and two endpoints" },
        { "three-words", HEADER "7 " KEY_A " 192.0.2.1:51820\n",
          "line 2: not an interface, a key and two endpoints" },
        { "five-words", HEADER "7 " KEY_A " 192.0.2.1:1 192.0.2.2:1 1\n",
          "line 2: not an interface, a key and two endpoints" },
        { "no-interface", HEADER "0 " KEY_A " 192.0.2.1:1 192.0.2.2:1\n",
          "line 2: not the number of an interface" },
        { "huge-interface", HEADER "2147483648 " KEY_A " 192.0.2.1:1 192.0.2.2:1\n",
          "line 2: not the number of an interface" },
        { "no-key", HEADER "7 AAAA 192.0.2.1:1 192.0.2.2:1\n", "line 2: not a key" },
        { "from-nowhere", HEADER "7 " KEY_A "  192.0.2.2:1\n", "line 2: not an endpoint" },
        { "to-a-name", HEADER "7 " KEY_A " 192.0.2.1:1 example.org:1\n",
          "line 2: not an endpoint" },
        { "fault-after-good", HEADER MOVE "x\n",
          "line 3: not an interface, a key and two endpoints" },
};

static void row_test(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GArray) moves = g_array_new(FALSE, FALSE, sizeof(WattleUnproved));
        g_autoptr(GError) error = NULL;
        g_autofree char *again = NULL;

        check_error(wattle_unproved_read(row->text, strlen(row->text), moves, &error), &error,
                    row->error);
        if (row->error) {
                g_assert_cmpuint(moves->len, ==, 0);
                return;
        }
        again = wattle_unproved_write(moves);
        g_assert_cmpstr(again, ==, row->text);
}

/* There is a file as long as there is a move. */
static void on_disk(void)
{
        g_auto(Root) root = { 0 };
        g_autoptr(GArray) moves = g_array_new(FALSE, FALSE, sizeof(WattleUnproved));
        g_autoptr(GArray) again = g_array_new(FALSE, FALSE, sizeof(WattleUnproved));
        g_autoptr(GError) error = NULL;

        root_init(&root);
        check_error(wattle_unproved_store(root.fd, "home", moves, &error), &error, NULL);
        g_assert_true(wattle_unproved_read(HEADER MOVE, strlen(HEADER MOVE), moves, NULL));
        check_error(wattle_unproved_store(root.fd, "home", moves, &error), &error, NULL);
        check_error(wattle_unproved_load(root.fd, "home", again, &error), &error, NULL);
        g_assert_cmpuint(again->len, ==, 1);
        g_array_set_size(moves, 0);
        check_error(wattle_unproved_store(root.fd, "home", moves, &error), &error, NULL);
        g_assert_cmpint(faccessat(root.fd, "home.moves", F_OK, 0), <, 0);
        check_error(wattle_unproved_load(root.fd, "home", moves, &error), &error, NULL);
        g_assert_cmpuint(moves->len, ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/unproved", rows, row_test);
        g_test_add_func("/unproved/on-disk", on_disk);
        return g_test_run();
}
