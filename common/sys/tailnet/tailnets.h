/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tailnets of this host: NAME.tailnet in the folders of the meshes, with the same precedence
 * and masking. One at a time may be enabled, for there is one tailscaled. */
#pragma once

#include "common/fileset.h"
#include "common/tailnet.h"

/* Names, sorted, masked ones left out; faults as wattle_mesh_list() has them. */
char **wattle_tailnet_list(int root_fd, WattleReport *report);

/* "/etc/wattle/work.tailnet"; NULL if there is none or it is masked. */
char *wattle_tailnet_find(int root_fd, const char *name);

/* An installed one, and whether it may be enabled beside the others. tailnet must be initialised.
 * FALSE with errors in the report: not found, bad, another is enabled that comes before it by
 * name. */
gboolean wattle_tailnet_load(WattleTailnet *tailnet, int root_fd, const char *name,
                             WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* The same of one that was read already and is to be installed by that name: no mesh and no other
 * tailnet is in the way. file is how messages call it. */
gboolean wattle_tailnet_check_beside(const WattleTailnet *tailnet, int root_fd, const char *name,
                                     const char *file,
                                     WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* One by path, alone. */
gboolean wattle_tailnet_load_file(WattleTailnet *tailnet, const char *path,
                                  WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* The first by name that is enabled, as far as can be read; NULL if none is. */
char *wattle_tailnet_first_enabled(int root_fd);

/* The interface of an installed one, as far as can be read; NULL: there is no tailnet of that name,
 * or it has none. */
char *wattle_tailnet_load_interface(int root_fd, const char *name);

/* Where tailscaled's unit is, absolute; NULL if Tailscale is not installed. */
char *wattle_tailnet_find_unit(int root_fd);
