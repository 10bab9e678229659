/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattle-relay waits for: sockets, times and the signal to end. It has that of its own, for
 * libsystemd and the libraries behind it took more than a quarter of its memory. See
 * doc/hacking.md, "wattle-relay is small". */
#pragma once

#include <glib.h>

typedef struct WattleRelayLoop WattleRelayLoop;
typedef struct WattleRelayWatch WattleRelayWatch;

/* Called when fd can be read, or the time has come. */
typedef void (*WattleRelayReady)(int fd, gpointer data);

/* It ends with SIGTERM and SIGINT. NULL with an error if the kernel gives none. */
WattleRelayLoop *wattle_relay_loop_new(GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_relay_loop_free(WattleRelayLoop *loop);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleRelayLoop, wattle_relay_loop_free)

/* fd stays the caller's, who frees the watch before he closes it. NULL: the kernel does not. */
WattleRelayWatch *wattle_relay_loop_watch(WattleRelayLoop *loop, int fd, WattleRelayReady ready,
                                          gpointer data) G_GNUC_WARN_UNUSED_RESULT;

/* A time of CLOCK_BOOTTIME, which is not set yet. NULL: the kernel gives none. */
WattleRelayWatch *wattle_relay_loop_timer(WattleRelayLoop *loop, WattleRelayReady ready,
                                          gpointer data) G_GNUC_WARN_UNUSED_RESULT;
/* Once, in so long; 0: not at all. */
void wattle_relay_timer_set(WattleRelayWatch *timer, gint64 span_us);

void wattle_relay_watch_free(WattleRelayWatch *watch);

/* Until its end. FALSE with an error if the kernel says so. */
gboolean wattle_relay_loop_run(WattleRelayLoop *loop, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_relay_loop_end(WattleRelayLoop *loop);
