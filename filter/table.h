/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of ours in the kernel, which has it for as long as the socket is open that made it
 * ("flags owner"): a program that ends in whatever way leaves none, and a ruleset that is flushed
 * or loaded anew leaves it alone. */
#pragma once

#include <glib.h>

typedef struct WattleTable WattleTable;

/* text is nft(8)'s: the table of that name in the family inet, with "flags owner" in it. Either all
 * of it is there then, or NULL and the error has nft's own words. */
WattleTable *wattle_table_new(const char *name, const char *text,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with other content, at one stroke: no packet meets neither. On failure the old content
 * stays. */
gboolean wattle_table_replace(WattleTable *table, const char *text,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes the table away. */
void wattle_table_free(WattleTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleTable, wattle_table_free)
