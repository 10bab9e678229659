/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One move: set, pin, proof; and if there is none, the way back or the next candidate.
 *
 * An endpoint that is only set does not stay: each packet of the peer that still comes the old way
 * puts the old one back, and each packet of ours that then goes the old way tells the peer to keep
 * to it. So the new one is set again at every read until it stays (pinned).
 *
 * Proof is an answer to a probe that was sent after the last set, and then the endpoint as it was
 * set: had the answer come another way, the kernel would have taken that one. See doc/hacking.md,
 * "A move is pinned, proved, and has a way back". */
#pragma once

#include "common/migrate/candidates.h"
#include "common/migrate/traffic.h"

void wattle_migrate_enter(WattleMigration *m, Phase phase, gint64 now);

/* Sets an endpoint with no proof asked for. */
void wattle_migrate_put(WattleMigration *m, const Candidate *candidate, WattleMoveReason why,
                        gint64 now);

/* The kernel's endpoint is the right one, whoever set it. */
void wattle_migrate_accept(WattleMigration *m, WattleMoveReason why, gint64 now);

/* back: return to what the kernel has now if the target is not proved. */
void wattle_migrate_try(WattleMigration *m, const WattleSocketAddr *target, gboolean back,
                        WattleMoveReason why, gint64 now);

/* All eligible candidates in turn. */
void wattle_migrate_begin_round(WattleMigration *m, WattleMoveReason why, gint64 now);

/* The same, with that one first. */
void wattle_migrate_begin_round_at(WattleMigration *m, Candidate *first, WattleMoveReason why,
                                   gint64 now);

/* Where the peer was seen did not answer: no more of that for a while. */
void wattle_migrate_hold_meeting(WattleMigration *m, const WattleAddr *at, gint64 now);

/* Whether there is something to try beside what the kernel has. */
gboolean wattle_migrate_has_other(const WattleMigration *m);

/* A read, or the time, in PHASE_TRY and PHASE_BACK. */
void wattle_migrate_try_read(WattleMigration *m, const Change *change, gint64 now);
void wattle_migrate_try_timer(WattleMigration *m, gint64 now);
void wattle_migrate_back_read(WattleMigration *m, const Change *change, gint64 now);

/* Something happened: no use to wait any longer. */
void wattle_migrate_end_pause(WattleMigration *m, gint64 now);

/* The newest of a few times, in front. */
void wattle_migrate_note(gint64 *times, guint n, gint64 now);
