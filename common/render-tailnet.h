/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tailnet as the files of this host: what tailscaled is started with, and the word to networkd
 * and NetworkManager to keep their hands off its interface, routes and rules. As all renderers: the
 * same tailnet gives the same bytes, and nothing can fail. */
#pragma once

#include "common/fileset.h"
#include "common/render.h"
#include "common/tailnet.h"

/* The set must be new, and of a tailnet. */
void wattle_render_tailnet(const WattleTailnet *tailnet, guint systemd_version,
                           WattleFileset *files);

/* The settings of the kernel's that it needs: how many, at most WATTLE_MAX_SYSCTLS. */
guint wattle_tailnet_sysctls(const WattleTailnet *tailnet,
                             WattleSysctl ret[static WATTLE_MAX_SYSCTLS]);
