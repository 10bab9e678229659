/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/migrate/migrate.h"

#include <string.h>

#include "common/language.h"
#include "common/migrate/watch.h"

#define DOUBT_PROBES 3

static const gint64 doubt_at[DOUBT_PROBES] = { 0, 300 * MSEC, 900 * MSEC };
static const gint64 broken_at[DOUBT_PROBES] = { 0, 100 * MSEC, 250 * MSEC };

const char *wattle_move_reason_text(WattleMoveReason reason)
{
        switch (reason) {
        case WATTLE_MOVE_NONE:
                return _("as it was found");
        case WATTLE_MOVE_FIRST:
                return _("there was none");
        case WATTLE_MOVE_UPGRADE:
                return _("the peer is on this link");
        case WATTLE_MOVE_REVERT:
                return _("another was tried and did not answer");
        case WATTLE_MOVE_LEAVE:
                return _("the way to the old one is gone");
        case WATTLE_MOVE_SILENT:
                return _("the old one was silent");
        case WATTLE_MOVE_REASSERT:
                return _("the configured one was put back");
        case WATTLE_MOVE_ROAMED:
                return _("the peer came from there");
        case WATTLE_MOVE_OTHER:
                return _("somebody else set it");
        case WATTLE_MOVE_ASKED:
                return _("a user asked for it");
        case WATTLE_MOVE_RELAYED:
                return _("a relay passes on what goes between the two");
        case WATTLE_MOVE_DIRECT:
                return _("both opened their NAT for the other");
        case WATTLE_MOVE_PARKED:
                return _("nobody can call it: it waits until the peer is wanted");
        }
        g_return_val_if_reached("");
}

WattleMigration *wattle_migration_new(const WattleMigrateConfig *config, gint64 now_us)
{
        WattleMigration *m = g_new0(WattleMigration, 1);

        m->since_us = now_us;
        m->rtt_us = -1;
        m->random = config->seed;
        m->next_id = config->seed | 1;
        m->resolve_gap = RESOLVE_AGAIN;
        wattle_migration_reconfigure(m, config);
        return m;
}

void wattle_migration_free(WattleMigration *m)
{
        if (m)
                g_free(m->candidates);
        g_free(m);
}

/* The one with the lower key goes first. */
static gboolean is_peer_first(const WattleMigrateConfig *config)
{
        return memcmp(config->peer.bytes, config->self.bytes, WATTLE_KEY_SIZE) < 0;
}

void wattle_migration_reconfigure(WattleMigration *m, const WattleMigrateConfig *config)
{
        m->configured = config->configured;
        m->can_pair = config->can_pair != FALSE;
        m->peer_first = is_peer_first(config);
        m->answers |= config->managed != FALSE;
        m->meeting.hold_us = 0;
}

static void take_names(WattleMigration *m, gint64 now)
{
        m->resolve_us = now + m->resolve_gap;
        m->resolve_gap = MIN(2 * m->resolve_gap, 60 * SEC);
        m->expire_us = now + RESOLVE_FRESH;
}

static void take_link(WattleMigration *m, const WattleMigrateEvent *event, gint64 now)
{
        (void)wattle_migrate_take_candidates(m, event, now);
        m->link_pending = TRUE;
        m->link_probe = TRUE;
        m->link_us = now;
        m->read_at_us = now;
        m->frozen_us = 0;
        memset(m->moves, 0, sizeof m->moves);
        m->rounds = 0;
        m->expire_us = 0;
        m->ask_us = 0;
        wattle_migrate_seek_anew(m, now);
        if (m->phase == PHASE_PAUSE)
                wattle_migrate_end_pause(m, now);
}

/* Where the peer was is as likely as before, but nothing that went unanswered counts. */
static void take_woke(WattleMigration *m, const WattleMigrateEvent *event, gint64 now)
{
        take_link(m, event, now);
        m->woke = TRUE;
        m->session_us = 0;
        wattle_migrate_answered(m);
}

static void take_answer(WattleMigration *m, const WattleMigrateEvent *event, gint64 now)
{
        m->rtt_us = event->rtt_us;
        m->answers = TRUE;
        if (m->phase == PHASE_DOUBT) {
                m->forced = FALSE;
                wattle_migrate_answered(m);
                wattle_migrate_enter(m, PHASE_WATCH, now);
        } else if (m->phase == PHASE_TRY &&
                   event->probe_id - m->try.first_id < m->next_id - m->try.first_id) {
                m->try.answered = TRUE;
                m->read_at_us = now;
        }
}

static void take_wish(WattleMigration *m, const WattleMigrateEvent *event, gint64 now)
{
        const Candidate *target = wattle_migrate_find(m, &event->move_to);
        gboolean back = wattle_socket_addr_is_set(&m->counters.endpoint);

        if (m->phase == PHASE_TRY && m->try.back)
                m->counters.endpoint = m->try.from;
        wattle_migrate_free_holds(m);
        m->frozen_us = 0;
        memset(m->moves, 0, sizeof m->moves);
        m->rounds = 0;
        if (!wattle_socket_addr_is_set(&event->move_to))
                target = wattle_migrate_better(m, now);
        else if (!target || !wattle_migrate_eligible(target))
                return;
        m->forced = TRUE;
        if (target && !wattle_socket_addr_equal(&target->at, &m->counters.endpoint)) {
                wattle_migrate_try(m, &target->at, back, WATTLE_MOVE_ASKED, now);
                return;
        }
        if (target)
                wattle_migrate_hold_others(m, &target->at, now);
        wattle_migrate_doubt(m, now);
}

static void take_event(WattleMigration *m, const WattleMigrateEvent *event, gint64 now)
{
        switch (event->kind) {
        case WATTLE_ON_TIMER:
                break;
        case WATTLE_ON_CANDIDATES:
                if (wattle_migrate_take_candidates(m, event, now) && m->phase == PHASE_PAUSE)
                        wattle_migrate_end_pause(m, now);
                if (event->resolved)
                        take_names(m, now);
                m->read_at_us = now;
                break;
        case WATTLE_ON_LINK:
                take_link(m, event, now);
                break;
        case WATTLE_ON_WOKE:
                take_woke(m, event, now);
                break;
        case WATTLE_ON_COUNTERS:
                wattle_migrate_read(m, &event->counters, now);
                break;
        case WATTLE_ON_ANSWER:
                take_answer(m, event, now);
                break;
        case WATTLE_ON_WANTED:
                wattle_migrate_wanted(m, now);
                break;
        case WATTLE_ON_PAIRED:
                (void)wattle_migrate_take_candidates(m, event, now);
                wattle_migrate_paired(m, now);
                break;
        case WATTLE_ON_INTRODUCED:
                (void)wattle_migrate_take_candidates(m, event, now);
                wattle_migrate_introduced(m, event->goes_on, now);
                break;
        case WATTLE_ON_SIGHTED:
                (void)wattle_migrate_take_candidates(m, event, now);
                wattle_migrate_sighted(m, now);
                break;
        case WATTLE_ON_MOVE:
                take_wish(m, event, now);
                break;
        }
}

static gint64 doubt_end(const WattleMigration *m)
{
        return m->phase_us + (m->broken ? CLAMP(3 * m->rtt_us, DOUBT_BROKEN, DOUBT) : DOUBT);
}

/* When the next probe is due, and after the last the end. */
static gint64 doubt_deadline(const WattleMigration *m)
{
        const gint64 *at = m->broken ? broken_at : doubt_at;

        return m->doubt_probes < DOUBT_PROBES ? m->phase_us + at[m->doubt_probes] : doubt_end(m);
}

static void doubt_timer(WattleMigration *m, gint64 now)
{
        if (now >= doubt_end(m)) {
                wattle_migrate_begin_round(m, WATTLE_MOVE_SILENT, now);
                return;
        }
        while (m->doubt_probes < DOUBT_PROBES && now >= doubt_deadline(m)) {
                m->doubt_probes++;
                m->probe = TRUE;
                if (m->doubt_probes == DOUBT_ASK)
                        wattle_migrate_ask(m, now);
        }
}

static void pause_timer(WattleMigration *m, gint64 now)
{
        if (now < m->pause_us)
                return;
        wattle_migrate_resolve(m, now);
        if ((m->active_us > m->phase_us || m->hurry) && wattle_migrate_is_active(m, now)) {
                wattle_migrate_ask(m, now);
                wattle_migrate_begin_round(m, WATTLE_MOVE_SILENT, now);
        } else {
                wattle_migrate_enter(m, PHASE_WATCH, now);
        }
}

static void run_timers(WattleMigration *m, gint64 now)
{
        if (m->link_probe && now - m->link_us >= LOOK)
                m->link_probe = FALSE;
        switch (m->phase) {
        case PHASE_WATCH:
                break;
        case PHASE_DOUBT:
                doubt_timer(m, now);
                break;
        case PHASE_TRY:
                wattle_migrate_try_timer(m, now);
                break;
        case PHASE_BACK:
                if (now - m->phase_us >= BACK)
                        wattle_migrate_enter(m, PHASE_WATCH, now);
                break;
        case PHASE_PAUSE:
                pause_timer(m, now);
                break;
        case PHASE_PUNCH:
                wattle_migrate_punch_timer(m, now);
                break;
        }
}

static WattleMoveReason set_reason(const WattleMigration *m)
{
        return m->phase == PHASE_TRY ? m->try.why : m->reason;
}

/* The next thing to do; from here on it counts as done. */
static WattleMigrateAction take_action(WattleMigration *m, gint64 now)
{
        WattleMigrateAction action = { .kind = WATTLE_MIGRATE_NOTHING };

        if (m->set != WATTLE_MIGRATE_NOTHING) {
                action = (WattleMigrateAction){ .kind = m->set,
                                                .at = m->wanted,
                                                .reason = set_reason(m),
                                                .again = m->set_again };
                m->readded = m->set == WATTLE_MIGRATE_READD;
                m->set = WATTLE_MIGRATE_NOTHING;
        } else if (m->probe) {
                action = (WattleMigrateAction){ .kind = WATTLE_MIGRATE_PROBE,
                                                .probe_id = m->next_id++ };
                m->probe = FALSE;
                m->probes++;
                m->probed_us = now;
        } else if (wattle_socket_addr_is_set(&m->punch_at)) {
                action = (WattleMigrateAction){ .kind = WATTLE_MIGRATE_PUNCH,
                                                .at = m->punch_at,
                                                .back = m->wanted,
                                                .probe_id = m->next_id++ };
                m->punch_at = (WattleSocketAddr){ 0 };
                m->probes++;
                m->probed_us = now;
        } else if (m->ask) {
                action.kind = WATTLE_MIGRATE_ASK;
                m->ask = FALSE;
        } else if (m->resolve) {
                action.kind = WATTLE_MIGRATE_RESOLVE;
                m->resolve = FALSE;
        }
        return action;
}

static gint64 deadline(const WattleMigration *m)
{
        switch (m->phase) {
        case PHASE_WATCH:
                return WATTLE_MIGRATE_NEVER;
        case PHASE_DOUBT:
                return doubt_deadline(m);
        case PHASE_TRY:
                return MIN(m->try.probe_us, m->try.end_us);
        case PHASE_BACK:
                return m->phase_us + BACK;
        case PHASE_PAUSE:
                return m->pause_us;
        case PHASE_PUNCH:
                return wattle_migrate_punch_deadline(m);
        }
        g_return_val_if_reached(WATTLE_MIGRATE_NEVER);
}

static gint64 read_gap(const WattleMigration *m, gint64 now)
{
        gint64 since_link = m->link_us != 0 ? now - m->link_us : LOOK;

        if (m->phase == PHASE_TRY && m->try.fresh)
                return READ_DOUBT;
        if (m->phase == PHASE_TRY && m->try.back && now - m->try.set_us < PINNING)
                return READ_PINNING;
        if (m->phase == PHASE_TRY || m->phase == PHASE_BACK || m->phase == PHASE_PUNCH)
                return READ_MOVING;
        if (m->phase == PHASE_DOUBT || since_link < LOOK_CLOSELY)
                return READ_DOUBT;
        if (since_link < LOOK)
                return READ_LOOKING;
        if (!wattle_migrate_is_active(m, now))
                return READ_IDLE;
        return m->broken && m->phase == PHASE_WATCH ? READ_BROKEN : READ_ACTIVE;
}

static gint64 read_time(const WattleMigration *m, gint64 now)
{
        gint64 time = m->known ? m->read_us + read_gap(m, now) : now;

        if (m->read_at_us != 0)
                time = MIN(time, m->read_at_us);
        if (m->sighted_us != 0)
                time = MIN(time, m->sighted_us);
        return MAX(time, now);
}

WattleMigrateStep wattle_migration_step(WattleMigration *m, const WattleMigrateEvent *event,
                                        gint64 now_us)
{
        WattleMigrateStep step;

        if (event)
                take_event(m, event, now_us);
        if (m->set == WATTLE_MIGRATE_NOTHING)
                run_timers(m, now_us);
        step.action = take_action(m, now_us);
        step.deadline_us =
                step.action.kind == WATTLE_MIGRATE_NOTHING ? MAX(deadline(m), now_us) : now_us;
        step.read_us = read_time(m, now_us);
        return step;
}

/* The endpoint that the kernel has: in the middle of a move as it was read last, else as it was set
 * last. */
static const WattleSocketAddr *endpoint(const WattleMigration *m)
{
        return m->phase == PHASE_TRY ? &m->counters.endpoint : &m->wanted;
}

static WattlePath path(const WattleMigration *m, gint64 now)
{
        const WattleSocketAddr *at = endpoint(m);
        const Candidate *candidate = wattle_migrate_find(m, at);
        gboolean on_link = wattle_socket_addr_equal(at, &m->counters.endpoint)
                                   ? m->counters.reach == WATTLE_REACH_ON_LINK
                                   : m->on_link;

        if (!wattle_socket_addr_is_set(at) || m->session_us == 0 ||
            now - m->session_us >= SESSION_END ||
            (candidate && candidate->source == WATTLE_SOURCE_KNOCK))
                return WATTLE_PATH_NONE;
        if (candidate && candidate->source == WATTLE_SOURCE_RELAY)
                return WATTLE_PATH_RELAYED;
        if (on_link)
                return WATTLE_PATH_LAN;
        if ((candidate && candidate->source == WATTLE_SOURCE_SEEN) ||
            m->reason == WATTLE_MOVE_DIRECT)
                return WATTLE_PATH_DIRECT;
        if (!candidate || candidate->source == WATTLE_SOURCE_LAST_GOOD)
                return WATTLE_PATH_ROAMED;
        return candidate->source == WATTLE_SOURCE_PRIVATE ? WATTLE_PATH_LAN : WATTLE_PATH_PUBLIC;
}

void wattle_migration_status(const WattleMigration *m, gint64 now_us, WattleMigrateStatus *ret)
{
        const Candidate *knock = wattle_migrate_knock(m);
        const Candidate *current = wattle_migrate_find(m, endpoint(m));
        WattleSocketAddr at = *endpoint(m);

        if (knock && wattle_socket_addr_equal(&knock->at, &at))
                at = (WattleSocketAddr){ 0 };
        *ret = (WattleMigrateStatus){ .path = path(m, now_us),
                                      .endpoint = at,
                                      .reason = m->reason,
                                      .since_us = m->since_us,
                                      .rtt_us = m->rtt_us,
                                      .busy = m->phase != PHASE_WATCH,
                                      .proved = current && current->good_us != 0 &&
                                                current->good_us >= m->since_us,
                                      .punches = m->punches };
}

guint wattle_migration_ways(const WattleMigration *m, gint64 now_us,
                            WattleMigrateWay ret[WATTLE_MIGRATE_MAX_CANDIDATES])
{
        guint n = 0;

        for (guint i = 0; i < m->n_candidates; i++) {
                const Candidate *candidate = &m->candidates[i];

                if (candidate->source != WATTLE_SOURCE_KNOCK)
                        ret[n++] = (WattleMigrateWay){ candidate->source, candidate->at,
                                                       candidate->reach,
                                                       MAX(candidate->held_us - now_us, 0) };
        }
        return n;
}

gboolean wattle_migration_last_good(const WattleMigration *m, WattleSocketAddr *ret)
{
        if (!wattle_socket_addr_is_set(&m->good))
                return FALSE;
        *ret = m->good;
        return TRUE;
}

gboolean wattle_migration_leave(const WattleMigration *m, WattleSocketAddr *ret)
{
        const WattleSocketAddr *walk = wattle_socket_addr_is_set(&m->good) ? &m->good : &m->home;
        const WattleSocketAddr *at;

        if (m->phase != PHASE_TRY || m->try.proved)
                return FALSE;
        at = m->try.back ? &m->try.from : walk;
        if (wattle_socket_addr_is_set(at))
                *ret = *at;
        return wattle_socket_addr_is_set(at);
}

gboolean wattle_migration_may_move_to(const WattleMigration *m, const WattleSocketAddr *at)
{
        const Candidate *candidate = wattle_migrate_find(m, at);

        return candidate && wattle_migrate_eligible(candidate);
}
