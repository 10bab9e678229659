/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/log.h"

#include <stdio.h>

#include "common/text.h"

void wattle_log(WattleLogPriority priority, const char *format, ...)
{
        g_autofree char *text = NULL, *clean = NULL;
        va_list arguments;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        clean = wattle_text_clean(text);
        fprintf(stderr, "<%d>%s\n", (int)priority, clean);
}

static void log_fault(WattleFaultKind kind, const char *line, G_GNUC_UNUSED gpointer data)
{
        wattle_log(kind == WATTLE_FAULT_ERROR ? WATTLE_LOG_ERROR : WATTLE_LOG_WARNING, "%s", line);
}

/* Takes out the warnings about a line of a text, which are the same on every host and at every
 * boot; how many there were. Those about the host stay, as of two meshes that want the same port.
 * Of those that were not kept nobody knows the place: a text alone has so many. */
static guint take_line_warnings(WattleReport *report)
{
        guint n_left = 0, n_taken;

        for (guint i = report->faults->len; i-- > 0;) {
                const WattleFault *fault = &g_array_index(report->faults, WattleFault, i);

                if (fault->kind == WATTLE_FAULT_ERROR)
                        continue;
                if (fault->place.line > 0)
                        g_array_remove_index(report->faults, i);
                else
                        n_left++;
        }
        n_taken = report->n_warnings - n_left;
        report->n_warnings = n_left;
        return n_taken;
}

void wattle_log_report(WattleReport *report)
{
        guint n_warnings = take_line_warnings(report);

        wattle_report_summarize(report, WATTLE_LOG_MAX_FAULTS, log_fault, NULL);
        if (n_warnings > 0)
                wattle_log(WATTLE_LOG_INFO, "%u warning%s: 'wattle check' shows %s", n_warnings,
                           n_warnings == 1 ? "" : "s", n_warnings == 1 ? "it" : "them");
}
