/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/migrate/try.h"

#include <string.h>

static const gint64 probe_at[] = { 0, 60 * MSEC, 150 * MSEC, 400 * MSEC, 800 * MSEC };

/* Two that were introduced begin at the same time, which opens the NATs of both; but then their
 * handshakes cross, and end each other. So one of them goes on at these times. */
static const gint64 again_at[] = { 300 * MSEC, 1000 * MSEC, 2500 * MSEC, 4500 * MSEC };

void wattle_migrate_enter(WattleMigration *m, Phase phase, gint64 now)
{
        m->phase = phase;
        m->phase_us = now;
        m->doubt_probes = 0;
}

static void aim(WattleMigration *m, const WattleSocketAddr *at)
{
        const Candidate *candidate = wattle_migrate_find(m, at);

        m->on_link = candidate && candidate->reach == WATTLE_REACH_ON_LINK;
        m->wanted = *at;
}

static void want(WattleMigration *m, const WattleSocketAddr *at)
{
        aim(m, at);
        m->set = WATTLE_MIGRATE_SET;
        m->set_again = FALSE;
}

void wattle_migrate_put(WattleMigration *m, const Candidate *candidate, WattleMoveReason why,
                        gint64 now)
{
        want(m, &candidate->at);
        m->reason = why;
        m->since_us = now;
        wattle_migrate_answered(m);
        wattle_migrate_enter(m, PHASE_WATCH, now);
}

void wattle_migrate_accept(WattleMigration *m, WattleMoveReason why, gint64 now)
{
        /* Two peers that each follow the other may go to and fro for ever, so of several such moves
         * within DWELL only the first suppresses our own. */
        const Candidate *current = wattle_migrate_find(m, &m->counters.endpoint);

        if (why == WATTLE_MOVE_ROAMED && now - m->roamed_us >= DWELL)
                m->roamed_us = now;
        m->wanted = m->counters.endpoint;
        m->on_link = m->counters.reach == WATTLE_REACH_ON_LINK;
        m->reason = why;
        m->since_us = now;
        m->rounds = 0;
        m->resolve_gap = RESOLVE_AGAIN;
        wattle_migrate_answered(m);
        m->forced = FALSE;
        m->link_probe = FALSE;
        m->meeting = (Meeting){ 0 };
        if (current && current->source == WATTLE_SOURCE_RELAY) {
                /* Away from it again at once, if there is a way. */
                m->seek_us = m->seek_gap = 0;
                m->read_at_us = now;
        }
        if (why != WATTLE_MOVE_OTHER)
                wattle_migrate_note_good(m, now);
        wattle_migrate_enter(m, PHASE_WATCH, now);
}

/* Sets the endpoint (again), and what was sent before proves nothing any more. */
static void set(WattleMigration *m, gint64 now)
{
        Try *t = &m->try;

        m->set = t->fresh && (t->sets == 0 || t->meets) ? WATTLE_MIGRATE_READD : WATTLE_MIGRATE_SET;
        m->set_again = t->sets > 0;
        t->sets++;
        t->stable_us = 0;
        t->set_us = now;
        t->answered = FALSE;
        t->first_id = m->next_id;
        t->probes_since_set = 0;
        t->probe_us = t->proved ? m->probed_us + PROBE_AGAIN : 0;
}

static gint64 window(const Candidate *candidate, const Try *t)
{
        guint failures = candidate ? MIN(candidate->failures, 8) : 0;

        if (t->meets)
                return MEET;
        if (t->fresh)
                return TRY_HANDSHAKE;
        if (t->why == WATTLE_MOVE_ASKED)
                return TRY_ASKED;
        if (t->why == WATTLE_MOVE_DIRECT && t->back)
                return TRY_FAR_LAST;
        if (candidate && candidate->source == WATTLE_SOURCE_BEACON)
                return TRY_NEIGHBOUR;
        if (!t->back)
                return TRY_SESSION;
        return candidate && candidate->reach == WATTLE_REACH_ON_LINK
                       ? TRY_NEIGHBOUR
                       : MIN(TRY_FAR_FIRST << failures, TRY_FAR_LAST);
}

static void begin_try(WattleMigration *m, const WattleSocketAddr *target, gboolean back,
                      gboolean fresh, WattleMoveReason why, gint64 now)
{
        const Candidate *candidate = wattle_migrate_find(m, target);

        m->try = (Try){ .from = m->counters.endpoint,
                        .back = back,
                        .why = why,
                        .fresh = fresh,
                        .is_news = !back && wattle_migrate_is_news(m, candidate, now),
                        .began_us = now,
                        .old_rtt_us = m->rtt_us };
        m->try.meets = fresh && m->try.is_news;
        m->try.end_us = now + window(candidate, &m->try);
        aim(m, target);
        wattle_migrate_enter(m, PHASE_TRY, now);
        set(m, now);
}

void wattle_migrate_try(WattleMigration *m, const WattleSocketAddr *target, gboolean back,
                        WattleMoveReason why, gint64 now)
{
        begin_try(m, target, back, !wattle_migrate_has_session(m, now), why, now);
}

static gint64 jitter(WattleMigration *m, gint64 time)
{
        m->random = m->random * G_GUINT64_CONSTANT(6364136223846793005) +
                    G_GUINT64_CONSTANT(1442695040888963407);
        return time - time / 5 + (gint64)((m->random >> 33) % (guint64)(2 * time / 5 + 1));
}

static void clear_tried(WattleMigration *m)
{
        for (guint i = 0; i < m->n_candidates; i++)
                m->candidates[i].tried = FALSE;
}

static gboolean is_home(const Candidate *candidate)
{
        return candidate && candidate->source != WATTLE_SOURCE_RELAY &&
               wattle_migrate_eligible(candidate);
}

/* Nobody answered anywhere: back to where the round began, from where the peer most likely comes
 * back. Added anew the kernel has nothing to send, so that what it then sends is a user's. */
static void pause_walk(WattleMigration *m, gint64 now)
{
        const Candidate *home = wattle_migrate_find(m, &m->home);
        WattleMoveReason reason = m->reason;
        gint64 since_us = m->since_us;

        clear_tried(m);
        if (!is_home(home))
                home = wattle_migrate_next(m, now);
        if (!is_home(home) && wattle_migrate_knock(m))
                home = wattle_migrate_knock(m);
        if (home) {
                wattle_migrate_put(m, home, reason, now);
                m->set_again = TRUE;
                m->since_us = since_us;
        }
        if (home && !wattle_migrate_has_session(m, now)) {
                m->set = WATTLE_MIGRATE_READD;
                m->probed_us = 0;
        }
        m->pause_us = now + jitter(m, MIN(PAUSE << MIN(m->rounds, 8), PAUSE_MAX));
        m->hurry = FALSE;
        m->rounds++;
        m->forced = FALSE;
        wattle_migrate_enter(m, PHASE_PAUSE, now);
}

void wattle_migrate_end_pause(WattleMigration *m, gint64 now)
{
        m->pause_us = now;
        m->hurry = TRUE;
}

static void next_try(WattleMigration *m, WattleMoveReason why, gint64 now)
{
        Candidate *candidate = wattle_migrate_next(m, now);

        if (!candidate) {
                pause_walk(m, now);
                return;
        }
        candidate->tried = TRUE;
        if (wattle_migrate_is_news(m, candidate, now))
                why = WATTLE_MOVE_DIRECT;
        else if (why == WATTLE_MOVE_DIRECT)
                why = WATTLE_MOVE_SILENT;
        wattle_migrate_try(m, &candidate->at, FALSE, why, now);
}

void wattle_migrate_begin_round(WattleMigration *m, WattleMoveReason why, gint64 now)
{
        Candidate *current = wattle_migrate_find(m, &m->wanted);

        clear_tried(m);
        m->broken = FALSE;
        m->home = m->wanted;
        if (current && (wattle_migrate_has_session(m, now) || why == WATTLE_MOVE_LEAVE))
                current->tried = TRUE;
        next_try(m, why, now);
}

void wattle_migrate_begin_round_at(WattleMigration *m, Candidate *first, WattleMoveReason why,
                                   gint64 now)
{
        clear_tried(m);
        m->home = m->wanted;
        first->tried = TRUE;
        wattle_migrate_try(m, &first->at, FALSE, why, now);
}

gboolean wattle_migrate_has_other(const WattleMigration *m)
{
        for (guint i = 0; i < m->n_candidates; i++)
                if (m->candidates[i].source != WATTLE_SOURCE_KNOCK &&
                    m->candidates[i].source != WATTLE_SOURCE_SEEN &&
                    wattle_migrate_eligible(&m->candidates[i]))
                        return TRUE;
        return FALSE;
}

static void go_back(WattleMigration *m, gint64 now)
{
        want(m, &m->try.from);
        m->reason = WATTLE_MOVE_REVERT;
        m->since_us = now;
        m->probe = TRUE;
        m->forced = FALSE;
        m->link_probe = FALSE;
        m->try.sets = 1;
        m->try.stable_us = 0;
        wattle_migrate_enter(m, PHASE_BACK, now);
}

void wattle_migrate_hold_meeting(WattleMigration *m, const WattleAddr *at, gint64 now)
{
        Meeting *meeting = &m->meeting;

        meeting->is_of_all = now < meeting->hold_us;
        meeting->hold_us = now + MIN(MEET_HOLD << MIN(meeting->failures, 8), MEET_HOLD_MAX);
        meeting->failures++;
        meeting->until_us = 0;
        meeting->failed = *at;
}

/* Once, where the session said nothing: to begin it anew costs one that may be good, which only the
 * news of another address is worth. The next read tells whether it is gone: a peer with a
 * pre-shared key keeps it. */
static gboolean try_anew(WattleMigration *m, Candidate *candidate, gint64 now)
{
        if (!candidate || !candidate->named_anew || m->try.fresh)
                return FALSE;
        candidate->named_anew = FALSE;
        begin_try(m, &candidate->at, FALSE, TRUE, m->try.why, now);
        return TRUE;
}

static void fail(WattleMigration *m, gint64 now)
{
        Candidate *candidate = wattle_migrate_find(m, &m->wanted);

        if (m->try.is_news) {
                m->punches++;
                wattle_migrate_hold_meeting(m, &m->wanted.addr, now);
        }
        /* Without a session nothing of a user's was sent. */
        if (candidate &&
            (m->try.back || (candidate->source == WATTLE_SOURCE_BEACON && !m->try.fresh)))
                wattle_migrate_hold(candidate, m->try.proved ? HOLD_PROVED : HOLD, now);
        if (m->try.back)
                go_back(m, now);
        else if (!try_anew(m, candidate, now))
                next_try(m, m->try.why, now);
}

void wattle_migrate_note(gint64 *times, guint n, gint64 now)
{
        memmove(times + 1, times, (n - 1) * sizeof *times);
        times[0] = now;
}

static void note_move(WattleMigration *m, gint64 now)
{
        wattle_migrate_note(m->moves, G_N_ELEMENTS(m->moves), now);
        if (m->moves[MOVES] != 0 && now - m->moves[MOVES] < FREEZE_WITHIN)
                m->frozen_us = now + FREEZE;
}

/* A neighbour that was silent in a walk through all candidates is held: being a neighbour alone is
 * no reason to try it again at once. */
static void hold_tried(WattleMigration *m, gint64 now)
{
        for (guint i = 0; i < m->n_candidates; i++) {
                Candidate *candidate = &m->candidates[i];

                if (candidate->tried && candidate->reach == WATTLE_REACH_ON_LINK &&
                    !wattle_socket_addr_equal(&candidate->at, &m->counters.endpoint))
                        wattle_migrate_hold(candidate, HOLD, now);
        }
}

static void succeed(WattleMigration *m, gint64 now)
{
        WattleMoveReason why = m->try.why;
        Candidate *candidate = wattle_migrate_find(m, &m->counters.endpoint);

        if (candidate) {
                candidate->failures = 0;
                candidate->held_us = 0;
        }
        if (!m->try.back)
                hold_tried(m, now);
        if (why == WATTLE_MOVE_ASKED)
                wattle_migrate_hold_others(m, &m->counters.endpoint, now);
        if (why == WATTLE_MOVE_UPGRADE)
                note_move(m, now);
        if (!m->try.back && wattle_socket_addr_equal(&m->counters.endpoint, &m->home))
                why = m->reason;
        wattle_migrate_accept(m, why, now);
}

/* A neighbour that is slower by far than the Internet is one behind bad radio. */
static gboolean is_too_slow(const WattleMigration *m)
{
        const Try *t = &m->try;

        return t->why == WATTLE_MOVE_UPGRADE && t->old_rtt_us >= 0 && m->rtt_us > LAN_SLOW &&
               m->rtt_us > 2 * t->old_rtt_us + 20 * MSEC;
}

/* Whether the endpoint that is now the kernel's is a packet's on the old path, and not news. */
static gboolean is_flapping(const WattleMigration *m, const Change *change)
{
        return !change->received || (m->try.why != WATTLE_MOVE_SILENT &&
                                     wattle_socket_addr_equal(&m->counters.endpoint, &m->try.from));
}

static void look_for_proof(WattleMigration *m, gint64 now)
{
        Try *t = &m->try;
        gboolean heard = now > t->stable_us && m->counters.rx_bytes > t->rx_bytes;

        if (t->proved)
                return;
        t->proved = t->answered || (heard && (!t->back || !m->answers));
        if (t->proved && t->back)
                t->end_us = now + PIN;
}

/* The read that comes before shows whether it is still needed. Words get lost: who wants the peer
 * has it told once more that it shall begin. */
static void meet_again(WattleMigration *m, gint64 now)
{
        Try *t = &m->try;
        gint64 next_us;

        if (t->n_agains == G_N_ELEMENTS(again_at))
                return;
        next_us = t->began_us + again_at[t->n_agains];
        if (now < next_us) {
                m->read_at_us = next_us;
                return;
        }
        t->n_agains++;
        if (m->meeting.goes_on) {
                t->probes = 0;
                set(m, now);
        }
        if (t->n_agains > 1 && t->n_agains < G_N_ELEMENTS(again_at) &&
            wattle_migrate_is_active(m, now)) {
                m->ask = TRUE;
                m->ask_us = now + ASK_AGAIN;
        }
}

void wattle_migrate_try_read(WattleMigration *m, const Change *change, gint64 now)
{
        Try *t = &m->try;

        if (t->fresh) {
                if (m->session_us > t->began_us && m->counters.rx_bytes > 0)
                        succeed(m, now);
                else if (t->meets)
                        meet_again(m, now);
                return;
        }
        if (change->moved && !is_flapping(m, change)) {
                wattle_migrate_accept(m, WATTLE_MOVE_ROAMED, now);
                return;
        }
        if (change->moved) {
                if (t->sets < MAX_SETS)
                        set(m, now);
                return;
        }
        if (t->stable_us == 0) {
                t->stable_us = now;
                t->rx_bytes = m->counters.rx_bytes;
        }
        look_for_proof(m, now);
        if (!t->proved || (t->back && now - t->stable_us < STABLE))
                return;
        if (is_too_slow(m))
                fail(m, now);
        else
                succeed(m, now);
}

void wattle_migrate_try_timer(WattleMigration *m, gint64 now)
{
        Try *t = &m->try;
        gboolean stays = wattle_socket_addr_equal(&m->counters.endpoint, &m->wanted);

        if (now >= t->end_us) {
                if (t->proved && stays)
                        succeed(m, now);
                else
                        fail(m, now);
                return;
        }
        if (now < t->probe_us)
                return;
        t->probe_us = WATTLE_MIGRATE_NEVER;
        if (t->probes >= (t->proved ? MAX_PROBES : MAX_UNPROVED))
                return;
        m->probe = TRUE;
        t->probes++;
        if (++t->probes_since_set < G_N_ELEMENTS(probe_at) && !t->proved)
                t->probe_us =
                        now + probe_at[t->probes_since_set] - probe_at[t->probes_since_set - 1];
}

/* Sets the old endpoint again. A packet of the peer ends that: where it comes from is right now. */
void wattle_migrate_back_read(WattleMigration *m, const Change *change, gint64 now)
{
        Try *t = &m->try;

        if (change->moved && change->received) {
                wattle_migrate_accept(m, WATTLE_MOVE_ROAMED, now);
        } else if (change->moved && t->sets < MAX_SETS) {
                want(m, &m->wanted);
                m->set_again = TRUE;
                t->sets++;
                t->stable_us = 0;
        } else if (!change->moved && t->stable_us == 0) {
                t->stable_us = now;
        } else if (!change->moved && now - t->stable_us >= STABLE_BACK) {
                wattle_migrate_enter(m, PHASE_WATCH, now);
        }
}
