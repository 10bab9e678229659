/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where files of others' are: the folders of networkd and NetworkManager, and the units that are
 * enabled. */
#include <string.h>

#include "cli/doctor/rivals.h"
#include "common/paths.h"
#include "common/sys/file.h"

#define FILE_MAX (256 * 1024)

/* Of two files of a name that in the earlier folder is read (systemd.network(5)). */
static const char *const networkd_folders[] = { "etc/systemd/network", "run/systemd/network",
                                                "usr/local/lib/systemd/network",
                                                "usr/lib/systemd/network" };
static const char *const nm_folders[] = { "etc/NetworkManager/system-connections",
                                          "run/NetworkManager/system-connections",
                                          "usr/lib/NetworkManager/system-connections" };
static const char *const unit_folders[] = { "etc/systemd/system", "run/systemd/system" };

static int compare_files(gconstpointer a, gconstpointer b)
{
        const char *x = *(const char *const *)a, *y = *(const char *const *)b;

        return strcmp(strrchr(x, '/'), strrchr(y, '/'));
}

/* Paths of networkd's files below each of its folders, sorted by their names, without those that an
 * earlier folder has. */
static GPtrArray *collect(int root_fd, const char *subfolder, const char *suffix)
{
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

        for (guint i = 0; i < G_N_ELEMENTS(networkd_folders); i++) {
                g_autofree char *folder = g_strconcat(networkd_folders[i], subfolder, NULL);
                g_auto(GStrv) names = wattle_list_folder(root_fd, folder, "", suffix, NULL);

                for (char **name = names; name && *name; name++)
                        if (g_hash_table_add(seen, g_strdup(*name)))
                                g_ptr_array_add(paths, g_strconcat(folder, "/", *name, NULL));
        }
        g_ptr_array_sort(paths, compare_files);
        return paths;
}

/* "" for what cannot be read; a masked one is empty. */
static char *read_text(int root_fd, const char *path)
{
        g_autoptr(GBytes) bytes = wattle_read_file(root_fd, path, FILE_MAX, NULL);

        if (!bytes || g_bytes_get_size(bytes) == 0)
                return g_strdup("");
        return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

/* A file, and behind it its drop-ins; nothing of one that is masked. */
static GPtrArray *read_with_drop_ins(int root_fd, const char *path)
{
        GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *folder = g_strconcat(strrchr(path, '/'), ".d", NULL);
        g_autofree char *text = read_text(root_fd, path);
        g_autoptr(GPtrArray) drop_ins = NULL;

        if (!*text)
                return texts;
        g_ptr_array_add(texts, g_steal_pointer(&text));
        drop_ins = collect(root_fd, folder, ".conf");
        for (guint i = 0; i < drop_ins->len; i++)
                g_ptr_array_add(texts, read_text(root_fd, g_ptr_array_index(drop_ins, i)));
        return texts;
}

static gboolean is_ours(const char *path)
{
        return g_str_has_prefix(strrchr(path, '/') + 1, WATTLE_FILE_PREFIX);
}

/* networkd takes the first .network file that matches, so only those before ours count. */
static void find_of_networkd(int root_fd, const char *mesh, const char *interface,
                             GPtrArray *makers, GPtrArray *takers)
{
        g_autofree char *ours = wattle_paths_file(WATTLE_FILE_NETWORK, mesh);
        g_autoptr(GPtrArray) netdevs = collect(root_fd, "", ".netdev");
        g_autoptr(GPtrArray) networks = collect(root_fd, "", ".network");

        for (guint i = 0; i < netdevs->len; i++) {
                const char *path = g_ptr_array_index(netdevs, i);
                g_autoptr(GPtrArray) texts = read_with_drop_ins(root_fd, path);

                if (!is_ours(path) && wattle_rival_makes(texts, interface))
                        g_ptr_array_add(makers, g_strconcat("/", path, NULL));
        }
        for (guint i = 0; i < networks->len; i++) {
                const char *path = g_ptr_array_index(networks, i);
                g_autoptr(GPtrArray) texts = NULL;

                if (is_ours(path) || strcmp(strrchr(path, '/'), strrchr(ours, '/')) > 0)
                        continue;
                texts = read_with_drop_ins(root_fd, path);
                if (wattle_rival_matches(texts, interface))
                        g_ptr_array_add(takers, g_strconcat("/", path, NULL));
        }
}

static void find_of_nm(int root_fd, const char *mesh, const char *interface, GPtrArray *makers)
{
        g_autofree char *ours = wattle_paths_file(WATTLE_FILE_NM_PROFILE, mesh);

        for (guint i = 0; i < G_N_ELEMENTS(nm_folders); i++) {
                g_auto(GStrv) names =
                        wattle_list_folder(root_fd, nm_folders[i], "", ".nmconnection", NULL);

                for (char **name = names; name && *name; name++) {
                        g_autofree char *path = g_strconcat(nm_folders[i], "/", *name, NULL);
                        g_autofree char *text = read_text(root_fd, path);

                        if (strcmp(path, ours) != 0 && wattle_rival_connects(text, interface))
                                g_ptr_array_add(makers, g_strconcat("/", path, NULL));
                }
        }
}

/* A unit is enabled by a link in a folder of another one's. */
static gboolean is_enabled(int root_fd, const char *unit)
{
        static const char *const suffixes[] = { ".wants", ".requires" };

        for (guint i = 0; i < G_N_ELEMENTS(unit_folders); i++)
                for (guint j = 0; j < G_N_ELEMENTS(suffixes); j++) {
                        g_auto(GStrv) names =
                                wattle_list_folder(root_fd, unit_folders[i], "", suffixes[j], NULL);

                        for (char **name = names; name && *name; name++) {
                                g_autofree char *path =
                                        g_strconcat(unit_folders[i], "/", *name, "/", unit, NULL);

                                if (wattle_path_exists(root_fd, path))
                                        return TRUE;
                        }
                }
        return FALSE;
}

void wattle_rivals_find(int root_fd, const char *mesh, const char *interface, GPtrArray *makers,
                        GPtrArray *takers, char **ret_wg_quick)
{
        g_autofree char *unit = g_strdup_printf("wg-quick@%s.service", interface);

        find_of_networkd(root_fd, mesh, interface, makers, takers);
        find_of_nm(root_fd, mesh, interface, makers);
        *ret_wg_quick = is_enabled(root_fd, unit) ? g_steal_pointer(&unit) : NULL;
}
