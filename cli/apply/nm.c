/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/apply/nm.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/managers/nm-up.h"
#include "cli/managers/nm.h"
#include "cli/managers/systemd.h"
#include "common/error.h"
#include "common/language.h"
#include "common/nm-profile.h"
#include "common/paths.h"
#include "common/sys/file.h"
#include "common/sys/install.h"
#include "common/sys/kernel/wireguard.h"

static char *make_uuid(const char *mesh, WattleConnectionKind kind)
{
        return kind == WATTLE_CONNECTION_VPN ? wattle_nm_vpn_uuid(mesh)
                                             : wattle_nm_profile_uuid(mesh);
}

static WattleConnectionKind other_kind(WattleConnectionKind kind)
{
        return kind == WATTLE_CONNECTION_VPN ? WATTLE_CONNECTION_NATIVE : WATTLE_CONNECTION_VPN;
}

static gboolean find_up(const WattleNmMesh *mesh, WattleNmFacts *facts, GError **error)
{
        g_auto(WattleNmUp) up = { 0 };

        if (!wattle_nm_up_find(&up, mesh->bus, mesh->mesh, error) ||
            (up.active && up.is_theirs &&
             !wattle_nm_find(mesh->bus, up.uuid, &facts->theirs, error)))
                return FALSE;
        facts->active = g_steal_pointer(&up.active);
        facts->interface = g_steal_pointer(&up.interface);
        facts->active_kind = up.kind;
        return TRUE;
}

static gboolean find_file(const WattleNmMesh *mesh, WattleConnectionKind kind, char **ret,
                          GError **error)
{
        g_autofree char *uuid = make_uuid(mesh->mesh, kind), *connection = NULL;

        return wattle_nm_find(mesh->bus, uuid, &connection, error) &&
               (!connection || wattle_nm_get_file(mesh->bus, connection, ret, error));
}

gboolean wattle_nm_apply_look(const WattleNmMesh *mesh, WattleNmFacts *facts, GError **error)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NM_PROFILE, mesh->mesh);
        g_autofree char *left = g_strconcat(path, WATTLE_NEW_SUFFIX, NULL);

        facts->has_profile =
                wattle_path_exists(mesh->root_fd, path) || wattle_path_exists(mesh->root_fd, left);
        wattle_before_read(&facts->before, mesh->root_fd, WATTLE_FILE_NM_PROFILE, mesh->mesh);
        if (!wattle_nm_is_running(mesh->bus, &facts->is_running, error))
                return FALSE;
        if (facts->is_running)
                return find_up(mesh, facts, error) &&
                       find_file(mesh, WATTLE_CONNECTION_NATIVE,
                                 &facts->files[WATTLE_CONNECTION_NATIVE], error) &&
                       find_file(mesh, WATTLE_CONNECTION_VPN, &facts->files[WATTLE_CONNECTION_VPN],
                                 error);
        /* Without NetworkManager its interface stays. */
        if (facts->before.interface && if_nametoindex(facts->before.interface) != 0)
                facts->interface = g_strdup(facts->before.interface);
        return TRUE;
}

void wattle_nm_facts_clear(WattleNmFacts *facts)
{
        wattle_before_clear(&facts->before);
        for (guint i = 0; i < G_N_ELEMENTS(facts->files); i++)
                g_clear_pointer(&facts->files[i], g_free);
        g_clear_pointer(&facts->active, g_free);
        g_clear_pointer(&facts->interface, g_free);
        g_clear_pointer(&facts->theirs, g_free);
}

/* What NetworkManager still has of a kind when its profile is gone and it knows: whoever edited the
 * connection made it write a copy below /etc, with the private key. */
static gboolean remove_copy(const WattleNmMesh *mesh, WattleConnectionKind kind,
                            gboolean *ret_removed, GError **error)
{
        g_autofree char *uuid = make_uuid(mesh->mesh, kind), *connection = NULL, *file = NULL;
        g_autoptr(GError) why = NULL;

        if (!wattle_nm_find(mesh->bus, uuid, &connection, error))
                return FALSE;
        if (!connection)
                return TRUE;
        if (!wattle_nm_get_file(mesh->bus, connection, &file, error))
                return FALSE;
        if (wattle_nm_delete(mesh->bus, connection, &why)) {
                *ret_removed = TRUE;
                return TRUE;
        }
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    _("NetworkManager keeps an edited copy of the mesh in %s (%s): remove that "
                      "file, and apply again"),
                    file, why->message);
        return FALSE;
}

static gboolean remove_profile(const WattleNmMesh *mesh, gboolean *ret_removed, GError **error)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NM_PROFILE, mesh->mesh);

        return wattle_install_remove(mesh->root_fd, path, ret_removed, error);
}

gboolean wattle_nm_apply_remove(const WattleNmMesh *mesh, const WattleNmFacts *facts,
                                gboolean is_pending, gboolean *ret_removed, GError **error)
{
        if (facts->active && !wattle_nm_deactivate(mesh->bus, facts->active, error))
                return FALSE;
        if (!remove_profile(mesh, ret_removed, error))
                return FALSE;
        if (!facts->is_running)
                return TRUE;
        if ((*ret_removed || is_pending) && !wattle_nm_load_all_profiles(mesh->bus, error))
                return FALSE;
        return remove_copy(mesh, WATTLE_CONNECTION_NATIVE, ret_removed, error) &&
               remove_copy(mesh, WATTLE_CONNECTION_VPN, ret_removed, error);
}

/* A file that need not change is not touched, so this tells. */
static gboolean same_file(const struct stat *a, const struct stat *b)
{
        return a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
               a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

gboolean wattle_nm_apply_write(const WattleNmMesh *mesh, gboolean *ret_written, GError **error)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NM_PROFILE, mesh->mesh);
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_NM_WRITER, mesh->mesh);
        struct stat before = { 0 }, after = { 0 };

        (void)wattle_below_lstat(mesh->root_fd, path, &before);
        if (!wattle_systemd_run_job(mesh->bus, "ReloadOrRestartUnit", unit, error))
                return FALSE;
        if (wattle_below_lstat(mesh->root_fd, path, &after) < 0)
                return wattle_error_set_errno(error, errno, "/%s", path);
        *ret_written = !same_file(&before, &after);
        return TRUE;
}

/* A connection of the other kind goes with the file that it was read from, and so does a copy. */
static gboolean forget_other(const WattleNmMesh *mesh, WattleConnectionKind kind, GError **error)
{
        g_autofree char *uuid = make_uuid(mesh->mesh, other_kind(kind)), *other = NULL;
        gboolean removed;

        if (!wattle_nm_find(mesh->bus, uuid, &other, error))
                return FALSE;
        return !other || (wattle_nm_load_all_profiles(mesh->bus, error) &&
                          remove_copy(mesh, other_kind(kind), &removed, error));
}

gboolean wattle_nm_apply_load(const WattleNmMesh *mesh, WattleConnectionKind kind, gboolean is_new,
                              char **ret_connection, GError **error)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NM_PROFILE, mesh->mesh);
        g_autofree char *file = g_strconcat("/", path, NULL);
        g_autofree char *uuid = make_uuid(mesh->mesh, kind);

        if (!wattle_nm_find(mesh->bus, uuid, ret_connection, error))
                return FALSE;
        if (is_new || !*ret_connection) {
                g_clear_pointer(ret_connection, g_free);
                if (!wattle_nm_load_profile(mesh->bus, file, error) ||
                    !forget_other(mesh, kind, error) ||
                    !wattle_nm_find(mesh->bus, uuid, ret_connection, error))
                        return FALSE;
        }
        if (*ret_connection)
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    _("NetworkManager has no connection of %s"), file);
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
static gboolean collect_endpoints(const WattleBefore *before, const WattleView *view,
                                  gboolean is_pending, GHashTable *endpoints, GError **error)
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
                    (is_pending ||
                     wattle_before_differs(before, &peer->public_key, peer->endpoint)))
                        g_hash_table_remove(endpoints, key);
        }
        return TRUE;
}

gboolean wattle_nm_apply_reapply(const WattleNmMesh *mesh, const WattleNmFacts *facts,
                                 const WattleView *view, gboolean is_pending,
                                 const char *connection, GError **error)
{
        g_autoptr(GHashTable) endpoints =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

        return collect_endpoints(&facts->before, view, is_pending, endpoints, error) &&
               wattle_nm_reapply(mesh->bus, connection, facts->active, endpoints, error);
}
