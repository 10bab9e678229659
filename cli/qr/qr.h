/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QR codes, for cameras: a text as a square of dark and light modules, on a terminal or as a
 * picture. libqrencode makes them. It is loaded when it is wanted, so that a server without a
 * screen need not have it. */
#pragma once

#include <glib.h>

/* What a code holds at most, in bytes: version 40 with the least correction (ISO/IEC 18004). */
#define WATTLE_QR_MAX_BYTES 2953

/* Around the code; ISO/IEC 18004 asks for so many modules. */
#define WATTLE_QR_QUIET 4

typedef struct {
        guint width;  /* in modules, without the quiet zone */
        guint8 *dark; /* width * width of 1 and 0, row by row */
} WattleQr;

/* NULL with an error: INVALID if the text is longer than WATTLE_QR_MAX_BYTES, NOT_FOUND if the
 * library is not there. */
WattleQr *wattle_qr_encode(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The text may have been a secret, so the modules are wiped. */
void wattle_qr_free(WattleQr *qr);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleQr, wattle_qr_free)

/* Dark or not, counted from the first module; what is around the code is light. */
gboolean wattle_qr_is_dark(const WattleQr *qr, int x, int y);

/* How many columns of a terminal wattle_qr_print() takes. */
guint wattle_qr_columns(const WattleQr *qr);

/* How many columns standard output has; 0: as many as you like, for it is no terminal. */
guint wattle_qr_room(void);

/* On standard output with its quiet zone, two modules above one another in each character: dark on
 * light, whatever colours the terminal has. */
void wattle_qr_print(const WattleQr *qr);

/* The text of an SVG picture, with its quiet zone. */
char *wattle_qr_svg(const WattleQr *qr);

/* A PNG picture likewise, by libpng, which is loaded as libqrencode is. NULL with an error:
 * NOT_FOUND if it is not there, INVALID with what it says. */
GByteArray *wattle_qr_png(const WattleQr *qr, GError **error) G_GNUC_WARN_UNUSED_RESULT;
