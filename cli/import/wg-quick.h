/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/import/host.h"

/* A file of wg-quick(8), or of wg(8) alone, as one more host of import. Nothing of it is passed
 * over in silence: what a mesh has no place for is a warning with its line and the way out, what wg
 * would refuse, or take for something else, an error. text is cut up; file is borrowed by the
 * places. */
void wattle_import_wg_quick(WattleImport *import, char *text, const char *file,
                            WattleReport *report);
