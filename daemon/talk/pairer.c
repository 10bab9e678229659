/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/talk/pairer.h"

#include "common/sys/clock.h"
#include "common/sys/log.h"

struct WattlePairer {
        const WattleRoster *roster;
        WattleProber *prober; /* NULL: nobody can be asked */
        GArray *questions;    /* of WattlePairingQuestion */
        sd_event_source *timer;
};

static void arm(WattlePairer *pairer)
{
        gint64 due_us = wattle_pairings_due_us(pairer->questions);
        gboolean wanted = due_us != G_MAXINT64 && pairer->prober;

        if (wanted)
                (void)sd_event_source_set_time(pairer->timer, (guint64)MAX(due_us, 1));
        (void)sd_event_source_set_enabled(pairer->timer, wanted ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void ask_due(WattlePairer *pairer)
{
        WattlePairing pairing = { .kind = WATTLE_PAIRING_ASKED };
        WattleKey key;

        while (pairer->prober && wattle_pairings_next(pairer->questions, wattle_clock_now_us(),
                                                      &key, &pairing.other)) {
                const WattleMember *relay = wattle_roster_with_key(pairer->roster, &key);

                if (relay && relay->n_addresses > 0)
                        wattle_prober_send_pairing(pairer->prober, &relay->addresses[0], &pairing);
        }
        arm(pairer);
}

static int on_timer(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED guint64 due_us, void *data)
{
        ask_due(data);
        return 0;
}

void wattle_pairer_use(WattlePairer *pairer, WattleProber *prober)
{
        pairer->prober = prober;
        if (!prober)
                g_array_set_size(pairer->questions, 0);
        arm(pairer);
}

void wattle_pairer_ask(WattlePairer *pairer, const WattleMember *peer)
{
        if (wattle_pairings_begin(pairer->questions, pairer->roster, peer, wattle_clock_now_us()))
                ask_due(pairer);
}

WattleMember *wattle_pairer_heard(WattlePairer *pairer, const WattleMember *relay,
                                  const WattlePairing *pairing)
{
        WattleMember *peer = wattle_roster_with_key(pairer->roster, &pairing->other);
        gboolean offered = pairing->kind == WATTLE_PAIRING_OFFERED;
        gboolean introduced = pairing->kind == WATTLE_PAIRING_INTRODUCED;
        gint64 now_us = wattle_clock_now_us();

        wattle_pairings_answered(pairer->questions, &relay->key, &pairing->other,
                                 offered || introduced, now_us);
        ask_due(pairer);
        if (!peer || peer == relay ||
            (offered && !wattle_member_take_port(peer, relay, pairing, now_us)) ||
            (introduced && !wattle_member_take_introduction(peer, relay, pairing, now_us)))
                return NULL;
        return offered || introduced ? peer : NULL;
}

WattlePairer *wattle_pairer_new(WattleSurroundings *around, const WattleRoster *roster,
                                const char *mesh)
{
        WattlePairer *pairer = g_new0(WattlePairer, 1);
        int result;

        pairer->roster = roster;
        pairer->questions = g_array_new(FALSE, FALSE, sizeof(WattlePairingQuestion));
        result = sd_event_add_time(around->event, &pairer->timer, CLOCK_BOOTTIME, G_MAXUINT64, 1000,
                                   on_timer, pairer);
        if (result >= 0)
                result = sd_event_source_set_enabled(pairer->timer, SD_EVENT_OFF);
        if (result < 0)
                wattle_log(WATTLE_LOG_ERROR, "%s: a timer: %s", mesh, g_strerror(-result));
        return pairer;
}

void wattle_pairer_free(WattlePairer *pairer)
{
        sd_event_source_disable_unref(pairer->timer);
        g_array_unref(pairer->questions);
        g_free(pairer);
}
