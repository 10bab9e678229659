/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one error domain. A code exists only where some caller branches on it; people read the text.
 */
#pragma once

#include <glib.h>

#define WATTLE_ERROR (wattle_error_quark())

typedef enum {
        WATTLE_ERROR_INVALID, /* text or a value is wrong: the writer of the input has to mend it */
        WATTLE_ERROR_NOT_FOUND, /* a file, mesh or device that was named does not exist */
        WATTLE_ERROR_UNSAFE,    /* a file is refused for its mode, owner or kind */
        WATTLE_ERROR_FAILED,    /* the system said no */
} WattleError;

GQuark wattle_error_quark(void);

/* Sets error from errno: "WHAT: No such file or directory"; ENOENT becomes NOT_FOUND. Returns
 * FALSE, so that a failing caller is one line. */
gboolean wattle_error_set_errno(GError **error, int errsv, const char *format, ...)
        G_GNUC_PRINTF(3, 4);

/* Sets error to INVALID with that text. Returns FALSE, too. */
gboolean wattle_error_refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
