/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file on a device, held against what export would write now. Keys that are in it are compared,
 * and never shown. */
#pragma once

#include "cli/export/files.h"

typedef struct {
        const WattleView *view;
        const WattleExportFiles *files;
        gboolean wants_key; /* the key must be in the file; else it may be */
} WattleExportCompare;

/* path is the first file, "-" for standard input; what is not the same is printed as a diff that
 * would mend it. FALSE if anything is not the same, or after an error on stderr. */
gboolean wattle_export_compare(const WattleExportCompare *compare,
                               const char *path) G_GNUC_WARN_UNUSED_RESULT;
