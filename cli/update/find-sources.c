/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/find-sources.h"

#include "cli/update/witness.h"

static void clear_source(gpointer source)
{
        wattle_update_source_clear(source);
}

static void add_named(GArray *sources, const char *text, const char *mesh)
{
        WattleUpdateSource source = { 0 };

        /* It was checked when the profile or the settings were read. */
        if (text && wattle_update_source_parse(text, mesh, &source, NULL))
                g_array_append_val(sources, source);
}

static int compare_peers(gconstpointer a, gconstpointer b)
{
        const WattlePeerStatus *one = *(const WattlePeerStatus *const *)a;
        const WattlePeerStatus *other = *(const WattlePeerStatus *const *)b;

        if (one->serial != other->serial)
                return other->serial > one->serial ? 1 : -1;
        return (other->last_handshake_s > one->last_handshake_s) -
               (other->last_handshake_s < one->last_handshake_s);
}

static void add_peers(GArray *sources, const char *mesh, const WattleStatus *status, gint64 now_s)
{
        g_autoptr(GPtrArray) peers = g_ptr_array_new();

        for (guint i = 0; i < status->peers->len; i++) {
                WattlePeerStatus *peer = &g_array_index(status->peers, WattlePeerStatus, i);

                if (peer->device && peer->managed && peer->n_addresses > 0 &&
                    wattle_witness_is_heard(peer, now_s))
                        g_ptr_array_add(peers, peer);
        }
        g_ptr_array_sort(peers, compare_peers);
        for (guint i = 0; i < MIN(peers->len, WATTLE_UPDATE_SOURCES_MAX_PEERS); i++) {
                const WattlePeerStatus *peer = peers->pdata[i];
                WattleUpdateSource source = { 0 };

                wattle_update_source_of_peer(mesh, peer->device, &peer->addresses[0],
                                             status->interface, &source);
                g_array_append_val(sources, source);
        }
}

GArray *wattle_update_find_sources(const WattleMesh *mesh, const char *name,
                                   const WattleStatus *status, gint64 now_s)
{
        GArray *sources = g_array_new(FALSE, FALSE, sizeof(WattleUpdateSource));

        g_array_set_clear_func(sources, clear_source);
        add_named(sources, mesh->local.update_from, name);
        add_named(sources, mesh->profile->update_url, name);
        if (status && status->interface)
                add_peers(sources, name, status, now_s);
        return sources;
}
