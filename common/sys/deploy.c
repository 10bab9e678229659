/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/deploy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/render.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/install.h"
#include "common/sys/other-meshes.h"
#include "common/sys/secret.h"

void wattle_deployment_clear(WattleDeployment *deployment)
{
        g_clear_pointer(&deployment->view, wattle_view_free);
        wattle_fileset_clear(&deployment->files);
        wattle_mesh_clear(&deployment->mesh);
}

static gboolean check_credential(const WattleView *view, guint systemd_version, GError **error)
{
        if (wattle_networkd_takes_credentials(systemd_version))
                return TRUE;
        g_set_error(
                error, WATTLE_ERROR, WATTLE_ERROR_INVALID,
                _("the key is a credential, which networkd %u does not take: put it in %s/%s.key"),
                systemd_version, WATTLE_CONFDIR, view->mesh);
        return FALSE;
}

static void prefix_key_error(const WattleView *view, GError **error)
{
        if (g_error_matches(*error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                g_prefix_error(error, _("no private key, 'wattle genkey %s' makes one: /"),
                               view->mesh);
        else
                g_prefix_error(error, "/");
}

/* networkd drops its privileges and sees no home folder (ProtectHome= of its unit). */
static gboolean check_key_file(int root_fd, const WattleView *view, gid_t networkd_gid,
                               GError **error)
{
        static const char *const homes[] = { "/home/", "/root/", "/run/user/" };

        for (guint i = 0; i < G_N_ELEMENTS(homes); i++)
                if (g_str_has_prefix(view->private_key_file, homes[i])) {
                        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_UNSAFE,
                                    _("%s: systemd-networkd sees no home folder: move the key "
                                      "to %s"),
                                    view->private_key_file, WATTLE_CONFDIR);
                        return FALSE;
                }
        if (wattle_secret_check_group(root_fd, view->private_key_file + 1, networkd_gid, error))
                return TRUE;
        prefix_key_error(view, error);
        return FALSE;
}

static gboolean check_key(int root_fd, const WattleDeployment *deployment,
                          const gid_t *networkd_gid, WattleReport *report)
{
        const WattleView *view = deployment->view;
        g_autoptr(GError) error = NULL;
        gboolean ok;

        if (view->owner != WATTLE_OWNER_NETWORKD || !networkd_gid)
                return TRUE;
        ok = view->private_key_file ? check_key_file(root_fd, view, *networkd_gid, &error)
                                    : check_credential(view, deployment->systemd_version, &error);
        if (!ok)
                wattle_report_error(report, WATTLE_NO_PLACE, "%s", error->message);
        return ok;
}

static gboolean make_view(WattleDeployment *deployment, int root_fd, WattleReport *report)
{
        const WattleMesh *mesh = &deployment->mesh;
        g_autoptr(WattleView) view =
                wattle_host_view(root_fd, mesh, NULL, WATTLE_OWNER_AUTO, report);

        if (!view || !wattle_host_check_managed(mesh, view, report))
                return FALSE;
        deployment->view = g_steal_pointer(&view);
        return TRUE;
}

gboolean wattle_deployment_load(WattleDeployment *deployment, int root_fd, const char *name,
                                const gid_t *networkd_gid, WattleLoad how, WattleReport *report)
{
        gboolean loaded;

        wattle_fileset_init(&deployment->files);
        if (!wattle_mesh_exists(root_fd, name))
                return TRUE;
        loaded = wattle_mesh_load(&deployment->mesh, root_fd, name, how, report);
        /* A mesh that is disabled may be as bad as it likes: the generator does not read it either.
         */
        if (!deployment->mesh.local.enable)
                return TRUE;
        if (!loaded)
                return FALSE;
        deployment->systemd_version = wattle_host_systemd_version(root_fd);
        if (!make_view(deployment, root_fd, report) ||
            !check_key(root_fd, deployment, networkd_gid, report) ||
            !wattle_other_meshes_check(root_fd, &deployment->mesh, deployment->view, report))
                return FALSE;
        wattle_render_host(deployment->view, deployment->systemd_version, &deployment->files);
        return TRUE;
}

gboolean wattle_private_key_read(int root_fd, const WattleView *view, WattleKey *ret,
                                 GError **error)
{
        if (!view->private_key_file) {
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_INVALID,
                            _("the key is a credential, which NetworkManager does not take: put it "
                              "in %s/%s.key"),
                            WATTLE_CONFDIR, view->mesh);
                return FALSE;
        }
        if (wattle_secret_read(root_fd, view->private_key_file + 1, ret, error))
                return TRUE;
        prefix_key_error(view, error);
        return FALSE;
}

/* What Debian calls the part that has wattle-nm and the VPN plugin; others' names are close. */
#define NM_PACKAGE "network-manager-wattle"

gboolean wattle_deployment_check_nm(const WattleDeployment *deployment, int root_fd,
                                    WattleReport *report)
{
        const WattleView *view = deployment->view;
        g_auto(WattleKey) private_key = { 0 };
        g_autoptr(GError) error = NULL;

        if (!view || view->owner != WATTLE_OWNER_NETWORK_MANAGER)
                return TRUE;
        if (view->connection == WATTLE_CONNECTION_VPN && !wattle_host_has_vpn_plugin(root_fd))
                wattle_report_error(report, WATTLE_NO_PLACE,
                                    "Connection=vpn needs wattle's VPN plugin for NetworkManager: "
                                    "install the package %s",
                                    NM_PACKAGE);
        else if (!wattle_host_has_nm_writer(root_fd))
                wattle_report_error(
                        report, WATTLE_NO_PLACE,
                        "the mesh belongs to NetworkManager, and wattle-nm is not "
                        "installed here: install the package %s, or write Owner=networkd below [Local]",
                        NM_PACKAGE);
        else if (!wattle_private_key_read(root_fd, view, &private_key, &error))
                wattle_report_error(report, WATTLE_NO_PLACE, "%s", error->message);
        return report->n_errors == 0;
}

char **wattle_deployment_list_leftovers(int root_fd)
{
        static const WattleFileKind kinds[] = { WATTLE_FILE_NETWORK, WATTLE_FILE_PENDING };
        g_autoptr(GStrvBuilder) list = g_strv_builder_new();

        for (guint k = 0; k < G_N_ELEMENTS(kinds); k++) {
                g_auto(GStrv) meshes = wattle_install_list_meshes(root_fd, kinds[k]);

                for (guint i = 0; meshes[i]; i++) {
                        g_autofree char *network = wattle_paths_file(kinds[0], meshes[i]);

                        if (wattle_identifier_check(meshes[i], WATTLE_MESH_NAME_MAX, NULL) &&
                            !wattle_mesh_exists(root_fd, meshes[i]) &&
                            (k == 0 || !wattle_path_exists(root_fd, network)))
                                g_strv_builder_add(list, meshes[i]);
                }
        }
        return g_strv_builder_end(list);
}

gboolean wattle_pending_set(int root_fd, const char *mesh, GError **error)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_PENDING, mesh);

        g_auto(WattleFd) fd = -1;

        if (!wattle_make_folders(root_fd, path, error))
                return FALSE;
        /* It is whole when it is there, and needs no temporary that others might take. */
        fd = wattle_below_open(root_fd, path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        return (fd >= 0 && fchmod(fd, 0644) == 0) ||
               wattle_error_set_errno(error, errno, "%s", path);
}

gboolean wattle_pending_get(int root_fd, const char *mesh)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_PENDING, mesh);

        return wattle_path_exists(root_fd, path);
}

void wattle_pending_clear(int root_fd, const char *mesh)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_PENDING, mesh);

        wattle_below_unlink(root_fd, path);
}
