/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Via= of a device whose file is made: who has no endpoint is reached by that alone. */
#pragma once

#include "cli/cli.h"
#include "common/profile.h"

/* Writes Via= of the device into the profile, unless it says so already. signing_key as in
 * wattle_signing_path(). FALSE after an error on stderr. */
gboolean wattle_export_via_write(const WattleCli *cli, const char *operand, const char *device,
                                 const char *relay,
                                 const char *signing_key) G_GNUC_WARN_UNUSED_RESULT;

/* Says on stderr what to do if the device reaches some others by Via= alone, and has none. */
void wattle_export_via_advise(const WattleProfile *profile, const char *device);
