/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what looks like systemd's files by a table of keys: each format has its own. */
#pragma once

#include "cli/import/setting.h"
#include "common/ini.h"

typedef struct {
        const char *section, *key;
        WattleImportSetting set; /* NULL: it is left out */
        const char *way;         /* set is NULL: where it goes instead; NULL: it means nothing to a
                                    mesh, and not a word is said */
        char separator;          /* of a list, whose key may be repeated; 0: one value */
        gboolean is_numbered;    /* key is what stands before a number: address1 */
} WattleImportKey;

typedef struct {
        const WattleImportKey *keys;
        gsize n_keys;
        /* A header: puts the peer that it begins, or NULL, into the target. Returns the section of
         * the keys' table, or NULL after an error. */
        const char *(*begin)(WattleImportTarget *target, const WattleIniLine *line,
                             WattleReport *report);
} WattleImportTable;

/* Values that are not good are errors; a key that the table has not is a warning. A peer's place is
 * its header's. text is wiped by who owns it; file is borrowed by the places. */
void wattle_import_read_table(const WattleImportTable *table, WattleImportTarget *target,
                              const char *text, const char *file, WattleReport *report);
