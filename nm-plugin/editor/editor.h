/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page of a connection's settings, as a library for one version of GTK: what the plugin without
 * GTK looks up in it. */
#pragma once

#include <NetworkManager.h>

#define WATTLE_EDITOR_FACTORY "wattle_editor_new"

/* A full reference. connection is not kept, and of root_fd, which stands for "/", a duplicate. */
typedef NMVpnEditor *(*WattleEditorFactory)(NMConnection *connection, int root_fd, GError **error);
NMVpnEditor *wattle_editor_new(NMConnection *connection, int root_fd, GError **error);
