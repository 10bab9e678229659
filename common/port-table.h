/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ports of a mesh: at which of them something of ours listens on a host, and where from. Here
 * alone are the numbers; who opens, closes or names a port asks this table. All rows are of what
 * comes in: what a host sends, and the answers to it, is nothing that we ask of a firewall. */
#pragma once

#include "common/value.h"

#define WATTLE_DEFAULT_LISTEN_PORT 51820
#define WATTLE_BEACON_PORT         21821
#define WATTLE_PROBE_PORT          21822 /* what wattleds say to one another: common/message.h */
#define WATTLE_PROFILE_PORT        21823 /* wattle-serve hands out the profile */
#define WATTLE_RELAY_FIRST_PORT    21900 /* unless RelayPorts= says otherwise */
#define WATTLE_RELAY_LAST_PORT     21999

typedef enum {
        WATTLE_PORT_WIREGUARD, /* the kernel's: all that members send */
        WATTLE_PORT_RELAY,     /* of wattle-relay, one for each pair */
        WATTLE_PORT_BEACON,    /* of wattled, by multicast on a LAN */
        WATTLE_PORT_PROBE,     /* of wattled */
        WATTLE_PORT_PROFILE,   /* of wattle-serve */
        WATTLE_N_PORTS,
} WattlePortKind;

typedef enum {
        WATTLE_PORT_UDP,
        WATTLE_PORT_TCP,
} WattlePortProtocol;

typedef enum {
        WATTLE_PORT_BY_UPLINK, /* by any interface but the mesh's */
        WATTLE_PORT_BY_MESH,   /* by the interface of the mesh alone */
} WattlePortSide;

typedef struct {
        WattlePortKind kind;
        WattlePortProtocol protocol;
        WattlePortSide side;
        guint16 first, last; /* both included */
} WattlePort;

/* What a host does in a mesh, as far as it listens for it. */
typedef struct {
        guint16 listen_port;
        WattlePorts relay_ports; /* not given: it is no relay */
        gboolean beacons;        /* it looks for devices on its LANs */
        gboolean probes;         /* wattled looks after the mesh */
        gboolean serves;         /* members get the profile from it */
} WattlePortUse;

/* The rows of it, in the order of WattlePortKind; returns how many. */
guint wattle_port_table(const WattlePortUse *use, WattlePort ret[WATTLE_N_PORTS]);

/* "udp", "tcp" */
const char *wattle_port_protocol_name(WattlePortProtocol protocol);

/* "51820", or "21900-21999" with that dash between the two, as firewalld, ufw and nft have it each
 * in its own way. */
#define WATTLE_PORT_TEXT_MAX 12
void wattle_port_format(const WattlePort *port, const char *dash, char text[WATTLE_PORT_TEXT_MAX]);
