/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In place of qr.c, in a build without libqrencode's header. */
#include "cli/join/qr.h"
#include "common/error.h"

char **wattle_qr_draw(G_GNUC_UNUSED const char *text, GError **error)
{
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND,
                            "this wattle was built without QR codes (-Dqr=): take the text");
        return NULL;
}

guint wattle_qr_width(char *const *lines)
{
        return (guint)g_utf8_strlen(lines[0], -1);
}
