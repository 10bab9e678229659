/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/settings.h"

#include "common/error.h"
#include "common/paths.h"
#include "common/sys/file.h"
#include "common/sys/load.h"
#include "common/sys/log.h"

#define MAX_TEXT (1024 * 1024)

static gboolean read_firewall(int root_fd, WattleFileKind kind, const char *mesh,
                              WattleFirewall *ret, GError **error)
{
        g_autofree char *path = wattle_paths_file(kind, mesh);
        g_autofree char *name = g_strconcat("/", path, NULL);
        g_auto(WattleReport) report = { 0 };
        g_autoptr(GError) own = NULL;
        g_autoptr(GBytes) bytes = wattle_read_file(root_fd, path, MAX_TEXT, &own);

        if (!bytes && g_error_matches(own, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND))
                return FALSE;
        if (!bytes) {
                g_propagate_prefixed_error(error, g_steal_pointer(&own), "%s: ", name);
                return FALSE;
        }
        wattle_report_init(&report);
        wattle_firewall_init(ret);
        wattle_firewall_read(ret, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), name,
                             &report);
        if (report.n_errors == 0)
                return TRUE;
        wattle_log_report(&report);
        wattle_firewall_clear(ret);
        return wattle_error_refuse(error, "%s is not as wattle writes it", name);
}

/* No mesh and tailnet have one name, or the mesh counts. */
gboolean wattle_filter_read_firewall(int root_fd, const char *mesh, WattleFirewall *ret,
                                     GError **error)
{
        gboolean is_mesh = wattle_mesh_exists(root_fd, mesh);
        g_autofree char *of_tailnet = wattle_paths_file(WATTLE_FILE_TAILNET_FIREWALL, mesh);

        return read_firewall(root_fd,
                             !is_mesh && wattle_path_exists(root_fd, of_tailnet)
                                     ? WATTLE_FILE_TAILNET_FIREWALL
                                     : WATTLE_FILE_FIREWALL,
                             mesh, ret, error);
}

static char *read_interface(int root_fd, WattleFileKind kind, const char *mesh)
{
        g_auto(WattleFirewall) firewall = { 0 };

        return read_firewall(root_fd, kind, mesh, &firewall, NULL)
                       ? g_steal_pointer(&firewall.interface)
                       : NULL;
}

char *wattle_filter_carried_interface(int root_fd, const char *mesh)
{
        return read_interface(root_fd, WATTLE_FILE_FIREWALL, mesh);
}

char *wattle_filter_tailnet_interface(int root_fd, const char *tailnet)
{
        return wattle_mesh_exists(root_fd, tailnet)
                       ? NULL
                       : read_interface(root_fd, WATTLE_FILE_TAILNET_FIREWALL, tailnet);
}

char *wattle_filter_interface(int root_fd, const char *mesh)
{
        g_auto(WattleLocal) local = { 0 };
        g_auto(WattleReport) report = { 0 };
        char *interface = wattle_filter_carried_interface(root_fd, mesh);
        gboolean ok;

        if (!interface)
                interface = wattle_filter_tailnet_interface(root_fd, mesh);
        if (interface)
                return interface;
        wattle_report_init(&report);
        wattle_local_init(&local);
        ok = wattle_local_load(&local, root_fd, mesh, &report);
        wattle_log_report(&report);
        return ok ? g_strdup(wattle_local_interface(&local, mesh)) : NULL;
}
