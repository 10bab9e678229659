/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that export makes: for their owner alone, and never in the place of what it did not make.
 */
#pragma once

#include "cli/export/file-batch.h"
#include "common/key.h"
#include "common/keyed-file.h"

/* The first line of an SVG. */
#define WATTLE_EXPORT_SVG_ORIGIN "<!-- Made by wattle, as a code for a camera. -->\n"

/* The chunk of a PNG that stands behind its first one (PNG specification, 11.3.4.3: length, type,
 * keyword, text, CRC), with its size. */
#define WATTLE_EXPORT_PNG_ORIGIN                                                                   \
        "\0\0\0\x2ftEXtComment\0Made by wattle, as a code for a camera.\x1c\xc4\x8f\x11"
#define WATTLE_EXPORT_PNG_ORIGIN_SIZE   59
#define WATTLE_EXPORT_PNG_ORIGIN_OFFSET 33

typedef enum {
        WATTLE_EXPORT_SAME,
        WATTLE_EXPORT_NEW,
        WATTLE_EXPORT_CHANGED,
} WattleExportOutcome;

/* Mode 0600. A file that is there already must begin as those that are made here. FALSE after an
 * error on stderr. */
gboolean wattle_export_write(const char *file, gconstpointer bytes,
                             gsize size) G_GNUC_WARN_UNUSED_RESULT;

/* A whole text with a NUL, in libsodium's memory: sodium_free() it. path "-" is standard input.
 * NULL with an error: NOT_FOUND, or FAILED. */
char *wattle_export_read(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same into the batch, unless the file says just that already. private_key may be NULL: then
 * the key of that public key stays in the file if it is in there, for it may be nowhere else. */
gboolean wattle_export_update(const char *path, const WattleKeyedFile *file,
                              const WattleKey *private_key, const WattleKey *public_key,
                              WattleFileBatch *batch,
                              WattleExportOutcome *ret) G_GNUC_WARN_UNUSED_RESULT;
