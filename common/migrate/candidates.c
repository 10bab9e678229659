/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/migrate/candidates.h"

#include <netinet/in.h>
#include <string.h>

Candidate *wattle_migrate_find(const WattleMigration *m, const WattleSocketAddr *at)
{
        for (guint i = 0; i < m->n_candidates; i++)
                if (wattle_socket_addr_equal(&m->candidates[i].at, at))
                        return &m->candidates[i];
        return NULL;
}

/* Another network has the same ones. */
static gboolean is_private(const WattleAddr *addr)
{
        const guint private = 1u << WATTLE_ADDR_PRIVATE | 1u << WATTLE_ADDR_SHARED |
                              1u << WATTLE_ADDR_UNIQUE_LOCAL | 1u << WATTLE_ADDR_LINK_LOCAL;

        return (1u << wattle_addr_class(addr) & private) != 0;
}

gboolean wattle_migrate_is_global(const Candidate *candidate)
{
        return candidate &&
               (candidate->source == WATTLE_SOURCE_PUBLIC ||
                candidate->source == WATTLE_SOURCE_NAME) &&
               !is_private(&candidate->at.addr);
}

gboolean wattle_migrate_eligible(const Candidate *candidate)
{
        switch (candidate->source) {
        case WATTLE_SOURCE_PRIVATE:
        case WATTLE_SOURCE_BEACON:
                return candidate->reach == WATTLE_REACH_ON_LINK;
        case WATTLE_SOURCE_PUBLIC:
        case WATTLE_SOURCE_NAME:
        case WATTLE_SOURCE_RELAY:
                return candidate->reach != WATTLE_REACH_NONE;
        case WATTLE_SOURCE_KNOCK:
                return TRUE;
        case WATTLE_SOURCE_LAST_GOOD:
        case WATTLE_SOURCE_SEEN:
                return candidate->reach == WATTLE_REACH_ON_LINK ||
                       (candidate->reach == WATTLE_REACH_GATEWAY &&
                        !is_private(&candidate->at.addr));
        }
        g_return_val_if_reached(FALSE);
}

/* Off link for a while means another network: what failed there says nothing of this one. A short
 * loss of the link does not end a hold, or a stranger's network would be tried at each. */
static void set_reach(Candidate *candidate, WattleReach reach, gint64 now)
{
        if (candidate->reach == WATTLE_REACH_ON_LINK && reach != WATTLE_REACH_ON_LINK)
                candidate->gone_us = now;
        if (candidate->reach != WATTLE_REACH_ON_LINK && reach == WATTLE_REACH_ON_LINK &&
            candidate->gone_us != 0 && now - candidate->gone_us >= AWAY)
                candidate->held_us = 0;
        candidate->reach = reach;
}

/* The caller looks up no route to a learnt address, for it is in no list. It is taken to be reached
 * as the listed ones of its family are. */
static WattleReach reach_of_learnt(const WattleMigrateEvent *event, const WattleSocketAddr *at)
{
        for (guint i = 0; i < event->n_candidates; i++) {
                const WattleMigrateCandidate *other = &event->candidates[i];

                if (other->at.addr.family == at->addr.family &&
                    other->reach == WATTLE_REACH_GATEWAY && !is_private(&other->at.addr))
                        return WATTLE_REACH_GATEWAY;
        }
        return WATTLE_REACH_NONE;
}

static void add(WattleMigration *m, const Candidate *candidate)
{
        if (m->n_candidates == WATTLE_MIGRATE_MAX_CANDIDATES)
                return;
        m->candidates = g_renew(Candidate, m->candidates, m->n_candidates + 1);
        m->candidates[m->n_candidates++] = *candidate;
}

/* The candidates of the list, in its order, with what is known of them already. Returns whether one
 * of them is new. */
static gboolean take_listed(WattleMigration *m, const WattleMigrateEvent *event,
                            const WattleMigration *before, gint64 now)
{
        gboolean is_new = FALSE;

        for (guint i = 0; i < event->n_candidates; i++) {
                const WattleMigrateCandidate *given = &event->candidates[i];
                const Candidate *known = wattle_migrate_find(before, &given->at);
                Candidate candidate = known ? *known : (Candidate){ .at = given->at };

                if (wattle_migrate_find(m, &given->at))
                        continue;
                is_new = is_new || !known;
                candidate.named_anew |= !candidate.listed && given->source == WATTLE_SOURCE_NAME;
                candidate.source = given->source;
                candidate.listed = TRUE;
                set_reach(&candidate, given->reach, now);
                add(m, &candidate);
        }
        return is_new;
}

/* A candidate that is in the list no more, but has been good, is kept: a DNS name that changed must
 * not take a working address away. Of such candidates the two newest are enough. */
static void take_learnt(WattleMigration *m, const WattleMigrateEvent *event,
                        const WattleMigration *before, gint64 now)
{
        guint left = 2;

        for (guint i = before->n_candidates; i > 0 && left > 0; i--) {
                Candidate candidate = before->candidates[i - 1];

                if (candidate.good_us == 0 || candidate.source == WATTLE_SOURCE_RELAY ||
                    wattle_migrate_find(m, &candidate.at))
                        continue;
                candidate.source = WATTLE_SOURCE_LAST_GOOD;
                candidate.listed = candidate.named_anew = FALSE;
                if (event->kind == WATTLE_ON_LINK)
                        set_reach(&candidate, reach_of_learnt(event, &candidate.at), now);
                add(m, &candidate);
                left--;
        }
}

gboolean wattle_migrate_take_candidates(WattleMigration *m, const WattleMigrateEvent *event,
                                        gint64 now)
{
        WattleMigration before = *m;
        gboolean is_new;

        m->candidates = NULL;
        m->n_candidates = 0;
        is_new = take_listed(m, event, &before, now);
        take_learnt(m, event, &before, now);
        g_free(before.candidates);
        m->has_names = event->has_names;
        return is_new;
}

void wattle_migrate_forget_news(WattleMigration *m)
{
        for (guint i = 0; i < m->n_candidates; i++)
                m->candidates[i].named_anew = FALSE;
}

static Candidate *learn(WattleMigration *m, const WattleSocketAddr *at, WattleReach reach)
{
        Candidate learnt = { .source = WATTLE_SOURCE_LAST_GOOD, .at = *at, .reach = reach };

        if (!wattle_migrate_find(m, at)) {
                guint learnts = 0, oldest = 0;

                for (guint i = m->n_candidates; i > 0; i--)
                        if (!m->candidates[i - 1].listed) {
                                learnts++;
                                oldest = i - 1;
                        }
                if (learnts >= 2 ||
                    (learnts > 0 && m->n_candidates == WATTLE_MIGRATE_MAX_CANDIDATES)) {
                        memmove(&m->candidates[oldest], &m->candidates[oldest + 1],
                                (m->n_candidates - oldest - 1) * sizeof *m->candidates);
                        m->n_candidates--;
                }
                add(m, &learnt);
        }
        return wattle_migrate_find(m, at);
}

void wattle_migrate_note_good(WattleMigration *m, gint64 now)
{
        Candidate *candidate = learn(m, &m->counters.endpoint, m->counters.reach);

        if (candidate) {
                candidate->good_us = now;
                candidate->reach = m->counters.reach;
        }
        if (m->counters.reach == WATTLE_REACH_GATEWAY &&
            !(candidate && candidate->source == WATTLE_SOURCE_RELAY))
                m->good = m->counters.endpoint;
}

void wattle_migrate_hold(Candidate *candidate, gint64 span, gint64 now)
{
        candidate->held_us = now + MIN(span << MIN(candidate->failures, 10), HOLD_MAX);
        candidate->failures++;
}

void wattle_migrate_hold_others(WattleMigration *m, const WattleSocketAddr *at, gint64 now)
{
        for (guint i = 0; i < m->n_candidates; i++)
                if (!wattle_socket_addr_equal(&m->candidates[i].at, at))
                        m->candidates[i].held_us = now + HOLD_MAX;
}

void wattle_migrate_hold_neighbours(WattleMigration *m, gint64 now)
{
        for (guint i = 0; i < m->n_candidates; i++)
                if (m->candidates[i].reach == WATTLE_REACH_ON_LINK)
                        m->candidates[i].held_us = MAX(m->candidates[i].held_us, now + HOLD);
}

void wattle_migrate_free_holds(WattleMigration *m)
{
        for (guint i = 0; i < m->n_candidates; i++) {
                m->candidates[i].held_us = 0;
                m->candidates[i].failures = 0;
        }
}

gboolean wattle_migrate_is_news(const WattleMigration *m, const Candidate *candidate, gint64 now)
{
        return candidate && candidate->source == WATTLE_SOURCE_SEEN && now < m->meeting.until_us;
}

gboolean wattle_migrate_can_punch(const Candidate *candidate)
{
        return candidate->source != WATTLE_SOURCE_PRIVATE &&
               candidate->source != WATTLE_SOURCE_BEACON &&
               candidate->source != WATTLE_SOURCE_RELAY &&
               candidate->source != WATTLE_SOURCE_KNOCK && wattle_migrate_eligible(candidate);
}

static Candidate *find_source(const WattleMigration *m, WattleSource source)
{
        for (guint i = 0; i < m->n_candidates; i++)
                if (m->candidates[i].source == source)
                        return &m->candidates[i];
        return NULL;
}

Candidate *wattle_migrate_seen(const WattleMigration *m)
{
        return find_source(m, WATTLE_SOURCE_SEEN);
}

Candidate *wattle_migrate_relay(const WattleMigration *m)
{
        return find_source(m, WATTLE_SOURCE_RELAY);
}

Candidate *wattle_migrate_knock(const WattleMigration *m)
{
        return find_source(m, WATTLE_SOURCE_KNOCK);
}

/* A relay that offers its port is there now, and so is, most likely, who sent a beacon: that is
 * more than is known of any other. 0: not to be tried like that. */
static int rank(const Candidate *candidate)
{
        switch (candidate->source) {
        case WATTLE_SOURCE_RELAY:
                return 7;
        case WATTLE_SOURCE_BEACON:
                return 6;
        case WATTLE_SOURCE_SEEN:
        case WATTLE_SOURCE_KNOCK:
                return 0;
        case WATTLE_SOURCE_PRIVATE:
                return 5;
        case WATTLE_SOURCE_PUBLIC:
                return candidate->at.addr.family == AF_INET6 ? 4 : 3;
        case WATTLE_SOURCE_NAME:
                return 2;
        case WATTLE_SOURCE_LAST_GOOD:
                return candidate->reach == WATTLE_REACH_ON_LINK ? 5 : 1;
        }
        g_return_val_if_reached(0);
}

/* Of two that nobody can call, what was seen just now comes after their LAN. */
static int rank_now(const WattleMigration *m, const Candidate *candidate, gint64 now)
{
        return wattle_migrate_is_news(m, candidate, now) ? 2 : rank(candidate);
}

/* A beacon may be a stranger's, and while there is a session each round would send him what there
 * is to send. */
static gboolean is_held(const WattleMigration *m, const Candidate *candidate, gint64 now)
{
        return candidate->source == WATTLE_SOURCE_BEACON && candidate->held_us > now &&
               m->session_us != 0 && now - m->session_us < SESSION_USABLE;
}

Candidate *wattle_migrate_sighting(const WattleMigration *m, gint64 now)
{
        for (guint i = 0; i < m->n_candidates; i++) {
                Candidate *candidate = &m->candidates[i];

                if (candidate->source == WATTLE_SOURCE_BEACON && !is_held(m, candidate, now) &&
                    wattle_migrate_eligible(candidate))
                        return candidate;
        }
        return NULL;
}

/* By rank, then the one that was good last, then as in the profile. */
Candidate *wattle_migrate_next(const WattleMigration *m, gint64 now)
{
        Candidate *best = NULL;

        for (guint i = 0; i < m->n_candidates; i++) {
                Candidate *candidate = &m->candidates[i];
                int own = rank_now(m, candidate, now);

                if (candidate->tried || own == 0 || is_held(m, candidate, now) ||
                    !wattle_migrate_eligible(candidate))
                        continue;
                if (!best || own > rank_now(m, best, now) ||
                    (own == rank_now(m, best, now) && candidate->good_us > best->good_us))
                        best = candidate;
        }
        return best;
}

Candidate *wattle_migrate_better(const WattleMigration *m, gint64 now)
{
        const Candidate *relay = wattle_migrate_relay(m);

        /* A relay on our link is no neighbour of the peer. */
        if (m->counters.reach == WATTLE_REACH_ON_LINK &&
            !(relay && wattle_socket_addr_equal(&relay->at, &m->counters.endpoint)))
                return NULL;
        for (guint i = 0; i < m->n_candidates; i++) {
                Candidate *candidate = &m->candidates[i];

                if (candidate->listed && candidate->reach == WATTLE_REACH_ON_LINK &&
                    candidate->source != WATTLE_SOURCE_LAST_GOOD &&
                    candidate->source != WATTLE_SOURCE_RELAY && candidate->held_us <= now &&
                    !wattle_socket_addr_equal(&candidate->at, &m->counters.endpoint))
                        return candidate;
        }
        return NULL;
}
