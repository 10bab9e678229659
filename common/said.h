/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What another program of ours said in an error or an answer. Those that are no person's, wattled
 * and wattle-fetch, say it as it is written, for whoever asks may have any language; who shows it
 * to a person turns it into theirs by the texts that are known here. */
#pragma once

#include <glib.h>

/* The text in the reader's language; as it is, if it is none of those that are known. What was put
 * into it is translated likewise. */
char *wattle_said_translate(const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* A text that was made by format, with what was put into it put into other, which may have it in
 * another order ("%2$s"); NULL if format does not make it. Of two ways to read it the one with the
 * shortest arguments is taken, and no argument is empty. */
char *wattle_said_fill(const char *format, const char *other,
                       const char *text) G_GNUC_WARN_UNUSED_RESULT;
