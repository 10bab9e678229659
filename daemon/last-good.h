/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the last good endpoints of a mesh go to its state file, and come from it. */
#pragma once

#include "daemon/tunnel.h"

/* Into the members, once; a file that is not ours is passed over, and said so. */
void wattle_last_good_load(WattleTunnel *tunnel);

/* Takes what the engines have proved; writes at most once in 60 s, and only what is new. */
void wattle_last_good_if_due(WattleTunnel *tunnel, gint64 now_us);

/* The same without waiting. */
void wattle_last_good_now(WattleTunnel *tunnel);
