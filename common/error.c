/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/error.h"

#include <errno.h>

#include "common/language.h"

GQuark wattle_error_quark(void)
{
        return g_quark_from_static_string("wattle-error");
}

gboolean wattle_error_set_errno(GError **error, int errsv, const char *format, ...)
{
        g_autofree char *what = NULL;
        va_list args;

        va_start(args, format);
        what = g_strdup_vprintf(_(format), args);
        va_end(args);
        g_set_error(error, WATTLE_ERROR,
                    errsv == ENOENT ? WATTLE_ERROR_NOT_FOUND : WATTLE_ERROR_FAILED, "%s: %s", what,
                    g_strerror(errsv));
        return FALSE;
}

gboolean wattle_error_refuse(GError **error, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        if (error)
                *error = g_error_new_valist(WATTLE_ERROR, WATTLE_ERROR_INVALID, _(format), args);
        va_end(args);
        return FALSE;
}
