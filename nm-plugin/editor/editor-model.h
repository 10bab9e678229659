/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the editor shows and lets change, without a widget: lists to choose from, the private key,
 * a word on each field, and a summary of the mesh. Read the members, change them by the functions:
 * each of these brings all members up to date. */
#pragma once

#include <NetworkManager.h>

#include "nm-plugin/editor/editor-state.h"

/* root_fd stands for "/" and is borrowed. connection may be new and empty. */
WattleEditorModel *wattle_editor_model_new(int root_fd, const char *host_name,
                                           NMConnection *connection);
void wattle_editor_model_free(WattleEditorModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleEditorModel, wattle_editor_model_free)

/* By the id of a choice. */
void wattle_editor_model_select_mesh(WattleEditorModel *model, const char *id);
void wattle_editor_model_select_device(WattleEditorModel *model, const char *id);
void wattle_editor_model_select_exit_node(WattleEditorModel *model, const char *id);
void wattle_editor_model_set_accept_routes(WattleEditorModel *model, gboolean accept);

/* Of a .mesh file, which the connection is then to carry. Nothing changes after an error. */
gboolean wattle_editor_model_open_mesh(WattleEditorModel *model, const char *path,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What was typed. A key that belongs to a device of the mesh selects it. */
void wattle_editor_model_set_key(WattleEditorModel *model, const char *text);
gboolean wattle_editor_model_load_key(WattleEditorModel *model, const char *path,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_editor_model_make_key(WattleEditorModel *model);

/* Whether no note is an error. */
gboolean wattle_editor_model_is_valid(const WattleEditorModel *model);

/* Into the connection, whose other settings and whose keys of others stay. FALSE with the first
 * error of a field, and nothing changed. */
gboolean wattle_editor_model_write(const WattleEditorModel *model, NMConnection *connection,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
