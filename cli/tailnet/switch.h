/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 'wattle up' and 'wattle down' of a tailnet: tailscaled runs on, as its units have it, and is
 * told. */
#pragma once

#include "cli/cli.h"

/* FALSE after an error on stderr. */
gboolean wattle_tailnet_switch(const WattleCli *cli, const char *name,
                               gboolean up) G_GNUC_WARN_UNUSED_RESULT;
