/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was exported from this account, so that 'wattle status' can say who needs a new file: a line
 * for each device with the mesh, the device, Serial=, a number of the text without its private key,
 * and the options. No secret. It is $XDG_STATE_HOME/wattle/exports, by default
 * ~/.local/state/wattle/exports, and root's is /var/lib/wattle/exports. */
#pragma once

#include "cli/export/files.h"
#include "cli/export/recipe.h"
#include "common/sys/load.h"

typedef struct {
        char *path;
        GHashTable *lines; /* "MESH DEVICE" to the rest of its line */
} WattleExportMemory;

void wattle_export_memory_clear(WattleExportMemory *memory);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleExportMemory, wattle_export_memory_clear)

/* Where it is; NULL if nobody knows where home is. */
char *wattle_export_memory_path(void);

/* Takes over path. A file that is not there is an empty memory; a line that is none is passed over.
 * memory must be zeroed. */
gboolean wattle_export_memory_load(WattleExportMemory *memory, char *path,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What is remembered of one device: a key and its value in lines. */
typedef struct {
        char *key, *rest;
} WattleExportLine;

WattleExportLine wattle_export_line(const WattleView *view, guint64 serial,
                                    const WattleRecipe *recipe, const WattleExportFiles *files);

/* Into the memory, which takes over the line, and the memory into its file. */
void wattle_export_memory_set(WattleExportMemory *memory, WattleExportLine line);
gboolean wattle_export_memory_save(const WattleExportMemory *memory,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The names of devices, sorted, whose file would be another one now, and no more than n_max of
 * them. mesh->local is put back to its defaults. */
char **wattle_export_memory_stale(const WattleExportMemory *memory, int root_fd, WattleMesh *mesh,
                                  guint n_max);

/* A note of that for an installed mesh, in words; NULL if there is none. */
char *wattle_export_memory_note(int root_fd, const char *mesh);
