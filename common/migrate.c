/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/migrate.h"

struct WattleMigration {
        WattleMigrateConfig config;
        gint64 began_us;
        WattleMigrateCounters counters; /* of the last read */
};

gboolean wattle_socket_addr_equal(const WattleSocketAddr *a, const WattleSocketAddr *b)
{
        return wattle_addr_equal(&a->addr, &b->addr) && a->port == b->port && a->scope == b->scope;
}

const char *wattle_move_reason_text(WattleMoveReason reason)
{
        switch (reason) {
        case WATTLE_MOVE_NONE:
                return "as it was found";
        case WATTLE_MOVE_FIRST:
                return "there was none";
        case WATTLE_MOVE_UPGRADE:
                return "the peer is on this link";
        case WATTLE_MOVE_REVERT:
                return "another was tried and did not answer";
        case WATTLE_MOVE_LEAVE:
                return "the way to the old one is gone";
        case WATTLE_MOVE_SILENT:
                return "the old one was silent";
        case WATTLE_MOVE_REASSERT:
                return "the configured one was put back";
        case WATTLE_MOVE_ROAMED:
                return "the peer came from there";
        case WATTLE_MOVE_ASKED:
                return "a user asked for it";
        }
        g_return_val_if_reached("");
}

WattleMigration *wattle_migration_new(const WattleMigrateConfig *config, gint64 now_us)
{
        WattleMigration *migration = g_new0(WattleMigration, 1);

        migration->config = *config;
        migration->began_us = now_us;
        return migration;
}

void wattle_migration_free(WattleMigration *migration)
{
        g_free(migration);
}

void wattle_migration_reconfigure(WattleMigration *migration, const WattleMigrateConfig *config)
{
        migration->config = *config;
}

/* Watches alone, as yet. */
WattleMigrateStep wattle_migration_step(WattleMigration *migration, const WattleMigrateEvent *event,
                                        gint64 now_us)
{
        WattleMigrateStep step = { .deadline_us = WATTLE_MIGRATE_NEVER,
                                   .read_us = now_us + 30 * G_USEC_PER_SEC };

        if (event && event->kind == WATTLE_ON_COUNTERS)
                migration->counters = event->counters;
        return step;
}

void wattle_migration_status(const WattleMigration *migration, gint64 now_us,
                             WattleMigrateStatus *ret)
{
        (void)now_us;
        *ret = (WattleMigrateStatus){ .endpoint = migration->counters.endpoint,
                                      .since_us = migration->began_us,
                                      .rtt_us = -1 };
}

gboolean wattle_migration_last_good(const WattleMigration *migration, WattleSocketAddr *ret)
{
        (void)migration;
        (void)ret;
        return FALSE;
}

gboolean wattle_migration_may_move_to(const WattleMigration *migration, const WattleSocketAddr *at)
{
        (void)migration;
        (void)at;
        return FALSE;
}
