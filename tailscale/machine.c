/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tailscale/machine.h"

static WattleTailscaleAction say(WattleTailscaleMachine *machine, WattleTailscaleAction what)
{
        if (machine->said == what)
                return WATTLE_TAILSCALE_WAIT;
        machine->said = what;
        return what;
}

static WattleTailscaleAction log_in(WattleTailscaleMachine *machine)
{
        if (!machine->has_key)
                return say(machine, WATTLE_TAILSCALE_SAY_NO_KEY);
        if (machine->has_tried)
                return WATTLE_TAILSCALE_WAIT;
        machine->has_tried = TRUE;
        machine->phase = WATTLE_TAILSCALE_LOGGING_IN;
        return WATTLE_TAILSCALE_LOG_IN;
}

static WattleTailscaleAction set(WattleTailscaleMachine *machine)
{
        if (!machine->has_settings)
                return WATTLE_TAILSCALE_DONE;
        machine->phase = WATTLE_TAILSCALE_SETTING;
        return WATTLE_TAILSCALE_SET;
}

/* No command runs. */
static WattleTailscaleAction watch(WattleTailscaleMachine *machine)
{
        switch (machine->state) {
        case WATTLE_TAILNET_NEEDS_LOGIN:
                return log_in(machine);
        case WATTLE_TAILNET_NEEDS_MACHINE_AUTH:
                return say(machine, WATTLE_TAILSCALE_SAY_APPROVAL);
        case WATTLE_TAILNET_STOPPED:
                return say(machine, WATTLE_TAILSCALE_SAY_STOPPED);
        case WATTLE_TAILNET_IN_USE_OTHER_USER:
                return say(machine, WATTLE_TAILSCALE_SAY_OTHER_USER);
        case WATTLE_TAILNET_RUNNING:
                return set(machine);
        case WATTLE_TAILNET_NO_STATE:
        case WATTLE_TAILNET_STARTING:
        case WATTLE_TAILNET_N_STATES:
                break;
        }
        return WATTLE_TAILSCALE_WAIT;
}

/* The command has ended well. What tailscaled said meanwhile counts now. */
static WattleTailscaleAction go_on(WattleTailscaleMachine *machine)
{
        gboolean is_set = machine->phase == WATTLE_TAILSCALE_SETTING;

        machine->phase = WATTLE_TAILSCALE_WATCHING;
        return is_set ? WATTLE_TAILSCALE_DONE : watch(machine);
}

WattleTailscaleAction wattle_tailscale_step(WattleTailscaleMachine *machine,
                                            WattleTailscaleEvent event)
{
        switch (event.kind) {
        case WATTLE_TAILSCALE_EVENT_STATE:
                machine->state = event.state;
                /* A login lasts until somebody has approved the device. */
                if (machine->phase == WATTLE_TAILSCALE_LOGGING_IN &&
                    event.state == WATTLE_TAILNET_NEEDS_MACHINE_AUTH)
                        return say(machine, WATTLE_TAILSCALE_SAY_APPROVAL);
                return machine->phase == WATTLE_TAILSCALE_WATCHING ? watch(machine)
                                                                   : WATTLE_TAILSCALE_WAIT;
        case WATTLE_TAILSCALE_EVENT_SUCCEEDED:
                return go_on(machine);
        case WATTLE_TAILSCALE_EVENT_FAILED:
        case WATTLE_TAILSCALE_EVENT_GONE:
                break;
        }
        return WATTLE_TAILSCALE_FAIL;
}
