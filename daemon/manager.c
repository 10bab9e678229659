/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/manager.h"

#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/error.h"
#include "common/paths.h"
#include "common/sys/clock.h"
#include "common/sys/load.h"
#include "common/sys/log.h"
#include "daemon/member.h"
#include "daemon/talk/awake.h"
#include "daemon/tunnel.h"

/* Of VPN connections, which a user may have many of: with 1000 devices each, the most that are
 * handed on, they and a mesh of the admin's stay below MemoryMax= of wattled.service. */
#define MAX_CARRIED 4

struct WattleManager {
        WattleSurroundings around;
        WattleAwake *awake;
        GPtrArray *tunnels;          /* of WattleTunnel, by name */
        sd_event_source *run_folder; /* NULL: it is not watched */
        GPtrArray *carried; /* likewise, by UUID: of meshes that VPN connections carry, which nobody
                               is shown */
        WattleManagerChanged changed;
        gpointer data;
};

static WattleTunnel *tunnel_at(const WattleManager *manager, guint index)
{
        return g_ptr_array_index(manager->tunnels, index);
}

static void tell(const WattleManager *manager, WattleChanged changed, guint mesh, guint peer)
{
        if (manager->changed)
                manager->changed(changed, mesh, peer, manager->data);
}

static void on_tunnel_changed(const char *name, const char *member, gpointer data)
{
        WattleManager *manager = data;
        guint mesh, peer;

        if (!wattle_manager_find(manager, name, &mesh))
                return; /* not in the list yet */
        if (!member)
                tell(manager, WATTLE_CHANGED_MESH, mesh, 0);
        else if (wattle_manager_find_peer(manager, mesh, member, &peer))
                tell(manager, WATTLE_CHANGED_PEER, mesh, peer);
}

static void on_links(WattleLinksChange change, gpointer data)
{
        WattleManager *manager = data;

        if (change != WATTLE_LINKS_PATHS)
                manager->around.link_changes++;
        wattle_beacons_links_changed(manager->around.beacons);
        for (guint i = 0; i < manager->tunnels->len; i++)
                wattle_tunnel_on_links(tunnel_at(manager, i), change);
        for (guint i = 0; i < manager->carried->len; i++)
                wattle_tunnel_on_links(g_ptr_array_index(manager->carried, i), change);
}

static void on_slept(gint64 slept_us, gpointer data)
{
        WattleManager *manager = data;

        wattle_log(WATTLE_LOG_INFO, "this host has slept for %ju s",
                   (uintmax_t)(slept_us / G_USEC_PER_SEC));
        wattle_beacons_again(manager->around.beacons);
        for (guint i = 0; i < manager->tunnels->len; i++)
                wattle_tunnel_woke(tunnel_at(manager, i));
        for (guint i = 0; i < manager->carried->len; i++)
                wattle_tunnel_woke(g_ptr_array_index(manager->carried, i));
}

static GPtrArray *new_tunnels(void)
{
        return g_ptr_array_new_with_free_func((GDestroyNotify)wattle_tunnel_free);
}

static WattleTunnel *steal_tunnel(GPtrArray *tunnels, const char *mesh, const char *carrier)
{
        for (guint i = 0; i < tunnels->len; i++) {
                const WattleTunnel *tunnel = g_ptr_array_index(tunnels, i);

                if (strcmp(wattle_tunnel_mesh(tunnel), mesh) == 0 &&
                    g_strcmp0(wattle_tunnel_carrier(tunnel), carrier) == 0)
                        return g_ptr_array_steal_index(tunnels, i);
        }
        return NULL;
}

/* Into list, the one of old if there is one. */
static void take_tunnel(WattleManager *manager, const char *mesh, const char *carrier,
                        GPtrArray *old, GPtrArray *list)
{
        g_autoptr(WattleTunnel) tunnel = steal_tunnel(old, mesh, carrier);

        if (!tunnel)
                tunnel = wattle_tunnel_new(&manager->around, mesh, carrier);
        if (wattle_tunnel_reload(tunnel))
                g_ptr_array_add(list, g_steal_pointer(&tunnel));
}

typedef struct {
        char *uuid, *mesh;
} Carried;

static void carried_free(gpointer data)
{
        Carried *carried = data;

        g_free(carried->uuid);
        g_free(carried->mesh);
        g_free(carried);
}

static gboolean is_installed(const WattleManager *manager, char *const *meshes,
                             const char *interface)
{
        for (guint i = 0; meshes[i]; i++) {
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleLocal) local = { 0 };

                wattle_report_init(&report);
                wattle_local_init(&local);
                if (wattle_local_load(&local, manager->around.root_fd, meshes[i], &report) &&
                    local.enable &&
                    strcmp(wattle_local_interface(&local, meshes[i]), interface) == 0)
                        return TRUE;
        }
        return FALSE;
}

/* Those to look after: an interface has one owner, and the admin's mesh goes first. */
static GPtrArray *find_carried(const WattleManager *manager, char *const *meshes)
{
        g_auto(GStrv) uuids = wattle_carried_list(manager->around.root_fd);
        GPtrArray *list = g_ptr_array_new_with_free_func(carried_free);

        for (guint i = 0; uuids[i] && list->len < MAX_CARRIED; i++) {
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleLocal) local = { 0 };
                Carried *carried;

                wattle_report_init(&report);
                wattle_local_init(&local);
                if (!wattle_carried_load_local(&local, manager->around.root_fd, uuids[i],
                                               &report)) {
                        wattle_log_report(&report);
                        continue;
                }
                if (is_installed(manager, meshes, local.interface.value))
                        continue;
                carried = g_new(Carried, 1);
                *carried = (Carried){ g_strdup(uuids[i]), g_strdup(local.interface.value) };
                g_ptr_array_add(list, carried);
        }
        return list;
}

/* Of tunnels those that are not to stay: before others begin, which may have their interfaces. */
static void drop_installed(GPtrArray *tunnels, char *const *meshes)
{
        for (guint i = tunnels->len; i > 0; i--)
                if (!g_strv_contains((const char *const *)meshes,
                                     wattle_tunnel_mesh(g_ptr_array_index(tunnels, i - 1))))
                        g_ptr_array_remove_index(tunnels, i - 1);
}

static void drop_carried(GPtrArray *tunnels, const GPtrArray *carried)
{
        for (guint i = tunnels->len; i > 0; i--) {
                const WattleTunnel *tunnel = g_ptr_array_index(tunnels, i - 1);
                gboolean stays = FALSE;

                for (guint j = 0; j < carried->len && !stays; j++) {
                        const Carried *one = g_ptr_array_index(carried, j);

                        stays = strcmp(one->uuid, wattle_tunnel_carrier(tunnel)) == 0 &&
                                strcmp(one->mesh, wattle_tunnel_mesh(tunnel)) == 0;
                }
                if (!stays)
                        g_ptr_array_remove_index(tunnels, i - 1);
        }
}

static void take_carried(WattleManager *manager, const GPtrArray *carried)
{
        g_autoptr(GPtrArray) old = g_steal_pointer(&manager->carried);

        manager->carried = new_tunnels();
        for (guint i = 0; i < carried->len; i++) {
                const Carried *one = g_ptr_array_index(carried, i);

                take_tunnel(manager, one->mesh, one->uuid, old, manager->carried);
        }
}

void wattle_manager_reload(WattleManager *manager)
{
        g_auto(WattleReport) report = { 0 };
        g_autoptr(GPtrArray) old = g_steal_pointer(&manager->tunnels), carried = NULL;
        g_auto(GStrv) meshes = NULL;

        wattle_report_init(&report);
        meshes = wattle_mesh_list(manager->around.root_fd, &report);
        wattle_log_report(&report);
        carried = find_carried(manager, meshes);
        drop_installed(old, meshes);
        drop_carried(manager->carried, carried);
        manager->tunnels = new_tunnels();
        for (guint i = 0; meshes[i]; i++)
                take_tunnel(manager, meshes[i], NULL, old, manager->tunnels);
        take_carried(manager, carried);
        tell(manager, WATTLE_CHANGED_LIST, 0, 0);
}

/* A VPN came up or went, which is no reason to read an admin's mesh. */
static int on_run_folder(G_GNUC_UNUSED sd_event_source *source, const struct inotify_event *event,
                         void *data)
{
        WattleManager *manager = data;
        g_auto(WattleReport) report = { 0 };
        g_autofree char *uuid =
                event->len > 0 ? wattle_paths_mesh_of(WATTLE_FILE_CARRIED_LOCAL, event->name)
                               : NULL;
        g_autoptr(GPtrArray) carried = NULL;
        g_auto(GStrv) meshes = NULL;

        if (!uuid)
                return 0;
        wattle_report_init(&report);
        meshes = wattle_mesh_list(manager->around.root_fd, &report);
        carried = find_carried(manager, meshes);
        drop_carried(manager->carried, carried);
        take_carried(manager, carried);
        return 0;
}

/* tmpfiles.d makes the folder. Without it there is no VPN up, and whoever takes one up starts
 * wattled behind it. */
static void watch_run_folder(WattleManager *manager)
{
        g_autofree char *path =
                g_strdup_printf("/proc/self/fd/%d/" WATTLE_RUN_DIR, manager->around.root_fd);

        (void)sd_event_add_inotify(manager->around.event, &manager->run_folder, path,
                                   IN_MOVED_TO | IN_DELETE, on_run_folder, manager);
}

static gboolean open_folder(const char *path, int *ret_fd, GError **error)
{
        *ret_fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        return !path || *ret_fd >= 0 || wattle_error_set_errno(error, errno, "%s", path);
}

WattleManager *wattle_manager_new(sd_event *event, const WattleManagerOptions *options,
                                  GError **error)
{
        g_autoptr(WattleManager) manager = g_new0(WattleManager, 1);
        WattleSurroundings *around = &manager->around;
        WattleLinksEvents events = { on_links, manager };
        WattleAwakeEvents awake_events = { on_slept, manager };

        around->event = sd_event_ref(event);
        around->root_fd = options->root_fd;
        around->link_changes = 1;
        around->changed = on_tunnel_changed;
        around->data = manager;
        manager->tunnels = new_tunnels();
        manager->carried = new_tunnels();
        around->state_fd = around->runtime_fd = -1;
        if (!open_folder(options->state_dir, &around->state_fd, error) ||
            !open_folder(options->runtime_dir, &around->runtime_fd, error) ||
            !wattle_netlink_open(&around->route, NETLINK_ROUTE, error) ||
            !(around->resolver = wattle_resolver_new(event, error)) ||
            !(around->links = wattle_links_new(event, &events, error)) ||
            !(manager->awake = wattle_awake_new(event, &awake_events, error)))
                return NULL;
        around->beacons = wattle_beacons_new(event, around->links, &around->route);
        watch_run_folder(manager);
        return g_steal_pointer(&manager);
}

void wattle_manager_set_lookup(WattleManager *manager, WattleLookup lookup, gpointer data)
{
        wattle_resolver_set_lookup(manager->around.resolver, lookup, data);
}

void wattle_manager_free(WattleManager *manager)
{
        if (!manager)
                return;
        manager->changed = NULL;
        sd_event_source_disable_unref(manager->run_folder);
        g_ptr_array_unref(manager->tunnels);
        g_ptr_array_unref(manager->carried);
        wattle_awake_free(manager->awake);
        wattle_beacons_free(manager->around.beacons);
        wattle_links_free(manager->around.links);
        wattle_resolver_free(manager->around.resolver);
        if (manager->around.has_wireguard)
                wattle_wireguard_close(&manager->around.wireguard);
        wattle_netlink_close(&manager->around.route);
        if (manager->around.state_fd >= 0)
                close(manager->around.state_fd);
        if (manager->around.runtime_fd >= 0)
                close(manager->around.runtime_fd);
        sd_event_unref(manager->around.event);
        g_free(manager);
}

guint wattle_manager_count(const WattleManager *manager)
{
        return manager->tunnels->len;
}

void wattle_manager_get(const WattleManager *manager, guint index, WattleManagerMesh *ret)
{
        wattle_tunnel_describe(tunnel_at(manager, index), ret);
}

gboolean wattle_manager_find(const WattleManager *manager, const char *name, guint *ret_index)
{
        for (guint i = 0; i < manager->tunnels->len; i++)
                if (strcmp(wattle_tunnel_mesh(tunnel_at(manager, i)), name) == 0) {
                        *ret_index = i;
                        return TRUE;
                }
        return FALSE;
}

static const WattleMember *member_at(const WattleManager *manager, guint mesh, guint peer)
{
        return wattle_tunnel_member(tunnel_at(manager, mesh), peer);
}

/* The engine counts in time since the boot, a status in that of clocks on walls. */
static gint64 since_real_us(gint64 since_us, gint64 now_us)
{
        return g_get_real_time() - (now_us - since_us);
}

/* Of who is between the two, or was. */
static void tell_third(const WattleManager *manager, guint mesh, const WattleMember *member,
                       WattlePeerStatus *ret)
{
        const WattleTunnel *tunnel = tunnel_at(manager, mesh);
        const char *why = wattle_tunnel_why_relayed(tunnel, member);

        if (ret->path == WATTLE_PATH_RELAYED)
                ret->relay = wattle_tunnel_relay_of(tunnel, member);
        if (ret->path == WATTLE_PATH_RELAYED || ret->path == WATTLE_PATH_NONE)
                ret->why_relayed = why;
        if (ret->path == WATTLE_PATH_DIRECT)
                ret->introduced_by = wattle_tunnel_introducer_of(tunnel, member);
}

void wattle_manager_get_peer(const WattleManager *manager, guint mesh, guint index,
                             WattlePeerStatus *ret)
{
        const WattleMember *member = member_at(manager, mesh, index);
        gint64 now_us = wattle_clock_now_us();
        WattleMigrateStatus status;

        wattle_member_status(member, now_us, &status);
        *ret = (WattlePeerStatus){ .device = member->name,
                                   .public_key = member->key,
                                   .addresses = member->addresses,
                                   .n_addresses = member->n_addresses,
                                   .managed = member->managed,
                                   .path = status.path,
                                   .endpoint = status.endpoint,
                                   .has_since = status.since_us > 0,
                                   .since_us = since_real_us(status.since_us, now_us),
                                   .last_handshake_s = member->last_handshake_s,
                                   .rx_bytes = member->rx_bytes,
                                   .tx_bytes = member->tx_bytes,
                                   .has_rtt = status.rtt_us >= 0,
                                   .rtt_us = (guint64)MAX(status.rtt_us, 0),
                                   .heard_s = member->heard_s,
                                   .serial = member->serial,
                                   .sum = wattle_hello_sum(member->sum) };
        if (status.reason != WATTLE_MOVE_NONE)
                ret->reason = wattle_move_reason_text(status.reason);
        tell_third(manager, mesh, member, ret);
}

guint wattle_manager_get_ways(const WattleManager *manager, guint mesh, guint index,
                              WattleMigrateWay ret[WATTLE_MIGRATE_MAX_CANDIDATES])
{
        const WattleMember *member = member_at(manager, mesh, index);

        return member->engine ? wattle_migration_ways(member->engine, wattle_clock_now_us(), ret)
                              : 0;
}

gboolean wattle_manager_find_peer(const WattleManager *manager, guint mesh, const char *name,
                                  guint *ret_index)
{
        for (guint i = 0; i < wattle_tunnel_n_members(tunnel_at(manager, mesh)); i++)
                if (strcmp(member_at(manager, mesh, i)->name, name) == 0) {
                        *ret_index = i;
                        return TRUE;
                }
        return FALSE;
}

gboolean wattle_manager_refresh(WattleManager *manager, guint mesh, GError **error)
{
        return wattle_tunnel_read(tunnel_at(manager, mesh), error);
}

gboolean wattle_manager_migrate(WattleManager *manager, guint mesh, guint peer,
                                const WattleSocketAddr *to, GError **error)
{
        return wattle_tunnel_migrate(tunnel_at(manager, mesh), peer, to, error);
}

gboolean wattle_manager_probe(WattleManager *manager, guint mesh, guint peer, WattleProbed probed,
                              gpointer data, GError **error)
{
        return wattle_tunnel_probe(tunnel_at(manager, mesh), peer, probed, data, error);
}

void wattle_manager_count_relay(WattleManager *manager, guint mesh, WattleRelayCounted counted,
                                gpointer data)
{
        wattle_tunnel_count_relay(tunnel_at(manager, mesh), counted, data);
}

void wattle_manager_set_metered(WattleManager *manager, gboolean is_metered)
{
        wattle_beacons_set_metered(manager->around.beacons, is_metered);
}

void wattle_manager_on_changed(WattleManager *manager, WattleManagerChanged changed, gpointer data)
{
        manager->changed = changed;
        manager->data = data;
}

char *wattle_manager_sentence(const WattleManager *manager)
{
        guint n_peers = 0, counts[WATTLE_N_PATHS] = { 0 };

        for (guint i = 0; i < manager->tunnels->len; i++)
                for (guint j = 0; j < wattle_tunnel_n_members(tunnel_at(manager, i));
                     j++, n_peers++) {
                        WattlePeerStatus peer;

                        wattle_manager_get_peer(manager, i, j, &peer);
                        counts[peer.path]++;
                }
        return g_strdup_printf("%u mesh%s, %u peer%s: %u on a LAN, %u public, %u roamed, "
                               "%u direct, %u relayed",
                               manager->tunnels->len, manager->tunnels->len == 1 ? "" : "es",
                               n_peers, n_peers == 1 ? "" : "s", counts[WATTLE_PATH_LAN],
                               counts[WATTLE_PATH_PUBLIC], counts[WATTLE_PATH_ROAMED],
                               counts[WATTLE_PATH_DIRECT], counts[WATTLE_PATH_RELAYED]);
}
