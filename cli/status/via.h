/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes by Via= is not end to end, and nobody would see that by the peers: it is said. */
#pragma once

#include "common/view.h"

/* Adds a note for each device between, and one if it is this host; of char *. */
void wattle_status_note_via(const WattleView *view, GPtrArray *notes);
