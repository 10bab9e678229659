/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a host asks for a newer profile of a mesh when nobody says where. */
#pragma once

#include "cli/update/source.h"
#include "common/status.h"
#include "common/sys/load.h"

/* No more members than this are asked in one go: those with the highest Serial=, by their own word,
 * and of the same the last heard. */
#define WATTLE_UPDATE_SOURCES_MAX_PEERS 3

/* Of WattleUpdateSource, best first: UpdateFrom=, UpdateURL=, members; unref it. status is as
 * wattled tells it; NULL: no member is asked. now_s is CLOCK_REALTIME. */
GArray *wattle_update_find_sources(const WattleMesh *mesh, const char *name,
                                   const WattleStatus *status, gint64 now_s);
