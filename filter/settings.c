/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/settings.h"

#include "common/error.h"
#include "common/paths.h"
#include "common/sys/file.h"
#include "common/sys/load.h"
#include "common/sys/log.h"

#define MAX_TEXT (1024 * 1024)

gboolean wattle_filter_read_firewall(int root_fd, const char *mesh, WattleFirewall *ret,
                                     GError **error)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_FIREWALL, mesh);
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

char *wattle_filter_carried_interface(int root_fd, const char *mesh)
{
        g_auto(WattleFirewall) firewall = { 0 };

        return wattle_filter_read_firewall(root_fd, mesh, &firewall, NULL)
                       ? g_steal_pointer(&firewall.interface)
                       : NULL;
}

char *wattle_filter_interface(int root_fd, const char *mesh)
{
        g_auto(WattleLocal) local = { 0 };
        g_auto(WattleReport) report = { 0 };
        char *carried = wattle_filter_carried_interface(root_fd, mesh);
        gboolean ok;

        if (carried)
                return carried;
        wattle_report_init(&report);
        wattle_local_init(&local);
        ok = wattle_local_load(&local, root_fd, mesh, &report);
        wattle_log_report(&report);
        return ok ? g_strdup(wattle_local_interface(&local, mesh)) : NULL;
}
