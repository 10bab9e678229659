/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loop around the engines of one mesh's peers: time, counters and candidates go in, and what an
 * engine says is done. */
#pragma once

#include "daemon/tunnel.h"

/* Begins for all members that the kernel has, and ends. The tunnel's ifindex is set. */
void wattle_loop_start(WattleTunnel *tunnel);
void wattle_loop_stop(WattleTunnel *tunnel);

/* After the members were read anew of the profile. */
void wattle_loop_members_changed(WattleTunnel *tunnel);

/* After links changed; only_lost: only those whose way is gone. */
void wattle_loop_links_changed(WattleTunnel *tunnel, gboolean only_lost);

/* After the kernel was asked: the counters go to the engines that want them. */
void wattle_loop_counters(WattleTunnel *tunnel);

void wattle_loop_event(WattleMember *member, const WattleMigrateEvent *event);

/* Sends a probe to the member in the best way that there is. FALSE: there is none. */
gboolean wattle_loop_probe(WattleMember *member, guint64 id);
