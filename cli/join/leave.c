/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/join/leave.h"

#include <errno.h>

#include "cli/update/joined.h"
#include "cli/update/pair.h"
#include "cli/update/state.h"
#include "common/error.h"
#include "common/paths.h"
#include "common/profile-sign.h"
#include "common/sys/deploy.h"
#include "common/sys/file.h"

static gboolean remove_file(int root_fd, const char *path, GError **error)
{
        return wattle_below_unlink(root_fd, path + 1) == 0 || errno == ENOENT || errno == ENOTDIR ||
               wattle_error_set_errno(error, errno, "%s", path);
}

static gboolean remove_in_etc(int root_fd, const char *mesh, const char *suffix, GError **error)
{
        g_autofree char *path = g_strconcat(WATTLE_CONFDIR "/", mesh, suffix, NULL);

        return remove_file(root_fd, path, error);
}

/* One with files of others in it stays. */
static void remove_folder(int root_fd, const char *mesh, const char *suffix)
{
        g_autofree char *path = g_strconcat(WATTLE_CONFDIR "/", mesh, suffix, NULL);

        (void)wattle_below_rmdir(root_fd, path + 1);
}

/* MESH.pub last: as long as it is there, no other text passes for the mesh. What was written by
 * hand into MESH.mesh.d stays. */
static gboolean remove_files(int root_fd, const char *mesh, GError **error)
{
        static const char *const suffixes[] = {
                WATTLE_INVITATION_SUFFIX,
                ".mesh",
                ".mesh" WATTLE_SIGNATURE_SUFFIX,
                ".mesh" WATTLE_SIGNATURE_SUFFIX WATTLE_SIGNATURE_NEXT_SUFFIX,
                WATTLE_JOINED_SUFFIX,
                WATTLE_LEFT_SUFFIX,
        };
        static const char *const folders[] = { ".last", ".next", ".mesh.d" };
        g_autofree char *last = wattle_paths_last_good(mesh), *next = wattle_paths_candidate(mesh);
        g_autofree char *revoked = wattle_paths_revocations(mesh);

        for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++)
                if (!remove_in_etc(root_fd, mesh, suffixes[i], error))
                        return FALSE;
        if (!wattle_pair_remove(root_fd, last, error) ||
            !wattle_pair_remove(root_fd, next, error) || !remove_file(root_fd, revoked, error))
                return FALSE;
        for (guint i = 0; i < G_N_ELEMENTS(folders); i++)
                remove_folder(root_fd, mesh, folders[i]);
        return remove_in_etc(root_fd, mesh, WATTLE_TRUST_SUFFIX, error);
}

/* Which Serial= it had got to stays, so that nobody gives this host an older one if it comes back.
 */
static gboolean forget_candidate(int root_fd, const char *mesh, GError **error)
{
        g_autofree char *path = wattle_paths_update_state(mesh);
        g_auto(WattleUpdateState) state = { 0 };

        if (!wattle_path_exists(root_fd, path + 1))
                return TRUE;
        if (!wattle_update_state_load(root_fd, mesh, &state, error))
                return FALSE;
        state.confirm = (WattleConfirm){ .phase = WATTLE_CONFIRM_DONE };
        g_clear_pointer(&state.witnesses, g_strfreev);
        return wattle_update_state_save(root_fd, mesh, &state, error);
}

gboolean wattle_leave_is_due(int root_fd, const char *mesh)
{
        g_autofree char *pub = g_strdup_printf(WATTLE_CONFDIR "/%s" WATTLE_TRUST_SUFFIX, mesh);
        g_autofree char *invitation = wattle_paths_invitation(mesh);

        return wattle_path_exists(root_fd, pub + 1) ||
               wattle_path_exists(root_fd, invitation + 1) || wattle_pending_get(root_fd, mesh);
}

gboolean wattle_leave_remove(int root_fd, const char *mesh, GError **error)
{
        return wattle_pending_set(root_fd, mesh, error) && remove_files(root_fd, mesh, error) &&
               forget_candidate(root_fd, mesh, error);
}
