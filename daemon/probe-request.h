/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Probes that a user asked for, and waits for. */
#pragma once

#include "daemon/manager.h"
#include "daemon/tunnel.h"

/* As wattle_manager_probe(). */
gboolean wattle_probe_request_new(WattleTunnel *tunnel, WattleMember *member, WattleProbed probed,
                                  gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE if that is no answer to one of these. */
gboolean wattle_probe_request_answered(WattleTunnel *tunnel, const WattleMember *member,
                                       guint64 id);

void wattle_probe_request_cancel_all(WattleTunnel *tunnel, const char *why);
