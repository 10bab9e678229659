/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The view of a device that runs no wattle, as its recipe wants it. */
#pragma once

#include "cli/export/recipe.h"
#include "common/sys/load.h"
#include "common/view.h"

/* mesh->local is put back to its defaults. NULL with errors in the report: there is no such
 * device, or no peer is left. */
WattleView *wattle_export_view(int root_fd, WattleMesh *mesh, const char *device,
                               const WattleRecipe *recipe,
                               WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;
