/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/apply/swap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/managers/systemd.h"
#include "common/error.h"
#include "common/paths.h"
#include "common/sys/file.h"
#include "common/sys/install.h"

/* systemd learns of the end of a reload a moment after we do. */
#define RELOAD_SLACK_US (5 * G_USEC_PER_SEC)

static gboolean is_still_loaded(int root_fd, sd_bus *bus, const char *path, gboolean *ret,
                                GError **error)
{
        struct stat st;
        guint64 changed_us, kept_us;

        *ret = FALSE;
        if (wattle_below_lstat(root_fd, path, &st) < 0)
                return TRUE;
        if (!wattle_systemd_changed_at(bus, WATTLE_UNIT_NETWORKD, &changed_us, error))
                return FALSE;
        kept_us = (guint64)st.st_ctim.tv_sec * G_USEC_PER_SEC + (guint64)st.st_ctim.tv_nsec / 1000;
        *ret = changed_us <= kept_us + RELOAD_SLACK_US;
        return TRUE;
}

gboolean wattle_swap_keep(int root_fd, sd_bus *bus, const char *mesh, GError **error)
{
        g_autofree char *netdev = wattle_paths_file(WATTLE_FILE_NETDEV, mesh);
        g_autofree char *loaded = wattle_paths_file(WATTLE_FILE_LOADED, mesh);
        gboolean is_loaded;

        if (!is_still_loaded(root_fd, bus, loaded, &is_loaded, error))
                return FALSE;
        if (is_loaded)
                return TRUE;
        wattle_below_unlink(root_fd, loaded);
        if (wattle_below_link(root_fd, netdev, loaded) == 0 || errno == ENOENT)
                return TRUE;
        return wattle_error_set_errno(error, errno, "%s", loaded);
}

static gboolean same_file(int root_fd, const char *a, const char *b)
{
        struct stat x, y;

        return wattle_below_lstat(root_fd, a, &x) == 0 && wattle_below_lstat(root_fd, b, &y) == 0 &&
               x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

void wattle_swap_tidy(int root_fd, const char *mesh)
{
        g_autofree char *netdev = wattle_paths_file(WATTLE_FILE_NETDEV, mesh);
        g_autofree char *loaded = wattle_paths_file(WATTLE_FILE_LOADED, mesh);

        if (same_file(root_fd, netdev, loaded) || !wattle_path_exists(root_fd, netdev))
                wattle_below_unlink(root_fd, loaded);
}

static gboolean rename_file(int root_fd, const char *from, const char *to, GError **error)
{
        return wattle_below_rename(root_fd, from, to) == 0 ||
               wattle_error_set_errno(error, errno, "%s", to);
}

/* The file that networkd has loaded to the place where it looks, and the new one aside. */
static gboolean put_back(int root_fd, sd_bus *bus, const char *mesh, GError **error)
{
        g_autofree char *netdev = wattle_paths_file(WATTLE_FILE_NETDEV, mesh);
        g_autofree char *loaded = wattle_paths_file(WATTLE_FILE_LOADED, mesh);
        g_autofree char *aside = wattle_paths_file(WATTLE_FILE_ASIDE, mesh);
        gboolean is_loaded;

        if (!is_still_loaded(root_fd, bus, loaded, &is_loaded, error))
                return FALSE;
        return !is_loaded || (rename_file(root_fd, netdev, aside, error) &&
                              rename_file(root_fd, loaded, netdev, error));
}

/* Whatever happens, a restart of networkd must find the new files. What was loaded is kept; a run
 * that was killed in between left it in the other's place. */
gboolean wattle_swap_recover(int root_fd, GError **error)
{
        g_auto(GStrv) meshes = wattle_install_list_meshes(root_fd, WATTLE_FILE_ASIDE);
        gboolean ok = TRUE;

        for (guint i = 0; meshes[i]; i++) {
                g_autofree char *netdev = wattle_paths_file(WATTLE_FILE_NETDEV, meshes[i]);
                g_autofree char *loaded = wattle_paths_file(WATTLE_FILE_LOADED, meshes[i]);
                g_autofree char *aside = wattle_paths_file(WATTLE_FILE_ASIDE, meshes[i]);

                if (wattle_below_rename(root_fd, netdev, loaded) < 0 && errno != ENOENT && ok)
                        ok = wattle_error_set_errno(error, errno, "%s", loaded);
                ok = rename_file(root_fd, aside, netdev, ok ? error : NULL) && ok;
        }
        return ok;
}

static gboolean put_all_back(int root_fd, sd_bus *bus, GError **error)
{
        g_auto(GStrv) meshes = wattle_install_list_meshes(root_fd, WATTLE_FILE_LOADED);

        for (guint i = 0; meshes[i]; i++)
                if (!put_back(root_fd, bus, meshes[i], error))
                        return FALSE;
        return TRUE;
}

/* A signal that ends us waits until the new files are in place again. */
gboolean wattle_swap_reload(int root_fd, sd_bus *bus, GError **error)
{
        sigset_t stops, before;
        gboolean ok;

        sigemptyset(&stops);
        sigaddset(&stops, SIGINT);
        sigaddset(&stops, SIGTERM);
        sigaddset(&stops, SIGHUP);
        sigprocmask(SIG_BLOCK, &stops, &before);
        ok = put_all_back(root_fd, bus, error) && wattle_networkd_reload(bus, error);
        ok = wattle_swap_recover(root_fd, ok ? error : NULL) && ok;
        sigprocmask(SIG_SETMASK, &before, NULL);
        return ok;
}
