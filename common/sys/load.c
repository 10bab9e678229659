/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/paths.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/heap.h"

#define LOCAL_SUFFIX     ".conf"
#define LOCAL_MAX_BYTES  (1024 * 1024)
#define LOCAL_DIR_SUFFIX WATTLE_MESH_SUFFIX ".d"

/* A mesh in memory takes some times its text. */
#define HEAP_FACTOR 6

/* Strongest first. Absolute for messages; below root_fd without the first slash. */
static const char *const folders[] = { WATTLE_CONFDIR, "/" WATTLE_RUN_DIR, WATTLE_VENDORDIR };

void wattle_mesh_clear(WattleMesh *mesh)
{
        g_clear_pointer(&mesh->path, g_free);
        g_clear_pointer(&mesh->profile, wattle_profile_free);
        wattle_local_clear(&mesh->local);
}

static gboolean is_absence(int error_number)
{
        return error_number == ENOENT || error_number == ENOTDIR;
}

/* What cannot be looked at may hide the later ones: it is found, and reading it gives the error. */
char *wattle_mesh_find(int root_fd, const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autofree char *path =
                        g_strdup_printf("%s/%s" WATTLE_MESH_SUFFIX, folders[i], name);
                struct stat st;

                if (fstatat(root_fd, path + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 || !is_absence(errno))
                        return wattle_path_is_masked(root_fd, path + 1) ? NULL
                                                                        : g_steal_pointer(&path);
        }
        return NULL;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the files in a folder that end in suffix, each once into the set: name to folder that
 * has it first. No folder is an empty one; one that cannot be read is an error, for what it may
 * hold would count. */
static gboolean collect_names(int root_fd, const char *folder, const char *suffix,
                              GHashTable *names, WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) list = wattle_list_folder(root_fd, folder + 1, "", suffix, &error);

        if (!list) {
                wattle_report_error(report, (WattlePlace){ folder, 0, 0 }, "%s", error->message);
                return FALSE;
        }
        for (guint i = 0; list[i]; i++)
                if (!g_hash_table_contains(names, list[i]))
                        g_hash_table_insert(names, g_strdup(list[i]), g_strdup(folder));
        return TRUE;
}

static const char **sorted_names(GHashTable *names)
{
        guint n;
        const char **sorted = (const char **)g_hash_table_get_keys_as_array(names, &n);

        qsort(sorted, n, sizeof *sorted, compare_names);
        return sorted;
}

static void report_bad_name(const char *folder, const char *file_name, const GError *error,
                            WattleReport *report)
{
        g_autofree char *path = g_build_filename(folder, file_name, NULL);

        wattle_report_warning(report, (WattlePlace){ path, 0, 0 },
                              "passed over, for it cannot be a mesh's name: %s", error->message);
}

char **wattle_mesh_list(int root_fd, WattleReport *report)
{
        g_autoptr(GHashTable) names =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
        g_autofree const char **sorted = NULL;

        for (guint i = 0; i < G_N_ELEMENTS(folders); i++)
                (void)collect_names(root_fd, folders[i], WATTLE_MESH_SUFFIX, names, report);
        sorted = sorted_names(names);
        for (guint i = 0; sorted[i]; i++) {
                const char *folder = g_hash_table_lookup(names, sorted[i]);
                g_autofree char *path = g_build_filename(folder, sorted[i], NULL);
                g_autofree char *name = wattle_mesh_name_of_path(sorted[i]);
                g_autoptr(GError) error = NULL;

                if (wattle_path_is_masked(root_fd, path + 1))
                        continue;
                if (wattle_identifier_check(name, WATTLE_MESH_NAME_MAX, &error))
                        g_ptr_array_add(list, g_steal_pointer(&name));
                else
                        report_bad_name(folder, sorted[i], error, report);
        }
        g_ptr_array_add(list, NULL);
        return (char **)g_ptr_array_free(g_steal_pointer(&list), FALSE);
}

/* Reads a file for a reader that reports faults itself; name is how messages call it. */
static GBytes *read_reported(int dir_fd, const char *path, const char *name, gsize max,
                             WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        GBytes *bytes = wattle_read_file(dir_fd, path, max, &error);

        if (!bytes)
                wattle_report_error(report, (WattlePlace){ name, 0, 0 }, "%s", error->message);
        return bytes;
}

static gboolean load_profile(WattleMesh *mesh, int dir_fd, const char *path, WattleReport *report)
{
        struct stat st;
        GBytes *bytes;

        if (fstatat(dir_fd, path, &st, 0) == 0 && st.st_size <= WATTLE_INI_MAX_BYTES)
                wattle_heap_expect(HEAP_FACTOR * (gsize)st.st_size);
        bytes = read_reported(dir_fd, path, mesh->path, WATTLE_INI_MAX_BYTES, report);
        if (!bytes)
                return FALSE;
        mesh->profile = wattle_profile_load_take(bytes, mesh->path, report);
        return mesh->profile != NULL;
}

/* *unread is set if there is no telling what the file says. */
static gboolean read_local(WattleLocal *local, int dir_fd, const char *path, const char *name,
                           gboolean *unread, WattleReport *report)
{
        g_autoptr(GBytes) bytes = read_reported(dir_fd, path, name, LOCAL_MAX_BYTES, report);
        guint n_errors = report->n_errors;
        gconstpointer data;
        gsize size;

        if (!bytes) {
                *unread = TRUE;
                return FALSE;
        }
        data = g_bytes_get_data(bytes, &size);
        wattle_local_read(local, data, size, name, report);
        return report->n_errors == n_errors;
}

gboolean wattle_local_load_file(WattleLocal *local, const char *path, WattleReport *report)
{
        gboolean unread;

        return read_local(local, AT_FDCWD, path, path, &unread, report);
}

gboolean wattle_local_load(WattleLocal *local, int root_fd, const char *name, WattleReport *report)
{
        g_autoptr(GHashTable) names =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autofree const char **sorted = NULL;
        gboolean ok = TRUE, unread = FALSE;

        for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autofree char *folder =
                        g_strdup_printf("%s/%s" LOCAL_DIR_SUFFIX, folders[i], name);

                if (!collect_names(root_fd, folder, LOCAL_SUFFIX, names, report))
                        unread = TRUE;
        }
        sorted = sorted_names(names);
        for (guint i = 0; sorted[i]; i++) {
                g_autofree char *path =
                        g_build_filename(g_hash_table_lookup(names, sorted[i]), sorted[i], NULL);

                if (!wattle_path_is_masked(root_fd, path + 1))
                        ok = read_local(local, root_fd, path + 1, path, &unread, report) && ok;
        }
        if (unread)
                local->enable = TRUE;
        return ok && !unread;
}

/* Units, files and keys go by the file's name; a mesh that calls itself otherwise would have two.
 */
static gboolean check_installed_name(const WattleMesh *mesh, const char *name, WattleReport *report)
{
        if (strcmp(mesh->profile->name, name) == 0)
                return TRUE;
        wattle_report_error(report, wattle_profile_place(mesh->profile, mesh->profile->place),
                            "the mesh calls itself %s: rename the file to %s" WATTLE_MESH_SUFFIX,
                            mesh->profile->name, mesh->profile->name);
        return FALSE;
}

gboolean wattle_mesh_load(WattleMesh *mesh, int root_fd, const char *name, WattleReport *report)
{
        gboolean ok;

        wattle_local_init(&mesh->local);
        mesh->path = wattle_mesh_find(root_fd, name);
        if (!mesh->path) {
                wattle_report_error(report, WATTLE_NO_PLACE,
                                    "no mesh %s: there is no " WATTLE_CONFDIR
                                    "/%s" WATTLE_MESH_SUFFIX ", or it is masked",
                                    name, name);
                return FALSE;
        }
        ok = load_profile(mesh, root_fd, mesh->path + 1, report) &&
             check_installed_name(mesh, name, report);
        return wattle_local_load(&mesh->local, root_fd, name, report) && ok;
}

gboolean wattle_mesh_load_file(WattleMesh *mesh, const char *path, WattleReport *report)
{
        wattle_local_init(&mesh->local);
        mesh->path = g_strdup(path);
        return load_profile(mesh, AT_FDCWD, path, report);
}
