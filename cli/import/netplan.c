/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/import/netplan.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/language.h"
#include "common/sys/file.h"

#define MAX_BYTES (1024 * 1024)

/* Where netplan writes below its root, and how files of WireGuard are told from others there. */
static const struct {
        const char *folder, *suffix, *line;
} places[] = {
        { "run/systemd/network", ".netdev", "\nKind=wireguard\n" },
        { "run/NetworkManager/system-connections", ".nmconnection", "\ntype=wireguard\n" },
};

gboolean wattle_netplan_has(const char *file)
{
        return g_str_has_suffix(file, ".yaml") || g_str_has_suffix(file, ".yml");
}

static gboolean copy_below(const char *root, const char *file, GError **error)
{
        g_autofree char *name = g_path_get_basename(file);
        g_autofree char *folder = g_build_filename(root, "etc/netplan", NULL);
        /* netplan takes .yaml alone */
        g_autofree char *copy =
                g_strdup_printf("%s/%.*s.yaml", folder, (int)(strrchr(name, '.') - name), name);
        g_autoptr(GBytes) bytes = wattle_read_file(AT_FDCWD, file, MAX_BYTES, error);

        if (!bytes)
                return FALSE;
        (void)g_mkdir_with_parents(folder, 0700);
        return wattle_write_file(AT_FDCWD, copy, 0600, g_bytes_get_data(bytes, NULL),
                                 g_bytes_get_size(bytes), error);
}

/* What netplan said, by the file's own name. */
static gboolean refuse(const char *root, const char *said, GError **error)
{
        g_autofree char *own = g_strconcat(root, "/etc/netplan/", NULL);
        g_auto(GStrv) parts = g_strsplit(said, own, -1);
        g_autofree char *words = g_strjoinv("", parts);

        return wattle_error_refuse(error, "netplan does not take it: %s", g_strstrip(words));
}

static gboolean run(const char *root, GError **error)
{
        const char *argv[] = { "netplan", "generate", "--root-dir", root, NULL };
        g_autofree char *said = NULL;
        g_autoptr(GError) fault = NULL;
        int status;

        if (!g_spawn_sync(NULL, (char **)argv, NULL,
                          G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &said,
                          &status, &fault)) {
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND,
                            _("only netplan reads its YAML, and %s: on the host itself 'netplan "
                              "generate' leaves files in /run that import reads, or install "
                              "netplan.io"),
                            fault->message);
                return FALSE;
        }
        return g_spawn_check_wait_status(status, NULL) || refuse(root, said, error);
}

static gboolean has_line(const char *path, const char *line)
{
        g_autoptr(GBytes) bytes = wattle_read_file(AT_FDCWD, path, MAX_BYTES, NULL);
        gsize size = 0;
        const char *text = bytes ? g_bytes_get_data(bytes, &size) : NULL;

        return text && g_strstr_len(text, (gssize)size, line);
}

static void add_files(const char *root, guint at, GPtrArray *files)
{
        g_autofree char *folder = g_build_filename(root, places[at].folder, NULL);
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(folder, name, NULL);
                g_autofree char *network = NULL;

                if (!g_str_has_suffix(name, places[at].suffix) || !has_line(path, places[at].line))
                        continue;
                network = g_strndup(path, strlen(path) - strlen(places[at].suffix));
                g_ptr_array_add(files, g_steal_pointer(&path));
                path = g_strconcat(network, ".network", NULL);
                if (g_file_test(path, G_FILE_TEST_EXISTS))
                        g_ptr_array_add(files, g_steal_pointer(&path));
        }
}

char *wattle_netplan_generate(const char *file, GStrv *ret_files, GError **error)
{
        g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
        char *root = g_dir_make_tmp("wattle-XXXXXX", error);

        if (!root)
                return NULL;
        if (!copy_below(root, file, error) || !run(root, error)) {
                wattle_netplan_remove(root);
                return NULL;
        }
        for (guint i = 0; i < G_N_ELEMENTS(places); i++)
                add_files(root, i, files);
        if (files->len == 0) {
                wattle_error_refuse(error, "netplan makes no WireGuard interface of it");
                wattle_netplan_remove(root);
                return NULL;
        }
        g_ptr_array_add(files, NULL);
        *ret_files = (GStrv)g_ptr_array_steal(files, NULL);
        return root;
}

static int remove_one(const char *path, G_GNUC_UNUSED const struct stat *st, G_GNUC_UNUSED int kind,
                      G_GNUC_UNUSED struct FTW *at)
{
        (void)remove(path);
        return 0;
}

void wattle_netplan_remove(char *folder)
{
        (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        g_free(folder);
}
