/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 'wattle add --from': many devices at once, of a table. */
#pragma once

#include "cli/cli.h"

/* All of them or none, in one change. FALSE after errors on stderr. */
gboolean wattle_add_table(const WattleCli *cli, const char *operand, const char *file,
                          const char *signing_key, gboolean dry_run) G_GNUC_WARN_UNUSED_RESULT;
