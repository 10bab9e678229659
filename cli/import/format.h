/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/import/host.h"

/* Whether the file is read when all others were: it is nothing without one of them. */
gboolean wattle_import_comes_after(const char *file);

/* The bytes of one file, in whichever of the formats they are, as hosts of import. file is for
 * messages, and the name of the host unless a comment has one. Errors and what is left out go to
 * the report. bytes hold a private key: they are cut up here, and for the caller to wipe; behind
 * them there is room for one more. */
void wattle_import_read(WattleImport *import, char *bytes, gsize size, const char *file,
                        WattleReport *report);
