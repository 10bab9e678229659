/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the last good endpoints of a mesh go to its state file, and come from it. */
#pragma once

#include "daemon/roster.h"

typedef struct {
        int dir_fd;       /* -1: nothing is kept */
        const char *mesh; /* borrowed */
        gint64 stored_us; /* 0: never */
        gboolean dirty;   /* there are some that are not stored yet */
        gboolean loaded;
} WattleLastGood;

/* Into the members, once; a file that is not ours is passed over, and said so. */
void wattle_last_good_load(WattleLastGood *last_good, const WattleRoster *roster);

/* Takes what the engines have proved; writes at most once in 60 s, and only what is new. */
void wattle_last_good_if_due(WattleLastGood *last_good, const WattleRoster *roster, gint64 now_us);

/* The same without waiting. */
void wattle_last_good_now(WattleLastGood *last_good, const WattleRoster *roster);
