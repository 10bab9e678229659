/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tailscale's own command, run without a shell and without input. What it says comes by a
 * descriptor, and its end is the end of that. */
#pragma once

#include <glib.h>
#include <sys/types.h>

#include "common/sys/file.h"

#define WATTLE_TAILSCALE_SAID_MAX (64 * 1024)

typedef struct {
        pid_t pid; /* 0: none runs */
        WattleFd fd;
        GString *said; /* what it said and nobody took yet, at most so much */
} WattleTailscaleCommand;

void wattle_tailscale_command_init(WattleTailscaleCommand *command);
void wattle_tailscale_command_clear(WattleTailscaleCommand *command);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleTailscaleCommand, wattle_tailscale_command_clear)

/* words without the program's own. */
gboolean wattle_tailscale_command_start(WattleTailscaleCommand *command, const char *program,
                                        const char *socket_path, char *const *words,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads what it said without waiting, and whether it has ended: then how. */
gboolean wattle_tailscale_command_read(WattleTailscaleCommand *command, gboolean *ret_succeeded);

/* The next whole line that it said, or with is_last the rest; NULL if there is none. */
char *wattle_tailscale_command_next_line(WattleTailscaleCommand *command, gboolean is_last);
