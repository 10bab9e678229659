/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What could be tried for a peer, and in which order. */
#pragma once

#include "common/migrate/state.h"

/* NULL: it is none of them. */
Candidate *wattle_migrate_find(const WattleMigration *m, const WattleSocketAddr *at);

/* Whether it may be tried from here. */
gboolean wattle_migrate_eligible(const Candidate *candidate);

/* Of the profile, and good from any network: public, and no private address that a DNS name has at
 * home. NULL is not. */
gboolean wattle_migrate_is_global(const Candidate *candidate);

/* The whole list, as the event has it. Returns whether something is in it that was not before. */
gboolean wattle_migrate_take_candidates(WattleMigration *m, const WattleMigrateEvent *event,
                                        gint64 now);

/* The kernel's endpoint has been proved; it is learnt if no list has it. */
void wattle_migrate_note_good(WattleMigration *m, gint64 now);

/* The peer was heard: where else a name leads is no news any more. */
void wattle_migrate_forget_news(WattleMigration *m);

/* It failed: no upgrade to it for the span, in us, after the first time, and for longer each time.
 */
void wattle_migrate_hold(Candidate *candidate, gint64 span, gint64 now);
/* All but one: a user chose that, and is not overruled at once. */
void wattle_migrate_hold_others(WattleMigration *m, const WattleSocketAddr *at, gint64 now);
/* All on our link, for the least time. */
void wattle_migrate_hold_neighbours(WattleMigration *m, gint64 now);
void wattle_migrate_free_holds(WattleMigration *m);

/* Where somebody who introduced the peer sees it: worth a try while that is news. */
gboolean wattle_migrate_is_news(const WattleMigration *m, const Candidate *candidate, gint64 now);

/* Whether a probe to it may open our NAT, and tell of a way past the relay. */
gboolean wattle_migrate_can_punch(const Candidate *candidate);

/* Where a relay, or who introduced the peer, sees it; NULL: there is none. */
Candidate *wattle_migrate_seen(const WattleMigration *m);

/* The relay's port for the two; the place of our own that tells that the peer is wanted. NULL:
 * there is none. */
Candidate *wattle_migrate_relay(const WattleMigration *m);
Candidate *wattle_migrate_knock(const WattleMigration *m);

/* Where a beacon came from, on our link and not held; NULL: there is none. */
Candidate *wattle_migrate_sighting(const WattleMigration *m, gint64 now);

/* The best that was not tried in this round; NULL: none is left. */
Candidate *wattle_migrate_next(const WattleMigration *m, gint64 now);
/* Of the profile, on our link and not held, if the endpoint is no neighbour's now. */
Candidate *wattle_migrate_better(const WattleMigration *m, gint64 now);
