/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 'wattle doctor' of a tailnet: where the facts of cli/tailnet/doctor.h come from. */
#pragma once

#include "cli/cli.h"

/* Adds to findings (of WattleFinding). */
void wattle_tailnet_examine(const WattleCli *cli, const char *name, GArray *findings);
