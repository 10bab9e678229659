/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What to do about what a read of the counters showed: nearly always nothing. */
#pragma once

#include "common/migrate/meet.h"

void wattle_migrate_read(WattleMigration *m, const WattleMigrateCounters *counters, gint64 now);

/* WATTLE_ON_SIGHTED; the list was taken. */
void wattle_migrate_sighted(WattleMigration *m, gint64 now);

/* The path as it is has to show that it works. */
void wattle_migrate_doubt(WattleMigration *m, gint64 now);

/* Asks for the names, unless it is too early to ask again. */
void wattle_migrate_resolve(WattleMigration *m, gint64 now);
