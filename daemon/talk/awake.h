/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells that this host has slept, as a laptop does with its lid closed: nothing that was said
 * meanwhile has been heard, and nobody else tells, for cards keep their addresses and carriers. */
#pragma once

#include <glib.h>
#include <systemd/sd-event.h>

typedef struct WattleAwake WattleAwake;

typedef struct {
        /* It is awake again, after so long. */
        void (*slept)(gint64 slept_us, gpointer data);
        gpointer data;
} WattleAwakeEvents;

/* It wakes nothing up by itself. */
WattleAwake *wattle_awake_new(sd_event *event, const WattleAwakeEvents *events,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_awake_free(WattleAwake *awake);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleAwake, wattle_awake_free)
