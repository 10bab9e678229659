/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's firewalld, as far as it lets in what a mesh needs: opened when the mesh is up,
 * followed when firewalld starts, reloads or puts an interface into another zone, and closed again.
 * Nothing here waits, and a host without firewalld or without a bus is as good as one where it
 * comes later.
 */
#pragma once

#include <systemd/sd-event.h>

#include "common/firewall.h"

typedef struct WattleFirewalld WattleFirewalld;

/* address is the bus's; both names are borrowed. */
WattleFirewalld *wattle_firewalld_new(sd_event *event, const char *address, int root_fd,
                                      const char *mesh, const char *interface);

/* Leaves open what is open: wattle_firewalld_undo() closes it. */
void wattle_firewalld_free(WattleFirewalld *firewalld);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleFirewalld, wattle_firewalld_free)

/* What is to be open from now on: taken over, NULL for nothing. */
void wattle_firewalld_want(WattleFirewalld *firewalld, WattleFirewall *firewall);

/* Behind a program that has ended in whatever way: closes what its file says it has opened. It
 * waits for the answers, as long as firewalld gives any. */
gboolean wattle_firewalld_undo(const char *address, int root_fd, const char *mesh,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
