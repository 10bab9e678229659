/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel's counters tell of a peer: whether there is traffic, whether it is answered, and
 * whether there is a session. */
#pragma once

#include "common/migrate/state.h"

typedef struct {
        gboolean received; /* any packet at all */
        gboolean moved;    /* the endpoint is not the one that was wanted */
        gboolean reset;    /* the counters began anew, and not by us */
} Change;

Change wattle_migrate_take_counters(WattleMigration *m, const WattleMigrateCounters *counters,
                                    gint64 now);

/* Nothing goes unanswered any more. */
void wattle_migrate_answered(WattleMigration *m);

gboolean wattle_migrate_is_active(const WattleMigration *m, gint64 now);
gboolean wattle_migrate_has_session(const WattleMigration *m, gint64 now);
gboolean wattle_migrate_is_silent(const WattleMigration *m, gint64 now);
