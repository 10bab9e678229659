/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the facts of doctor.h come from: the kernel, the bus, files, and nft(8). */
#pragma once

#include "cli/cli.h"
#include "cli/doctor/doctor.h"

/* All facts of a mesh at this moment; what cannot be had is left out. facts must be initialised,
 * and borrows the view. */
void wattle_facts_gather(WattleFacts *facts, const WattleCli *cli, const WattleMesh *mesh,
                         const WattleView *view);
