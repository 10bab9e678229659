/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a firewall of the host is to let in for a mesh: MESH.firewall, written with its other files
 * (render-firewall.c) and read by wattle-filter, which knows neither the profile nor the key. And
 * what has to be open for that where a firewalld is as it is just now. */
#pragma once

#include "common/ip.h"
#include "common/port-table.h"
#include "common/report.h"

typedef struct {
        WattlePortProtocol protocol;
        WattlePortSide side;
        WattlePorts ports; /* given */
} WattleFirewallPort;

typedef struct {
        char *interface;  /* of a mesh that a VPN connection carries; NULL: its settings say it */
        gboolean is_auto; /* the zones of the uplinks, as they are */
        GPtrArray *zones; /* of char *: these; and neither: nothing is opened */
        char *trust;      /* the zone that the interface is in; NULL: nobody's business of ours */
        GArray *ports;    /* of WattleFirewallPort */
        GArray *sources;  /* of WattlePrefix: who asks at ports inside the mesh */
} WattleFirewall;

void wattle_firewall_init(WattleFirewall *firewall);
void wattle_firewall_clear(WattleFirewall *firewall);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleFirewall, wattle_firewall_clear)

/* Faults go to the report, with file as their place. */
void wattle_firewall_read(WattleFirewall *firewall, gconstpointer bytes, gsize size,
                          const char *file, WattleReport *report);

/* firewalld as it is: what is in no zone is in the default one. */
typedef struct {
        const char *default_zone;
        GHashTable *zones;        /* of char * to char *: interfaces to their zones */
        const GPtrArray *uplinks; /* of char *: interfaces with a default route */
} WattleZones;

/* What has to be open for the mesh of that interface, of char *, sorted, each once. They are told
 * apart by these words, and wattle-filter remembers by them what is its own:
 *
 *   "interface ZONE INTERFACE"
 *   "port ZONE 51820 udp"
 *   "rule ZONE rule family=..."      a rich rule, firewalld.richlanguage(5)
 */
GPtrArray *wattle_firewall_openings(const WattleFirewall *firewall, const char *interface,
                                    const WattleZones *zones);
