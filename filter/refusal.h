/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel has against a table, in words for the journal. */
#pragma once

#include <glib.h>

/* said is libnftables' own, in any number of lines, or NULL. One line, to be freed. */
char *wattle_refusal_explain(const char *said);
