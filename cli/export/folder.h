/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder with the files of all devices that run no wattle, called as the devices. */
#pragma once

#include "cli/export/memory.h"
#include "cli/export/output.h"

typedef struct {
        const char *path;
        const WattleRecipe *recipe;
        gboolean with_managed;              /* of devices that run wattle, too */
        WattleExportMemory *memory;         /* takes in what was made; NULL: nobody remembers */
        guint n[WATTLE_EXPORT_CHANGED + 1]; /* files so far, by what became of them */
        gboolean failed;                    /* one of them is not written */
} WattleExportFolder;

/* Makes the folder if it is missing, 0700. FALSE after an error on stderr. */
gboolean wattle_export_folder_make(const WattleExportFolder *folder) G_GNUC_WARN_UNUSED_RESULT;

/* Writes what is new or changed, in the order of the profile; says on stdout what it did, and on
 * stderr what it could not do. */
void wattle_export_folder_update(WattleExportFolder *folder, int root_fd, WattleMesh *mesh);

/* Names the files of devices that are gone, which stay, and says how many became what. */
void wattle_export_folder_sum_up(const WattleExportFolder *folder, const WattleMesh *mesh);
