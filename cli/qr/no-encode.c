/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In place of encode.c and png.c, in a build without the headers of libqrencode and libpng. */
#include "cli/qr/qr.h"
#include "common/error.h"
#include "common/language.h"

WattleQr *wattle_qr_encode(G_GNUC_UNUSED const char *text, GError **error)
{
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND,
                            _("this wattle was built without QR codes (-Dqr=): take the text"));
        return NULL;
}

GByteArray *wattle_qr_png(G_GNUC_UNUSED const WattleQr *qr, GError **error)
{
        g_set_error_literal(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND,
                            _("this wattle was built without QR codes (-Dqr=)"));
        return NULL;
}
