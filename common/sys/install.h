/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts a file set in place below a root: nothing is touched that has its content and mode already,
 * all new files are written before the first is renamed, and what this mesh no longer has is
 * removed. Files of other names are never touched. */
#pragma once

#include "common/fileset.h"

typedef struct {
        GPtrArray
                *changed; /* paths (char *) as in the file set: new, or with new content or mode */
        GPtrArray *removed; /* paths that were there and are not in the set */
} WattleChanges;

void wattle_changes_init(WattleChanges *changes);
void wattle_changes_clear(WattleChanges *changes);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleChanges, wattle_changes_clear)

/* Makes the files of the mesh exactly those of the set; an empty set removes them all. Folders that
 * are missing are made, 0755. changes may be NULL. On failure no file was renamed, unless renaming
 * itself failed half way. */
gboolean wattle_install(int root_fd, const char *mesh, const WattleFileset *files,
                        WattleChanges *changes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One file of a host, which no file set may hold for it has a secret: not touched if it has its
 * content and mode already, its folders made as above. */
gboolean wattle_install_file(int root_fd, const char *path, guint mode, const char *content,
                             gsize size, gboolean *ret_changed,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
