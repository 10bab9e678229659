/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/report.h"

#define FILES_BLOCK 256 /* bytes */

static void fault_clear(gpointer data)
{
        WattleFault *fault = data;

        g_free(fault->text);
}

void wattle_report_init(WattleReport *report)
{
        *report = (WattleReport){ .faults = g_array_new(FALSE, FALSE, sizeof(WattleFault)),
                                  .files = g_string_chunk_new(FILES_BLOCK) };
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

        if (report->faults->len >= WATTLE_REPORT_MAX_FAULTS)
                return;
        if (place.file)
                fault.place.file = g_string_chunk_insert_const(report->files, place.file);
        fault.text = g_strdup_vprintf(format, args);
        g_array_append_val(report->faults, fault);
}

void wattle_report_error(WattleReport *report, WattlePlace place, const char *format, ...)
{
        va_list args;

        report->n_errors++;
        va_start(args, format);
        add_fault(report, WATTLE_FAULT_ERROR, place, format, args);
        va_end(args);
}

void wattle_report_warning(WattleReport *report, WattlePlace place, const char *format, ...)
{
        va_list args;

        report->n_warnings++;
        va_start(args, format);
        add_fault(report, WATTLE_FAULT_WARNING, place, format, args);
        va_end(args);
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

        return g_strdup_printf("%s%s%s%s", place, *place ? ": " : "",
                               fault->kind == WATTLE_FAULT_WARNING ? "warning: " : "", fault->text);
}
