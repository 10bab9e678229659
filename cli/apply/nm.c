/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/apply/nm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/managers/nm-up.h"
#include "cli/managers/nm.h"
#include "cli/managers/systemd.h"
#include "common/error.h"
#include "common/nm-profile.h"
#include "common/paths.h"
#include "common/sys/install.h"

static char *make_uuid(const char *mesh, WattleConnectionKind kind)
{
        return kind == WATTLE_CONNECTION_VPN ? wattle_nm_vpn_uuid(mesh)
                                             : wattle_nm_profile_uuid(mesh);
}

static WattleConnectionKind other_kind(WattleConnectionKind kind)
{
        return kind == WATTLE_CONNECTION_VPN ? WATTLE_CONNECTION_NATIVE : WATTLE_CONNECTION_VPN;
}

static gboolean find_up(WattleNmApply *apply, GError **error)
{
        g_auto(WattleNmUp) up = { 0 };

        if (!wattle_nm_up_find(&up, apply->bus, apply->mesh, error) ||
            (up.active && up.is_theirs &&
             !wattle_nm_find(apply->bus, up.uuid, &apply->theirs, error)))
                return FALSE;
        apply->active = g_steal_pointer(&up.active);
        apply->interface = g_steal_pointer(&up.interface);
        apply->active_kind = up.kind;
        return TRUE;
}

gboolean wattle_nm_apply_init(WattleNmApply *apply, int root_fd, sd_bus *bus, const char *mesh,
                              GError **error)
{
        *apply = (WattleNmApply){ .root_fd = root_fd, .bus = bus, .mesh = mesh };
        wattle_before_read_nm(&apply->before, root_fd, mesh);
        if (!wattle_nm_is_running(bus, &apply->running, error))
                return FALSE;
        /* Without NetworkManager its interface stays. */
        if (!apply->running) {
                apply->interface = g_strdup(apply->before.interface);
                return TRUE;
        }
        return find_up(apply, error);
}

void wattle_nm_apply_clear(WattleNmApply *apply)
{
        wattle_before_clear(&apply->before);
        g_clear_pointer(&apply->active, g_free);
        g_clear_pointer(&apply->interface, g_free);
        g_clear_pointer(&apply->theirs, g_free);
}

/* Whoever edits the connection at NetworkManager makes it move our profile to a copy below /etc.
 * What is written now would win over it, and the edits be lost without a word. */
gboolean wattle_nm_apply_check(const WattleNmApply *apply, WattleConnectionKind kind,
                               GError **error)
{
        g_autofree char *uuid = make_uuid(apply->mesh, kind), *connection = NULL, *found = NULL;
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NM_PROFILE, apply->mesh);

        if (!apply->running)
                return TRUE;
        if (!wattle_nm_find(apply->bus, uuid, &connection, error))
                return FALSE;
        if (!connection)
                return TRUE;
        if (!wattle_nm_get_file(apply->bus, connection, &found, error))
                return FALSE;
        if (*found == '/' && strcmp(found + 1, path) == 0)
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    "NetworkManager has an edited copy in %s, which hides the mesh: remove it "
                    "with 'nmcli connection delete %s', and apply again",
                    found, apply->mesh);
        return FALSE;
}

/* What NetworkManager still has of a kind when its profile is gone and it knows: whoever edited the
 * connection made it write a copy below /etc, with the private key. */
static gboolean remove_copy(const WattleNmApply *apply, WattleConnectionKind kind,
                            gboolean *ret_removed, GError **error)
{
        g_autofree char *uuid = make_uuid(apply->mesh, kind), *connection = NULL, *file = NULL;
        g_autoptr(GError) why = NULL;

        if (!wattle_nm_find(apply->bus, uuid, &connection, error))
                return FALSE;
        if (!connection)
                return TRUE;
        if (!wattle_nm_get_file(apply->bus, connection, &file, error))
                return FALSE;
        if (wattle_nm_delete(apply->bus, connection, &why)) {
                *ret_removed = TRUE;
                return TRUE;
        }
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    "NetworkManager keeps an edited copy of the mesh in %s (%s): remove that "
                    "file, and apply again",
                    file, why->message);
        return FALSE;
}

static gboolean remove_profile(const WattleNmApply *apply, gboolean *ret_removed, GError **error)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NM_PROFILE, apply->mesh);

        return wattle_install_remove(apply->root_fd, path, ret_removed, error);
}

gboolean wattle_nm_apply_remove(const WattleNmApply *apply, gboolean pending, gboolean *ret_removed,
                                GError **error)
{
        if (apply->active && !wattle_nm_deactivate(apply->bus, apply->active, error))
                return FALSE;
        if (!remove_profile(apply, ret_removed, error))
                return FALSE;
        if (!apply->running)
                return TRUE;
        if ((*ret_removed || pending) && !wattle_nm_load_all_profiles(apply->bus, error))
                return FALSE;
        return remove_copy(apply, WATTLE_CONNECTION_NATIVE, ret_removed, error) &&
               remove_copy(apply, WATTLE_CONNECTION_VPN, ret_removed, error);
}

/* A file that need not change is not touched, so this tells. */
static gboolean same_file(const struct stat *a, const struct stat *b)
{
        return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
               a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static gboolean write_profile(const WattleNmApply *apply, gboolean *ret_written, GError **error)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NM_PROFILE, apply->mesh);
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_NM_WRITER, apply->mesh);
        struct stat before = { 0 }, after = { 0 };

        (void)fstatat(apply->root_fd, path, &before, AT_SYMLINK_NOFOLLOW);
        if (!wattle_systemd_run_job(apply->bus, "ReloadOrRestartUnit", unit, error))
                return FALSE;
        if (fstatat(apply->root_fd, path, &after, AT_SYMLINK_NOFOLLOW) < 0)
                return wattle_error_set_errno(error, errno, "/%s", path);
        *ret_written = !same_file(&before, &after);
        return TRUE;
}

/* A connection of the other kind goes with the file that it was read from, and so does a copy. */
static gboolean forget_other(const WattleNmApply *apply, WattleConnectionKind kind, GError **error)
{
        g_autofree char *uuid = make_uuid(apply->mesh, other_kind(kind)), *other = NULL;
        gboolean removed;

        if (!wattle_nm_find(apply->bus, uuid, &other, error))
                return FALSE;
        return !other || (wattle_nm_load_all_profiles(apply->bus, error) &&
                          remove_copy(apply, other_kind(kind), &removed, error));
}

static gboolean load_profile(const WattleNmApply *apply, WattleConnectionKind kind, gboolean is_new,
                             char **ret_connection, GError **error)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NM_PROFILE, apply->mesh);
        g_autofree char *file = g_strconcat("/", path, NULL);
        g_autofree char *uuid = make_uuid(apply->mesh, kind);

        if (!wattle_nm_find(apply->bus, uuid, ret_connection, error))
                return FALSE;
        if (is_new || !*ret_connection) {
                g_clear_pointer(ret_connection, g_free);
                if (!wattle_nm_load_profile(apply->bus, file, error) ||
                    !forget_other(apply, kind, error) ||
                    !wattle_nm_find(apply->bus, uuid, ret_connection, error))
                        return FALSE;
        }
        if (*ret_connection)
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    "NetworkManager has no connection of %s", file);
        return FALSE;
}

static void add_endpoint(GHashTable *endpoints, const WattleWgPeer *peer)
{
        char text[WATTLE_SOCKET_ADDR_TEXT_MAX], key[WATTLE_KEY_TEXT_MAX];

        wattle_socket_addr_format(&peer->endpoint, text);
        wattle_key_format(&peer->public_key, key);
        g_hash_table_replace(endpoints, g_strdup(key), g_strdup(text));
}

/* The endpoints that peers have now, but for those that the profile has changed, or may have, if it
 * is pending: NetworkManager sets what it is given. One with a scope is no text that it takes. */
static gboolean collect_endpoints(const WattleNmApply *apply, const WattleView *view,
                                  gboolean pending, GHashTable *endpoints, GError **error)
{
        g_auto(WattleWireguard) wireguard = { 0 };
        g_auto(WattleWgDevice) device = { 0 };

        wattle_wg_device_init(&device);
        if (!wattle_wireguard_open(&wireguard, error) ||
            !wattle_wireguard_get(&wireguard, view->interface, &device, error))
                return FALSE;
        for (guint i = 0; i < device.peers->len; i++) {
                const WattleWgPeer *peer = &g_array_index(device.peers, WattleWgPeer, i);

                if (wattle_socket_addr_is_set(&peer->endpoint) && peer->endpoint.scope == 0)
                        add_endpoint(endpoints, peer);
        }
        for (guint i = 0; i < view->n_peers; i++) {
                const WattlePeer *peer = &view->peers[i];
                char key[WATTLE_KEY_TEXT_MAX];

                wattle_key_format(&peer->public_key, key);
                if (peer->endpoint &&
                    (pending ||
                     wattle_before_differs(&apply->before, &peer->public_key, peer->endpoint)))
                        g_hash_table_remove(endpoints, key);
        }
        return TRUE;
}

/* A user's VPN comes up again as it was, and not as ours: it may choose another exit node. */
static gboolean restart(const WattleNmApply *apply, const char *connection,
                        WattleNmApplied *applied, GError **error)
{
        applied->active = FALSE;
        applied->restarted = TRUE;
        return wattle_nm_deactivate(apply->bus, apply->active, error) &&
               wattle_nm_activate(apply->bus, apply->theirs ? apply->theirs : connection, error);
}

static gboolean update_native(const WattleNmApply *apply, const WattleView *view, gboolean pending,
                              const char *connection, WattleNmApplied *applied, GError **error)
{
        g_autoptr(GHashTable) endpoints =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        WattleNmDifference difference;

        applied->active = TRUE;
        if (!wattle_nm_compare(apply->bus, connection, apply->active, &difference, error))
                return FALSE;
        if (difference.link)
                return restart(apply, connection, applied, error);
        if (!difference.addresses && !difference.routing && !difference.zone)
                return TRUE;
        applied->reapplied = difference.addresses || difference.routing;
        applied->zone = difference.zone;
        return collect_endpoints(apply, view, pending, endpoints, error) &&
               wattle_nm_reapply(apply->bus, connection, apply->active, endpoints, error);
}

/* What a VPN has is its service's, which reads the mesh when it starts. */
static gboolean update_active(const WattleNmApply *apply, const WattleView *view, gboolean pending,
                              const char *connection, WattleNmApplied *applied, GError **error)
{
        if (view->connection == WATTLE_CONNECTION_NATIVE)
                return update_native(apply, view, pending, connection, applied, error);
        return (!applied->written && !pending) || restart(apply, connection, applied, error);
}

/* From one kind to the other: what is up goes down before its profile does, and comes up again. */
static gboolean change_kind(const WattleNmApply *apply, const WattleView *view,
                            WattleNmApplied *applied, GError **error)
{
        g_autofree char *connection = NULL;

        applied->restarted = TRUE;
        return wattle_nm_deactivate(apply->bus, apply->active, error) &&
               write_profile(apply, &applied->written, error) &&
               load_profile(apply, view->connection, TRUE, &connection, error) &&
               wattle_nm_activate(apply->bus, connection, error);
}

/* What is new may become active by itself, and is up to date then. */
gboolean wattle_nm_apply_update(const WattleNmApply *apply, const WattleView *view,
                                gboolean pending, WattleNmApplied *applied, GError **error)
{
        g_autofree char *connection = NULL;

        if (apply->active && apply->active_kind != view->connection)
                return change_kind(apply, view, applied, error);
        if (!write_profile(apply, &applied->written, error))
                return FALSE;
        if (!apply->running)
                return TRUE;
        return load_profile(apply, view->connection, applied->written || pending, &connection,
                            error) &&
               (!apply->active || update_active(apply, view, pending, connection, applied, error));
}
