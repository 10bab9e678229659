/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A password, asked for on the terminal without echo. */
#pragma once

#include <glib.h>

#define WATTLE_PASSWORD_MAX 1024 /* bytes, with a NUL */

/* From the terminal of this process, wherever its standard input is. In libsodium's memory:
 * sodium_free() it. NULL with an error: no terminal, end of file, too long, or a signal, which is
 * then raised. */
char *wattle_password_ask(const char *prompt, GError **error) G_GNUC_WARN_UNUSED_RESULT;
