/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/fuzz.h"

#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/render.h"

/* GLib ends at a fatal message with SIGTRAP, of which libFuzzer knows nothing: it keeps the input
 * and prints the stack at SIGABRT. */
static void on_trap(G_GNUC_UNUSED int number)
{
        abort();
}

int LLVMFuzzerInitialize(G_GNUC_UNUSED int *argc, G_GNUC_UNUSED char ***argv)
{
        /* A g_return_if_fail() that is hit is a bug of ours. */
        g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
        g_assert_cmpint(sodium_init(), >=, 0);
        signal(SIGTRAP, on_trap);
        return 0;
}

static guint count_kept(const WattleReport *report, WattleFaultKind kind)
{
        guint n = 0;

        for (guint i = 0; i < report->faults->len; i++)
                n += g_array_index(report->faults, WattleFault, i).kind == kind;
        return n;
}

/* What a log was told: how often, whether a warning was among it, and whether an error came after
 * one. That may be the last line, which stands for what was left out, and no other. */
typedef struct {
        guint n;
        gboolean warned;
        gboolean ended;
} Said;

static void check_said(WattleFaultKind kind, const char *line, gpointer data)
{
        Said *said = data;

        g_assert_cmpuint(strlen(line), <=, WATTLE_REPORT_MAX_LINE);
        g_assert_false(said->ended);
        said->n++;
        said->warned |= kind == WATTLE_FAULT_WARNING;
        said->ended = said->warned && kind == WATTLE_FAULT_ERROR;
}

void fuzz_check_report(WattleReport *report)
{
        static const guint max_lines[] = { 0, 1, 3, 1000 };
        g_autofree char *first = wattle_report_first_error(report);
        guint n_faults = report->n_errors + report->n_warnings;

        g_assert_cmpuint(count_kept(report, WATTLE_FAULT_ERROR), ==,
                         MIN(report->n_errors, report->max_faults));
        g_assert_cmpuint(count_kept(report, WATTLE_FAULT_WARNING), ==,
                         MIN(report->n_warnings, report->max_faults));
        g_assert_true(*first);
        for (guint i = 0; i < G_N_ELEMENTS(max_lines); i++) {
                Said said = { 0 };

                wattle_report_summarize(report, max_lines[i], check_said, &said);
                g_assert_cmpuint(said.n, <=, max_lines[i] + 1);
                g_assert_cmpuint(said.n, <=, n_faults);
                g_assert_true(said.n > 0 || n_faults == 0);
        }
}

void fuzz_check_text(const char *text, gsize size)
{
        g_assert_cmpuint(size, ==, strlen(text));
        g_assert_true(size > 0 && text[size - 1] == '\n');
        g_assert_true(g_utf8_validate(text, (gssize)size, NULL));
        for (gsize i = 0; i < size; i++)
                g_assert_true(((guchar)text[i] >= 0x20 && text[i] != 0x7f) || text[i] == '\n');
}

void fuzz_check_files(const WattleFileset *files)
{
        for (guint i = 0; i < files->files->len; i++) {
                const WattleFile *file = g_ptr_array_index(files->files, i);

                g_assert_true(g_str_has_prefix(file->path, "run/"));
                g_assert_null(strstr(file->path, ".."));
                if (!file->binary)
                        fuzz_check_text(file->content->str, file->content->len);
        }
}

static void check_exported(WattleView *view)
{
        WattleKeyedFile files[5];

        view->is_exported = TRUE;
        for (guint i = 0; i < G_N_ELEMENTS(files); i++)
                wattle_keyed_file_init(&files[i]);
        wattle_render_wg_quick(view, NULL, &files[0]);
        wattle_render_plain_networkd(view, &files[1], &files[2]);
        wattle_render_plain_nm(view, &files[3]);
        wattle_render_openwrt(view, &files[4]);
        for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
                char *text = wattle_keyed_file_join(&files[i], NULL);

                fuzz_check_text(text, strlen(text));
                sodium_free(text);
                wattle_keyed_file_clear(&files[i]);
        }
        view->is_exported = FALSE;
}

void fuzz_check_view(WattleView *view)
{
        static const WattleOwner owners[] = { WATTLE_OWNER_NETWORKD, WATTLE_OWNER_NETWORK_MANAGER };
        static const guint versions[] = { 252, 261 };
        for (guint i = 0; i < G_N_ELEMENTS(owners); i++)
                for (guint j = 0; j < G_N_ELEMENTS(versions); j++) {
                        g_auto(WattleFileset) files = { 0 };

                        wattle_fileset_init(&files);
                        view->owner = owners[i];
                        wattle_render_host(view, versions[j], &files);
                        fuzz_check_files(&files);
                }
        check_exported(view);
}
