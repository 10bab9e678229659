/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mesh of the editor in a few words, and a row for each of its devices. */
#pragma once

#include "nm-plugin/editor/editor-state.h"

void wattle_editor_summary_update(WattleEditorModel *model);
void wattle_editor_summary_clear(WattleEditorModel *model);

/* "10.77.0.1, fd77:77:77::1" */
char *wattle_editor_format_addresses(const WattleDevice *device);

/* "192.168.20.0/24 (gw)", of the devices but this one; "" if there are none. */
char *wattle_editor_format_routes(const WattleEditorModel *model);
