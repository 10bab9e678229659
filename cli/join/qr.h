/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A QR code on a terminal, by libqrencode. It is loaded when it is wanted, so that a server without
 * a screen need not have it. */
#pragma once

#include <glib.h>

/* Lines of half blocks, two modules of the code above one another in each character, with its quiet
 * zone. NULL with an error: INVALID if the text is too long for any code, NOT_FOUND if the library
 * is not there. */
char **wattle_qr_draw(const char *text, GError **error);

/* How many columns the lines take. */
guint wattle_qr_width(char *const *lines);
