/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/apply/filter.h"
#include "tests/unit/fixture.h"

/* Each of the facts, and what is done. */
static void plan(void)
{
        static const struct {
                WattleFilterFacts facts;
                WattleFilterStep step;
        } rows[] = {
                { { 0 }, WATTLE_FILTER_LEAVE },
                { { .has_device = TRUE }, WATTLE_FILTER_LEAVE },
                { { .running = TRUE }, WATTLE_FILTER_STOP },
                { { .wanted = TRUE }, WATTLE_FILTER_LEAVE },
                { { .wanted = TRUE, .changed = TRUE }, WATTLE_FILTER_LEAVE },
                { { .wanted = TRUE, .has_device = TRUE }, WATTLE_FILTER_START },
                { { .wanted = TRUE, .running = TRUE, .has_device = TRUE }, WATTLE_FILTER_LEAVE },
                { { .wanted = TRUE, .changed = TRUE, .running = TRUE, .has_device = TRUE },
                  WATTLE_FILTER_RELOAD },
                { { .wanted = TRUE, .changed = TRUE, .running = TRUE }, WATTLE_FILTER_RELOAD },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
                g_assert_cmpint(wattle_filter_plan(&rows[i].facts), ==, rows[i].step);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/apply-filter/plan", plan);
        return g_test_run();
}
