/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tailnets as operands of verbs: a path that ends in .tailnet, or the name of an installed one. */
#pragma once

#include "cli/cli.h"
#include "common/tailnet.h"

/* Whether an operand means a tailnet. A name that a mesh has too means the mesh. */
gboolean wattle_cli_is_tailnet(const WattleCli *cli, const char *operand);

/* The operand of a verb that takes both, or with NULL all meshes and the tailnet that is enabled.
 * NULL if there is none, which is said. */
char **wattle_cli_networks(const WattleCli *cli, const char *operand);

/* tailnet must be initialised. FALSE with errors in the report. */
gboolean wattle_cli_load_tailnet(const WattleCli *cli, const char *operand, WattleTailnet *tailnet,
                                 WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* What is missing on this host for it, as warnings. */
void wattle_cli_advise_tailnet(const WattleCli *cli, const WattleTailnet *tailnet,
                               WattleReport *report);
