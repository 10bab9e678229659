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

/* wattled is one for the whole host, and has so much memory; see MAX_CARRIED there. */
#define MAX_DEVICES 1000

/* Beacons and the port of a home router are for who installs the mesh: no firewall of such a VPN
 * lets the first in, and the second outlives it. */
void wattle_vpn_mesh_plan(const char *profile, const WattleMesh *mesh, const char *uuid,
                          WattleReport *report, WattleFileset *ret)
{
        WattleFile *file;

        if (mesh->profile->n_devices > MAX_DEVICES) {
                wattle_report_warning(
                        report, WATTLE_NO_PLACE,
                        "the endpoints of its devices do not move, for there are more "
                        "than %d: install the mesh for that",
                        MAX_DEVICES);
                return;
        }
        file = wattle_fileset_add(ret, WATTLE_FILE_CARRIED_MESH, uuid, MODE);
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

/* Most hosts have none: then nothing is locked. */
static gboolean has_files(int root_fd, const char *uuid)
{
        g_autofree char *mesh = wattle_paths_file(WATTLE_FILE_CARRIED_MESH, uuid);
        g_autofree char *local = wattle_paths_file(WATTLE_FILE_CARRIED_LOCAL, uuid);

        return wattle_path_exists(root_fd, mesh) || wattle_path_exists(root_fd, local);
}

static void remove_files(int root_fd, const char *uuid)
{
        g_auto(WattleFileset) nothing = { 0 };
        g_autoptr(GError) error = NULL;
        WattleChanges changes;

        if (!has_files(root_fd, uuid))
                return;
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
                    wattle_carried_load_local(&local, root_fd, others[i], &report) &&
                    strcmp(local.interface.value, interface) == 0)
                        remove_files(root_fd, others[i]);
        }
}

gboolean wattle_vpn_mesh_begin(GDBusConnection *bus, int root_fd, const char *uuid,
                               const char *interface, const WattleFileset *files, gboolean *ret,
                               GError **error)
{
        const struct group *group = getgrnam(GROUP);

        *ret = FALSE;
        if (files->files->len == 0 || !group) {
                remove_files(root_fd, uuid);
                return TRUE;
        }
        remove_rivals(root_fd, uuid, interface);
        if (!install(root_fd, uuid, files, group->gr_gid, error)) {
                remove_files(root_fd, uuid);
                return FALSE;
        }
        wattle_systemd_call(bus, "StartUnit", WATTLE_UNIT_WATTLED,
                            "wattled, for the endpoints of the VPN");
        *ret = TRUE;
        return TRUE;
}

void wattle_vpn_mesh_end(int root_fd, const char *uuid)
{
        remove_files(root_fd, uuid);
}
