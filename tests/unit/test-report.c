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
        wattle_report_error(&report, WATTLE_NO_PLACE, "of no file");
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

static void warnings_take_no_room_of_errors(void)
{
        g_auto(WattleReport) report = { 0 };
        g_autofree char *first = NULL;

        wattle_report_init(&report);
        for (guint i = 0; i < 3 * WATTLE_REPORT_MAX_FAULTS; i++)
                wattle_report_warning(&report, (WattlePlace){ "home.mesh", i + 1, 1 }, "fault");
        g_assert_true(wattle_report_has_room(&report));
        wattle_report_error(&report, (WattlePlace){ "home.mesh", 12, 9 }, "the reason");
        first = wattle_report_first_error(&report);
        g_assert_cmpstr(first, ==, "home.mesh:12:9: the reason");
        g_assert_cmpuint(report.faults->len, ==, WATTLE_REPORT_MAX_FAULTS + 1);
        g_assert_cmpuint(report.n_warnings, ==, 3 * WATTLE_REPORT_MAX_FAULTS);
}

static void always_has_a_reason(void)
{
        g_auto(WattleReport) report = { 0 };
        g_autofree char *first = NULL;

        wattle_report_init(&report);
        wattle_report_warning(&report, WATTLE_NO_PLACE, "a warning alone");
        wattle_report_error(&report, WATTLE_NO_PLACE, "%s", "");
        first = wattle_report_first_error(&report);
        g_assert_cmpstr(first, ==, "it failed without a reason, which is a fault of wattle's own");
}

static void add_line(WattleFaultKind kind, const char *line, gpointer text)
{
        g_string_append_printf(text, "%c %s\n", kind == WATTLE_FAULT_ERROR ? 'E' : 'W', line);
}

static void check_summary(WattleReport *report, guint max_faults, const char *expected)
{
        g_autoptr(GString) text = g_string_new(NULL);

        wattle_report_summarize(report, max_faults, add_line, text);
        g_assert_cmpstr(text->str, ==, expected);
}

static void summary_has_errors_first(void)
{
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        check_summary(&report, 2, "");
        wattle_report_warning(&report, (WattlePlace){ "home.mesh", 1, 1 }, "first");
        wattle_report_error(&report, (WattlePlace){ "home.mesh", 8, 1 }, "third");
        wattle_report_error(&report, (WattlePlace){ "home.mesh", 3, 1 }, "second");
        check_summary(&report, 3,
                      "E home.mesh:3:1: second\n"
                      "E home.mesh:8:1: third\n"
                      "W home.mesh:1:1: warning: first\n");
        check_summary(&report, 2,
                      "E home.mesh:3:1: second\n"
                      "E home.mesh:8:1: third\n"
                      "W and 1 more\n");
        check_summary(&report, 1, "E home.mesh:3:1: second\nE and 2 more\n");
        check_summary(&report, 0, "E and 3 more\n");
}

/* Of two errors one was kept, and a warning beside it: what is left out has errors in it. */
static void summary_of_a_full_report(void)
{
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        report.max_faults = 1;
        wattle_report_warning(&report, (WattlePlace){ "home.mesh", 1, 1 }, "first");
        for (guint i = 2; i < 4; i++)
                wattle_report_error(&report, (WattlePlace){ "home.mesh", i, 1 }, "later");
        check_summary(&report, 5,
                      "E home.mesh:2:1: later\n"
                      "W home.mesh:1:1: warning: first\n"
                      "E and 1 more\n");
}

/* The last that fits, and what is cut; never within a character. */
static void summary_cuts_lines(void)
{
        static const struct {
                guint n; /* of two bytes each */
                guint expected_n;
                const char *end;
        } rows[] = { { 450, 450, "" }, { 451, 448, "..." }, { 4000, 448, "..." } };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(WattleReport) report = { 0 };
                g_autoptr(GString) text = g_string_new(NULL), expected = g_string_new("E ");

                wattle_report_init(&report);
                for (guint j = 0; j < rows[i].n; j++)
                        g_string_append(text, "\u00e9");
                for (guint j = 0; j < rows[i].expected_n; j++)
                        g_string_append(expected, "\u00e9");
                g_string_append_printf(expected, "%s\n", rows[i].end);
                wattle_report_error(&report, WATTLE_NO_PLACE, "%s", text->str);
                check_summary(&report, 1, expected->str);
        }
}

static void counts_what_it_does_not_keep(void)
{
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        for (guint i = 0; i < WATTLE_REPORT_MAX_FAULTS + 5; i++)
                wattle_report_error(&report, WATTLE_NO_PLACE, "fault");
        g_assert_cmpuint(report.faults->len, ==, WATTLE_REPORT_MAX_FAULTS);
        g_assert_cmpuint(report.n_errors, ==, WATTLE_REPORT_MAX_FAULTS + 5);
        g_assert_false(wattle_report_has_room(&report));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/report/sorted-by-place", sorted_by_place);
        g_test_add_func("/report/keeps-the-names-of-files", keeps_the_names_of_files);
        g_test_add_func("/report/empty", empty);
        g_test_add_func("/report/counts-what-it-does-not-keep", counts_what_it_does_not_keep);
        g_test_add_func("/report/warnings-take-no-room-of-errors", warnings_take_no_room_of_errors);
        g_test_add_func("/report/always-has-a-reason", always_has_a_reason);
        g_test_add_func("/report/summary-has-errors-first", summary_has_errors_first);
        g_test_add_func("/report/summary-of-a-full-report", summary_of_a_full_report);
        g_test_add_func("/report/summary-cuts-lines", summary_cuts_lines);
        return g_test_run();
}
