/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts a file set in place below a root: nothing is touched that has its content and mode already,
 * all new files are written before the first is renamed, and what this mesh no longer has is
 * removed. Files of other names are never touched. Whoever installs below the same root takes
 * turns, and begins with removing what a run that was killed has left.
 * See doc/hacking.md, "Compare before rename". */
#pragma once

#include <sys/types.h>

#include "common/fileset.h"

/* Each of the set's files has a kind of its own. */
typedef struct {
        guint changed; /* bits of kinds: new, or with new content, mode or group */
        guint removed; /* there, and not in the set */
} WattleChanges;

/* What wattle_install() would change now: no records of systemd-resolved's where we may not. */
void wattle_install_compare(int root_fd, const char *mesh, const WattleFileset *files,
                            const gid_t *group, WattleChanges *ret);

/* Makes the files of the mesh exactly those of the set; an empty set removes them all. group has
 * what not all may read; NULL: ours. Folders that are missing are made, 0755. On failure no file
 * was renamed, unless renaming itself failed half way. */
gboolean wattle_install(int root_fd, const char *mesh, const WattleFileset *files,
                        const gid_t *group, WattleChanges *ret,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Names of meshes, sorted, that have a file of that kind here; they may be no good names. */
char **wattle_install_list_meshes(int root_fd, WattleFileKind kind);

/* One file of a host, which no file set may hold for it has a secret: not touched if it has its
 * content and mode already, its folders made as above. */
gboolean wattle_install_file(int root_fd, const char *path, guint mode, const char *content,
                             gsize size, gboolean *ret_changed,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Such a file goes, with what may be left of its writing. */
gboolean wattle_install_remove(int root_fd, const char *path, gboolean *ret_removed,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
