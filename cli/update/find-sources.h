/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a host asks for a newer profile of a mesh when nobody says where. */
#pragma once

#include "cli/update/source.h"
#include "common/status.h"
#include "common/sys/load.h"

/* No more members than this are asked in one go: those that were heard of a higher Serial= first,
 * then the last heard. */
#define WATTLE_UPDATE_SOURCES_MAX_PEERS 3

/* Of WattleUpdateSource, best first: UpdateFrom=, UpdateURL=, members; unref it. status is as
 * wattled tells it, or NULL. now_s is CLOCK_REALTIME. Sources that the mesh names are left out
 * without wants_named. */
GArray *wattle_update_find_sources(const WattleMesh *mesh, const char *name,
                                   const WattleStatus *status, gboolean wants_named, gint64 now_s);
