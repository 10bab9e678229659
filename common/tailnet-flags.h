/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flags of Tailscale's programs that a tailnet hands on as they are: "--name=value". Those that
 * have a key of their own, and those that are the service's own business, are refused with the way
 * out. */
#pragma once

#include <glib.h>

typedef enum {
        WATTLE_TAILNET_FLAGS_DAEMON, /* of tailscaled */
        WATTLE_TAILNET_FLAGS_UP,     /* of "tailscale up" */
        WATTLE_TAILNET_FLAGS_SET,    /* of "tailscale set" */
} WattleTailnetFlags;

gboolean wattle_tailnet_flag_check(const char *flag, WattleTailnetFlags of,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
