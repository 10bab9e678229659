/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 'wattle apply' of a tailnet: looks, decides (plan.h), and runs the steps. */
#pragma once

#include "cli/apply/applier.h"
#include "cli/cli.h"

/* Whether an operand is about a tailnet, or about one that is gone and has left files here. */
gboolean wattle_tailnet_is_to_apply(const WattleCli *cli, const char *operand);

/* Those of this host that are enabled, or have left files. */
char **wattle_tailnet_list_to_apply(int root_fd);

/* The name of an installed one, or the path of a file, which is then installed. FALSE after an
 * error on stderr. Needs the lock of cli/apply/apply.h unless it is a dry run. */
gboolean wattle_tailnet_apply(const WattleCli *cli, const WattleApplier *applier,
                              const char *operand, gboolean dry_run) G_GNUC_WARN_UNUSED_RESULT;
