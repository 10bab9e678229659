/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the meshes of a host share: the event loop, the host's links, the kernel's WireGuard and
 * routes, and the resolver; and what is asked and told by them. */
#pragma once

#include <systemd/sd-event.h>

#include "common/migrate/migrate.h"
#include "common/sys/kernel/wireguard.h"
#include "daemon/links.h"
#include "daemon/resolver.h"
#include "daemon/talk/beacons.h"

typedef struct {
        sd_event *event;
        int root_fd;
        int state_fd;   /* of the last good endpoints; -1: nothing is kept */
        int runtime_fd; /* of moves under way, likewise */
        WattleLinks *links;
        WattleNetlink route;
        WattleWireguard wireguard;
        gboolean has_wireguard; /* the kernel has it: known with the first interface */
        WattleResolver *resolver;
        WattleBeacons *beacons;
        guint link_changes; /* how many there were, from 1 */
        /* Of a mesh and its peer; peer NULL: the mesh itself changed */
        void (*changed)(const char *mesh, const char *peer, gpointer data);
        gpointer data;
} WattleSurroundings;

/* An interface of WireGuard's, as its kernel has it; device must be initialised. NOT_FOUND: there
 * is none. */
gboolean wattle_surroundings_get_device(WattleSurroundings *around, const char *interface,
                                        WattleWgDevice *device,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sets the endpoint of a peer, all else untouched. */
gboolean wattle_surroundings_set_endpoint(WattleSurroundings *around, guint32 ifindex,
                                          const WattleKey *peer, const WattleSocketAddr *at,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sets how often the kernel sends something to a peer that is else quiet; 0: it does not. */
gboolean wattle_surroundings_set_keepalive(WattleSurroundings *around, guint32 ifindex,
                                           const WattleKey *peer, guint16 keepalive_s,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether the kernel has sent more to a peer than these bytes. FALSE also if it cannot be read. */
gboolean wattle_surroundings_has_sent(WattleSurroundings *around, const char *interface,
                                      const WattleKey *peer, guint64 tx_bytes);

/* Removes a peer and adds it again with this endpoint. FALSE if that was not done; a peer with a
 * pre-shared key stays, for that is never taken out of the kernel's messages. See
 * doc/hacking.md, "A peer without a session is added anew". */
gboolean wattle_surroundings_readd(WattleSurroundings *around, const char *interface,
                                   const WattleKey *peer,
                                   const WattleSocketAddr *at) G_GNUC_WARN_UNUSED_RESULT;

/* What the kernel would do with a packet of that interface's WireGuard to an address; ret_route is
 * all zero if it has no route. */
WattleReach wattle_surroundings_reach(WattleSurroundings *around, guint32 ifindex, guint32 fwmark,
                                      const WattleSocketAddr *at, WattleRoute *ret_route);

/* Our own addresses on links that are LANs, of WattleAddr: IPv4, then IPv6. No link-local ones:
 * every LAN seems to have them, and a peer would try them on each of its own. */
GArray *wattle_surroundings_addresses(WattleSurroundings *around);

/* The links that are LANs, of guint32. */
GArray *wattle_surroundings_lans(const WattleSurroundings *around);
