/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Things in the order of their names, many of them. */
#pragma once

#include <glib.h>

typedef struct {
        const char *name;    /* borrowed */
        gconstpointer value; /* whatever goes by it */
        guint64 key;         /* of the sorting, from within */
} WattleNamed;

/* As strcmp(3) has it; those of one name are in no order. */
void wattle_sort_by_name(WattleNamed *named, guint n);
