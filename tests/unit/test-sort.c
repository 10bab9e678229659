/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sort.h"

#include <string.h>

#include "tests/unit/fixture.h"

static const struct row {
        const char *names, *sorted;
} rows[] = {
        { "", "" },
        { "a", "a" },
        { "b a", "a b" },
        { "nas nas2 na", "na nas nas2" },
        { "a b", "a b" },
        { "peer-10 peer-9 peer-1", "peer-1 peer-10 peer-9" },
        /* Equal in the eight letters behind what all share. */
        { "x-12345678b x-12345678a x-12345678", "x-12345678 x-12345678a x-12345678b" },
        { "12345678 1234567 123456789", "1234567 12345678 123456789" },
        { "same same", "same same" },
        { "\xc3\xa4 z", "z \xc3\xa4" },
};

static void row_test(gconstpointer data)
{
        const struct row *row = data;
        g_auto(GStrv) names = g_strsplit(row->names, " ", -1);
        guint n = g_strv_length(names);
        g_autofree WattleNamed *named = g_new0(WattleNamed, n);
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < n; i++)
                named[i] = (WattleNamed){ .name = names[i], .value = names[i] };
        wattle_sort_by_name(named, n);
        for (guint i = 0; i < n; i++) {
                g_assert_true(named[i].value == named[i].name);
                g_string_append_printf(text, "%s%s", i > 0 ? " " : "", named[i].name);
        }
        g_assert_cmpstr(text->str, ==, row->sorted);
}

static int compare(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

#define N 1000

/* Many of them, as qsort() has them. */
static void many(void)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autofree WattleNamed *named = g_new0(WattleNamed, N);

        for (guint i = 0; i < N; i++) {
                g_ptr_array_add(names, g_strdup_printf("device-%u-%u", i * 7919 % 13, i));
                named[i].name = names->pdata[i];
        }
        wattle_sort_by_name(named, N);
        g_ptr_array_sort(names, compare);
        for (guint i = 0; i < N; i++)
                g_assert_true(named[i].name == names->pdata[i]);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/sort", rows, row_test);
        g_test_add_func("/sort/many", many);
        return g_test_run();
}
