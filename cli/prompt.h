/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A question with a yes or a no, on the terminal of this process, and a time for the answer. */
#pragma once

#include <glib.h>

/* Whether there is a terminal to ask on. */
gboolean wattle_prompt_is_possible(void);

/* What was typed before the question does not count. TRUE if the answer begins with y or Y.
 * Anything else is a no: another answer, none within limit_s, the end of the terminal, a signal
 * that asks this process to end (which it does not do then: the caller tidies up first), no
 * terminal at all. */
gboolean wattle_prompt_confirm(const char *question, gint64 limit_s);
