/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/report.h"

#include <string.h>

#include "common/language.h"
#include "common/text.h"

#define FILES_BLOCK 256 /* bytes */

static void fault_clear(gpointer data)
{
        WattleFault *fault = data;

        g_free(fault->text);
}

void wattle_report_init(WattleReport *report)
{
        *report = (WattleReport){ .faults = g_array_new(FALSE, FALSE, sizeof(WattleFault)),
                                  .files = g_string_chunk_new(FILES_BLOCK),
                                  .max_faults = WATTLE_REPORT_MAX_FAULTS };
        g_array_set_clear_func(report->faults, fault_clear);
}

void wattle_report_clear(WattleReport *report)
{
        g_clear_pointer(&report->faults, g_array_unref);
        g_clear_pointer(&report->files, g_string_chunk_free);
}

static void add_fault(WattleReport *report, WattleFaultKind kind, WattlePlace place,
                      const char *format, va_list args)
{
        WattleFault fault = { .kind = kind, .place = place };
        guint *n = kind == WATTLE_FAULT_ERROR ? &report->n_errors : &report->n_warnings;

        if ((*n)++ >= report->max_faults)
                return;
        if (place.file)
                fault.place.file = g_string_chunk_insert_const(report->files, place.file);
        fault.text = g_strdup_vprintf(_(format), args);
        g_array_append_val(report->faults, fault);
}

void wattle_report_error(WattleReport *report, WattlePlace place, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        add_fault(report, WATTLE_FAULT_ERROR, place, format, args);
        va_end(args);
}

void wattle_report_warning(WattleReport *report, WattlePlace place, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        add_fault(report, WATTLE_FAULT_WARNING, place, format, args);
        va_end(args);
}

gboolean wattle_report_has_room(const WattleReport *report)
{
        return report->n_errors < report->max_faults;
}

/* The rank of a file is where the report mentions it first: profile before its drop-ins. */
static guint file_rank(const WattleReport *report, const char *file)
{
        for (guint i = 0; i < report->faults->len; i++)
                if (g_array_index(report->faults, WattleFault, i).place.file == file)
                        return i;
        return G_MAXUINT;
}

typedef struct {
        guint file_rank;
        guint index;
        WattlePlace place;
} SortKey;

static gint compare_keys(gconstpointer a, gconstpointer b)
{
        const SortKey *x = a, *y = b;

        if (x->file_rank != y->file_rank)
                return x->file_rank < y->file_rank ? -1 : 1;
        if (x->place.line != y->place.line)
                return x->place.line < y->place.line ? -1 : 1;
        if (x->place.column != y->place.column)
                return x->place.column < y->place.column ? -1 : 1;
        return x->index < y->index ? -1 : 1;
}

void wattle_report_sort(WattleReport *report)
{
        guint n = report->faults->len;
        g_autofree SortKey *keys = g_new(SortKey, n);
        g_autofree WattleFault *sorted = g_new(WattleFault, n);

        /* qsort() takes no NULL. */
        if (n == 0)
                return;
        for (guint i = 0; i < n; i++) {
                const WattleFault *fault = &g_array_index(report->faults, WattleFault, i);

                keys[i] = (SortKey){ file_rank(report, fault->place.file), i, fault->place };
        }
        qsort(keys, n, sizeof *keys, compare_keys);
        for (guint i = 0; i < n; i++)
                sorted[i] = g_array_index(report->faults, WattleFault, keys[i].index);
        for (guint i = 0; i < n; i++)
                g_array_index(report->faults, WattleFault, i) = sorted[i];
}

char *wattle_place_format(WattlePlace place)
{
        if (!place.file)
                return g_strdup("");
        if (place.line == 0)
                return g_strdup(place.file);
        return g_strdup_printf("%s:%u:%u", place.file, place.line, place.column);
}

char *wattle_fault_format(const WattleFault *fault)
{
        g_autofree char *place = wattle_place_format(fault->place);
        g_autofree char *line = g_strdup_printf(
                "%s%s%s%s", place, *place ? ": " : "",
                fault->kind == WATTLE_FAULT_WARNING ? _("warning: ") : "", fault->text);

        return wattle_text_clean(line);
}

char *wattle_report_first_error(WattleReport *report)
{
        wattle_report_sort(report);
        for (guint i = 0; i < report->faults->len; i++) {
                const WattleFault *fault = &g_array_index(report->faults, WattleFault, i);
                g_autofree char *line = wattle_fault_format(fault);

                if (fault->kind == WATTLE_FAULT_ERROR && *line)
                        return g_steal_pointer(&line);
        }
        return g_strdup(_("it failed without a reason, which is a fault of wattle's own"));
}

static void say_fault(const WattleFault *fault, WattleReportSay say, gpointer data)
{
        g_autofree char *line = wattle_fault_format(fault);

        if (strlen(line) > WATTLE_REPORT_MAX_LINE) {
                char *end = line + WATTLE_REPORT_MAX_LINE - strlen("...");

                /* Not within a character. */
                while (end > line && (*end & 0xc0) == 0x80)
                        end--;
                strcpy(end, "...");
        }
        say(fault->kind, line, data);
}

void wattle_report_summarize(WattleReport *report, guint max_faults, WattleReportSay say,
                             gpointer data)
{
        static const WattleFaultKind kinds[] = { WATTLE_FAULT_ERROR, WATTLE_FAULT_WARNING };
        guint n = 0, n_errors = 0, n_more;

        wattle_report_sort(report);
        for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
                for (guint j = 0; j < report->faults->len && n < max_faults; j++) {
                        const WattleFault *fault = &g_array_index(report->faults, WattleFault, j);

                        if (fault->kind == kinds[i]) {
                                say_fault(fault, say, data);
                                n++;
                                n_errors += fault->kind == WATTLE_FAULT_ERROR;
                        }
                }
        n_more = report->n_errors + report->n_warnings - n;
        if (n_more > 0) {
                g_autofree char *line = g_strdup_printf(_("and %u more"), n_more);

                say(report->n_errors > n_errors ? WATTLE_FAULT_ERROR : WATTLE_FAULT_WARNING, line,
                    data);
        }
}
