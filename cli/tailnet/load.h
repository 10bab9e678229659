/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How an installed tailnet fares here, for the verbs: its file, and what tailscaled says. */
#pragma once

#include "cli/cli.h"
#include "cli/tailnet/ask.h"
#include "common/status.h"

/* As wattle_status_load() of a mesh. */
gboolean wattle_tailnet_status_load(const WattleCli *cli, const char *name, WattleStatus *status,
                                    GPtrArray *notes, gboolean *ret_complete,
                                    WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Why there is no answer, as a sentence; NULL: there is one. */
char *wattle_tailnet_explain(WattleTailnetAnswer answer, const char *name, const GError *error);

/* The word of --state. */
const char *wattle_tailnet_load_word(const WattleCli *cli, const char *name);
