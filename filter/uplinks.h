/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* By which interfaces the host reaches the rest of the world, told as it changes. */
#pragma once

#include <glib.h>
#include <systemd/sd-event.h>

typedef struct WattleUplinks WattleUplinks;

/* From the event loop, when a default route has come or gone. */
typedef void (*WattleUplinksChanged)(gpointer data);

WattleUplinks *wattle_uplinks_new(sd_event *event, WattleUplinksChanged changed, gpointer data,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_uplinks_free(WattleUplinks *uplinks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleUplinks, wattle_uplinks_free)

/* Their names as they are now, of char *. Empty if the kernel does not say. */
GPtrArray *wattle_uplinks_list(void);
