/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One mesh on this host: its interface, its peers, and the loop that asks the kernel for each and
 * does what its engine says. */
#pragma once

#include <systemd/sd-event.h>

#include "common/sys/wireguard.h"
#include "daemon/links.h"
#include "daemon/member.h"
#include "daemon/prober.h"
#include "daemon/resolver.h"

typedef struct WattleTunnel WattleTunnel;

/* What all meshes of a host share. */
typedef struct {
        sd_event *event;
        int root_fd;
        int state_fd; /* -1: nothing is kept */
        WattleLinks *links;
        WattleNetlink route;
        WattleWireguard wireguard;
        gboolean has_wireguard; /* the kernel has it: known with the first interface */
        WattleResolver *resolver;
        guint link_changes; /* how many there were, from 1 */
        /* member NULL: the mesh itself changed */
        void (*changed)(WattleTunnel *tunnel, WattleMember *member, gpointer data);
        gpointer data;
} WattleSurroundings;

struct WattleTunnel {
        WattleSurroundings *around;
        char *mesh;
        char *interface;
        gboolean enabled;
        WattleOwner owner;
        gboolean migrate;
        char *problem; /* why nothing is done for its peers; NULL: it is */
        guint16 listen_port;
        guint32 ifindex; /* 0: not followed now */
        guint32 refused; /* the interface that the profile is bad for: not read again for it before
                            it is to be */
        guint32 fwmark;
        /* From here on what the profile says; it stays while the interface is away. */
        WattleArena *arena;
        const char *device;
        WattleKey self;
        gboolean self_has_private;
        WattleAddr *addresses;
        guint n_addresses;
        GPtrArray *members; /* of WattleMember, by name */
        GHashTable *by_key; /* owns them */
        GHashTable *by_address;
        /* And while it is followed. */
        WattleProber *prober;
        sd_event_source *timer;
        gint64 read_all_us;  /* when all members last had their counters */
        GPtrArray *probings; /* of WattleProbeRequest; NULL: none */
        gint64 stored_us;
        gboolean dirty; /* last good endpoints are not stored yet */
        gboolean state_loaded;
};

WattleTunnel *wattle_tunnel_new(WattleSurroundings *around, const char *mesh);
void wattle_tunnel_free(WattleTunnel *tunnel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleTunnel, wattle_tunnel_free)

/* Reads profile and local settings anew, and begins or ends as they and the interface are. FALSE if
 * the mesh is disabled or gone. */
gboolean wattle_tunnel_reload(WattleTunnel *tunnel);

/* The network changed; lost: something is gone, and only what went by it is looked at. */
void wattle_tunnel_on_links(WattleTunnel *tunnel, gboolean lost);

/* Asks the kernel for counters and endpoints now. */
gboolean wattle_tunnel_read(WattleTunnel *tunnel, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean wattle_tunnel_move(WattleTunnel *tunnel, WattleMember *member, const WattleSocketAddr *to,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* CLOCK_BOOTTIME. */
gint64 wattle_tunnel_now(const WattleTunnel *tunnel);
