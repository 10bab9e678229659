/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The line with the private key, in a file that export made and somebody may have edited since. */
#pragma once

#include "common/keyed-file.h"

/* What stands behind "PrivateKey=" or its like in one line, blanks left out; NULL: it is another
 * line. */
const char *wattle_key_line_value(const WattleKeyedFile *file, const char *line);

/* Whether such a value is the private key of that public key. */
gboolean wattle_key_line_is_of(const char *value, const WattleKey *public_key);

/* The private key of that public key in a whole text; FALSE if it is not there. */
gboolean wattle_key_line_find(const WattleKeyedFile *file, const char *text,
                              const WattleKey *public_key,
                              WattleKey *ret) G_GNUC_WARN_UNUSED_RESULT;
