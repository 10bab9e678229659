/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The other meshes of this host, and what it cannot have twice: an interface, a UDP port, and the
 * mark by which an exit node's routing table is chosen. */
#pragma once

#include "common/sys/load.h"
#include "common/view.h"

/* Says in the report where another enabled mesh wants the same as this one. FALSE with an error if
 * this one cannot be here: of two that want one interface, that is the later by name. The rest are
 * warnings, for of two such meshes one at a time may be up. Others that are bad are passed over:
 * they tell their own faults. */
gboolean wattle_other_meshes_check(int root_fd, const WattleMesh *mesh, const WattleView *view,
                                   WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;
