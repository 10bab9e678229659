/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/tunnel.h"

#include <malloc.h>
#include <string.h>

#include "common/error.h"
#include "common/sys/host.h"
#include "common/sys/load.h"
#include "common/sys/log.h"
#include "daemon/last-good.h"
#include "daemon/loop.h"
#include "daemon/probe-request.h"

static void set_problem(WattleTunnel *tunnel, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void set_problem(WattleTunnel *tunnel, const char *format, ...)
{
        va_list arguments;

        g_free(tunnel->problem);
        va_start(arguments, format);
        tunnel->problem = g_strdup_vprintf(format, arguments);
        va_end(arguments);
}

static WattleMember *member_of_address(const WattleTunnel *tunnel, const WattleAddr *from)
{
        return g_hash_table_lookup(tunnel->by_address, from);
}

static gboolean on_may_answer(const WattleAddr *from, gpointer data)
{
        WattleTunnel *tunnel = data;
        WattleMember *member = member_of_address(tunnel, from);

        return member && wattle_member_may_answer(member, wattle_tunnel_now(tunnel));
}

static void on_answered(const WattleAddr *from, guint64 nonce, gboolean is_wattled, gpointer data)
{
        WattleTunnel *tunnel = data;
        WattleMember *member = member_of_address(tunnel, from);
        WattleMigrateEvent event = { .kind = WATTLE_ON_ANSWER, .probe_id = nonce };

        if (!member)
                return;
        member->speaks |= is_wattled;
        if (wattle_probe_request_answered(tunnel, member, nonce))
                return;
        if (wattle_member_answered(member, nonce, wattle_tunnel_now(tunnel), &event.rtt_us))
                wattle_loop_event(member, &event);
}

/* Away from the interface. The members stay, for who looks. */
static void stop(WattleTunnel *tunnel)
{
        if (tunnel->ifindex == 0)
                return;
        wattle_last_good_now(tunnel);
        wattle_probe_request_cancel_all(tunnel, "the interface is gone");
        wattle_loop_stop(tunnel);
        g_clear_pointer(&tunnel->prober, wattle_prober_free);
        tunnel->ifindex = 0;
        tunnel->listen_port = 0;
}

/* From the addresses that we have now. */
static void renew_prober(WattleTunnel *tunnel)
{
        WattleProberEvents events = { on_may_answer, on_answered, tunnel };
        g_autoptr(GError) error = NULL;

        g_clear_pointer(&tunnel->prober, wattle_prober_free);
        tunnel->prober = wattle_prober_new(tunnel->around->event, tunnel->interface,
                                           tunnel->addresses, tunnel->n_addresses, &events, &error);
        if (!tunnel->prober)
                wattle_log(WATTLE_LOG_WARNING, "%s: %s: no path can be verified", tunnel->mesh,
                           error->message);
}

static void start(WattleTunnel *tunnel, const WattleWgDevice *device)
{
        tunnel->ifindex = device->ifindex;
        renew_prober(tunnel);
        wattle_last_good_load(tunnel);
        wattle_loop_start(tunnel);
}

/* What the kernel says, into the members. */
static void take_device(WattleTunnel *tunnel, const WattleWgDevice *device)
{
        tunnel->listen_port = device->listen_port;
        tunnel->fwmark = device->fwmark;
        for (guint i = 0; i < tunnel->members->len; i++)
                ((WattleMember *)g_ptr_array_index(tunnel->members, i))->in_kernel = FALSE;
        for (guint i = 0; i < device->peers->len; i++) {
                const WattleWgPeer *peer = &g_array_index(device->peers, WattleWgPeer, i);
                WattleMember *member = g_hash_table_lookup(tunnel->by_key, &peer->public_key);

                if (member)
                        wattle_member_read(member, peer);
        }
}

static gboolean is_not_found(const GError *error)
{
        return g_error_matches(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND);
}

static gboolean get_device(WattleTunnel *tunnel, WattleWgDevice *device, GError **error)
{
        WattleSurroundings *around = tunnel->around;
        g_autoptr(GError) own_error = NULL;

        if (around->has_wireguard) {
                if (wattle_wireguard_get(&around->wireguard, tunnel->interface, device, &own_error))
                        return TRUE;
                if (!is_not_found(own_error)) {
                        g_propagate_error(error, g_steal_pointer(&own_error));
                        return FALSE;
                }
                wattle_wireguard_close(&around->wireguard);
        }
        /* The kernel loads WireGuard with the first interface, and gives it another number each
         * time. */
        around->has_wireguard = wattle_wireguard_open(&around->wireguard, error);
        return around->has_wireguard &&
               wattle_wireguard_get(&around->wireguard, tunnel->interface, device, error);
}

gboolean wattle_tunnel_read(WattleTunnel *tunnel, GError **error)
{
        g_auto(WattleWgDevice) device = { 0 };

        wattle_wg_device_init(&device);
        if (tunnel->ifindex == 0) {
                g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND,
                                    tunnel->problem ? tunnel->problem : "it is not up");
                return FALSE;
        }
        if (!get_device(tunnel, &device, error))
                return FALSE;
        take_device(tunnel, &device);
        wattle_loop_counters(tunnel);
        return TRUE;
}

static void index_members(WattleTunnel *tunnel)
{
        g_hash_table_remove_all(tunnel->by_address);
        for (guint i = 0; i < tunnel->members->len; i++) {
                WattleMember *member = g_ptr_array_index(tunnel->members, i);

                for (guint j = 0; j < member->n_addresses; j++)
                        g_hash_table_insert(tunnel->by_address, &member->addresses[j], member);
        }
}

static void take_self(WattleTunnel *tunnel, const WattleDevice *self)
{
        tunnel->device = wattle_arena_strdup(tunnel->arena, self->name);
        tunnel->self = self->public_key;
        tunnel->self_has_private = FALSE;
        for (guint i = 0; i < self->n_candidates; i++)
                tunnel->self_has_private |= self->candidates[i].kind == WATTLE_CANDIDATE_PRIVATE;
        tunnel->n_addresses = self->n_addresses;
        tunnel->addresses =
                wattle_arena_alloc(tunnel->arena, self->n_addresses * sizeof(WattleAddr));
        for (guint i = 0; i < self->n_addresses; i++)
                tunnel->addresses[i] = self->addresses[i].value;
}

static GHashTable *new_by_key(void)
{
        return g_hash_table_new_full((GHashFunc)wattle_key_hash, (GEqualFunc)wattle_key_equal, NULL,
                                     (GDestroyNotify)wattle_member_free);
}

/* Copies of what is needed: the profile, several times as large, goes. Members that stay keep what
 * they learnt. */
static void take_view(WattleTunnel *tunnel, const WattleView *view, const WattleDevice *self)
{
        g_autoptr(GHashTable) old = g_steal_pointer(&tunnel->by_key);
        g_autoptr(WattleArena) old_arena = g_steal_pointer(&tunnel->arena);

        wattle_probe_request_cancel_all(tunnel, "the mesh is read anew");
        g_ptr_array_set_size(tunnel->members, 0);
        tunnel->arena = wattle_arena_new();
        tunnel->by_key = new_by_key();
        take_self(tunnel, self);
        for (guint i = 0; i < view->n_peers; i++) {
                const WattlePeer *peer = &view->peers[i];
                WattleMember *member = g_hash_table_lookup(old, &peer->public_key);

                if (member)
                        g_hash_table_steal(old, &peer->public_key);
                else
                        member = wattle_member_new(tunnel, &peer->public_key);
                wattle_member_update(member, peer, tunnel->arena);
                g_ptr_array_add(tunnel->members, member);
                g_hash_table_insert(tunnel->by_key, &member->key, member);
        }
        index_members(tunnel);
}

static gboolean load_view(WattleTunnel *tunnel, const WattleKey *self_key, WattleReport *report)
{
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = NULL;
        const WattleDevice *self;

        if (!wattle_mesh_load(&mesh, tunnel->around->root_fd, tunnel->mesh, report))
                return FALSE;
        /* The private key is not for us to read; the kernel says whose it has. */
        self = wattle_profile_find_key(mesh.profile, self_key);
        if (!self || self->state != WATTLE_DEVICE_ACTIVE) {
                wattle_report_error(report, WATTLE_NO_PLACE,
                                    "the key of interface %s is that of no device of mesh %s",
                                    tunnel->interface, tunnel->mesh);
                return FALSE;
        }
        view = wattle_host_view(tunnel->around->root_fd, &mesh, self->name, WATTLE_OWNER_AUTO,
                                report);
        if (view)
                take_view(tunnel, view, self);
        return view != NULL;
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
        if (tunnel->ifindex != link->index || is_not_found(error)) {
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
        else if (!get_device(tunnel, device, &error))
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
        if (load_view(tunnel, &device->public_key, &report)) {
                malloc_trim(0);
                return TRUE;
        }
        take_fault(tunnel, &report, known);
        tunnel->refused = device->ifindex;
        return known;
}

/* Begins, ends or goes on as the interface is. */
static void follow(WattleTunnel *tunnel, gboolean read_profile)
{
        g_auto(WattleWgDevice) device = { 0 };
        gboolean known, keep;

        wattle_wg_device_init(&device);
        if (!find_device(tunnel, &device, &keep)) {
                if (!keep)
                        stop(tunnel);
                return;
        }
        known = wattle_key_equal(&tunnel->self, &device.public_key);
        if (tunnel->ifindex != device.ifindex || !known)
                stop(tunnel);
        if (!read_profile && !known && tunnel->refused == device.ifindex)
                return;
        read_profile |= !known;
        if (read_profile && !read_members(tunnel, &device, known))
                return;
        g_clear_pointer(&tunnel->problem, g_free);
        take_device(tunnel, &device);
        if (tunnel->ifindex == 0) {
                start(tunnel, &device);
        } else if (read_profile) {
                renew_prober(tunnel);
                wattle_loop_members_changed(tunnel);
        }
}

static gboolean load_local(WattleTunnel *tunnel, WattleReport *report)
{
        WattleSurroundings *around = tunnel->around;
        g_auto(WattleLocal) local = { 0 };
        const char *interface;

        wattle_local_init(&local);
        if (!wattle_local_load(&local, around->root_fd, tunnel->mesh, report))
                return FALSE;
        tunnel->enabled = local.enable;
        tunnel->owner =
                local.owner == WATTLE_OWNER_AUTO ? wattle_host_owner(around->root_fd) : local.owner;
        interface = local.interface.value ? local.interface.value : tunnel->mesh;
        if (g_strcmp0(interface, tunnel->interface) != 0 || tunnel->migrate != local.migrate)
                stop(tunnel);
        tunnel->migrate = local.migrate;
        g_free(tunnel->interface);
        tunnel->interface = g_strdup(interface);
        return TRUE;
}

gboolean wattle_tunnel_reload(WattleTunnel *tunnel)
{
        g_auto(WattleReport) report = { 0 };
        g_autofree char *path = wattle_mesh_find(tunnel->around->root_fd, tunnel->mesh);

        wattle_report_init(&report);
        if (!path)
                return FALSE;
        if (!load_local(tunnel, &report))
                take_fault(tunnel, &report, tunnel->ifindex > 0);
        else if (tunnel->enabled)
                follow(tunnel, TRUE);
        return tunnel->enabled;
}

void wattle_tunnel_on_links(WattleTunnel *tunnel, gboolean lost)
{
        g_autofree char *problem = g_strdup(tunnel->problem);

        if (!tunnel->interface)
                return;
        if (!lost)
                follow(tunnel, FALSE);
        if (tunnel->ifindex > 0) {
                wattle_loop_links_changed(tunnel, lost);
                if (!lost)
                        wattle_loop_counters(tunnel);
        }
        if (g_strcmp0(problem, tunnel->problem) != 0)
                tunnel->around->changed(tunnel, NULL, tunnel->around->data);
}

WattleTunnel *wattle_tunnel_new(WattleSurroundings *around, const char *mesh)
{
        WattleTunnel *tunnel = g_new0(WattleTunnel, 1);

        tunnel->around = around;
        tunnel->mesh = g_strdup(mesh);
        tunnel->enabled = TRUE;
        tunnel->arena = wattle_arena_new();
        tunnel->members = g_ptr_array_new();
        tunnel->by_key = new_by_key();
        tunnel->by_address =
                g_hash_table_new((GHashFunc)wattle_addr_hash, (GEqualFunc)wattle_addr_equal);
        return tunnel;
}

void wattle_tunnel_free(WattleTunnel *tunnel)
{
        if (!tunnel)
                return;
        wattle_probe_request_cancel_all(tunnel, "wattled ends");
        stop(tunnel);
        g_ptr_array_unref(tunnel->members);
        g_hash_table_unref(tunnel->by_address);
        g_hash_table_unref(tunnel->by_key);
        wattle_arena_unref(tunnel->arena);
        g_free(tunnel->problem);
        g_free(tunnel->interface);
        g_free(tunnel->mesh);
        g_free(tunnel);
}
