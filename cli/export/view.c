/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/export/view.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/language.h"
#include "common/scalar.h"
#include "common/sys/host.h"

/* Where a name of the mesh's own will not do. wg-quick(8) calls the interface as the file. */
#define DEFAULT_INTERFACE "wg0"

/* Before a section of OpenWrt, where a mesh may not be taken for the network "lan" or "wan". */
#define OPENWRT_PREFIX "wg_"

static char *choose_interface(const char *mesh, WattleExportFormat format)
{
        g_autofree char *name = NULL;

        switch (format) {
        case WATTLE_EXPORT_WG_QUICK:
                return g_strdup(DEFAULT_INTERFACE);
        case WATTLE_EXPORT_NETWORKD:
        case WATTLE_EXPORT_NM:
                name = g_strdup(mesh);
                break;
        case WATTLE_EXPORT_OPENWRT:
                name = g_strconcat(OPENWRT_PREFIX, mesh, NULL);
                g_strdelimit(name, "-", '_');
                break;
        }
        return wattle_interface_name_check(name, NULL) ? g_steal_pointer(&name)
                                                       : g_strdup(DEFAULT_INTERFACE);
}

/* The settings of the device, which has none of its own. They are borrowed. */
static void set_local(WattleLocal *local, const WattleRecipe *recipe, const char *interface)
{
        wattle_local_clear(local);
        wattle_local_init(local);
        local->accept_routes = recipe->accept_routes;
        local->exit_node.value = recipe->exit_node;
        local->interface.value = interface;
        local->activation = WATTLE_ACTIVATION_UP;
}

/* The names of the devices with Relay=yes. */
static GHashTable *list_relays(const WattleProfile *profile)
{
        GHashTable *relays = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < profile->n_devices; i++)
                if (profile->devices[i].relay)
                        g_hash_table_add(relays, (gpointer)profile->devices[i].name);
        return relays;
}

static gboolean is_public(const WattlePeer *peer)
{
        for (guint i = 0; i < peer->n_candidates; i++)
                if (peer->candidates[i].kind == WATTLE_CANDIDATE_PUBLIC)
                        return TRUE;
        return FALSE;
}

static gboolean is_wanted(const WattleView *view, const WattlePeer *peer, WattleExportPeers peers,
                          GHashTable *relays)
{
        if (g_strcmp0(peer->device.name, view->exit_node) == 0 || peer->has_indirects)
                return TRUE;
        switch (peers) {
        case WATTLE_EXPORT_ALL:
                return TRUE;
        case WATTLE_EXPORT_RELAYS:
                return g_hash_table_contains(relays, peer->device.name);
        case WATTLE_EXPORT_PUBLIC:
                return is_public(peer);
        }
        g_assert_not_reached();
}

static gboolean is_allowed(const WattleView *view, const WattlePrefix *route)
{
        for (guint i = 0; i < view->n_peers; i++)
                for (guint j = 0; j < view->peers[i].n_allowed_ips; j++)
                        if (wattle_prefix_compare(&view->peers[i].allowed_ips[j], route) == 0)
                                return TRUE;
        return FALSE;
}

/* A route into the mesh to whom nobody there is would lead nowhere. */
static void drop_routes(WattleView *view)
{
        guint n = 0;

        for (guint i = 0; i < view->n_routes; i++)
                if (is_allowed(view, &view->routes[i]))
                        view->routes[n++] = view->routes[i];
        view->n_routes = n;
}

static gboolean narrow(WattleView *view, const WattleProfile *profile, WattleExportPeers peers,
                       WattleReport *report)
{
        g_autoptr(GHashTable) relays = list_relays(profile);
        guint n = 0, n_all = view->n_peers;

        for (guint i = 0; i < n_all; i++)
                if (is_wanted(view, &view->peers[i], peers, relays))
                        view->peers[n++] = view->peers[i];
        view->n_peers = n;
        drop_routes(view);
        if (n > 0 || n_all == 0)
                return TRUE;
        wattle_report_error(report, (WattlePlace){ profile->file, 0, 0 },
                            "no peer is left for %s: none has %s", view->self.name,
                            peers == WATTLE_EXPORT_RELAYS ? "Relay=yes" : _("a PublicEndpoint="));
        return FALSE;
}

static const char *family_name(int family)
{
        return family == AF_INET6 ? "IPv6" : "IPv4";
}

/* The first PublicEndpoint= that is a name or an address of the family. */
static const WattleEndpoint *find_endpoint(const WattlePeer *peer, int family)
{
        for (guint i = 0; i < peer->n_candidates; i++) {
                const WattleEndpoint *endpoint = &peer->candidates[i].endpoint;

                if (peer->candidates[i].kind == WATTLE_CANDIDATE_PUBLIC &&
                    (endpoint->name || endpoint->at.addr.family == family))
                        return endpoint;
        }
        return NULL;
}

static void choose_endpoints(WattleView *view, const WattleProfile *profile, int family,
                             WattleReport *report)
{
        const char *without = NULL;
        guint n = 0;

        for (guint i = 0; i < view->n_peers; i++) {
                WattlePeer *peer = &view->peers[i];

                if (!peer->named_endpoint)
                        continue;
                peer->named_endpoint = find_endpoint(peer, family);
                if (!peer->named_endpoint && n++ == 0)
                        without = peer->device.name;
        }
        if (n > 0)
                wattle_report_warning(
                        report, (WattlePlace){ profile->file, 0, 0 },
                        P_("%s has no PublicEndpoint= of %s: %s cannot call it",
                           "%s and others have no PublicEndpoint= of %s: %s cannot call them", n),
                        without, family_name(family), view->self.name);
}

static gboolean has_family(const WattleView *view, int family)
{
        for (guint i = 0; i < view->n_addresses; i++)
                if (view->addresses[i].addr.family == family)
                        return TRUE;
        return FALSE;
}

/* All questions go to these, so one that cannot be asked through the mesh would leave some without
 * an answer. */
static gboolean set_dns(WattleView *view, const WattleProfile *profile, const WattleRecipe *recipe,
                        WattleReport *report)
{
        char text[WATTLE_ADDR_TEXT_MAX];

        if (recipe->n_dns == 0)
                return TRUE;
        for (guint i = 0; i < recipe->n_dns; i++) {
                if (has_family(view, recipe->dns[i].family))
                        continue;
                wattle_addr_format(&recipe->dns[i], text);
                wattle_report_error(report, (WattlePlace){ profile->file, 0, 0 },
                                    "--dns: %s has no %s address in the mesh to ask %s from",
                                    view->self.name, family_name(recipe->dns[i].family), text);
                return FALSE;
        }
        view->dns = wattle_arena_copy(view->arena, recipe->dns, recipe->n_dns * sizeof *view->dns);
        view->n_dns = recipe->n_dns;
        return TRUE;
}

WattleView *wattle_export_view(int root_fd, WattleMesh *mesh, const char *device,
                               const WattleRecipe *recipe, WattleReport *report)
{
        g_autofree char *interface = choose_interface(mesh->profile->name, recipe->format);
        g_autoptr(WattleView) view = NULL;

        set_local(&mesh->local, recipe, interface);
        view = wattle_host_view(root_fd, mesh, device, WATTLE_OWNER_NETWORKD, report);
        wattle_local_clear(&mesh->local);
        wattle_local_init(&mesh->local);
        if (!view)
                return NULL;
        view->is_exported = TRUE;
        if (recipe->peers != WATTLE_EXPORT_ALL &&
            !narrow(view, mesh->profile, recipe->peers, report))
                return NULL;
        if (recipe->endpoint_family != AF_UNSPEC)
                choose_endpoints(view, mesh->profile, recipe->endpoint_family, report);
        if (!set_dns(view, mesh->profile, recipe, report))
                return NULL;
        return g_steal_pointer(&view);
}
