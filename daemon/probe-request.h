/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Probes that a user asked for, and waits for. */
#pragma once

#include <glib.h>
#include <systemd/sd-event.h>

typedef struct WattleMember WattleMember;
typedef struct WattleProber WattleProber;

/* Answer of a probe: rtt_us of an answer inside the tunnel, or why there is none (borrowed). Called
 * once, from the event loop, and never before the one who asks has its own
 * answer. */
typedef void (*WattleProbed)(gboolean answered, guint32 rtt_us, const char *why, gpointer data);

/* Those of a mesh that are under way. */
GPtrArray *wattle_probe_request_list(void);

/* Sends a probe to the member. FALSE with an error if there is no way to; then probed is not
 * called. */
gboolean wattle_probe_request_add(GPtrArray *list, sd_event *event, WattleProber *prober,
                                  const WattleMember *member, WattleProbed probed, gpointer data,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE if that is no answer to one of these. */
gboolean wattle_probe_request_answered(GPtrArray *list, const WattleMember *member, guint64 id);

void wattle_probe_request_cancel_all(GPtrArray *list, const char *why);
