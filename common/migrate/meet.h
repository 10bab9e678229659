/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two that cannot call each other: they meet at a relay, and leave it again for a direct way; or
 * somebody whom both can call introduces them. See doc/hacking.md, "A relay's port is one more
 * endpoint" and "Who can be called introduces two others". */
#pragma once

#include "common/migrate/try.h"

/* Asks for a relay's port, unless that was done just now or is of no use. */
void wattle_migrate_ask(WattleMigration *m, gint64 now);

/* WATTLE_ON_WANTED, WATTLE_ON_PAIRED and WATTLE_ON_INTRODUCED; the list of these was taken. */
void wattle_migrate_wanted(WattleMigration *m, gint64 now);
void wattle_migrate_paired(WattleMigration *m, gint64 now);
void wattle_migrate_introduced(WattleMigration *m, gboolean goes_on, gint64 now);

/* The peer that cannot be called has no session, and nobody wants it: to WATTLE_SOURCE_KNOCK.
 * FALSE: it is not so. */
gboolean wattle_migrate_park(WattleMigration *m, gint64 now);

/* On a relay: asks it again from time to time, for its word comes to both at once, and both then
 * open their NATs. */
void wattle_migrate_seek(WattleMigration *m, gint64 now);
/* Another network: what failed in the last one says nothing. */
void wattle_migrate_seek_anew(WattleMigration *m, gint64 now);

/* PHASE_PUNCH. */
void wattle_migrate_punch_read(WattleMigration *m, const Change *change, gint64 now);
void wattle_migrate_punch_timer(WattleMigration *m, gint64 now);
gint64 wattle_migrate_punch_deadline(const WattleMigration *m);
