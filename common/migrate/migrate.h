/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The migration engine: where the kernel shall send one peer's packets, as the host and the peer
 * move. Pure: wattle_migration_step(state, event, now) gives an action and the times of the next
 * calls; who calls it reads clocks, netlink, routes and names. All times are microseconds of
 * CLOCK_BOOTTIME.
 *
 * The loop of the caller, for each peer:
 *
 *     step = wattle_migration_step(m, &event, now);
 *     while (step.action.kind != WATTLE_MIGRATE_NOTHING) {
 *             perform(&step.action);
 *             step = wattle_migration_step(m, NULL, now);
 *     }
 *     call again with an event, with WATTLE_ON_TIMER at step.deadline_us,
 *     or with WATTLE_ON_COUNTERS at step.read_us
 *
 * A read of one device gives the counters of all its peers: read at the earliest read_us of them
 * and hand to each its own; a read that is earlier than a peer asked for does no harm. An action
 * that failed is not reported: the next counters tell. When the interface goes, free the engines of
 * its peers.
 *
 * The first events: WATTLE_ON_CANDIDATES, then WATTLE_ON_COUNTERS. */
#pragma once

#include "common/migrate/events.h"

/* A few words for people: "the peer is on this link". */
const char *wattle_move_reason_text(WattleMoveReason reason);

typedef struct WattleMigration WattleMigration;

WattleMigration *wattle_migration_new(const WattleMigrateConfig *config, gint64 now_us);
void wattle_migration_free(WattleMigration *migration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleMigration, wattle_migration_free)

/* After a change of the profile; the peer's key is the same. What was learnt stays. */
void wattle_migration_reconfigure(WattleMigration *migration, const WattleMigrateConfig *config);

/* event NULL: the action of the last call was performed (or failed). */
WattleMigrateStep wattle_migration_step(WattleMigration *migration, const WattleMigrateEvent *event,
                                        gint64 now_us);

void wattle_migration_status(const WattleMigration *migration, gint64 now_us,
                             WattleMigrateStatus *ret);

/* All candidates but WATTLE_SOURCE_KNOCK; returns how many. */
guint wattle_migration_ways(const WattleMigration *migration, gint64 now_us,
                            WattleMigrateWay ret[WATTLE_MIGRATE_MAX_CANDIDATES]);

/* The endpoint that an answer last proved, to be kept across restarts; FALSE: none yet. */
gboolean wattle_migration_last_good(const WattleMigration *migration, WattleSocketAddr *ret);

/* Whoever ends now, in the middle of a try, leaves an endpoint that nothing has proved: TRUE with
 * the one to put back. Of a walk, where the old path is dead, that is the last public one that was
 * proved, or else where the walk began. */
gboolean wattle_migration_leave(const WattleMigration *migration, WattleSocketAddr *ret);

/* Whether WATTLE_ON_MOVE with this address can be followed: a candidate that may be tried here and
 * now. */
gboolean wattle_migration_may_move_to(const WattleMigration *migration, const WattleSocketAddr *at);
