/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tailscaled says on its socket: its event stream, a request whose answer does not end, and
 * its status. The one file that knows libcurl here. Nothing is polled: who waits for events waits
 * in wattle_tailscale_stream_wait(), with another descriptor beside it. */
#pragma once

#include <glib.h>

typedef struct WattleTailscaleStream WattleTailscaleStream;

/* A line, as tailscale/notify.h cuts them. */
typedef void (*WattleTailscaleOnNotify)(const char *line, gsize size, gpointer data);

WattleTailscaleStream *wattle_tailscale_stream_new(const char *socket_path,
                                                   WattleTailscaleOnNotify on_notify, gpointer data,
                                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_tailscale_stream_free(WattleTailscaleStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleTailscaleStream, wattle_tailscale_stream_free)

/* Waits until something comes on the stream or on fd (-1: none), for as long as it takes, and hands
 * on what the stream has. FALSE with an error that says why, when the stream has ended. */
gboolean wattle_tailscale_stream_wait(WattleTailscaleStream *stream, int fd,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The JSON that tailscale/status.h reads, of at most so many bytes, behind what ret has. */
gboolean wattle_tailscale_ask_status(const char *socket_path, gsize max, GString *ret,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
