/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/lineage.h"

#include <string.h>

#include "tests/unit/fixture.h"

/* Texts are a letter each. */
typedef struct {
        const char *name;
        const char *present;
        guint64 present_serial;
        const char *candidate, *previous; /* NULL: it says none */
        guint64 candidate_serial;
        WattleSuccession succession;
} Row;

static const Row rows[] = {
        { "same", "a", 7, "a", NULL, 7, WATTLE_SUCCESSION_SAME },
        { "next", "a", 7, "b", "a", 8, WATTLE_SUCCESSION_NEWER },
        { "next without a word", "a", 7, "b", NULL, 8, WATTLE_SUCCESSION_NEWER },
        { "next of another", "a", 7, "b", "c", 8, WATTLE_SUCCESSION_FORK },
        { "the one after", "a", 7, "b", "c", 9, WATTLE_SUCCESSION_NEWER },
        { "equal", "a", 7, "b", "a", 7, WATTLE_SUCCESSION_TWIN },
        { "lower", "a", 7, "b", "a", 6, WATTLE_SUCCESSION_OLDER },
        { "missing", "a", 7, "b", NULL, 0, WATTLE_SUCCESSION_OLDER },
        { "missing in both", "a", 0, "b", NULL, 0, WATTLE_SUCCESSION_OLDER },
        { "the first one", "a", 0, "b", NULL, 1, WATTLE_SUCCESSION_NEWER },
        { "a million", "a", 7, "b", NULL, 1000007, WATTLE_SUCCESSION_NEWER },
        { "a million and one", "a", 7, "b", NULL, 1000008, WATTLE_SUCCESSION_JUMP },
        { "the last one", "a", 7, "b", NULL, G_MAXINT64, WATTLE_SUCCESSION_JUMP },
        { "from the last one", "a", G_MAXINT64, "b", NULL, 1, WATTLE_SUCCESSION_OLDER },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        WattleLineage present = { .serial = row->present_serial };
        WattleLineage candidate = { .serial = row->candidate_serial,
                                    .has_previous = row->previous != NULL };

        wattle_text_sum(row->present, 1, &present.sum);
        wattle_text_sum(row->candidate, 1, &candidate.sum);
        if (row->previous)
                wattle_text_sum(row->previous, 1, &candidate.previous);
        g_assert_cmpint(wattle_lineage_judge(&present, &candidate), ==, row->succession);
}

/* printf abc | b2sum -l 256 */
static void sum(void)
{
        WattleTextSum sum, parsed;
        char text[WATTLE_TEXT_SUM_TEXT_MAX];

        wattle_text_sum("abc", 3, &sum);
        wattle_text_sum_format(&sum, text);
        g_assert_cmpstr(text, ==,
                        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
        g_assert_true(wattle_text_sum_parse(text, &parsed, NULL));
        g_assert_true(wattle_text_sum_equal(&sum, &parsed));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/lineage", rows, row);
        g_test_add_func("/lineage/sum", sum);
        return g_test_run();
}
