/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/migrate/traffic.h"

#define KEEPALIVE_BYTES  32          /* an empty packet, which nobody answers */
#define INITIATION_BYTES 148         /* of a handshake; the kernel sends one each 5 s for 90 s */
#define PROBE_BYTES      160         /* of ours, at most */
#define PROBE_ECHO       (100 * SEC) /* for so long a probe may make the kernel send initiations */

/* How many bytes the kernel may have sent in that time with no user behind them: keepalives, our
 * own probes, and the handshakes that these ask for. */
static guint64 background(const WattleMigration *m, gint64 elapsed, gint64 now)
{
        guint64 periods = 1 + (guint64)(elapsed / (5 * SEC));
        guint64 bytes = KEEPALIVE_BYTES * periods + (guint64)m->probes * PROBE_BYTES;

        if (m->probed_us != 0 && now - m->probed_us < PROBE_ECHO)
                bytes += INITIATION_BYTES * periods;
        return bytes;
}

void wattle_migrate_answered(WattleMigration *m)
{
        m->unanswered_us = 0;
        m->unanswered = 0;
        m->broken = FALSE;
}

static gboolean is_much(guint64 bytes, gint64 elapsed)
{
        return bytes * SEC >= EXCHANGE_BYTES * (guint64)elapsed;
}

/* Of a user's packets, by the bytes that came and went since the last read. When no more come it is
 * over, or it is a stream now, or the way is lost; and who only answered until then hears of that
 * by nothing else. One doubt tells, for two packets; then it has to become an exchange again. */
static void note_exchange(WattleMigration *m, guint64 rx, guint64 tx, gint64 elapsed, gint64 now)
{
        if (is_much(tx, elapsed) && is_much(rx, elapsed)) {
                m->exchange_us = now;
        } else if (rx == 0 && elapsed >= READ_BROKEN && m->answers && m->exchange_us != 0) {
                m->broken = now - m->exchange_us < EXCHANGE;
                m->exchange_us = 0;
        }
}

/* rekeyed: a session has followed another, for which a keepalive is reason enough: no more than an
 * initiation, or the answer to one, and the first packet of the new one. */
static void note_traffic(WattleMigration *m, guint64 rx, guint64 tx, gboolean rekeyed, gint64 now)
{
        gint64 elapsed = now - m->read_us;
        guint64 rekey = rekeyed ? INITIATION_BYTES + KEEPALIVE_BYTES : 0;
        gboolean sending = tx > background(m, elapsed, now) + rekey;

        if (sending || rx > KEEPALIVE_BYTES * (1 + (guint64)(elapsed / (5 * SEC))) + rekey +
                                       (guint64)m->probes * PROBE_BYTES)
                m->active_us = now;
        if (rx > 0 && elapsed <= LIVES)
                m->lives_us = now;
        if (rx > 0)
                wattle_migrate_answered(m);
        note_exchange(m, rx, tx, elapsed, now);
        if (rx > 0 || (!sending && !m->broken))
                return;
        if (m->unanswered_us == 0)
                m->unanswered_us = MAX(m->read_us, now - READ_ACTIVE);
        m->unanswered++;
}

/* A handshake that was not read before the host slept. The kernel's time is whole seconds. */
static gboolean is_of_before_sleep(const WattleMigration *m, const WattleMigrateCounters *counters,
                                   gint64 now)
{
        return m->woke && counters->handshake_age_us > now - m->link_us + SEC;
}

/* The kernel's time is of a clock that may be set: only the first is believed, and the first after
 * a sleep; and then that it changes. */
static void note_handshake(WattleMigration *m, const WattleMigrateCounters *counters, gint64 now)
{
        if (counters->last_handshake_s == 0)
                m->session_us = 0;
        else if (!m->known)
                m->session_us = now - CLAMP(counters->handshake_age_us, 0, SESSION_END);
        else if (counters->last_handshake_s != m->counters.last_handshake_s &&
                 !is_of_before_sleep(m, counters, now))
                m->session_us = now;
}

Change wattle_migrate_take_counters(WattleMigration *m, const WattleMigrateCounters *counters,
                                    gint64 now)
{
        const WattleMigrateCounters before = m->counters;
        gboolean anew =
                counters->rx_bytes < before.rx_bytes || counters->tx_bytes < before.tx_bytes;
        gboolean rekeyed = m->known && wattle_migrate_has_session(m, now) &&
                           counters->last_handshake_s != before.last_handshake_s;
        Change change = { .moved = !wattle_socket_addr_equal(&counters->endpoint, &m->wanted) };

        note_handshake(m, counters, now);
        m->counters = *counters;
        if (m->known) {
                guint64 rx = counters->rx_bytes - (anew ? 0 : before.rx_bytes);
                guint64 tx = counters->tx_bytes - (anew ? 0 : before.tx_bytes);

                change.received = rx > 0;
                change.reset = anew && !m->readded;
                note_traffic(m, rx, tx, rekeyed, now);
        }
        m->readded = FALSE;
        m->woke = FALSE;
        m->known = TRUE;
        m->read_us = now;
        m->read_at_us = 0;
        m->probes = 0;
        return change;
}

gboolean wattle_migrate_is_active(const WattleMigration *m, gint64 now)
{
        return m->active_us != 0 && now - m->active_us < ACTIVE;
}

gboolean wattle_migrate_has_session(const WattleMigration *m, gint64 now)
{
        return m->session_us != 0 && now - m->session_us < SESSION_USABLE;
}

gboolean wattle_migrate_is_silent(const WattleMigration *m, gint64 now)
{
        gint64 silence = m->broken ? SILENCE_BROKEN : m->answers ? SILENCE : SILENCE_MUTE;
        /* A single packet may itself have been an answer, so it takes two reads; with no session
         * only handshakes are sent, and one read shows them. */
        guint reads = wattle_migrate_has_session(m, now) ? 2 : 1;

        return m->unanswered >= reads && now - m->unanswered_us >= silence &&
               wattle_migrate_is_active(m, now);
}
