/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tailnet is turned on or off because somebody said so: what is to be done in each state of
 * tailscaled's. Told the same events as the machine of the boot (machine.h), and as pure. */
#pragma once

#include "tailscale/machine.h"

typedef enum {
        WATTLE_TAILSCALE_TURN_WAIT,
        WATTLE_TAILSCALE_TURN_RUN, /* Tailscale's command, once */
        WATTLE_TAILSCALE_TURN_DONE,
        WATTLE_TAILSCALE_TURN_NEEDS_LOGIN,
        WATTLE_TAILSCALE_TURN_NEEDS_APPROVAL,
        WATTLE_TAILSCALE_TURN_FAIL,
} WattleTailscaleTurnAction;

typedef struct {
        gboolean up;
        gboolean is_running; /* the machine's own: the command */
} WattleTailscaleTurn;

WattleTailscaleTurnAction wattle_tailscale_turn_step(WattleTailscaleTurn *turn,
                                                     WattleTailscaleEvent event);
