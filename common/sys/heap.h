/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The heap of a program that reads a large mesh. For 10 000 devices, to get its pages one by one
 * from the kernel was a sixth of the time. */
#pragma once

#include <glib.h>

/* For a program that reads its meshes and ends, before it has threads: what is freed is kept for
 * what comes next, and the heap goes on at a boundary of huge pages. */
void wattle_heap_init(void);

/* So many bytes are going to be needed: if it takes huge pages to hold them, the kernel is asked
 * for these. */
void wattle_heap_expect(gsize n);

/* The opposite, for a program that stays: what is large and freed goes back to the kernel. Left to
 * itself malloc() takes a large block that was freed once for usual, and keeps the next ones. */
void wattle_heap_stay_small(void);
