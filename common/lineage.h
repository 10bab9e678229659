/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How one text of a profile follows on another: each says its Serial= and, as Previous=, the hash
 * of the text that it was made from. */
#pragma once

#include <glib.h>

/* BLAKE2b-256 of a whole text, as 'b2sum -l 256' prints it. */
typedef struct {
        guint8 bytes[32];
} WattleTextSum;

#define WATTLE_TEXT_SUM_TEXT_MAX 65 /* 64 hexadecimal digits and a NUL */

void wattle_text_sum(gconstpointer bytes, gsize size, WattleTextSum *ret);
gboolean wattle_text_sum_equal(const WattleTextSum *a, const WattleTextSum *b);
void wattle_text_sum_format(const WattleTextSum *sum, char text[WATTLE_TEXT_SUM_TEXT_MAX]);
gboolean wattle_text_sum_parse(const char *text, WattleTextSum *ret,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct {
        guint64 serial; /* 0: the text has none */
        WattleTextSum sum;
        gboolean has_previous;
        WattleTextSum previous;
} WattleLineage;

/* What [Mesh] of a text says, good or not, and the sum of the text. A text that has it no reader
 * would take has serial 0. */
void wattle_lineage_read(gconstpointer bytes, gsize size, WattleLineage *ret);

/* A higher Serial than this many more is a slip of the finger or worse: nothing could follow on
 * one near the end of the numbers. */
#define WATTLE_SERIAL_MAX_STEP 1000000

typedef enum {
        WATTLE_SUCCESSION_SAME,  /* byte for byte */
        WATTLE_SUCCESSION_NEWER, /* a higher Serial */
        WATTLE_SUCCESSION_JUMP,  /* by more than WATTLE_SERIAL_MAX_STEP */
        WATTLE_SUCCESSION_OLDER, /* a lower one, or none */
        WATTLE_SUCCESSION_TWIN,  /* the same Serial with other bytes: a fork */
        WATTLE_SUCCESSION_FORK,  /* the next Serial, made from another text */
} WattleSuccession;

/* What candidate is to the text that there is. */
WattleSuccession wattle_lineage_judge(const WattleLineage *present, const WattleLineage *candidate);
