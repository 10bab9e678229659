/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tailscaled says of a tailnet as the status of a mesh, so that one screen, one JSON and one
 * word do for both. Pure. */
#pragma once

#include "common/status.h"
#include "common/tailnet-status.h"

/* interface NULL: there is none. status must be initialised; notes are of char *. */
void wattle_tailnet_fill(const WattleTailnetStatus *said, const char *name, const char *interface,
                         WattleStatus *status, GPtrArray *notes);

/* One of the words of cli/status/state.h; said NULL: tailscaled does not answer. */
const char *wattle_tailnet_word(gboolean is_good, const WattleTailnetStatus *said);
