/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/service/vpn-mesh.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/sys/file.h"
#include "common/sys/install.h"
#include "nm-plugin/service/systemd.h"

#define GROUP "wattle"
#define MODE  0640

/* Beacons and the port of a home router are for who installs the mesh: no firewall of such a VPN
 * lets the first in, and the second outlives it. */
void wattle_vpn_mesh_plan(const char *profile, const WattleMesh *mesh, const char *uuid,
                          WattleFileset *ret)
{
        WattleFile *file = wattle_fileset_add(ret, WATTLE_FILE_CARRIED_MESH, uuid, MODE);

        g_string_append(file->content, profile);
        file = wattle_fileset_add(ret, WATTLE_FILE_CARRIED_LOCAL, uuid, MODE);
        wattle_file_section(file, "Local");
        wattle_file_set(file, "Interface", mesh->profile->name);
        wattle_file_set(file, "Owner", "NetworkManager");
        if (mesh->local.exit_node.value)
                wattle_file_set(file, "ExitNode", mesh->local.exit_node.value);
        wattle_file_set(file, "AcceptRoutes", mesh->local.accept_routes ? "yes" : "no");
        wattle_file_set(file, "Discovery", "no");
        wattle_file_set(file, "PortMapping", "no");
}

/* We are a child of NetworkManager's, whose unit leaves root no CAP_CHOWN, but CAP_SETGID: a file
 * that is made is of the group that we have then. */
static gboolean install(int root_fd, const char *uuid, const WattleFileset *files, gid_t group,
                        GError **error)
{
        gid_t own = getegid();
        WattleChanges changes;
        gboolean ok;

        if (setegid(group) < 0)
                return wattle_error_set_errno(error, errno, "the group " GROUP);
        ok = wattle_install(root_fd, uuid, files, NULL, &changes, error);
        if (setegid(own) < 0)
                g_warning("the group %u: %s", own, g_strerror(errno));
        return ok;
}

static void remove_files(int root_fd, const char *uuid)
{
        g_auto(WattleFileset) nothing = { 0 };
        g_autoptr(GError) error = NULL;
        WattleChanges changes;

        wattle_fileset_init_carried_mesh(&nothing);
        if (!wattle_install(root_fd, uuid, &nothing, NULL, &changes, &error))
                g_warning("%s", error->message);
}

/* What a service that was killed has left of the same interface, for another connection. */
static void remove_rivals(int root_fd, const char *uuid, const char *interface)
{
        g_auto(GStrv) others = wattle_carried_list(root_fd);

        for (guint i = 0; others[i]; i++) {
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleLocal) local = { 0 };

                wattle_report_init(&report);
                wattle_local_init(&local);
                if (strcmp(others[i], uuid) != 0 &&
                    (!wattle_carried_load_local(&local, root_fd, others[i], &report) ||
                     strcmp(local.interface.value, interface) == 0))
                        remove_files(root_fd, others[i]);
        }
}

static void call_wattled(GDBusConnection *bus, const char *method)
{
        wattle_systemd_call(bus, method, WATTLE_UNIT_WATTLED,
                            "wattled, for the endpoints of the VPN");
}

gboolean wattle_vpn_mesh_begin(GDBusConnection *bus, int root_fd, const char *uuid,
                               const char *interface, const WattleFileset *files, gboolean *ret,
                               GError **error)
{
        const struct group *group = getgrnam(GROUP);

        *ret = FALSE;
        if (files->files->len == 0 || !group) {
                wattle_vpn_mesh_end(bus, root_fd, uuid);
                return TRUE;
        }
        remove_rivals(root_fd, uuid, interface);
        if (!install(root_fd, uuid, files, group->gr_gid, error))
                return FALSE;
        call_wattled(bus, "ReloadOrRestartUnit");
        *ret = TRUE;
        return TRUE;
}

void wattle_vpn_mesh_end(GDBusConnection *bus, int root_fd, const char *uuid)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_CARRIED_MESH, uuid);
        if (!wattle_path_exists(root_fd, path))
                return;
        remove_files(root_fd, uuid);
        call_wattled(bus, "ReloadUnit");
}
