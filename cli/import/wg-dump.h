/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/import/host.h"

/* What "wg show all dump" prints (wg(8), "dump"), as one more host of import for each interface. It
 * has no addresses of the interface itself: these come from what the others say of it. text is cut
 * up; file is borrowed by the places. */
void wattle_import_wg_dump(WattleImport *import, char *text, const char *file,
                           WattleReport *report);
