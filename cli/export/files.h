/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files that a device gets in the format of its recipe: one, or for networkd two. */
#pragma once

#include "cli/export/recipe.h"
#include "common/keyed-file.h"
#include "common/view.h"

#define WATTLE_EXPORT_MAX_FILES 2

typedef struct {
        const char *suffix; /* of its name: ".conf" */
        WattleKeyedFile file;
} WattleExportFile;

typedef struct {
        WattleExportFile files[WATTLE_EXPORT_MAX_FILES];
        guint n;                /* the first is the one with the key */
        const WattleView *view; /* what they were made of; borrowed */
} WattleExportFiles;

/* Of the name of the first file. */
const char *wattle_export_suffix(WattleExportFormat format);

/* view is one of wattle_export_view(), for the same format. before: files of another view of the
 * mesh, that these may be made from faster; NULL: none. */
void wattle_export_files_make(const WattleView *view, WattleExportFormat format,
                              const WattleExportFiles *before, WattleExportFiles *ret);
void wattle_export_files_clear(WattleExportFiles *files);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleExportFiles, wattle_export_files_clear)

/* The name of a file, given that of the first: that one itself, or for the second with its suffix
 * in place of the first one's. NULL if the first has not its suffix, and there is a second. */
char *wattle_export_files_name(const WattleExportFiles *files, guint i, const char *first);
