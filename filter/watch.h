/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the interface of one name is there and up, told as it changes. */
#pragma once

#include <glib.h>
#include <systemd/sd-event.h>

typedef struct WattleWatch WattleWatch;

/* From the event loop, when it has come, gone up or down, or gone; a negative errno ends the loop.
 */
typedef int (*WattleWatchChanged)(gpointer data);

WattleWatch *wattle_watch_new(sd_event *event, const char *interface, WattleWatchChanged changed,
                              gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_watch_free(WattleWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleWatch, wattle_watch_free)

gboolean wattle_watch_is_there(const WattleWatch *watch);
gboolean wattle_watch_is_up(const WattleWatch *watch);
