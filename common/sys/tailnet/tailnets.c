/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/tailnet/tailnets.h"

#include <fcntl.h>
#include <string.h>

#include "common/sys/file.h"
#include "common/sys/load.h"

#define MAX_BYTES (1024 * 1024)

char **wattle_tailnet_list(int root_fd, WattleReport *report)
{
        g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);

        wattle_load_list(root_fd, WATTLE_TAILNET_SUFFIX, list, report);
        g_ptr_array_add(list, NULL);
        return (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
}

char *wattle_tailnet_find(int root_fd, const char *name)
{
        return wattle_load_find(root_fd, name, WATTLE_TAILNET_SUFFIX);
}

/* name is how messages call it. */
static gboolean read_tailnet(WattleTailnet *tailnet, int dir_fd, const char *path, const char *name,
                             WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = wattle_read_file(dir_fd, path, MAX_BYTES, &error);
        guint n_errors = report->n_errors;
        gconstpointer data;
        gsize size;

        if (!bytes) {
                wattle_report_error(report, (WattlePlace){ name, 0, 0 }, "%s", error->message);
                return FALSE;
        }
        data = g_bytes_get_data(bytes, &size);
        wattle_tailnet_read(tailnet, data, size, name, report);
        return report->n_errors == n_errors;
}

gboolean wattle_tailnet_load_file(WattleTailnet *tailnet, const char *path, WattleReport *report)
{
        return read_tailnet(tailnet, AT_FDCWD, path, path, report);
}

/* One with a fault is read as far as it goes: its service fails by name. FALSE if there is none. */
static gboolean glance(WattleTailnet *tailnet, int root_fd, const char *name)
{
        g_auto(WattleReport) report = { 0 };
        g_autofree char *path = wattle_tailnet_find(root_fd, name);

        wattle_report_init(&report);
        wattle_tailnet_init(tailnet);
        if (path)
                (void)read_tailnet(tailnet, root_fd, path + 1, path, &report);
        return path != NULL;
}

static gboolean is_enabled(int root_fd, const char *name)
{
        g_auto(WattleTailnet) tailnet = { 0 };

        return glance(&tailnet, root_fd, name) && tailnet.enable;
}

char *wattle_tailnet_load_interface(int root_fd, const char *name)
{
        g_auto(WattleTailnet) tailnet = { 0 };

        return glance(&tailnet, root_fd, name) ? g_strdup(tailnet.interface.value) : NULL;
}

char *wattle_tailnet_first_enabled(int root_fd)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(GStrv) names = NULL;

        wattle_report_init(&report);
        names = wattle_tailnet_list(root_fd, &report);
        for (guint i = 0; names[i]; i++)
                if (is_enabled(root_fd, names[i]))
                        return g_strdup(names[i]);
        return NULL;
}

gboolean wattle_tailnet_check_beside(const WattleTailnet *tailnet, int root_fd, const char *name,
                                     const char *file, WattleReport *report)
{
        g_autofree char *first = NULL;

        if (wattle_mesh_exists(root_fd, name)) {
                wattle_report_error(report, (WattlePlace){ file, 0, 0 },
                                    "there is a mesh of the same name, and commands could mean "
                                    "either: call the file otherwise");
                return FALSE;
        }
        first = tailnet->enable ? wattle_tailnet_first_enabled(root_fd) : NULL;
        if (first && strcmp(first, name) != 0) {
                wattle_report_error(report, (WattlePlace){ file, 0, 0 },
                                    "tailnet %s is enabled too, and there is one tailscaled: write "
                                    "Enable=no below [Local] of one of them",
                                    first);
                return FALSE;
        }
        return TRUE;
}

gboolean wattle_tailnet_load(WattleTailnet *tailnet, int root_fd, const char *name,
                             WattleReport *report)
{
        g_autofree char *path = wattle_tailnet_find(root_fd, name);

        if (!path) {
                wattle_report_error(report, WATTLE_NO_PLACE,
                                    "no tailnet %s: there is no %s/%s%s"
                                    ", or it is masked",
                                    name, WATTLE_CONFDIR, name, WATTLE_TAILNET_SUFFIX);
                return FALSE;
        }
        if (!read_tailnet(tailnet, root_fd, path + 1, path, report))
                return FALSE;
        return wattle_tailnet_check_beside(tailnet, root_fd, name, path, report);
}

char *wattle_tailnet_find_unit(int root_fd)
{
        static const char *const folders[] = { "/etc/systemd/system",
                                               "/usr/local/lib/systemd/system",
                                               "/usr/lib/systemd/system", "/lib/systemd/system" };

        for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autofree char *path = g_build_filename(folders[i], WATTLE_UNIT_TAILSCALED, NULL);

                if (wattle_path_exists(root_fd, path + 1) &&
                    !wattle_path_is_masked(root_fd, path + 1))
                        return g_steal_pointer(&path);
        }
        return NULL;
}
