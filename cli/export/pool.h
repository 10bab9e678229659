/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Those of a mesh that can be in the files of the others, by a recipe: where that is a few of many,
 * the rest need not be gone through for each file. */
#pragma once

#include "cli/export/recipe.h"
#include "common/profile.h"

typedef struct {
        WattleProfile *whole;
        WattleProfile few; /* borrows all that it points to but its devices, for one more of which
                              there is room; none: the whole mesh is needed */
        guint n_few;
        GHashTable *names; /* of these devices */
} WattleExportPool;

/* Borrows the profile and is good as long as that stays as it is. */
void wattle_export_pool_init(WattleExportPool *pool, WattleProfile *profile,
                             const WattleRecipe *recipe);
void wattle_export_pool_clear(WattleExportPool *pool);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleExportPool, wattle_export_pool_clear)

/* A mesh of these and the device, borrowed until the next call: its file is as that of the whole
 * mesh. */
WattleProfile *wattle_export_pool_take(WattleExportPool *pool, const WattleDevice *device);
