/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/tunnel.h"

#include <malloc.h>
#include <string.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/message.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/load.h"
#include "common/sys/log.h"
#include "daemon/loop.h"

struct WattleTunnel {
        WattleSurroundings *around;
        char *mesh;
        char *carrier; /* UUID of the link of the VPN connection that carries it; NULL: installed */
        char *interface;
        gboolean enabled;
        WattleOwner owner;
        WattleLoopWishes wishes;
        char *problem;   /* why nothing is done for its peers; NULL: it is */
        guint32 refused; /* the interface that the profile is bad for: not read again for it before
                            it is to be */
        WattleRoster roster;
        WattleHello text; /* that the roster was read of */
        WattleLoop *loop;
};

static void set_problem(WattleTunnel *tunnel, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void set_problem(WattleTunnel *tunnel, const char *format, ...)
{
        va_list arguments;

        g_free(tunnel->problem);
        va_start(arguments, format);
        tunnel->problem = g_strdup_vprintf(format, arguments);
        va_end(arguments);
}

static gboolean is_not_found(const GError *error)
{
        return g_error_matches(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND);
}

gboolean wattle_tunnel_read(WattleTunnel *tunnel, GError **error)
{
        if (wattle_loop_ifindex(tunnel->loop) != 0)
                return wattle_loop_read(tunnel->loop, error);
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND,
                            tunnel->problem ? tunnel->problem : "it is not up");
        return FALSE;
}

/* Which text that is, as others are told. One that is not signed nobody takes over, so it is none
 * of their business; and one that was replaced since it was read is told of when it is read. */
static void find_text(const WattleTunnel *tunnel, const WattleMesh *mesh, WattleHello *ret)
{
        g_autoptr(GBytes) bytes = NULL;
        WattleLineage lineage;
        gconstpointer data;
        gsize size;

        *ret = (WattleHello){ 0 };
        if (!mesh->is_signed || mesh->is_invitation)
                return;
        bytes = wattle_read_file(tunnel->around->root_fd, mesh->path + 1, WATTLE_INI_MAX_BYTES,
                                 NULL);
        if (!bytes)
                return;
        data = g_bytes_get_data(bytes, &size);
        wattle_lineage_read(data, size, &lineage);
        if (lineage.serial != mesh->profile->serial)
                return;
        ret->serial = lineage.serial;
        memcpy(ret->sum, lineage.sum.bytes, sizeof ret->sum);
}

static gboolean load_mesh(const WattleTunnel *tunnel, WattleMesh *mesh, WattleReport *report)
{
        int root_fd = tunnel->around->root_fd;

        return tunnel->carrier ? wattle_carried_load(mesh, root_fd, tunnel->carrier, report)
                               : wattle_mesh_load(mesh, root_fd, tunnel->mesh,
                                                  WATTLE_LOAD_OR_LAST_GOOD, report);
}

static gboolean load_view(WattleTunnel *tunnel, const WattleKey *self_key, WattleReport *report)
{
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = NULL;
        const WattleDevice *self;

        if (!load_mesh(tunnel, &mesh, report))
                return FALSE;
        /* The user wattle may not read the private key; the kernel says the public one. */
        self = wattle_profile_find_key(mesh.profile, self_key);
        if (!self || self->state != WATTLE_DEVICE_ACTIVE) {
                wattle_report_error(report, WATTLE_NO_PLACE,
                                    "the key of interface %s is that of no device of mesh %s",
                                    tunnel->interface, tunnel->mesh);
                return FALSE;
        }
        view = wattle_host_view(tunnel->around->root_fd, &mesh, self->name, WATTLE_OWNER_AUTO,
                                report);
        if (!view)
                return FALSE;
        wattle_loop_members_change(tunnel->loop);
        wattle_roster_take(&tunnel->roster, view, self, tunnel->loop);
        find_text(tunnel, &mesh, &tunnel->text);
        wattle_loop_set_text(tunnel->loop, &tunnel->text);
        return TRUE;
}

static void take_fault(WattleTunnel *tunnel, WattleReport *report, gboolean keep)
{
        g_autofree char *first = wattle_report_first_error(report);

        wattle_log_report(report);
        if (keep)
                wattle_log(WATTLE_LOG_ERROR, "%s: keeping what was read before", tunnel->mesh);
        else
                set_problem(tunnel, "%s", first);
}

/* Whether to go on with what is known. */
static gboolean take_read_error(WattleTunnel *tunnel, const WattleLink *link, const GError *error)
{
        if (wattle_loop_ifindex(tunnel->loop) != link->index || is_not_found(error)) {
                set_problem(tunnel, "interface %s: %s", tunnel->interface, error->message);
                return FALSE;
        }
        wattle_log(WATTLE_LOG_WARNING, "%s: interface %s cannot be read now: %s", tunnel->mesh,
                   tunnel->interface, error->message);
        return TRUE;
}

/* Whether the interface is there for us, and what its kernel says into device. *ret_keep: it is as
 * it was, only cannot be read now. */
static gboolean find_device(WattleTunnel *tunnel, WattleWgDevice *device, gboolean *ret_keep)
{
        const WattleLink *link = wattle_links_find(tunnel->around->links, tunnel->interface);
        g_autoptr(GError) error = NULL;

        *ret_keep = FALSE;
        if (!link)
                set_problem(tunnel, "there is no interface %s", tunnel->interface);
        else if (!link->wireguard)
                set_problem(tunnel, "interface %s is not WireGuard's", tunnel->interface);
        else if (!link->up)
                set_problem(tunnel, "interface %s is down", tunnel->interface);
        else if (!wattle_surroundings_get_device(tunnel->around, tunnel->interface, device, &error))
                *ret_keep = take_read_error(tunnel, link, error);
        else if (wattle_key_equal(&device->public_key, &(WattleKey){ { 0 } }))
                set_problem(tunnel, "interface %s has no key yet", tunnel->interface);
        else
                return TRUE;
        return FALSE;
}

/* The profile for the device whose key the interface has. known: the members are its already, and
 * stay if the profile is bad. FALSE: there is nothing to go on with. */
static gboolean read_members(WattleTunnel *tunnel, const WattleWgDevice *device, gboolean known)
{
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        if (load_view(tunnel, &device->public_key, &report))
                return TRUE;
        take_fault(tunnel, &report, known);
        tunnel->refused = device->ifindex;
        return known;
}

/* Begins, ends or goes on as the interface is. Whether the profile was read for it. */
static gboolean follow_interface(WattleTunnel *tunnel, gboolean read_profile)
{
        g_auto(WattleWgDevice) device = { 0 };
        gboolean known, keep;

        wattle_wg_device_init(&device);
        if (!find_device(tunnel, &device, &keep)) {
                if (!keep)
                        wattle_loop_stop(tunnel->loop);
                return FALSE;
        }
        known = wattle_key_equal(&tunnel->roster.self, &device.public_key);
        if (wattle_loop_ifindex(tunnel->loop) != device.ifindex || !known)
                wattle_loop_stop(tunnel->loop);
        if (!read_profile && !known && tunnel->refused == device.ifindex)
                return FALSE;
        read_profile |= !known;
        if (read_profile && !read_members(tunnel, &device, known))
                return TRUE;
        g_clear_pointer(&tunnel->problem, g_free);
        if (wattle_loop_ifindex(tunnel->loop) == 0) {
                wattle_loop_start(tunnel->loop, tunnel->interface, &device, &tunnel->wishes);
                return read_profile;
        }
        wattle_loop_take(tunnel->loop, &device);
        if (read_profile)
                wattle_loop_members_changed(tunnel->loop);
        return read_profile;
}

/* What a large profile and the dump of as many peers took is given back. */
static void follow(WattleTunnel *tunnel, gboolean read_profile)
{
        if (follow_interface(tunnel, read_profile))
                malloc_trim(0);
}

static gboolean load_local(WattleTunnel *tunnel, WattleReport *report)
{
        WattleSurroundings *around = tunnel->around;
        g_auto(WattleLocal) local = { 0 };
        const char *interface;

        wattle_local_init(&local);
        if (tunnel->carrier
                    ? !wattle_carried_load_local(&local, around->root_fd, tunnel->carrier, report)
                    : !wattle_local_load(&local, around->root_fd, tunnel->mesh, report))
                return FALSE;
        tunnel->enabled = local.enable;
        tunnel->owner =
                local.owner == WATTLE_OWNER_AUTO ? wattle_host_owner(around->root_fd) : local.owner;
        interface = local.interface.value ? local.interface.value : tunnel->mesh;
        if (g_strcmp0(interface, tunnel->interface) != 0 ||
            tunnel->wishes.migrate != local.migrate || tunnel->wishes.discovery != local.discovery)
                wattle_loop_stop(tunnel->loop);
        tunnel->wishes = (WattleLoopWishes){ local.migrate, local.discovery };
        wattle_loop_set_mapping(tunnel->loop, local.enable && local.port_mapping);
        g_free(tunnel->interface);
        tunnel->interface = g_strdup(interface);
        return TRUE;
}

gboolean wattle_tunnel_reload(WattleTunnel *tunnel)
{
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        if (!tunnel->carrier && !wattle_mesh_exists(tunnel->around->root_fd, tunnel->mesh))
                return FALSE;
        if (!load_local(tunnel, &report))
                take_fault(tunnel, &report, wattle_loop_ifindex(tunnel->loop) > 0);
        else if (tunnel->enabled)
                follow(tunnel, TRUE);
        return tunnel->enabled;
}

void wattle_tunnel_on_links(WattleTunnel *tunnel, WattleLinksChange change)
{
        g_autofree char *problem = g_strdup(tunnel->problem);

        if (!tunnel->interface ||
            (change == WATTLE_LINKS_PATHS && wattle_loop_ifindex(tunnel->loop) > 0 &&
             !wattle_loop_has_other_ways(tunnel->loop)))
                return;
        if (change != WATTLE_LINKS_LOST)
                follow(tunnel, FALSE);
        if (wattle_loop_ifindex(tunnel->loop) > 0) {
                wattle_loop_links_changed(tunnel->loop, change);
                if (change != WATTLE_LINKS_LOST)
                        wattle_loop_counters(tunnel->loop);
        }
        if (g_strcmp0(problem, tunnel->problem) != 0)
                tunnel->around->changed(tunnel->mesh, NULL, tunnel->around->data);
}

void wattle_tunnel_woke(WattleTunnel *tunnel)
{
        if (tunnel->loop && wattle_loop_ifindex(tunnel->loop) > 0)
                wattle_loop_woke(tunnel->loop);
}

const char *wattle_tunnel_mesh(const WattleTunnel *tunnel)
{
        return tunnel->mesh;
}

void wattle_tunnel_describe(const WattleTunnel *tunnel, WattleManagerMesh *ret)
{
        const WattleLink *link =
                tunnel->interface ? wattle_links_find(tunnel->around->links, tunnel->interface)
                                  : NULL;

        *ret = (WattleManagerMesh){ .name = tunnel->mesh,
                                    .device = tunnel->roster.device,
                                    .interface = tunnel->interface,
                                    .owner = tunnel->owner,
                                    .exists = link && link->wireguard,
                                    .up = link && link->wireguard && link->up,
                                    .migrate = tunnel->wishes.migrate,
                                    .listen_port = wattle_loop_listen_port(tunnel->loop),
                                    .serial = tunnel->text.serial,
                                    .relays = tunnel->roster.relay != WATTLE_RELAY_NO,
                                    .n_peers = tunnel->roster.members->len,
                                    .problem = tunnel->problem };
        ret->mapped = *wattle_loop_mapped(tunnel->loop, &ret->mapping_problem);
}

guint wattle_tunnel_n_members(const WattleTunnel *tunnel)
{
        return tunnel->roster.members->len;
}

const char *wattle_tunnel_relay_of(const WattleTunnel *tunnel, const WattleMember *member)
{
        const WattleMember *relay =
                member->port ? wattle_roster_with_key(&tunnel->roster, &member->port->relay) : NULL;

        return relay ? relay->name : NULL;
}

const char *wattle_tunnel_introducer_of(const WattleTunnel *tunnel, const WattleMember *member)
{
        const WattleKey *key = wattle_member_introducer(member);
        const WattleMember *introducer = key ? wattle_roster_with_key(&tunnel->roster, key) : NULL;

        return introducer ? introducer->name : NULL;
}

const char *wattle_tunnel_why_relayed(const WattleTunnel *tunnel, const WattleMember *member)
{
        return member->engine ? wattle_loop_why_relayed(tunnel->loop, member) : NULL;
}

const WattleMember *wattle_tunnel_member(const WattleTunnel *tunnel, guint index)
{
        return wattle_roster_at(&tunnel->roster, index);
}

gboolean wattle_tunnel_migrate(WattleTunnel *tunnel, guint index, const WattleSocketAddr *to,
                               GError **error)
{
        WattleMember *member = wattle_roster_at(&tunnel->roster, index);
        const char *why = NULL;

        if (tunnel->problem)
                why = tunnel->problem;
        else if (!tunnel->wishes.migrate)
                why = "its local settings have Migrate=no";
        else if (!member->engine)
                why = "the kernel does not have the peer";
        else if (to && !wattle_migration_may_move_to(member->engine, to))
                why = "that is no endpoint of the peer which can be reached from here";
        if (why) {
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED, why);
                return FALSE;
        }
        wattle_loop_move(tunnel->loop, member, to);
        return TRUE;
}

gboolean wattle_tunnel_probe(WattleTunnel *tunnel, guint index, WattleProbed probed, gpointer data,
                             GError **error)
{
        if (!tunnel->problem)
                return wattle_loop_probe(tunnel->loop, wattle_roster_at(&tunnel->roster, index),
                                         probed, data, error);
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_FAILED, tunnel->problem);
        return FALSE;
}

void wattle_tunnel_count_relay(WattleTunnel *tunnel, WattleRelayCounted counted, gpointer data)
{
        wattle_loop_count_relay(tunnel->loop, counted, data);
}

const char *wattle_tunnel_carrier(const WattleTunnel *tunnel)
{
        return tunnel->carrier;
}

WattleTunnel *wattle_tunnel_new(WattleSurroundings *around, const char *mesh, const char *carrier)
{
        WattleTunnel *tunnel = g_new0(WattleTunnel, 1);

        tunnel->around = around;
        tunnel->mesh = g_strdup(mesh);
        tunnel->carrier = g_strdup(carrier);
        tunnel->enabled = TRUE;
        wattle_roster_init(&tunnel->roster);
        tunnel->loop = wattle_loop_new(around, &tunnel->roster, tunnel->mesh, !carrier);
        return tunnel;
}

void wattle_tunnel_free(WattleTunnel *tunnel)
{
        if (!tunnel)
                return;
        wattle_loop_free(tunnel->loop);
        wattle_roster_clear(&tunnel->roster);
        g_free(tunnel->problem);
        g_free(tunnel->interface);
        g_free(tunnel->carrier);
        g_free(tunnel->mesh);
        g_free(tunnel);
}
