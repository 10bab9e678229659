/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/import/host.h"

/* Several hosts as one mesh: devices are joined by public key. Text of a profile, or NULL with an
 * error in the report, which also gets a warning for all that was guessed or has no place in a
 * mesh, at the place where it stood. Whether the text is a good profile is for its reader to say:
 * what no file told, as the address of a device, is missing in it. Without errors in the report
 * before. Each host has the name of its device then. */
char *wattle_import_join(WattleImport *import, WattleReport *report);
