/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A word on each field of the editor: what is wrong with it and what to do, or what comes of it. */
#pragma once

#include "nm-plugin/editor/editor-state.h"

/* Sets notes and self, from what is chosen. */
void wattle_editor_notes_update(WattleEditorModel *model);
void wattle_editor_notes_clear(WattleEditorModel *model);
