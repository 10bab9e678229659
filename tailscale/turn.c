/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tailscale/turn.h"

static WattleTailscaleTurnAction run(WattleTailscaleTurn *turn)
{
        turn->is_running = TRUE;
        return WATTLE_TAILSCALE_TURN_RUN;
}

static WattleTailscaleTurnAction turn_on(WattleTailscaleTurn *turn, WattleTailnetState state)
{
        switch (state) {
        case WATTLE_TAILNET_NO_STATE:
        case WATTLE_TAILNET_STARTING:
        case WATTLE_TAILNET_N_STATES:
                return WATTLE_TAILSCALE_TURN_WAIT;
        case WATTLE_TAILNET_NEEDS_LOGIN:
                return WATTLE_TAILSCALE_TURN_NEEDS_LOGIN;
        case WATTLE_TAILNET_NEEDS_MACHINE_AUTH:
                return WATTLE_TAILSCALE_TURN_NEEDS_APPROVAL;
        case WATTLE_TAILNET_IN_USE_OTHER_USER:
                return WATTLE_TAILSCALE_TURN_FAIL;
        case WATTLE_TAILNET_STOPPED:
                return run(turn);
        case WATTLE_TAILNET_RUNNING:
                break;
        }
        return WATTLE_TAILSCALE_TURN_DONE;
}

/* What is not in the tailnet at all is as good as off, and a login by a key is not to follow. */
static WattleTailscaleTurnAction turn_off(WattleTailscaleTurn *turn, WattleTailnetState state)
{
        switch (state) {
        case WATTLE_TAILNET_NO_STATE:
        case WATTLE_TAILNET_N_STATES:
                return WATTLE_TAILSCALE_TURN_WAIT;
        case WATTLE_TAILNET_IN_USE_OTHER_USER:
                return WATTLE_TAILSCALE_TURN_FAIL;
        case WATTLE_TAILNET_STARTING:
        case WATTLE_TAILNET_RUNNING:
                return run(turn);
        case WATTLE_TAILNET_NEEDS_LOGIN:
        case WATTLE_TAILNET_NEEDS_MACHINE_AUTH:
        case WATTLE_TAILNET_STOPPED:
                break;
        }
        return WATTLE_TAILSCALE_TURN_DONE;
}

/* The command waits until all is as it should be, so its end is ours. */
WattleTailscaleTurnAction wattle_tailscale_turn_step(WattleTailscaleTurn *turn,
                                                     WattleTailscaleEvent event)
{
        switch (event.kind) {
        case WATTLE_TAILSCALE_EVENT_STATE:
                if (turn->is_running)
                        return WATTLE_TAILSCALE_TURN_WAIT;
                return turn->up ? turn_on(turn, event.state) : turn_off(turn, event.state);
        case WATTLE_TAILSCALE_EVENT_SUCCEEDED:
                return WATTLE_TAILSCALE_TURN_DONE;
        case WATTLE_TAILSCALE_EVENT_FAILED:
        case WATTLE_TAILSCALE_EVENT_GONE:
                break;
        }
        return WATTLE_TAILSCALE_TURN_FAIL;
}
