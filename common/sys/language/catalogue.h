/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which language common/language.h speaks in this process. */
#pragma once

#include <glib.h>

/* What a person's terminal asks for, by the catalogues in a folder; not in a locale that is not
 * UTF-8, for all that wattle prints is. Numbers, times and the order of words stay those of C. */
void wattle_language_begin(const char *folder);

/* The catalogues alone, in a program that has chosen its language itself. */
void wattle_language_bind(const char *folder);

/* As the texts are written, for what a program reads. */
void wattle_language_end(void);

/* The environment for a program of ours whose words are shown as if they were this one's. */
GStrv wattle_language_environ(void) G_GNUC_WARN_UNUSED_RESULT;
