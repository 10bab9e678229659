/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tailnet/status.h"

#include "common/language.h"

static WattleLinkState link_of(WattleTailnetState state)
{
        switch (state) {
        case WATTLE_TAILNET_STARTING:
        case WATTLE_TAILNET_RUNNING:
                return WATTLE_LINK_UP;
        case WATTLE_TAILNET_NO_STATE:
        case WATTLE_TAILNET_IN_USE_OTHER_USER:
        case WATTLE_TAILNET_NEEDS_LOGIN:
        case WATTLE_TAILNET_NEEDS_MACHINE_AUTH:
        case WATTLE_TAILNET_STOPPED:
        case WATTLE_TAILNET_N_STATES:
                break;
        }
        return WATTLE_LINK_DOWN;
}

/* A way that is not used is none: tailscaled looks for one when there is something to send. */
static WattlePath path_of(const WattleTailnetDevice *device)
{
        if (!device->is_active)
                return WATTLE_PATH_NONE;
        if (wattle_socket_addr_is_set(&device->endpoint))
                return WATTLE_PATH_DIRECT;
        return device->relay ? WATTLE_PATH_RELAYED : WATTLE_PATH_NONE;
}

static void add_peer(const WattleTailnetDevice *device, WattleStatus *status)
{
        WattlePath path = path_of(device);
        WattlePeerStatus peer = {
                .device = wattle_arena_strdup(status->arena, device->name),
                .public_key = device->public_key,
                .addresses = wattle_arena_copy(status->arena, device->addresses.addresses,
                                               device->addresses.n *
                                                       sizeof *device->addresses.addresses),
                .n_addresses = device->addresses.n,
                .path = path,
                .relay = path == WATTLE_PATH_RELAYED
                                 ? wattle_arena_strdup(status->arena, device->relay)
                                 : NULL,
                .endpoint = device->endpoint,
                .last_handshake_s = (gint64)MIN(device->last_handshake_s, (guint64)G_MAXINT64),
                .rx_bytes = device->rx_bytes,
                .tx_bytes = device->tx_bytes,
                .reason = device->is_online ? NULL : "offline",
        };

        g_array_append_val(status->peers, peer);
}

static void note_state(const WattleTailnetStatus *said, const char *name, GPtrArray *notes)
{
        char *text = NULL;

        switch (said->state) {
        case WATTLE_TAILNET_NO_STATE:
        case WATTLE_TAILNET_STARTING:
        case WATTLE_TAILNET_RUNNING:
        case WATTLE_TAILNET_N_STATES:
                break;
        case WATTLE_TAILNET_IN_USE_OTHER_USER:
                text = g_strdup(_("tailscaled is in use by another user."));
                break;
        case WATTLE_TAILNET_NEEDS_LOGIN:
                text = g_strdup_printf(_("It needs a login: 'wattle up %s' with a key in "
                                         "AuthKeyFile=, or 'tailscale login'."),
                                       name);
                break;
        case WATTLE_TAILNET_NEEDS_MACHINE_AUTH:
                text = g_strdup(_("Somebody has to approve this device, at the login server."));
                break;
        case WATTLE_TAILNET_STOPPED:
                text = g_strdup_printf(_("'wattle up %s' starts it."), name);
                break;
        }
        if (text)
                g_ptr_array_add(notes, text);
}

/* Of what is stopped, Tailscale warns that it is stopped. */
static void note_all(const WattleTailnetStatus *said, const char *name, GPtrArray *notes)
{
        note_state(said, name, notes);
        if (said->auth_url)
                g_ptr_array_add(notes, g_strdup_printf(_("A login waits at %s"), said->auth_url));
        for (guint i = 0; i < said->n_health && link_of(said->state) == WATTLE_LINK_UP; i++)
                g_ptr_array_add(notes, g_strdup_printf("Tailscale: %s", said->health[i]));
}

void wattle_tailnet_fill(const WattleTailnetStatus *said, const char *name, const char *interface,
                         WattleStatus *status, GPtrArray *notes)
{
        const WattleTailnetDevice *self = wattle_tailnet_status_self(said);

        status->mesh = wattle_arena_strdup(status->arena, name);
        status->interface = wattle_arena_strdup(status->arena, interface);
        status->is_tailnet = TRUE;
        status->link = link_of(said->state);
        if (self) {
                status->device = wattle_arena_strdup(status->arena, self->name);
                status->n_addresses = self->addresses.n;
                status->addresses =
                        wattle_arena_copy(status->arena, self->addresses.addresses,
                                          self->addresses.n * sizeof *self->addresses.addresses);
        }
        for (guint i = 0; i < said->devices->len; i++) {
                const WattleTailnetDevice *device =
                        &g_array_index(said->devices, WattleTailnetDevice, i);

                if (!device->is_self)
                        add_peer(device, status);
        }
        note_all(said, name, notes);
}

static const char *running_word(const WattleTailnetStatus *said)
{
        const WattleTailnetDevice *self = wattle_tailnet_status_self(said);

        return self && self->is_online ? "running" : "degraded";
}

const char *wattle_tailnet_word(gboolean is_good, const WattleTailnetStatus *said)
{
        if (!is_good)
                return "degraded";
        switch (said ? said->state : WATTLE_TAILNET_STOPPED) {
        case WATTLE_TAILNET_NEEDS_LOGIN:
                return "need-key";
        case WATTLE_TAILNET_NEEDS_MACHINE_AUTH:
                return "not-a-member";
        case WATTLE_TAILNET_NO_STATE:
        case WATTLE_TAILNET_STARTING:
                return "starting";
        case WATTLE_TAILNET_IN_USE_OTHER_USER:
                return "degraded";
        case WATTLE_TAILNET_RUNNING:
                return running_word(said);
        case WATTLE_TAILNET_STOPPED:
        case WATTLE_TAILNET_N_STATES:
                break;
        }
        return "down";
}
