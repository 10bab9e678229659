/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What NAME.tailnet says: how this host takes part in a tailnet, by Tailscale's own programs. A
 * back end beside the meshes: it has no profile, no devices and no view. wattle.tailnet(5)
 * describes it. */
#pragma once

#include "common/arena.h"
#include "common/ip.h"
#include "common/local.h"
#include "common/report.h"

#define WATTLE_TAILNET_SUFFIX ".tailnet"

/* What tailscaled takes unless it is told otherwise: its own defaults file, and --tun. */
#define WATTLE_TAILNET_PORT      41641
#define WATTLE_TAILNET_INTERFACE "tailscale0"

/* In Interface= and in --tun alike: no interface, tailscaled forwards by itself. */
#define WATTLE_TAILNET_USERSPACE "userspace-networking"

/* Of one list, as routes or flags. */
#define WATTLE_TAILNET_MAX_WORDS 256

/* A switch that says where it was given, and that it was. */
typedef struct {
        gboolean given, value;
        WattlePlace place;
} WattleTailnetSwitch;

/* Words of a list, in the order of the file: "--ssh", "tag:server", "192.0.2.0/24". */
typedef struct {
        WattleLocalName words[WATTLE_TAILNET_MAX_WORDS];
        guint n;
} WattleTailnetList;

typedef struct {
        WattleArena *arena;
        const char *file; /* as messages call it */

        /* [Local] */
        gboolean enable;           /* yes by default */
        WattleLocalName interface; /* value NULL: there is none */
        WattleRoutingFeatures routing_features;
        WattleTailnetSwitch accept_routes;
        WattleFirewallChoice firewall; /* with an interface and a port of its own alone */
        WattleLocalName exit_node;     /* an address, a name, "auto:any"; value NULL: none */

        /* [Tailscale], what tailscaled is started with */
        guint16 port; /* 0: any */
        const char *permit_cert_user;
        WattleTailnetList daemon_flags;
        gboolean disable_taildrop, disable_upstream_logging;

        /* [Tailscale], what it logs in with */
        WattleLocalName auth_key_file; /* absolute; value NULL: a credential, if there is one */
        WattleTailnetSwitch ephemeral, preauthorized;
        WattleLocalName base_url, login_server;
        WattleTailnetList advertise_tags, up_flags;

        /* [Tailscale], what it does when it runs */
        WattleTailnetList advertise_routes, set_flags;
        WattleTailnetSwitch advertise_exit_node, ssh;
        WattleLocalName hostname;
} WattleTailnet;

/* All defaults. */
void wattle_tailnet_init(WattleTailnet *tailnet);
void wattle_tailnet_clear(WattleTailnet *tailnet);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleTailnet, wattle_tailnet_clear)

/* Reads one file over the defaults, and holds what it says together; a list may be repeated, a
 * scalar may not. Faults go to the report. */
void wattle_tailnet_read(WattleTailnet *tailnet, gconstpointer bytes, gsize size, const char *file,
                         WattleReport *report);

/* Whether answers may come from a way that the kernel would not take back, and whether this host
 * forwards for others: RoutingFeatures=, or what the other keys make of auto. Neither without an
 * interface. */
gboolean wattle_tailnet_is_client(const WattleTailnet *tailnet);
gboolean wattle_tailnet_is_server(const WattleTailnet *tailnet);

/* "home" of "/etc/wattle/home.tailnet": the file's name without folder and suffix. Free it. */
char *wattle_tailnet_name_of_path(const char *path);
