/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way from one text to another, line by line. */
#pragma once

#include <glib.h>

/* One place of the text where whole lines go, come, or both. */
typedef struct {
        gsize at;        /* offset of the first byte of a line, or of the text's end */
        gsize n_removed; /* bytes */
        char *inserted;  /* owned; "" for none */
} WattleEdit;

/* An array of WattleEdit of old, in its order; empty if the texts are equal. The fewest lines that
 * make new of it; where there are too many, one edit for all between the first and the last line
 * that differs. */
GArray *wattle_line_diff(const char *old, const char *new);
