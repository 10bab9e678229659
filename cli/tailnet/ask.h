/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattle-tailscale as a program of the command's: what tailscaled says comes by it, and what turns
 * the tailnet on and off goes by it, for it has the libraries that this takes. */
#pragma once

#include "common/tailnet-status.h"

typedef enum {
        WATTLE_TAILNET_ANSWERED,
        WATTLE_TAILNET_NO_PROGRAM, /* wattle-tailscale is not installed */
        WATTLE_TAILNET_NO_DAEMON,  /* tailscaled does not answer */
        WATTLE_TAILNET_NO_ANSWER,  /* and why is the error */
} WattleTailnetAnswer;

/* status must be initialised, and is filled if that is ANSWERED. file: what 'tailscale status
 * --json' printed, "-" for stdin; NULL: tailscaled is asked. */
WattleTailnetAnswer wattle_tailnet_ask(const char *file, WattleTailnetStatus *status,
                                       GError **error);

/* The exit status of wattle-tailscale, which may have said something on stderr. */
gboolean wattle_tailnet_turn(gboolean up, int *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
