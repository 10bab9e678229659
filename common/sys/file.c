/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/language.h"

#define MIB ((gsize)1024 * 1024)

gboolean wattle_path_exists(int dir_fd, const char *path)
{
        struct stat st;

        return wattle_below_lstat(dir_fd, path, &st) == 0;
}

gboolean wattle_path_is_masked(int dir_fd, const char *path)
{
        static const char null[] = "/dev/null";
        char target[sizeof null];
        gssize n = wattle_below_readlink(dir_fd, path, target, sizeof target);

        return n == (gssize)strlen(null) && memcmp(target, null, (gsize)n) == 0;
}

/* As wattle_error_set_errno(), but for the name. */
static gpointer fail(GError **error, int errsv)
{
        g_set_error_literal(error, WATTLE_ERROR,
                            errsv == ENOENT ? WATTLE_ERROR_NOT_FOUND : WATTLE_ERROR_FAILED,
                            g_strerror(errsv));
        return NULL;
}

static GBytes *refuse(GError **error, const char *why)
{
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_UNSAFE, why);
        return NULL;
}

static GBytes *read_all(int fd, gsize size, GError **error)
{
        g_autofree char *bytes = g_malloc(size + 1);
        gsize n = 0;
        gssize got;

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
               wattle_below_stat(dir_fd, path, &there) == 0 && there.st_dev == st.st_dev &&
               there.st_ino == st.st_ino;
}

/* NULL without an error: the file changed while it was read. */
static GBytes *read_once(int dir_fd, const char *path, gsize max, GError **error)
{
        g_auto(WattleFd) fd =
                wattle_below_open(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
        g_autoptr(GBytes) bytes = NULL;
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return fail(error, errno);
        if (S_ISDIR(st.st_mode))
                return refuse(error, _("is a folder, not a file"));
        if (!S_ISREG(st.st_mode))
                return refuse(error, _("is not a regular file"));
        if ((guint64)st.st_size > max) {
                g_autofree char *why =
                        max < MIB ? g_strdup_printf(_("is larger than %zu bytes"), max)
                                  : g_strdup_printf(_("is larger than %zu MiB"), max / MIB);

                return refuse(error, why);
        }
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
        return refuse(error, _("is being written while it is read: try again when that is done"));
}

gboolean wattle_write_all(int fd, const char *content, gsize size)
{
        while (size > 0) {
                gssize n = write(fd, content, size);

                if (n < 0 && errno != EINTR)
                        return FALSE;
                if (n > 0) {
                        content += n;
                        size -= (gsize)n;
                }
        }
        return TRUE;
}

/* fchmod(), lest the umask has a say. A group that the file has already is not set: a service may
 * be forbidden to. */
static gboolean set_access(int fd, guint mode, const gid_t *group)
{
        struct stat st;

        return fchmod(fd, mode) == 0 &&
               (!group || (fstat(fd, &st) == 0 &&
                           (st.st_gid == *group || fchown(fd, (uid_t)-1, *group) == 0)));
}

static int create(int dir_fd, const char *path)
{
        return wattle_below_open(dir_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                                 0600);
}

int wattle_begin_new_file(int dir_fd, const char *path, guint mode, const gid_t *group,
                          const char *content, gsize size, GError **error)
{
        g_auto(WattleFd) fd = create(dir_fd, path);
        int whole;

        /* Rarely: what a program left that was killed. */
        if (fd < 0 && errno == EEXIST) {
                if (wattle_below_unlink(dir_fd, path) < 0)
                        return wattle_error_set_errno(error, errno, "%s", path), -1;
                fd = create(dir_fd, path);
        }
        if (fd < 0)
                return wattle_error_set_errno(error, errno, "%s", path), -1;
        if (!set_access(fd, mode, group) || !wattle_write_all(fd, content, size)) {
                wattle_error_set_errno(error, errno, "%s", path);
                wattle_below_unlink(dir_fd, path);
                return -1;
        }
        whole = fd;
        fd = -1;
        return whole;
}

gboolean wattle_write_new_file(int dir_fd, const char *path, guint mode, const gid_t *group,
                               const char *content, gsize size, GError **error)
{
        g_auto(WattleFd) fd =
                wattle_begin_new_file(dir_fd, path, mode, group, content, size, error);

        if (fd < 0)
                return FALSE;
        if (fsync(fd) == 0)
                return TRUE;
        wattle_error_set_errno(error, errno, "%s", path);
        wattle_below_unlink(dir_fd, path);
        return FALSE;
}

gboolean wattle_write_file(int dir_fd, const char *path, guint mode, const char *content,
                           gsize size, GError **error)
{
        g_autofree char *temporary = g_strconcat(path, WATTLE_NEW_SUFFIX, NULL);

        if (!wattle_write_new_file(dir_fd, temporary, mode, NULL, content, size, error))
                return FALSE;
        if (wattle_below_rename(dir_fd, temporary, path) == 0)
                return TRUE;
        wattle_error_set_errno(error, errno, "%s", path);
        wattle_below_unlink(dir_fd, temporary);
        return FALSE;
}

gboolean wattle_sync_folder(int dir_fd, const char *path, GError **error)
{
        g_autofree char *folder = g_path_get_dirname(path);
        g_auto(WattleFd) fd = wattle_below_open(dir_fd, folder, O_RDONLY | O_DIRECTORY, 0);

        return (fd >= 0 && fsync(fd) == 0) || wattle_error_set_errno(error, errno, "%s", folder);
}

/* A folder of ours is for all to read, as its files are, whatever the umask. */
static gboolean make_folder(int dir_fd, const char *folder)
{
        return wattle_below_mkdir(dir_fd, folder) == 0 || errno == EEXIST;
}

/* A folder that is there, but not to be gone into. */
static gboolean refuse_folder(int dir_fd, const char *folder, int errsv, GError **error)
{
        struct stat st;

        if (wattle_below_lstat(dir_fd, folder, &st) == 0 && S_ISLNK(st.st_mode)) {
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_UNSAFE,
                            _("%s: this link leads to no folder below the root: remove it, or make "
                              "the folder there"),
                            folder);
                return FALSE;
        }
        return wattle_error_set_errno(error, errsv, "%s", folder);
}

/* What is there already may be a link, which has to lead to a folder below dir_fd. */
static gboolean have_folder(int dir_fd, const char *folder, GError **error)
{
        struct stat st;

        if (!make_folder(dir_fd, folder))
                return wattle_error_set_errno(error, errno, "%s", folder);
        if (wattle_below_stat(dir_fd, folder, &st) < 0)
                return refuse_folder(dir_fd, folder, errno, error);
        return S_ISDIR(st.st_mode) || refuse_folder(dir_fd, folder, ENOTDIR, error);
}

gboolean wattle_make_folders(int dir_fd, const char *path, GError **error)
{
        g_autofree char *folder = g_path_get_dirname(path);

        for (char *slash = strchr(folder, '/');; slash = strchr(slash + 1, '/')) {
                if (slash)
                        *slash = '\0';
                if (!have_folder(dir_fd, folder, error))
                        return FALSE;
                if (!slash)
                        return TRUE;
                *slash = '/';
        }
}

static void close_folder(DIR **dir)
{
        if (*dir)
                closedir(*dir);
}

static DIR *open_folder(int dir_fd, const char *path)
{
        int fd = wattle_below_open(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
        DIR *dir = fd < 0 ? NULL : fdopendir(fd);

        if (fd >= 0 && !dir)
                close(fd);
        return dir;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **wattle_list_folder(int dir_fd, const char *folder, const char *prefix, const char *suffix,
                          GError **error)
{
        __attribute__((cleanup(close_folder))) DIR *dir = open_folder(dir_fd, folder);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        const struct dirent *entry;

        if (!dir && errno != ENOENT && errno != ENOTDIR)
                return fail(error, errno);
        while (errno = 0, dir && (entry = readdir(dir)))
                if (entry->d_name[0] != '.' && g_str_has_prefix(entry->d_name, prefix) &&
                    g_str_has_suffix(entry->d_name, suffix))
                        g_ptr_array_add(names, g_strdup(entry->d_name));
        if (errno != 0)
                return fail(error, errno);
        g_ptr_array_sort(names, compare_names);
        g_ptr_array_add(names, NULL);
        return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}
