/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set that only grows, of a size known beforehand: whether a value was there before. GHashTable
 * grows step by step and hashes all again each time; the four sets of a check were a sixth of the
 * instructions for a mesh of 10 000 devices, and are a quarter of that so. */
#pragma once

#include <glib.h>

typedef struct {
        guint32 hash;
        guint32 number; /* of the value, from 1; 0 in an empty slot */
} WattleSetSlot;

typedef struct {
        gconstpointer *values; /* borrowed, in the order in which they came */
        guint n_values;
        WattleSetSlot *slots;
        guint n_bits; /* of the number of slots */
        GHashFunc hash;
        GEqualFunc equal;
} WattleSet;

/* For at most max values. */
void wattle_set_init(WattleSet *seen, guint max, GHashFunc hash, GEqualFunc equal);
void wattle_set_clear(WattleSet *seen);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleSet, wattle_set_clear)

/* TRUE if no equal value was there; it is now, and must outlive the set. */
gboolean wattle_set_add(WattleSet *seen, gconstpointer value);
