/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/status.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/error.h"
#include "common/language.h"
#include "common/profile.h"
#include "common/scalar.h"

static const char *const paths[WATTLE_N_PATHS] = {
        [WATTLE_PATH_NONE] = N_("none"),     [WATTLE_PATH_LAN] = N_("LAN"),
        [WATTLE_PATH_PUBLIC] = N_("public"), [WATTLE_PATH_ROAMED] = N_("roamed"),
        [WATTLE_PATH_DIRECT] = N_("direct"), [WATTLE_PATH_RELAYED] = N_("relayed"),
};

static const char *const link_states[WATTLE_N_LINK_STATES] = {
        [WATTLE_LINK_ABSENT] = N_("absent"),
        [WATTLE_LINK_DOWN] = N_("down"),
        [WATTLE_LINK_UP] = N_("up"),
};

const char *wattle_source_text(WattleSource source)
{
        switch (source) {
        case WATTLE_SOURCE_PRIVATE:
                return _("on its LAN, by the profile or its own word");
        case WATTLE_SOURCE_BEACON:
                return _("on this LAN, by its beacon");
        case WATTLE_SOURCE_PUBLIC:
                return _("PublicEndpoint=, or a port of its router");
        case WATTLE_SOURCE_NAME:
                return _("PublicEndpoint=, by DNS");
        case WATTLE_SOURCE_LAST_GOOD:
                return _("it was there before");
        case WATTLE_SOURCE_SEEN:
                return _("another peer saw it there");
        case WATTLE_SOURCE_RELAY:
                return _("a relay's port for the two");
        case WATTLE_SOURCE_KNOCK:
                return _("nobody is there");
        }
        g_return_val_if_reached("");
}

const char *wattle_reach_text(WattleReach reach)
{
        static const char *const texts[] = { [WATTLE_REACH_NONE] = N_("not from here"),
                                             [WATTLE_REACH_GATEWAY] = N_("by a router"),
                                             [WATTLE_REACH_ON_LINK] = N_("on this link") };

        return _(texts[reach]);
}

const char *wattle_status_owner_name(const WattleStatus *status)
{
        return status->is_tailnet ? "tailscaled" : wattle_owner_name(status->owner);
}

const char *wattle_path_name(WattlePath path)
{
        return paths[path];
}

gboolean wattle_path_parse(const char *text, WattlePath *ret)
{
        for (guint i = 0; i < WATTLE_N_PATHS; i++)
                if (strcmp(text, paths[i]) == 0) {
                        *ret = i;
                        return TRUE;
                }
        return FALSE;
}

const char *wattle_link_state_name(WattleLinkState state)
{
        return link_states[state];
}

gboolean wattle_link_state_parse(const char *text, WattleLinkState *ret)
{
        for (guint i = 0; i < WATTLE_N_LINK_STATES; i++)
                if (strcmp(text, link_states[i]) == 0) {
                        *ret = i;
                        return TRUE;
                }
        return FALSE;
}

void wattle_status_init(WattleStatus *status)
{
        *status = (WattleStatus){
                .arena = wattle_arena_new(),
                .peers = g_array_new(FALSE, FALSE, sizeof(WattlePeerStatus)),
        };
}

void wattle_status_clear(WattleStatus *status)
{
        g_clear_pointer(&status->arena, wattle_arena_unref);
        g_clear_pointer(&status->peers, g_array_unref);
}

static WattleAddr *copy_addresses(WattleArena *arena, const WattleViewDevice *device)
{
        WattleAddr *copy = NULL;

        if (device->n_addresses > 0)
                copy = wattle_arena_alloc(arena, device->n_addresses * sizeof *copy);
        for (guint i = 0; i < device->n_addresses; i++)
                copy[i] = device->addresses[i].value;
        return copy;
}

/* Equal to a literal candidate; a DNS name is known by its port alone, for whoever asks the kernel
 * does not resolve it. */
static gboolean is_candidate(const WattlePeerStatus *status, const WattleCandidate *candidate)
{
        if (candidate->endpoint.name)
                return candidate->endpoint.at.port == status->endpoint.port;
        return wattle_endpoint_is_at(&candidate->endpoint, &status->endpoint);
}

static WattlePath guess_path(const WattlePeerStatus *status, const WattlePeer *peer)
{
        WattlePath path = WATTLE_PATH_ROAMED;

        if (!wattle_socket_addr_is_set(&status->endpoint) || status->last_handshake_s == 0)
                return WATTLE_PATH_NONE;
        for (guint i = 0; i < peer->n_candidates; i++) {
                const WattleCandidate *candidate = &peer->candidates[i];

                if (!is_candidate(status, candidate))
                        continue;
                path = candidate->kind == WATTLE_CANDIDATE_PRIVATE ? WATTLE_PATH_LAN
                                                                   : WATTLE_PATH_PUBLIC;
                if (!candidate->endpoint.name)
                        return path;
        }
        return path;
}

/* An endpoint at the loopback is wattled's, and waits to be wanted: nobody is there. */
static void take_kernel(WattlePeerStatus *status, const WattleWgPeer *kernel)
{
        if (wattle_addr_class(&kernel->endpoint.addr) != WATTLE_ADDR_LOOPBACK)
                status->endpoint = kernel->endpoint;
        status->last_handshake_s = kernel->last_handshake_s;
        status->rx_bytes = kernel->rx_bytes;
        status->tx_bytes = kernel->tx_bytes;
}

static void add_peer(WattleStatus *status, const WattlePeer *peer, const WattleWgPeer *kernel,
                     gboolean kernel_known)
{
        WattlePeerStatus entry = {
                .device = wattle_arena_strdup(status->arena, peer->device.name),
                .public_key = peer->public_key,
                .addresses = copy_addresses(status->arena, &peer->device),
                .n_addresses = peer->device.n_addresses,
                .managed = peer->device.managed,
                .missing = kernel_known && !kernel,
        };

        if (kernel)
                take_kernel(&entry, kernel);
        entry.path = guess_path(&entry, peer);
        g_array_append_val(status->peers, entry);
}

/* A peer of the kernel's that the mesh does not have, or no more. */
static void add_stranger(WattleStatus *status, const WattleProfile *profile,
                         const WattleWgPeer *kernel)
{
        const WattleDevice *device =
                profile ? wattle_profile_find_key(profile, &kernel->public_key) : NULL;
        WattlePeerStatus entry = {
                .device = wattle_arena_strdup(status->arena, device ? device->name : NULL),
                .public_key = kernel->public_key,
                .managed = device && device->managed,
                .revoked = device && device->state == WATTLE_DEVICE_REVOKED,
        };

        take_kernel(&entry, kernel);
        entry.path = wattle_socket_addr_is_set(&entry.endpoint) && entry.last_handshake_s != 0
                             ? WATTLE_PATH_ROAMED
                             : WATTLE_PATH_NONE;
        g_array_append_val(status->peers, entry);
}

static void fill_peers(WattleStatus *status, const WattleView *view, const WattleProfile *profile,
                       const WattleWgDevice *device)
{
        g_autoptr(GHashTable) kernel =
                g_hash_table_new((GHashFunc)wattle_key_hash, (GEqualFunc)wattle_key_equal);

        for (guint i = 0; device && i < device->peers->len; i++) {
                WattleWgPeer *peer = &g_array_index(device->peers, WattleWgPeer, i);

                g_hash_table_insert(kernel, &peer->public_key, peer);
        }
        for (guint i = 0; i < view->n_peers; i++) {
                const WattlePeer *peer = &view->peers[i];

                add_peer(status, peer, g_hash_table_lookup(kernel, &peer->public_key),
                         device != NULL);
                g_hash_table_remove(kernel, &peer->public_key);
        }
        for (guint i = 0; device && i < device->peers->len; i++) {
                const WattleWgPeer *peer = &g_array_index(device->peers, WattleWgPeer, i);

                if (g_hash_table_contains(kernel, &peer->public_key))
                        add_stranger(status, profile, peer);
        }
}

void wattle_status_fill(WattleStatus *status, const WattleView *view, const WattleProfile *profile,
                        const WattleWgDevice *device)
{
        status->mesh = wattle_arena_strdup(status->arena, view->mesh);
        status->device = wattle_arena_strdup(status->arena, view->self.name);
        status->interface = wattle_arena_strdup(status->arena, view->interface);
        status->addresses = copy_addresses(status->arena, &view->self);
        status->n_addresses = view->self.n_addresses;
        status->owner = view->owner;
        status->serial = profile ? profile->serial : 0;
        status->listen_port = device ? device->listen_port : view->listen_port;
        fill_peers(status, view, profile, device);
}
