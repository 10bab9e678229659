/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/import/host.h"

/* A keyfile of NetworkManager with type=wireguard (nm-settings-keyfile(5)), as one more host. */
void wattle_import_nm(WattleImport *import, char *text, const char *file, WattleReport *report);
