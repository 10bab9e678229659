/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be done for a tailnet in each state of tailscaled's: told events, it gives one action
 * for each. No clock, no socket. It logs in once and never again, for a key may be good for one
 * login; it waits for who has to approve the device; and it leaves a tailnet that somebody has
 * stopped. */
#pragma once

#include "common/tailnet-status.h"

typedef enum {
        WATTLE_TAILSCALE_EVENT_STATE,     /* tailscaled says where it is */
        WATTLE_TAILSCALE_EVENT_SUCCEEDED, /* the command that was asked for */
        WATTLE_TAILSCALE_EVENT_FAILED,
        WATTLE_TAILSCALE_EVENT_GONE, /* tailscaled speaks no more */
} WattleTailscaleEventKind;

typedef struct {
        WattleTailscaleEventKind kind;
        WattleTailnetState state; /* of EVENT_STATE */
} WattleTailscaleEvent;

typedef enum {
        WATTLE_TAILSCALE_WAIT,
        WATTLE_TAILSCALE_LOG_IN,
        WATTLE_TAILSCALE_SET,
        WATTLE_TAILSCALE_SAY_NO_KEY,   /* it wants a login, and there is nothing to log in with */
        WATTLE_TAILSCALE_SAY_APPROVAL, /* somebody has to let the device in */
        WATTLE_TAILSCALE_SAY_STOPPED,  /* and stays so */
        WATTLE_TAILSCALE_SAY_OTHER_USER,
        WATTLE_TAILSCALE_DONE, /* runs, and is set */
        WATTLE_TAILSCALE_FAIL,
} WattleTailscaleAction;

typedef struct {
        gboolean has_key, has_settings;
        /* The rest is the machine's own, zero at first. */
        enum {
                WATTLE_TAILSCALE_WATCHING,
                WATTLE_TAILSCALE_LOGGING_IN,
                WATTLE_TAILSCALE_SETTING
        } phase;
        WattleTailnetState state;
        WattleTailscaleAction said; /* last; WAIT: nothing */
        gboolean has_tried;
} WattleTailscaleMachine;

WattleTailscaleAction wattle_tailscale_step(WattleTailscaleMachine *machine,
                                            WattleTailscaleEvent event);
