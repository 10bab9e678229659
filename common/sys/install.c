/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/install.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/paths.h"
#include "common/sys/file.h"

void wattle_changes_init(WattleChanges *changes)
{
        changes->changed = g_ptr_array_new_with_free_func(g_free);
        changes->removed = g_ptr_array_new_with_free_func(g_free);
}

void wattle_changes_clear(WattleChanges *changes)
{
        g_clear_pointer(&changes->changed, g_ptr_array_unref);
        g_clear_pointer(&changes->removed, g_ptr_array_unref);
}

/* What others may not read is for our group: networkd's, unless someone ran us by hand. */
static gboolean has_access(const struct stat *st, guint mode)
{
        return (st->st_mode & 07777) == mode && (mode & S_IROTH || st->st_gid == getegid());
}

/* Whether the file is there with this mode and content: then it keeps its inode and time, which
 * networkd compares. */
static gboolean is_unchanged(int root_fd, const char *path, guint mode, const char *content,
                             gsize size)
{
        g_auto(WattleFd) fd = openat(root_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        char buffer[16 * 1024];
        struct stat st;
        gsize at = 0;
        gssize n;

        if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !has_access(&st, mode) ||
            (gsize)st.st_size != size)
                return FALSE;
        while ((n = read(fd, buffer, sizeof buffer)) > 0) {
                if ((gsize)n > size - at || memcmp(buffer, content + at, (gsize)n) != 0)
                        return FALSE;
                at += (gsize)n;
        }
        return n == 0 && at == size;
}

/* Temporary files beside all that differ; on failure the ones already written are taken away again.
 */
static gboolean write_changed(int root_fd, const WattleFileset *files, GPtrArray *changed,
                              GError **error)
{
        for (guint i = 0; i < files->files->len; i++) {
                const WattleFile *file = g_ptr_array_index(files->files, i);
                g_autofree char *temporary = g_strconcat(file->path, WATTLE_NEW_SUFFIX, NULL);

                if (is_unchanged(root_fd, file->path, file->mode, file->content->str,
                                 file->content->len))
                        continue;
                if (!wattle_make_folders(root_fd, file->path, error) ||
                    !wattle_write_new_file(root_fd, temporary, file->mode, file->content->str,
                                           file->content->len, error))
                        return FALSE;
                g_ptr_array_add(changed, g_strdup(file->path));
        }
        return TRUE;
}

static void remove_temporaries(int root_fd, const GPtrArray *paths)
{
        for (guint i = 0; i < paths->len; i++) {
                g_autofree char *temporary =
                        g_strconcat(g_ptr_array_index(paths, i), WATTLE_NEW_SUFFIX, NULL);

                unlinkat(root_fd, temporary, 0);
        }
}

static gboolean rename_changed(int root_fd, const GPtrArray *changed, GError **error)
{
        for (guint i = 0; i < changed->len; i++) {
                const char *path = g_ptr_array_index(changed, i);
                g_autofree char *temporary = g_strconcat(path, WATTLE_NEW_SUFFIX, NULL);

                if (renameat(root_fd, temporary, root_fd, path) < 0)
                        return wattle_error_set_errno(error, errno, "%s", path);
        }
        return TRUE;
}

/* Every path that a mesh may have; what is not in its set is stale. */
static gboolean remove_stale(int root_fd, const char *mesh, const WattleFileset *files,
                             GPtrArray *removed, GError **error)
{
        for (guint i = 0; i < WATTLE_N_RENDERED_FILES; i++) {
                g_autofree char *path = wattle_paths_file(i, mesh);

                if (wattle_fileset_find(files, path))
                        continue;
                if (unlinkat(root_fd, path, 0) == 0)
                        g_ptr_array_add(removed, g_steal_pointer(&path));
                else if (errno != ENOENT && errno != ENOTDIR)
                        return wattle_error_set_errno(error, errno, "%s", path);
        }
        return TRUE;
}

gboolean wattle_install(int root_fd, const char *mesh, const WattleFileset *files,
                        WattleChanges *changes, GError **error)
{
        g_auto(WattleChanges) own = { 0 };

        wattle_changes_init(&own);
        if (!write_changed(root_fd, files, own.changed, error) ||
            !rename_changed(root_fd, own.changed, error)) {
                remove_temporaries(root_fd, own.changed);
                return FALSE;
        }
        if (!remove_stale(root_fd, mesh, files, own.removed, error))
                return FALSE;
        if (changes) {
                g_ptr_array_extend_and_steal(changes->changed, g_steal_pointer(&own.changed));
                g_ptr_array_extend_and_steal(changes->removed, g_steal_pointer(&own.removed));
        }
        return TRUE;
}

gboolean wattle_install_file(int root_fd, const char *path, guint mode, const char *content,
                             gsize size, gboolean *ret_changed, GError **error)
{
        gboolean changed = !is_unchanged(root_fd, path, mode, content, size);

        if (changed && (!wattle_make_folders(root_fd, path, error) ||
                        !wattle_write_file(root_fd, path, mode, content, size, error)))
                return FALSE;
        *ret_changed = changed;
        return TRUE;
}
