/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tailscaled says on its event stream: bytes to lines, and a line of JSON to what we want of
 * it. */
#pragma once

#include "tailscale/machine.h"

/* A line that is longer has a map of the network in it, and is passed over. */
#define WATTLE_TAILSCALE_LINE_MAX (1024 * 1024)

/* Whether the line tells a state that we know. One that is no JSON, or of a later version, tells
 * none. */
gboolean wattle_tailscale_notify_state(const char *line, gsize size, WattleTailnetState *ret);

typedef struct {
        GByteArray *rest; /* of a line that is not whole yet */
        gboolean is_skipping;
} WattleTailscaleLines;

void wattle_tailscale_lines_init(WattleTailscaleLines *lines);
void wattle_tailscale_lines_clear(WattleTailscaleLines *lines);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleTailscaleLines, wattle_tailscale_lines_clear)

/* Takes bytes as they come, and calls back for each whole line, without its end. */
typedef void (*WattleTailscaleOnLine)(const char *line, gsize size, gpointer data);
void wattle_tailscale_lines_feed(WattleTailscaleLines *lines, const char *bytes, gsize size,
                                 WattleTailscaleOnLine on_line, gpointer data);
