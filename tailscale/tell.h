/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattle-tailscale does for the command, which has no libcurl and no reader of JSON: it tells
 * how the tailnet fares, on stdout in the text of common/tailnet-status.h, and turns it on and off.
 */
#pragma once

#include <glib.h>

/* file: what 'tailscale status --json' printed, "-" for stdin; NULL: tailscaled is asked. */
int wattle_tailscale_tell(const char *socket_path, const char *file);

int wattle_tailscale_turn(const char *socket_path, const char *program, gboolean up);
