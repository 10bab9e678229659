/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One mesh on this host: what its profile and local settings say, whether its interface is there
 * for us, and the loop that follows its peers as long as it is. See doc/hacking.md, "wattled knows
 * who we are from the interface". */
#pragma once

#include "daemon/mesh.h"
#include "daemon/probe-request.h"
#include "daemon/surroundings.h"

typedef struct WattleMember WattleMember;
typedef struct WattleTunnel WattleTunnel;

/* carrier: the UUID of the link of a VPN connection that carries the mesh; NULL: it is installed.
 */
WattleTunnel *wattle_tunnel_new(WattleSurroundings *around, const char *mesh, const char *carrier);
void wattle_tunnel_free(WattleTunnel *tunnel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleTunnel, wattle_tunnel_free)

/* Reads profile and local settings anew, and begins or ends as they and the interface are. FALSE if
 * the mesh is disabled or gone. */
gboolean wattle_tunnel_reload(WattleTunnel *tunnel);

void wattle_tunnel_on_links(WattleTunnel *tunnel, WattleLinksChange change);
/* This host has slept. */
void wattle_tunnel_woke(WattleTunnel *tunnel);

const char *wattle_tunnel_mesh(const WattleTunnel *tunnel);
const char *wattle_tunnel_carrier(const WattleTunnel *tunnel);

/* What it points to is good until the event loop goes on. */
void wattle_tunnel_describe(const WattleTunnel *tunnel, WattleManagerMesh *ret);

/* Its peers, by name; index must be below their number. */
guint wattle_tunnel_n_members(const WattleTunnel *tunnel);

/* The relay that has a port for us and the member; NULL: there is none. */
const char *wattle_tunnel_relay_of(const WattleTunnel *tunnel, const WattleMember *member);

/* Who introduced us to a member that is where it was seen then; NULL: nobody. */
const char *wattle_tunnel_introducer_of(const WattleTunnel *tunnel, const WattleMember *member);

/* Why it is needed, or there is no way, in words; NULL: it is not, or nobody knows. */
const char *wattle_tunnel_why_relayed(const WattleTunnel *tunnel, const WattleMember *member);

const WattleMember *wattle_tunnel_member(const WattleTunnel *tunnel, guint index);

/* Asks the kernel for counters and endpoints now. */
gboolean wattle_tunnel_read(WattleTunnel *tunnel, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As those of the manager that are called so. */
gboolean wattle_tunnel_migrate(WattleTunnel *tunnel, guint member, const WattleSocketAddr *to,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean wattle_tunnel_probe(WattleTunnel *tunnel, guint member, WattleProbed probed, gpointer data,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_tunnel_count_relay(WattleTunnel *tunnel, WattleRelayCounted counted, gpointer data);
