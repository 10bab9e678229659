/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The VPN service as NetworkManager calls it: a connection in, a link and its name out. */
#pragma once

#include <NetworkManager.h>

#include "nm-plugin/service/guard.h"

#define WATTLE_TYPE_PLUGIN (wattle_plugin_get_type())
G_DECLARE_FINAL_TYPE(WattlePlugin, wattle_plugin, WATTLE, PLUGIN, NMVpnServicePlugin)

/* On the system bus under that name. With watch_peer the signal "quit" comes once a connection
 * ended. guard is borrowed. NULL with an error. */
WattlePlugin *wattle_plugin_new(const char *bus_name, gboolean watch_peer, WattleGuard *guard,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Before it is told to disconnect: what holds for its link holds on, as the link does. */
void wattle_plugin_tell_nm_is_gone(WattlePlugin *plugin);

/* Whether a link is being taken down still. */
gboolean wattle_plugin_is_busy(const WattlePlugin *plugin);
