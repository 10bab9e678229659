/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/scalar.h"
#include "common/sys/heap.h"

#define LOCAL_SUFFIX     ".conf"
#define LOCAL_MAX_BYTES  (1024 * 1024)
#define LOCAL_DIR_SUFFIX WATTLE_MESH_SUFFIX ".d"

/* Strongest first. Absolute for messages; below root_fd without the first slash. */
static const char *const folders[] = { WATTLE_CONFDIR, "/run/wattle", WATTLE_VENDORDIR };

static void close_fd(int *fd)
{
        if (*fd >= 0)
                close(*fd);
}

static void close_dir(DIR **dir)
{
        if (*dir)
                closedir(*dir);
}

static GBytes *refuse(GError **error, const char *why)
{
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_UNSAFE, why);
        return NULL;
}

/* A mesh in memory takes some times its text. */
#define HEAP_FACTOR 6

static GBytes *read_all(int fd, gsize size, GError **error)
{
        g_autofree char *bytes = NULL;
        gsize n = 0;
        gssize got;

        wattle_heap_expect(HEAP_FACTOR * size);
        bytes = g_malloc(size + 1);
        while (n < size && (got = read(fd, bytes + n, size - n)) != 0) {
                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return wattle_error_set_errno(error, errno, "reading"), NULL;
                n += (gsize)got;
        }
        return g_bytes_new_take(g_steal_pointer(&bytes), n);
}

static gboolean same_time(struct timespec a, struct timespec b)
{
        return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Whether the path still leads to the file that was read, as it was before. */
static gboolean is_as_before(int dir_fd, const char *path, int fd, const struct stat *before)
{
        struct stat st, there;

        return fstat(fd, &st) == 0 && st.st_size == before->st_size &&
               same_time(st.st_mtim, before->st_mtim) && same_time(st.st_ctim, before->st_ctim) &&
               fstatat(dir_fd, path, &there, 0) == 0 && there.st_dev == st.st_dev &&
               there.st_ino == st.st_ino;
}

/* NULL without an error: the file changed while it was read. */
static GBytes *read_once(int dir_fd, const char *path, gsize max, GError **error)
{
        __attribute__((cleanup(close_fd))) int fd =
                openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        g_autoptr(GBytes) bytes = NULL;
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0) {
                g_set_error_literal(error, WATTLE_ERROR,
                                    errno == ENOENT ? WATTLE_ERROR_NOT_FOUND : WATTLE_ERROR_FAILED,
                                    g_strerror(errno));
                return NULL;
        }
        if (S_ISDIR(st.st_mode))
                return refuse(error, "is a folder, not a file");
        if (!S_ISREG(st.st_mode))
                return refuse(error, "is not a regular file");
        if ((guint64)st.st_size > max)
                return refuse(error, max >= WATTLE_INI_MAX_BYTES ? "is larger than 8 MiB"
                                                                 : "is larger than 1 MiB");
        bytes = read_all(fd, (gsize)st.st_size, error);
        if (!bytes || !is_as_before(dir_fd, path, fd, &st))
                return NULL;
        return g_steal_pointer(&bytes);
}

/* A file that is written in place, not renamed over, reads half as the old one and half as the new
 * one, and each half may be good: devices would be missing. */
#define MAX_READS 3

GBytes *wattle_read_file(int dir_fd, const char *path, gsize max, GError **error)
{
        for (guint i = 0; i < MAX_READS; i++) {
                g_autoptr(GError) fault = NULL;
                GBytes *bytes = read_once(dir_fd, path, max, &fault);

                if (bytes)
                        return bytes;
                if (fault) {
                        g_propagate_error(error, g_steal_pointer(&fault));
                        return NULL;
                }
        }
        return refuse(error, "is being written while it is read: try again when that is done");
}

void wattle_mesh_clear(WattleMesh *mesh)
{
        g_clear_pointer(&mesh->path, g_free);
        g_clear_pointer(&mesh->profile, wattle_profile_free);
        wattle_local_clear(&mesh->local);
}

/* A link to /dev/null, wherever the root is. */
static gboolean is_masked(int root_fd, const char *relative_path)
{
        char target[16];
        gssize n = readlinkat(root_fd, relative_path, target, sizeof target);

        return n == 9 && memcmp(target, "/dev/null", 9) == 0;
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
                        return is_masked(root_fd, path + 1) ? NULL : g_steal_pointer(&path);
        }
        return NULL;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static DIR *open_folder(int root_fd, const char *path)
{
        int fd = openat(root_fd, path + 1, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd < 0 ? NULL : fdopendir(fd);

        if (fd >= 0 && !dir)
                close(fd);
        return dir;
}

static void collect_from(DIR *dir, const char *folder, const char *suffix, GHashTable *names)
{
        const struct dirent *entry;

        while ((errno = 0, entry = readdir(dir)))
                if (g_str_has_suffix(entry->d_name, suffix) && entry->d_name[0] != '.' &&
                    !g_hash_table_contains(names, entry->d_name))
                        g_hash_table_insert(names, g_strdup(entry->d_name), g_strdup(folder));
}

/* Names of the files in a folder that end in suffix, each once into the set: name to folder that
 * has it first. No folder is an empty one; one that cannot be read is an error, for what it may
 * hold would count. */
static gboolean collect_names(int root_fd, const char *folder, const char *suffix,
                              GHashTable *names, WattleReport *report)
{
        __attribute__((cleanup(close_dir))) DIR *dir = open_folder(root_fd, folder);

        if (dir)
                collect_from(dir, folder, suffix, names);
        if (errno == 0 || (!dir && is_absence(errno)))
                return TRUE;
        wattle_report_error(report, (WattlePlace){ folder, 0, 0 }, "%s", g_strerror(errno));
        return FALSE;
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

                if (is_masked(root_fd, path + 1))
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
        GBytes *bytes = read_reported(dir_fd, path, mesh->path, WATTLE_INI_MAX_BYTES, report);

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

                if (!is_masked(root_fd, path + 1))
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
