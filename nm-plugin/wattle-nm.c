/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-nm, the oneshot behind wattle-nm@MESH.service: writes the connection profile of one mesh
 * for NetworkManager below /run, before NetworkManager starts. A bad mesh changes nothing; a mesh
 * that is gone, disabled or no longer NetworkManager's loses its profile. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "common/error.h"
#include "common/paths.h"
#include "common/sys/deploy.h"
#include "common/sys/file.h"
#include "common/sys/install.h"
#include "common/sys/log.h"
#include "common/sys/writer.h"
#include "nm-plugin/connection.h"
#include "nm-plugin/vpn-profile.h"

/* NetworkManager reads no profile with a secret that others than root can. */
#define PROFILE_MODE 0600

/* NetworkManager makes it when it starts. */
#define NM_RUNNING_PATH "run/NetworkManager/devices"

/* At boot NetworkManager reads what we write. Later it does not before it is told, and 'wattle
 * apply' would see a profile that is in place already. */
static gboolean leave_mark(int root_fd, const char *mesh, GError **error)
{
        return !wattle_path_exists(root_fd, NM_RUNNING_PATH) ||
               wattle_pending_set(root_fd, mesh, error);
}

static gboolean remove_profile(int root_fd, const char *mesh, const char **ret_done, GError **error)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NM_PROFILE, mesh);

        gboolean removed;

        if (!wattle_install_remove(root_fd, path, &removed, error))
                return FALSE;
        *ret_done = removed ? "removed" : "none";
        return !removed || leave_mark(root_fd, mesh, error);
}

static gboolean write_profile(int root_fd, const char *mesh, const WattleDeployment *deployment,
                              const char **ret_done, GError **error)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NM_PROFILE, mesh);
        g_autoptr(NMConnection) connection = NULL;
        g_auto(WattleKey) private_key = { 0 };
        gboolean changed, ok;
        gsize size;
        char *text;

        if (!wattle_private_key_read(root_fd, deployment->view, &private_key, error))
                return FALSE;
        connection = deployment->view->connection == WATTLE_CONNECTION_VPN
                             ? wattle_vpn_profile_new(deployment->view)
                             : wattle_connection_new(deployment->view, &private_key);
        text = wattle_connection_format(connection, deployment->view, &size, error);
        if (!text)
                return FALSE;
        ok = wattle_install_file(root_fd, path, PROFILE_MODE, text, size, &changed, error);
        sodium_memzero(text, size);
        g_free(text);
        if (!ok)
                return FALSE;
        *ret_done = changed ? "written" : "unchanged";
        return !changed || leave_mark(root_fd, mesh, error);
}

static gboolean update_profile(int root_fd, const char *mesh, const WattleDeployment *deployment,
                               const char **ret_done, GError **error)
{
        return deployment->view && deployment->view->owner == WATTLE_OWNER_NETWORK_MANAGER
                       ? write_profile(root_fd, mesh, deployment, ret_done, error)
                       : remove_profile(root_fd, mesh, ret_done, error);
}

static gboolean write_mesh(int root_fd, const char *mesh)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleDeployment) deployment = { 0 };
        g_autoptr(GError) error = NULL;
        const char *done = NULL;
        gid_t gid = getegid();
        gboolean ok;

        wattle_report_init(&report);
        ok = wattle_deployment_load(&deployment, root_fd, mesh, &gid, WATTLE_LOAD_OR_LAST_GOOD,
                                    &report);
        wattle_log_report(&report);
        ok = ok && update_profile(root_fd, mesh, &deployment, &done, &error);
        if (error)
                wattle_log(WATTLE_LOG_ERROR, "mesh %s: %s", mesh, error->message);
        if (ok)
                wattle_log(WATTLE_LOG_INFO, "mesh %s: profile for NetworkManager: %s", mesh, done);
        else
                wattle_log(WATTLE_LOG_ERROR, "mesh %s: keeping the previous configuration", mesh);
        return ok;
}

int main(int argc, char **argv)
{
        static const char help[] =
                "Usage: wattle-nm [--root=DIR] MESH\n"
                "\n"
                "Writes the connection profile of MESH for NetworkManager below /run. wattle-nm@MESH.service\n"
                "runs it before NetworkManager starts; see wattle-nm(8).\n"
                "\n"
                "  --root=DIR  read and write below DIR\n"
                "  --help      show this\n";

        return wattle_writer_main(argc, argv, help, write_mesh);
}
