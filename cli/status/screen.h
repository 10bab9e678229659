/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status of a mesh as people read it, and as programs do. */
#pragma once

#include <stdio.h>

#include "common/status.h"

typedef struct {
        guint width;    /* of the terminal, for which columns are left out; 0: all of them */
        guint max_rows; /* peers beyond are only counted; 0: all of them */
        gint64 now_us;  /* CLOCK_REALTIME */
} WattleScreen;

/* notes are of char *: what is missing, and what to do. */
void wattle_status_print(const WattleStatus *status, const GPtrArray *notes,
                         const WattleScreen *screen, FILE *stream);

/* All of them in one document; notes has an array for each. wattle(1) describes it. */
void wattle_status_json(const WattleStatus *const *statuses, GPtrArray *const *notes, guint n,
                        FILE *stream);
