/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/log.h"

#include <stdio.h>

void wattle_log(WattleLogPriority priority, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list arguments;

        va_start(arguments, format);
        text = g_strdup_vprintf(format, arguments);
        va_end(arguments);
        fprintf(stderr, "<%d>%s\n", (int)priority, text);
}

void wattle_log_report(WattleReport *report)
{
        wattle_report_sort(report);
        for (guint i = 0; i < report->faults->len; i++) {
                const WattleFault *fault = &g_array_index(report->faults, WattleFault, i);
                g_autofree char *line = wattle_fault_format(fault);

                wattle_log(fault->kind == WATTLE_FAULT_ERROR ? WATTLE_LOG_ERROR
                                                             : WATTLE_LOG_WARNING,
                           "%s", line);
        }
}
