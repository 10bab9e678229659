/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The view: profile, local settings and identity resolved into exactly what this host configures. A
 * plain value that outlives the profile, whose memory it shares, and holds no secret. Renderers get
 * it const and decide nothing: policy is in resolve.c alone. */
#pragma once

#include "common/arena.h"
#include "common/endpoint.h"
#include "common/ip.h"
#include "common/key.h"
#include "common/local.h"
#include "common/port-table.h"
#include "common/report.h"
#include "common/value.h"

#define WATTLE_DEFAULT_KEEPALIVE_S 25    /* below the 30 s after which NATs forget UDP */
#define WATTLE_DEFAULT_MARK        51820 /* as wg-quick(8) */

/* Mullvad's numbers (mullvadvpn-app, talpid-core/src/firewall/linux.rs and split_tunnel): what
 * carries the mark is routed past its tunnel, and what belongs to a connection with the other one
 * passes its kill switch. */
#define WATTLE_MULLVAD_MARK            0x6d6f6c65
#define WATTLE_MULLVAD_CONNECTION_MARK 0xf41

/* Tailscale's numbers (wgengine/router/osrouter/router_linux.go): what carries the mark takes the
 * main table, and all else that of its exit node, by rules of 5210 to 5270. Ours, which stand
 * before them, are of another number than 5200, from which it counts. */
#define WATTLE_TAILSCALE_MARK      0x80000
#define WATTLE_MAIN_FIRST_PRIORITY 5100

/* Of accepted routes. It loses to every route that the host has of its own, for a host that stands
 * in such a network must not reach it through the mesh. Others' metrics, the lower one wins:
 * - NetworkManager: 100 wired, 600 wireless, 700 mobile (nm-device.c,
 *   nm_device_get_route_metric_default()), 20 000 more while a link has no way out;
 * - networkd: 1024 for what DHCP gives, up to 2048 for router advertisements (systemd.network(5),
 *   RouteMetric=); the kernel itself: 1024 for IPv6 (linux/ipv6_route.h, IP6_RT_PRIO_USER);
 * - dhcpcd, whose numbers are added up (its src/route.h, RTMETRIC_*): 1000 and the interface's
 * index, 2000 for wireless, 1 000 000 for an address that it gave itself, 2 000 000 for a network
 * that the link has just left. So 3 003 000 and an index, which on a host of containers goes far.
 */
#define WATTLE_ACCEPTED_ROUTE_METRIC 10000000

/* Of them only resolve.c knows more: policy is decided there, and renderers cannot ask for it. */
typedef struct WattleProfile WattleProfile;
typedef struct WattleDevice WattleDevice;

/* A device as its names and addresses show it, ourselves or a peer. */
typedef struct {
        const char *name;
        const WattleProfileName *aliases;
        const WattleProfileAddr *addresses; /* in the order of the profile */
        guint16 n_aliases;
        guint16 n_addresses;
        gboolean managed;
} WattleViewDevice;

/* Small, for it is copied for each device of the mesh. */
typedef struct {
        WattleViewDevice device;
        WattleKey public_key;
        WattlePrefix *allowed_ips; /* addresses, accepted routes, the default routes of our exit
                                      node, and the addresses of those that are reached by it */
        const WattleSocketAddr *endpoint;     /* what files say; NULL: none */
        const WattleEndpoint *named_endpoint; /* for a program that looks names up itself */
        const WattleCandidate *candidates;    /* all of them, in the order of the profile */
        guint32 n_allowed_ips;
        guint16 n_candidates;
        guint16 keepalive_s;    /* 0: none */
        gboolean has_indirects; /* others are reached by it */
        WattleRelayRole relay;  /* no for a peer that cannot be asked: without wattle or
                                   PublicEndpoint= */
        gboolean introduced; /* others tell it and us where the other is, for there is no relay */
        gboolean introduces; /* it tells two others where it sees them, see common/reach.h */
        gboolean can_pair;   /* the mesh has a relay that we and the peer could meet at, or nobody
                                calls either of us, and a third device introduces us */
        gboolean kept_open; /* neither can call the other: wattled has the kernel send keepalives of
                               WATTLE_DEFAULT_KEEPALIVE_S while there is a way between them */
} WattlePeer;

/* A device that is no peer here: what is for it goes to the peer that its pair has in Via=, which
 * sees it in plaintext and passes it on. */
typedef struct {
        WattleViewDevice device;
        WattleKey public_key;
        const char *via; /* that peer's name */
} WattleIndirect;

/* How IPv6 is passed on between devices of the mesh. */
typedef enum {
        WATTLE_VIA_IPV6_NO,
        WATTLE_VIA_IPV6_OF_INTERFACE, /* by force_forwarding, from Linux 6.17 on */
        WATTLE_VIA_IPV6_OF_ALL, /* for want of it by all.forwarding; a filter of ours stops what
                                   comes from elsewhere */
} WattleViaIpv6;

typedef struct {
        WattleArena *arena;
        WattleArena *profile_arena; /* names, addresses and endpoints are in it */
        const char *mesh;
        const char *domain;
        const char *interface;
        const char *source; /* file name of the profile without its folder, for the first line of
                               files */
        WattleViewDevice self;
        WattleKey public_key;
        WattleOwner owner;            /* never WATTLE_OWNER_AUTO */
        const char *private_key_file; /* absolute; NULL: systemd gives the key as a credential */
        guint16 listen_port;
        WattleOptionalU16 mtu;           /* else the kernel's own default */
        WattleOptionalU32 firewall_mark; /* on the packets that WireGuard itself sends */
        WattleCoexist coexist;           /* with MULLVAD firewall_mark is WATTLE_MULLVAD_MARK */
        WattleActivation activation;
        WattleConnectionKind connection; /* of NetworkManager, if it is the owner */
        const char *trust;               /* the zone of firewalld's; NULL: its default one */
        WattleFirewallChoice firewall;
        WattlePrefix *addresses; /* of the interface: each with the length of its subnet, host bits
                                    kept */
        guint n_addresses;
        WattlePrefix *subnets; /* the mesh's subnets in which this device has no address */
        guint n_subnets;
        WattlePrefix *routes; /* accepted from peers, sorted */
        guint n_routes;
        /* Destinations for which a rule of routing asks the main table, but for its default routes,
         * before the tables of other programs. */
        WattlePrefix *main_first;
        guint n_main_first;
        /* The exit node's name; NULL: none is used. Both families leave through it, lest one leak.
         * As wg-quick does: what WireGuard itself sends carries firewall_mark, and all that does
         * not is looked up in the routing table exit_table. That has the number of the mark where
         * NetworkManager makes the rules, which knows no other; else a number of the mesh's own,
         * for wg-quick(8) and Mullvad have tables of the numbers of their marks. */
        const char *exit_node;
        guint32 exit_table;            /* 0: no exit node is used */
        gboolean exit_ipv4, exit_ipv6; /* both we and the exit node have an address of the family:
                                          without one, that family has no way out */
        const WattleAddr *dns;         /* of the exit node: these answer all questions for names */
        guint n_dns;
        gboolean routing_client; /* answers may come from a way that the kernel would not take back
                                  */
        gboolean routing_server; /* forwards for others, from any interface to any */
        gboolean routing_via;    /* somebody's Via=: passes on what goes from device to device, and
                                    sees it */
        WattleViaIpv6 via_ipv6;  /* NO if routing_server */
        gboolean masquerade;     /* we are an exit node: what leaves the mesh here carries our
                                    address */
        WattleRelayRole relay;   /* we are one, for pairs of the mesh */
        WattlePorts relay_ports; /* of each of the mesh's relays; given */
        WattlePort ports[WATTLE_N_PORTS]; /* where something of ours listens here */
        guint n_ports;
        gboolean names;    /* programs of this host find the devices by name */
        gboolean has_ipv6; /* the mesh has a subnet of IPv6 */
        WattlePeer *peers; /* sorted by name */
        guint n_peers;
        WattleIndirect *indirects; /* sorted by name */
        guint n_indirects;
        /* For files of a device that runs no wattle (cli/export/): */
        gboolean is_exported; /* names of endpoints are looked up by who reads the files */
} WattleView;

/* What this host decides or knows, beside the profile. */
typedef struct {
        const WattleLocal *local;
        WattleOwner owner;         /* the host's own manager, for Owner=auto */
        gboolean key_credential;   /* the key is a credential of systemd's; there is no file */
        WattleOwner asked_owner;   /* beats the local settings; AUTO: none was asked for */
        gboolean no_resolved;      /* systemd-resolved is not installed */
        gboolean has_lookup;       /* wattle-lookup is installed */
        gboolean no_filter;        /* wattle-filter is not installed, or does not serve this mesh */
        gboolean serves;           /* members may get the profile from here: it is signed, and
                                      wattle-update is installed */
        gboolean force_forwarding; /* the kernel has this setting of an interface for IPv6 */
} WattleHost;

/* profile must have been checked, and self be one of its devices. NULL with an error in the report
 * if the settings ask for what is not there: an exit node that is none, an interface name that is
 * too long. */
WattleView *wattle_resolve(const WattleProfile *profile, const WattleDevice *self,
                           const WattleHost *host, WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;
void wattle_view_free(WattleView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleView, wattle_view_free)
