/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The devices of a tailnet as the beginning of a mesh. Pure. */
#pragma once

#include "common/tailnet-status.h"

typedef struct {
        const WattlePrefix *subnets; /* new addresses are taken of each, in the order of names */
        guint n_subnets;             /* 0: the devices keep those of the tailnet */
        guint16 port;                /* for hints */
} WattleTailnetToMesh;

/* Text of a profile that lacks the public keys, each as a comment where it goes, and has where a
 * device is reached now as a comment too, for the port is tailscaled's. NULL with an error: a
 * subnet is too small, or there is no device. */
char *wattle_tailnet_to_mesh(const WattleTailnetStatus *said, const WattleTailnetToMesh *how,
                             GError **error);
