/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/confirm.h"

#include <string.h>

#define HOUR_S 3600

static const char *const phase_names[WATTLE_N_CONFIRM_PHASES] = {
        [WATTLE_CONFIRM_DONE] = "done",   [WATTLE_CONFIRM_TRYING] = "trying",
        [WATTLE_CONFIRM_BACK] = "back",   [WATTLE_CONFIRM_HELD] = "held",
        [WATTLE_CONFIRM_BLIND] = "blind",
};

/* After the first try, the second, and all later ones. */
static gint64 hold_s(guint tries)
{
        static const gint64 holds[] = { 1 * HOUR_S, 6 * HOUR_S, 24 * HOUR_S };

        return holds[MIN(MAX(tries, 1) - 1, G_N_ELEMENTS(holds) - 1)];
}

void wattle_confirm_begin(WattleConfirm *confirm)
{
        *confirm = (WattleConfirm){ .phase = WATTLE_CONFIRM_TRYING, .tries = 1 };
}

static WattleConfirmAction keep(WattleConfirm *confirm)
{
        *confirm = (WattleConfirm){ .phase = WATTLE_CONFIRM_DONE };
        return WATTLE_CONFIRM_KEEP;
}

static WattleConfirmAction answered(WattleConfirm *confirm, gint64 now_s)
{
        switch (confirm->phase) {
        case WATTLE_CONFIRM_TRYING:
        case WATTLE_CONFIRM_BLIND:
                return keep(confirm);
        case WATTLE_CONFIRM_BACK:
                confirm->phase = WATTLE_CONFIRM_HELD;
                confirm->retry_at_s = now_s + hold_s(confirm->tries);
                return WATTLE_CONFIRM_NOTHING;
        case WATTLE_CONFIRM_DONE:
        case WATTLE_CONFIRM_HELD:
        case WATTLE_N_CONFIRM_PHASES:
                return WATTLE_CONFIRM_NOTHING;
        }
        g_return_val_if_reached(WATTLE_CONFIRM_NOTHING);
}

static WattleConfirmAction timed_out(WattleConfirm *confirm)
{
        switch (confirm->phase) {
        case WATTLE_CONFIRM_TRYING:
                confirm->phase = WATTLE_CONFIRM_BACK;
                return WATTLE_CONFIRM_GO_BACK;
        case WATTLE_CONFIRM_BACK:
                confirm->phase = WATTLE_CONFIRM_BLIND;
                return WATTLE_CONFIRM_RETURN;
        case WATTLE_CONFIRM_HELD:
                confirm->phase = WATTLE_CONFIRM_TRYING;
                confirm->tries++;
                return WATTLE_CONFIRM_RETURN;
        case WATTLE_CONFIRM_DONE:
        case WATTLE_CONFIRM_BLIND:
        case WATTLE_N_CONFIRM_PHASES:
                return WATTLE_CONFIRM_NOTHING;
        }
        g_return_val_if_reached(WATTLE_CONFIRM_NOTHING);
}

WattleConfirmAction wattle_confirm_step(WattleConfirm *confirm, WattleConfirmEvent event,
                                        gint64 now_s)
{
        switch (event) {
        case WATTLE_CONFIRM_ANSWER:
                return answered(confirm, now_s);
        case WATTLE_CONFIRM_TIMEOUT:
                return timed_out(confirm);
        }
        g_return_val_if_reached(WATTLE_CONFIRM_NOTHING);
}

gint64 wattle_confirm_wait_s(const WattleConfirm *confirm, gint64 now_s)
{
        switch (confirm->phase) {
        case WATTLE_CONFIRM_TRYING:
        case WATTLE_CONFIRM_BACK:
        case WATTLE_CONFIRM_BLIND:
                return WATTLE_CONFIRM_WAIT_S;
        case WATTLE_CONFIRM_HELD:
                return confirm->retry_at_s <= now_s
                               ? 0
                               : MIN(confirm->retry_at_s - now_s, hold_s(confirm->tries));
        case WATTLE_CONFIRM_DONE:
        case WATTLE_N_CONFIRM_PHASES:
                return 0;
        }
        g_return_val_if_reached(0);
}

gboolean wattle_confirm_runs_new(const WattleConfirm *confirm)
{
        return confirm->phase == WATTLE_CONFIRM_TRYING || confirm->phase == WATTLE_CONFIRM_BLIND;
}

const char *wattle_confirm_phase_name(WattleConfirmPhase phase)
{
        return phase_names[phase];
}

gboolean wattle_confirm_phase_parse(const char *text, WattleConfirmPhase *ret)
{
        for (WattleConfirmPhase phase = 0; phase < WATTLE_N_CONFIRM_PHASES; phase++)
                if (strcmp(text, phase_names[phase]) == 0) {
                        *ret = phase;
                        return TRUE;
                }
        return FALSE;
}
