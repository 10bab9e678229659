/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/install.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/paths.h"
#include "common/sys/file.h"

/* What others may not read is for a group: networkd's, unless someone ran us by hand. */
static gboolean has_access(const struct stat *st, guint mode, const gid_t *group)
{
        return (st->st_mode & 07777) == mode &&
               (mode & S_IROTH || st->st_gid == (group ? *group : getegid()));
}

/* Whether the file is there with this mode and content: then it keeps its inode and time, which
 * networkd compares. */
static gboolean is_unchanged(int root_fd, const char *path, guint mode, const gid_t *group,
                             const char *content, gsize size)
{
        g_auto(WattleFd) fd =
                wattle_below_open(root_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
        char buffer[16 * 1024];
        struct stat st;
        gsize at = 0;
        gssize n;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !has_access(&st, mode, group) ||
            (gsize)st.st_size != size)
                return FALSE;
        while ((n = read(fd, buffer, sizeof buffer)) > 0) {
                if ((gsize)n > size - at || memcmp(buffer, content + at, (gsize)n) != 0)
                        return FALSE;
                at += (gsize)n;
        }
        return n == 0 && at == size;
}

/* Whether we may make a file there, or the folder for it. */
static gboolean is_writable(int root_fd, const char *folder)
{
        g_autofree char *path = g_strdup(folder);

        for (char *end = path + strlen(path); end; end = strrchr(path, '/')) {
                g_auto(WattleFd) fd = -1;

                *end = '\0';
                fd = wattle_below_open(root_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
                if (fd >= 0)
                        return faccessat(fd, "", W_OK, AT_EACCESS | AT_EMPTY_PATH) == 0;
        }
        return TRUE;
}

/* The folder of records is in one that belongs to systemd-resolved. A writer without capabilities
 * leaves there what it may not change to the next apply: the rest of the mesh does not wait. */
static gboolean is_left_alone(int root_fd, WattleFileKind kind)
{
        return kind == WATTLE_FILE_RECORDS && !is_writable(root_fd, wattle_paths_folder(kind));
}

void wattle_install_compare(int root_fd, const char *mesh, const WattleFileset *files,
                            const gid_t *group, WattleChanges *ret)
{
        *ret = (WattleChanges){ 0 };
        for (WattleFileKind kind = files->first; kind < files->end; kind++) {
                const WattleFile *file = wattle_fileset_find(files, kind);
                g_autofree char *path = wattle_paths_file(kind, mesh);

                if (is_left_alone(root_fd, kind))
                        continue;
                if (!file && wattle_path_exists(root_fd, path))
                        ret->removed |= WATTLE_FILE_BIT(kind);
                else if (file && !is_unchanged(root_fd, path, file->mode, group, file->content->str,
                                               file->content->len))
                        ret->changed |= WATTLE_FILE_BIT(kind);
        }
}

/* A temporary file beside each. */
static gboolean write_files(int root_fd, const WattleFileset *files, guint kinds,
                            const gid_t *group, GError **error)
{
        for (guint i = 0; i < files->files->len; i++) {
                const WattleFile *file = g_ptr_array_index(files->files, i);
                g_autofree char *temporary = g_strconcat(file->path, WATTLE_NEW_SUFFIX, NULL);
                gboolean for_all = (file->mode & S_IROTH) != 0;

                if (kinds & WATTLE_FILE_BIT(file->kind) &&
                    (!wattle_make_folders(root_fd, file->path, error) ||
                     !wattle_write_new_file(root_fd, temporary, file->mode, for_all ? NULL : group,
                                            file->content->str, file->content->len, error)))
                        return FALSE;
        }
        return TRUE;
}

static gboolean rename_files(int root_fd, const WattleFileset *files, guint kinds, GError **error)
{
        for (guint i = 0; i < files->files->len; i++) {
                const WattleFile *file = g_ptr_array_index(files->files, i);
                g_autofree char *temporary = g_strconcat(file->path, WATTLE_NEW_SUFFIX, NULL);

                if (kinds & WATTLE_FILE_BIT(file->kind) &&
                    wattle_below_rename(root_fd, temporary, file->path) < 0)
                        return wattle_error_set_errno(error, errno, "%s", file->path);
        }
        return TRUE;
}

/* All that there may be of these kinds. */
static void remove_temporaries(int root_fd, const char *mesh, const WattleFileset *files,
                               guint kinds)
{
        for (WattleFileKind kind = files->first; kind < files->end; kind++) {
                g_autofree char *path = wattle_paths_file(kind, mesh);
                g_autofree char *temporary = g_strconcat(path, WATTLE_NEW_SUFFIX, NULL);

                if (kinds & WATTLE_FILE_BIT(kind))
                        wattle_below_unlink(root_fd, temporary);
        }
}

static gboolean remove_files(int root_fd, const char *mesh, const WattleFileset *files, guint kinds,
                             GError **error)
{
        for (WattleFileKind kind = files->first; kind < files->end; kind++) {
                g_autofree char *path = wattle_paths_file(kind, mesh);

                if (kinds & WATTLE_FILE_BIT(kind) && wattle_below_unlink(root_fd, path) < 0 &&
                    errno != ENOENT && errno != ENOTDIR)
                        return wattle_error_set_errno(error, errno, "%s", path);
        }
        return TRUE;
}

/* The boot's writer and 'wattle apply' take turns: their temporary files are called the same. For
 * root alone, lest others keep us waiting. */
#define LOCK_PATH WATTLE_RUN_DIR "/files.lock"

typedef struct {
        int root_fd;
        WattleFd fd;
} Lock;

/* The file goes with its lock, so no host is left with one. */
static void unlock(Lock *lock)
{
        if (lock->fd >= 0)
                wattle_below_unlink(lock->root_fd, LOCK_PATH);
        wattle_fd_clear(&lock->fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lock, unlock)

static gboolean is_lock_file(int root_fd, int fd)
{
        struct stat st, there;

        return fstat(fd, &st) == 0 && wattle_below_lstat(root_fd, LOCK_PATH, &there) == 0 &&
               st.st_dev == there.st_dev && st.st_ino == there.st_ino;
}

/* Who waited may hold a lock on a file that is gone. */
static gboolean lock_files(Lock *lock, int root_fd, GError **error)
{
        if (!wattle_make_folders(root_fd, LOCK_PATH, error))
                return FALSE;
        for (;;) {
                g_auto(WattleFd) fd = wattle_below_open(
                        root_fd, LOCK_PATH, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

                if (fd < 0 || TEMP_FAILURE_RETRY(flock(fd, LOCK_EX)) < 0)
                        return wattle_error_set_errno(error, errno, LOCK_PATH);
                if (is_lock_file(root_fd, fd)) {
                        *lock = (Lock){ root_fd, fd };
                        fd = -1;
                        return TRUE;
                }
        }
}

/* What a run that was killed has left beside a file, perhaps with the private key. */
static gboolean remove_leftover(int root_fd, const char *path, GError **error)
{
        g_autofree char *temporary = g_strconcat(path, WATTLE_NEW_SUFFIX, NULL);

        return wattle_below_unlink(root_fd, temporary) == 0 || errno == ENOENT ||
               errno == ENOTDIR || wattle_error_set_errno(error, errno, "%s", temporary);
}

gboolean wattle_install(int root_fd, const char *mesh, const WattleFileset *files,
                        const gid_t *group, WattleChanges *ret, GError **error)
{
        g_auto(Lock) lock = { .fd = -1 };
        WattleChanges changes;

        if (!lock_files(&lock, root_fd, error))
                return FALSE;
        remove_temporaries(root_fd, mesh, files, G_MAXUINT);
        wattle_install_compare(root_fd, mesh, files, group, &changes);
        if (!write_files(root_fd, files, changes.changed, group, error) ||
            !rename_files(root_fd, files, changes.changed, error)) {
                remove_temporaries(root_fd, mesh, files, changes.changed);
                return FALSE;
        }
        if (!remove_files(root_fd, mesh, files, changes.removed, error))
                return FALSE;
        *ret = changes;
        return TRUE;
}

char **wattle_install_list_meshes(int root_fd, WattleFileKind kind)
{
        g_auto(GStrv) names = wattle_list_folder(root_fd, wattle_paths_folder(kind), "", "", NULL);
        GPtrArray *meshes = g_ptr_array_new();

        for (guint i = 0; names && names[i]; i++) {
                char *mesh = wattle_paths_mesh_of(kind, names[i]);

                if (mesh)
                        g_ptr_array_add(meshes, mesh);
        }
        g_ptr_array_add(meshes, NULL);
        return (char **)g_ptr_array_free(meshes, FALSE);
}

gboolean wattle_install_file(int root_fd, const char *path, guint mode, const char *content,
                             gsize size, gboolean *ret_changed, GError **error)
{
        g_auto(Lock) lock = { .fd = -1 };
        gboolean changed;

        if (!lock_files(&lock, root_fd, error) || !remove_leftover(root_fd, path, error))
                return FALSE;
        changed = !is_unchanged(root_fd, path, mode, NULL, content, size);
        if (changed && (!wattle_make_folders(root_fd, path, error) ||
                        !wattle_write_file(root_fd, path, mode, content, size, error)))
                return FALSE;
        *ret_changed = changed;
        return TRUE;
}

gboolean wattle_install_remove(int root_fd, const char *path, gboolean *ret_removed, GError **error)
{
        g_auto(Lock) lock = { .fd = -1 };
        gboolean removed;

        if (!lock_files(&lock, root_fd, error) || !remove_leftover(root_fd, path, error))
                return FALSE;
        removed = wattle_below_unlink(root_fd, path) == 0;
        if (!removed && errno != ENOENT && errno != ENOTDIR)
                return wattle_error_set_errno(error, errno, "/%s", path);
        *ret_removed = removed;
        return TRUE;
}
