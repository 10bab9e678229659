/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this host alone decides about a mesh: section [Local] of the .conf files in NAME.mesh.d.
 * Every key has a default, so the files are optional. wattle.mesh(5) describes them. */
#pragma once

#include "common/arena.h"
#include "common/report.h"
#include "common/value.h"

typedef enum {
        WATTLE_OWNER_AUTO, /* only as a wish: a view has one of the other two */
        WATTLE_OWNER_NETWORKD,
        WATTLE_OWNER_NETWORK_MANAGER,
} WattleOwner;

typedef enum {
        WATTLE_ACTIVATION_MANUAL,
        WATTLE_ACTIVATION_UP,
        WATTLE_ACTIVATION_ALWAYS_UP,
} WattleActivation;

typedef enum {
        WATTLE_ROUTING_AUTO,
        WATTLE_ROUTING_NONE,
        WATTLE_ROUTING_CLIENT,
        WATTLE_ROUTING_SERVER,
        WATTLE_ROUTING_BOTH,
} WattleRoutingFeatures;

/* The other VPN of this host that takes all traffic but what is for the mesh. */
typedef enum {
        WATTLE_COEXIST_NONE,
        WATTLE_COEXIST_MULLVAD,   /* its kill switch lets the mesh pass */
        WATTLE_COEXIST_TAILSCALE, /* its exit node does not get what is for the mesh */
} WattleCoexist;

typedef struct {
        WattleCoexist value;
        WattlePlace place;
} WattleCoexistChoice;

/* Whether the device and others of its mesh look for each other on LANs, by beacons. */
typedef enum {
        WATTLE_DISCOVERY_AUTO, /* not where it may cost: on metered links */
        WATTLE_DISCOVERY_YES,
        WATTLE_DISCOVERY_NO,
} WattleDiscovery;

/* What NetworkManager has of a mesh: the interface itself, or a VPN whose service makes it. */
typedef enum {
        WATTLE_CONNECTION_NATIVE,
        WATTLE_CONNECTION_VPN,
} WattleConnectionKind;

typedef struct {
        WattleConnectionKind value;
        WattlePlace place;
} WattleConnectionChoice;

/* What the host's firewall is told of the mesh. */
typedef enum {
        WATTLE_FIREWALL_NO,
        WATTLE_FIREWALL_AUTO,  /* whichever it is, where packets from outside come in */
        WATTLE_FIREWALL_ZONES, /* firewalld, these zones */
} WattleFirewallKind;

typedef struct {
        WattleFirewallKind kind;
        const char *const *zones; /* of ZONES alone */
        guint n_zones;
        WattlePlace place;
} WattleFirewallChoice;

/* The files of a host's settings are many: the place says which. */
typedef struct {
        const char *value;
        WattlePlace place;
} WattleLocalName;

/* DNS=; none at all is a choice too, and then given. */
typedef struct {
        gboolean given;
        WattlePlace place;
        guint n;
        WattleAddr servers[WATTLE_DNS_MAX];
} WattleLocalDns;

typedef struct {
        WattleArena *arena;
        gboolean enable;        /* yes by default */
        WattleLocalName device; /* value NULL: find out */
        WattleOwner owner;
        WattleLocalName interface;    /* value NULL: the mesh's name */
        const char *private_key_file; /* absolute; NULL: /etc/wattle/MESH.key */
        WattleOptionalU16 listen_port;
        WattleMtu mtu;
        WattleActivation activation;
        WattleRoutingFeatures routing_features;
        gboolean accept_routes;
        WattleLocalName exit_node; /* value NULL: none */
        WattleLocalDns dns;        /* not given: those of the exit node */
        WattleOptionalU32 firewall_mark;
        WattleCoexistChoice coexist;
        WattleConnectionChoice connection;
        WattleLocalName trust; /* a zone of firewalld's; value NULL: its default zone */
        WattleFirewallChoice firewall;
        const char *update_from; /* a URL, or an absolute path; NULL: none */
        gboolean names;          /* programs of this host find the devices; yes by default */
        gboolean migrate;        /* wattled moves the endpoints of its peers; yes by default */
        WattleDiscovery discovery;
        gboolean port_mapping; /* the router is asked for a port; no by default */
        gboolean via;          /* takes part in what goes by Via=, in plaintext; yes by default */
} WattleLocal;

/* All defaults. */
void wattle_local_init(WattleLocal *local);
void wattle_local_clear(WattleLocal *local);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleLocal, wattle_local_clear)

/* What the interface of that mesh is called. */
const char *wattle_local_interface(const WattleLocal *local, const char *mesh);

/* Reads one file over what is there: a key given again wins, an empty one goes back to its default,
 * as in systemd's drop-ins. Faults go to the report. */
void wattle_local_read(WattleLocal *local, gconstpointer bytes, gsize size, const char *file,
                       WattleReport *report);

/* One key, with a text that is not empty, as a line of a file sets it. place is kept. */
gboolean wattle_local_set(WattleLocal *local, const char *key, const char *text, WattlePlace place,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The words of the settings, for messages and --help: "networkd", "NetworkManager", "auto". */
const char *wattle_owner_name(WattleOwner owner);
gboolean wattle_owner_parse(const char *text, WattleOwner *ret,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A WattleParseValue into a WattleRoutingFeatures. */
gboolean wattle_local_parse_routing(const char *text, WattlePlace place, WattleArena *arena,
                                    gpointer field, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Likewise into a WattleFirewallChoice. */
gboolean wattle_local_parse_firewall(const char *text, WattlePlace place, WattleArena *arena,
                                     gpointer field, GError **error) G_GNUC_WARN_UNUSED_RESULT;
const char *wattle_activation_name(WattleActivation activation);
const char *wattle_connection_kind_name(WattleConnectionKind kind);
