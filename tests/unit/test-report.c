/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/report.h"

#include <string.h>

#include "tests/unit/fixture.h"

static void sorted_by_place(void)
{
        const char *mesh = "home.mesh", *conf = "a.conf";
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        wattle_report_error(&report, (WattlePlace){ mesh, 12, 9 }, "third");
        wattle_report_warning(&report, (WattlePlace){ conf, 1, 1 }, "of the second file");
        wattle_report_error(&report, (WattlePlace){ mesh, 3, 20 }, "second");
        wattle_report_error(&report, (WattlePlace){ mesh, 12, 9 }, "fourth, of the same %s",
                            "place");
        wattle_report_error(&report, (WattlePlace){ mesh, 3, 1 }, "first");
        wattle_report_error(&report, (WattlePlace){ mesh, 0, 0 }, "of the whole file");
        wattle_report_error(&report, (WattlePlace){ NULL, 0, 0 }, "of no file");
        check_faults(&report, "home.mesh: of the whole file\n"
                              "home.mesh:3:1: first\n"
                              "home.mesh:3:20: second\n"
                              "home.mesh:12:9: third\n"
                              "home.mesh:12:9: fourth, of the same place\n"
                              "a.conf:1:1: warning: of the second file\n"
                              "of no file");
        g_assert_cmpuint(report.n_errors, ==, 6);
        g_assert_cmpuint(report.n_warnings, ==, 1);
}

static void keeps_the_names_of_files(void)
{
        char name[] = "home.mesh", same[] = "home.mesh", other[] = "a.conf";
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        wattle_report_error(&report, (WattlePlace){ name, 2, 1 }, "second");
        wattle_report_error(&report, (WattlePlace){ other, 1, 1 }, "of the second file");
        wattle_report_error(&report, (WattlePlace){ same, 1, 1 }, "first");
        memset(name, 'x', sizeof name - 1);
        memset(same, 'x', sizeof same - 1);
        memset(other, 'x', sizeof other - 1);
        check_faults(&report, "home.mesh:1:1: first\n"
                              "home.mesh:2:1: second\n"
                              "a.conf:1:1: of the second file");
}

static void empty(void)
{
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        check_faults(&report, "");
        g_assert_cmpuint(report.n_errors, ==, 0);
}

static void counts_what_it_does_not_keep(void)
{
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        for (guint i = 0; i < WATTLE_REPORT_MAX_FAULTS + 5; i++)
                wattle_report_error(&report, (WattlePlace){ NULL, 0, 0 }, "fault");
        g_assert_cmpuint(report.faults->len, ==, WATTLE_REPORT_MAX_FAULTS);
        g_assert_cmpuint(report.n_errors, ==, WATTLE_REPORT_MAX_FAULTS + 5);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/report/sorted-by-place", sorted_by_place);
        g_test_add_func("/report/keeps-the-names-of-files", keeps_the_names_of_files);
        g_test_add_func("/report/empty", empty);
        g_test_add_func("/report/counts-what-it-does-not-keep", counts_what_it_does_not_keep);
        return g_test_run();
}
