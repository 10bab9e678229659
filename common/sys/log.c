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

void wattle_log_report(WattleReport *report)
{
        wattle_report_summarize(report, WATTLE_LOG_MAX_FAULTS, log_fault, NULL);
}
