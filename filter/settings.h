/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the programs here read of a mesh: the name of its interface, and what its firewall is to let
 * in. */
#pragma once

#include "common/firewall.h"

/* The name of the interface of a mesh that a VPN connection carries, for which mesh is a UUID;
 * NULL: it is none. */
char *wattle_filter_carried_interface(int root_fd, const char *mesh);

/* The name of the interface of any; NULL with the faults in the journal. */
char *wattle_filter_interface(int root_fd, const char *mesh);

/* Likewise, of a tailnet whose file says it. */
char *wattle_filter_tailnet_interface(int root_fd, const char *tailnet);

/* What the host's firewall has to hear, of a mesh or of a tailnet; FALSE without an error if it is
 * nothing. The faults of a file that is not as wattle writes it are in the journal too. */
gboolean wattle_filter_read_firewall(int root_fd, const char *mesh, WattleFirewall *ret,
                                     GError **error);
