/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An index is replaced as wattle replaces it: a new file beside it, and rename(2). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct {
        char bytes[8192];
        size_t n;
} Replacement;

/* What stands in the file. False if it cannot be read, or is larger than that. */
bool replacement_read(Replacement *replacement, const char *path);

/* Puts it where the index of the mesh home is looked for. */
bool replacement_put(const Replacement *replacement);
