/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/migrate/watch.h"

void wattle_migrate_resolve(WattleMigration *m, gint64 now)
{
        if (!m->has_names || now < m->resolve_us)
                return;
        m->resolve = TRUE;
        m->resolve_us = now + RESOLVE_WAIT;
}

void wattle_migrate_doubt(WattleMigration *m, gint64 now)
{
        wattle_migrate_resolve(m, now);
        if (!wattle_migrate_has_session(m, now))
                wattle_migrate_ask(m, now);
        if (!wattle_migrate_has_session(m, now) && !m->forced)
                wattle_migrate_begin_round(m, WATTLE_MOVE_SILENT, now);
        else
                wattle_migrate_enter(m, PHASE_DOUBT, now);
}

/* Whether our way to the current endpoint is gone: the link, or our address on it. A public
 * endpoint that was on our link is as good from elsewhere. */
static gboolean is_stranded(const WattleMigration *m)
{
        if (!wattle_socket_addr_is_set(&m->counters.endpoint))
                return FALSE;
        if (m->counters.reach == WATTLE_REACH_NONE)
                return TRUE;
        return m->on_link && m->counters.reach != WATTLE_REACH_ON_LINK &&
               !wattle_migrate_is_global(wattle_migrate_find(m, &m->counters.endpoint));
}

static Candidate *best_other(WattleMigration *m, gint64 now)
{
        for (guint i = 0; i < m->n_candidates; i++)
                m->candidates[i].tried = wattle_socket_addr_equal(&m->candidates[i].at, &m->wanted);
        return wattle_migrate_next(m, now);
}

/* Away from an endpoint that is not to be reached any more. Without traffic no endpoint can be
 * proved, and a wrong one costs nothing yet: the best is set and that is all. */
static gboolean leave(WattleMigration *m, gint64 now)
{
        const Candidate *other = best_other(m, now);

        if (!other)
                return FALSE;
        wattle_migrate_ask(m, now);
        if (wattle_migrate_is_active(m, now))
                wattle_migrate_begin_round(m, WATTLE_MOVE_LEAVE, now);
        else
                wattle_migrate_put(m, other, WATTLE_MOVE_LEAVE, now);
        return TRUE;
}

static gboolean is_before(gint64 time, gint64 span, gint64 link, gint64 now)
{
        return time != 0 && now - time < span && link <= time;
}

static gboolean upgrade(WattleMigration *m, gint64 now)
{
        const Candidate *better = wattle_migrate_better(m, now);

        if (!better || !wattle_migrate_has_session(m, now) || !wattle_migrate_is_active(m, now) ||
            now < m->frozen_us || is_before(m->moves[0], DWELL, m->link_us, now) ||
            is_before(m->roamed_us, ROAM_SUPPRESS, m->link_us, now))
                return FALSE;
        wattle_migrate_try(m, &better->at, TRUE, WATTLE_MOVE_UPGRADE, now);
        return TRUE;
}

static gboolean may_reassert(const WattleMigration *m, const Change *change, gint64 now)
{
        const Candidate *candidate = wattle_migrate_find(m, &m->wanted);
        gboolean none = !wattle_socket_addr_is_set(&m->counters.endpoint);

        if (!wattle_socket_addr_is_set(&m->wanted) || !candidate ||
            !wattle_migrate_eligible(candidate) ||
            (m->reasserts[REASSERTS - 1] != 0 &&
             now - m->reasserts[REASSERTS - 1] < REASSERT_WITHIN))
                return FALSE;
        if (!none && !wattle_socket_addr_equal(&m->counters.endpoint, &m->configured))
                return FALSE;
        /* From a link of ours to its public address the peer does not go; and if it did, the proof
         * will fail. */
        return none || change->reset || !change->received ||
               (m->on_link && candidate->reach == WATTLE_REACH_ON_LINK);
}

static void reassert(WattleMigration *m, gint64 now)
{
        const Candidate *candidate = wattle_migrate_find(m, &m->wanted);
        WattleSocketAddr at = m->wanted;

        wattle_migrate_note(m->reasserts, G_N_ELEMENTS(m->reasserts), now);
        if (wattle_migrate_is_active(m, now) && wattle_socket_addr_is_set(&m->counters.endpoint))
                wattle_migrate_try(m, &at, TRUE, WATTLE_MOVE_REASSERT, now);
        else
                wattle_migrate_put(m, candidate, WATTLE_MOVE_REASSERT, now);
}

/* A peer that left our link by itself is not looked for there at once, at none of its addresses. */
static void follow(WattleMigration *m, const Change *change, gint64 now)
{
        if (change->received && m->on_link && now - m->since_us >= DWELL &&
            m->counters.reach != WATTLE_REACH_ON_LINK)
                wattle_migrate_hold_neighbours(m, now);
        wattle_migrate_accept(m, change->received ? WATTLE_MOVE_ROAMED : WATTLE_MOVE_OTHER, now);
}

static void take_first(WattleMigration *m, gint64 now)
{
        const Candidate *best;

        m->wanted = m->counters.endpoint;
        best = best_other(m, now);
        if (best)
                wattle_migrate_put(m, best, WATTLE_MOVE_FIRST, now);
        else if (!wattle_migrate_park(m, now))
                wattle_migrate_resolve(m, now);
}

/* The endpoint is not the one that was wanted. TRUE: a move has begun. */
static gboolean take_moved(WattleMigration *m, const Change *change, gint64 now)
{
        if (may_reassert(m, change, now)) {
                reassert(m, now);
                return TRUE;
        }
        if (!wattle_socket_addr_is_set(&m->counters.endpoint)) {
                take_first(m, now);
                return TRUE;
        }
        follow(m, change, now);
        return FALSE;
}

/* Writing the same endpoint clears the source address and the route that the kernel remembers. */
static void rewrite(WattleMigration *m)
{
        m->on_link = m->counters.reach == WATTLE_REACH_ON_LINK;
        m->set = WATTLE_MIGRATE_SET;
        m->set_again = TRUE;
}

void wattle_migrate_sighted(WattleMigration *m, gint64 now)
{
        gboolean waits = m->peer_first && !wattle_migrate_has_session(m, now);

        m->sighted_us = now + (waits ? FOLLOW_SIGHTED : 0);
        m->read_at_us = m->sighted_us;
}

/* With a session a read does what there is to do. Without one a handshake has to come, and the
 * kernel may have sent its last one a moment ago, to nowhere: so the peer is added anew. TRUE: that
 * is all of this read. */
static gboolean take_sighting(WattleMigration *m, gint64 now)
{
        Candidate *sighting = wattle_migrate_sighting(m, now);
        gboolean is_nowhere = !wattle_socket_addr_is_set(&m->counters.endpoint) || is_stranded(m);

        m->sighted_us = 0;
        if (!sighting || wattle_migrate_has_session(m, now) ||
            (m->phase != PHASE_WATCH && m->phase != PHASE_PAUSE))
                return FALSE;
        if (wattle_migrate_is_active(m, now)) {
                wattle_migrate_begin_round_at(m, sighting, WATTLE_MOVE_UPGRADE, now);
                return TRUE;
        }
        if (!is_nowhere || wattle_socket_addr_equal(&m->counters.endpoint, &sighting->at))
                return FALSE;
        wattle_migrate_put(m, sighting, WATTLE_MOVE_UPGRADE, now);
        m->set = WATTLE_MIGRATE_READD;
        m->probed_us = 0;
        return TRUE;
}

static void watch(WattleMigration *m, const Change *change, gboolean link, gint64 now)
{
        gboolean active = wattle_migrate_is_active(m, now);

        if (!wattle_socket_addr_is_set(&m->counters.endpoint) &&
            !wattle_socket_addr_is_set(&m->wanted)) {
                take_first(m, now);
                return;
        }
        if (change->moved && take_moved(m, change, now))
                return;
        if (is_stranded(m) && (m->sighted_us != 0 || leave(m, now)))
                return;
        if (link && !is_stranded(m))
                rewrite(m);
        if (upgrade(m, now) || wattle_migrate_park(m, now))
                return;
        wattle_migrate_seek(m, now);
        if (active && m->has_names && now >= m->expire_us)
                wattle_migrate_resolve(m, now);
        if (active && m->link_probe && !is_stranded(m)) {
                m->link_probe = FALSE;
                m->broken = FALSE; /* there nothing is quick at first */
                wattle_migrate_doubt(m, now);
        } else if (wattle_migrate_is_silent(m, now)) {
                wattle_migrate_doubt(m, now);
        }
}

static void doubt(WattleMigration *m, const Change *change, gboolean link, gint64 now)
{
        if (change->received && !m->forced)
                wattle_migrate_enter(m, PHASE_WATCH, now);
        if (change->moved || link || is_stranded(m) || m->phase == PHASE_WATCH)
                watch(m, change, link, now);
        else
                (void)upgrade(m, now);
}

static void pause_read(WattleMigration *m, const Change *change, gboolean link, gint64 now)
{
        if (change->received ||
            (change->moved && wattle_socket_addr_is_set(&m->counters.endpoint))) {
                m->rounds = 0;
                wattle_migrate_enter(m, PHASE_WATCH, now);
                watch(m, change, link, now);
                return;
        }
        if (link && wattle_socket_addr_is_set(&m->wanted) && !is_stranded(m))
                rewrite(m);
        if (wattle_migrate_is_active(m, now))
                wattle_migrate_resolve(m, now);
}

static void punch_read(WattleMigration *m, const Change *change, gboolean link, gint64 now)
{
        if (link || is_stranded(m) || (change->moved && !change->received)) {
                wattle_migrate_enter(m, PHASE_WATCH, now);
                watch(m, change, link, now);
        } else {
                wattle_migrate_punch_read(m, change, now);
        }
}

static gboolean is_target_gone(const WattleMigration *m)
{
        const Candidate *target = wattle_migrate_find(m, &m->wanted);

        return target && !wattle_migrate_eligible(target);
}

static void first_read(WattleMigration *m, gint64 now)
{
        m->wanted = m->counters.endpoint;
        m->on_link = m->counters.reach == WATTLE_REACH_ON_LINK;
        if (wattle_socket_addr_is_set(&m->wanted) && wattle_migrate_has_session(m, now))
                wattle_migrate_note_good(m, now);
}

/* The kernel follows a peer: what has come and left the endpoint as it is came from there. */
static void note_neighbour(const WattleMigration *m, const Change *change, gint64 now)
{
        Candidate *current = wattle_migrate_find(m, &m->counters.endpoint);

        if (change->received && !change->moved && current && m->phase == PHASE_WATCH &&
            current->source == WATTLE_SOURCE_BEACON)
                current->good_us = now;
}

void wattle_migrate_read(WattleMigration *m, const WattleMigrateCounters *counters, gint64 now)
{
        gboolean first = !m->known;
        gboolean link = m->link_pending;
        Change change = wattle_migrate_take_counters(m, counters, now);

        m->link_pending = FALSE;
        if (change.received)
                wattle_migrate_forget_news(m);
        note_neighbour(m, &change, now);
        if (first) {
                first_read(m, now);
                change.moved = FALSE;
        }
        if (link && (m->phase == PHASE_TRY || m->phase == PHASE_BACK) && is_target_gone(m))
                wattle_migrate_enter(m, PHASE_WATCH, now);
        if (m->sighted_us != 0 && now >= m->sighted_us && take_sighting(m, now))
                return;
        switch (m->phase) {
        case PHASE_WATCH:
                watch(m, &change, link, now);
                break;
        case PHASE_DOUBT:
                doubt(m, &change, link, now);
                break;
        case PHASE_TRY:
                wattle_migrate_try_read(m, &change, now);
                break;
        case PHASE_BACK:
                wattle_migrate_back_read(m, &change, now);
                break;
        case PHASE_PAUSE:
                pause_read(m, &change, link, now);
                break;
        case PHASE_PUNCH:
                punch_read(m, &change, link, now);
                break;
        }
}
