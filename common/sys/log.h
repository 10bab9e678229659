/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines for the journal: stderr with sd-daemon(3)'s priorities. */
#pragma once

#include "common/report.h"

typedef enum {
        WATTLE_LOG_ERROR = 3,
        WATTLE_LOG_WARNING = 4,
        WATTLE_LOG_INFO = 6,
} WattleLogPriority;

void wattle_log(WattleLogPriority priority, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The faults, a line each, the errors first. So many of them: a bad file must not fill the journal,
 * and 'wattle check' shows all. Warnings about lines of a text are counted in one line, no louder
 * than other news: they are the admin's choice, and come again at every boot. */
#define WATTLE_LOG_MAX_FAULTS 20
void wattle_log_report(WattleReport *report);
