/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/migrate/meet.h"

static const gint64 punch_times[] = { 0, 60 * MSEC, 150 * MSEC, 300 * MSEC };

void wattle_migrate_ask(WattleMigration *m, gint64 now)
{
        if (!m->can_pair || now < m->ask_us || now < m->meeting.hold_us)
                return;
        m->ask = TRUE;
        m->ask_us = now + ASK_AGAIN;
}

void wattle_migrate_wanted(WattleMigration *m, gint64 now)
{
        m->active_us = now;
        wattle_migrate_ask(m, now);
        if (m->phase == PHASE_WATCH && !wattle_migrate_has_session(m, now) &&
            wattle_migrate_has_other(m))
                wattle_migrate_begin_round(m, WATTLE_MOVE_SILENT, now);
}

static gboolean is_on_relay(const WattleMigration *m)
{
        const Candidate *current = wattle_migrate_find(m, &m->wanted);

        return current && current->source == WATTLE_SOURCE_RELAY &&
               wattle_socket_addr_equal(&m->counters.endpoint, &m->wanted);
}

/* The nth of those that may be behind a NAT which we could open, where the relay saw it first;
 * NULL: there are fewer. */
static const Candidate *find_target(const WattleMigration *m, guint n)
{
        for (guint pass = 0; pass < 2; pass++)
                for (guint i = 0; i < m->n_candidates; i++) {
                        const Candidate *candidate = &m->candidates[i];

                        if (wattle_migrate_can_punch(candidate) &&
                            (candidate->source == WATTLE_SOURCE_SEEN) == (pass == 0) && n-- == 0)
                                return candidate;
                }
        return NULL;
}

/* Both do so at the same time, as far as the relay's word comes to both at the same time. What is
 * sent before the other has opened its NAT is lost, so it is one packet at a time, and what goes
 * between the two stays on the relay. */
static void begin_punching(WattleMigration *m, gint64 now)
{
        if (!find_target(m, 0))
                return;
        m->punch = (Punch){ .rx_bytes = m->counters.rx_bytes };
        m->read_at_us = now;
        wattle_migrate_enter(m, PHASE_PUNCH, now);
}

void wattle_migrate_paired(WattleMigration *m, gint64 now)
{
        Candidate *relay = wattle_migrate_relay(m);
        gboolean session = wattle_migrate_has_session(m, now);

        if (!relay || !wattle_migrate_eligible(relay))
                return;
        if (m->phase == PHASE_PAUSE || (!session && m->phase == PHASE_WATCH)) {
                wattle_migrate_begin_round_at(m, relay, WATTLE_MOVE_RELAYED, now);
        } else if (session && m->phase == PHASE_WATCH) {
                if (is_on_relay(m))
                        begin_punching(m, now);
                else
                        /* It is the other that needs the relay: that has to know where we are. */
                        m->punch_at = relay->at;
        }
}

/* What both have tried in vain a moment ago is not tried again, unless the peer is elsewhere; that,
 * too, once only, for it may be a lie. With a session the other may do it alone. */
static gboolean is_held(const WattleMigration *m, const Candidate *seen, gint64 now)
{
        return now < m->meeting.hold_us - MEET_SLACK &&
               (m->meeting.is_of_all || wattle_migrate_has_session(m, now) ||
                wattle_addr_equal(&seen->at.addr, &m->meeting.failed));
}

/* What is under way without a session, and is worth less than the word of who sees the peer. */
static gboolean is_walking(const WattleMigration *m)
{
        const Candidate *current = wattle_migrate_find(m, &m->wanted);

        return m->phase == PHASE_TRY && m->try.fresh && current &&
               current->source == WATTLE_SOURCE_LAST_GOOD;
}

/* The peer asked, for it does not reach us, but we have a session still and send where it was. A
 * path that works stays, whatever is said. */
static void open_for(WattleMigration *m, const Candidate *seen, gint64 now)
{
        guint failures = m->meeting.failures;

        if (m->lives_us != 0 && now - m->lives_us < LIVES)
                return;
        wattle_migrate_hold_meeting(m, &seen->at.addr, now);
        m->meeting.failures = failures;
        begin_punching(m, now);
}

/* With a session it is data that both send, and nothing of it can cross. */
void wattle_migrate_introduced(WattleMigration *m, gboolean goes_on, gint64 now)
{
        Candidate *seen = wattle_migrate_seen(m);
        gboolean session = wattle_migrate_has_session(m, now);

        if (!seen || !wattle_migrate_eligible(seen) || is_held(m, seen, now) ||
            wattle_migrate_is_news(m, seen, now))
                return;
        if (session && m->phase == PHASE_WATCH) {
                open_for(m, seen, now);
                return;
        }
        m->meeting.until_us = now + MEET;
        m->meeting.goes_on = goes_on;
        if (is_walking(m)) {
                WattleSocketAddr home = m->home;

                wattle_migrate_begin_round(m, WATTLE_MOVE_SILENT, now);
                m->home = home;
        } else if (m->phase == PHASE_PAUSE || (!session && m->phase == PHASE_WATCH)) {
                wattle_migrate_begin_round(m, WATTLE_MOVE_SILENT, now);
        }
}

/* Of the profile's own, or a neighbour. */
static gboolean is_callable(const Candidate *candidate)
{
        return candidate && candidate->source <= WATTLE_SOURCE_NAME &&
               wattle_migrate_eligible(candidate);
}

gboolean wattle_migrate_park(WattleMigration *m, gint64 now)
{
        const Candidate *knock = wattle_migrate_knock(m);

        if (!knock || wattle_socket_addr_equal(&m->counters.endpoint, &knock->at) ||
            wattle_migrate_has_session(m, now) || wattle_migrate_is_active(m, now))
                return FALSE;
        for (guint i = 0; i < m->n_candidates; i++)
                if (is_callable(&m->candidates[i]))
                        return FALSE;
        wattle_migrate_put(m, knock, WATTLE_MOVE_PARKED, now);
        return TRUE;
}

void wattle_migrate_seek(WattleMigration *m, gint64 now)
{
        if (!is_on_relay(m) || !wattle_migrate_has_session(m, now) ||
            !wattle_migrate_is_active(m, now) || now < m->seek_us)
                return;
        m->seek_gap = m->seek_gap == 0 ? SEEK : MIN(2 * m->seek_gap, HOLD_MAX);
        m->seek_us = now + m->seek_gap;
        m->ask_us = now;
        wattle_migrate_ask(m, now);
}

void wattle_migrate_seek_anew(WattleMigration *m, gint64 now)
{
        m->seek_gap = 0;
        m->seek_us = now;
        m->punches = 0;
        m->meeting = (Meeting){ 0 };
}

static void leave_relay(WattleMigration *m, const WattleSocketAddr *at, gint64 now)
{
        WattleSocketAddr target = *at;

        /* The way back is the relay, wherever the kernel followed the peer to. */
        m->counters.endpoint = m->wanted;
        wattle_migrate_try(m, &target, TRUE, WATTLE_MOVE_DIRECT, now);
}

/* A packet of the peer that came past the relay is the proof that the way is open; the next one
 * over the relay has the kernel follow it back. */
void wattle_migrate_punch_read(WattleMigration *m, const Change *change, gint64 now)
{
        if (change->moved)
                leave_relay(m, &m->counters.endpoint, now);
}

void wattle_migrate_punch_timer(WattleMigration *m, gint64 now)
{
        Punch *punch = &m->punch;
        const Candidate *first = find_target(m, 0), *target = find_target(m, punch->n);

        if (!first) {
                wattle_migrate_enter(m, PHASE_WATCH, now);
        } else if (punch->n < G_N_ELEMENTS(punch_times)) {
                if (now - m->phase_us < punch_times[punch->n])
                        return;
                m->punch_at = (target ? target : first)->at;
                punch->n++;
        } else if (now >= wattle_migrate_punch_deadline(m)) {
                m->punches++;
                wattle_migrate_enter(m, PHASE_WATCH, now);
                if (is_on_relay(m) && m->counters.rx_bytes - punch->rx_bytes >= PUNCH_BUSY)
                        leave_relay(m, &first->at, now);
        }
}

gint64 wattle_migrate_punch_deadline(const WattleMigration *m)
{
        if (m->punch.n < G_N_ELEMENTS(punch_times))
                return m->phase_us + punch_times[m->punch.n];
        return m->phase_us + PUNCH_END + CLAMP(m->rtt_us, 0, PUNCH_END);
}
