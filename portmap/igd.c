/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "portmap/igd.h"

#include <arpa/inet.h>
#include <miniupnpc/upnpcommands.h>
#include <stdio.h>
#include <string.h>

#include "common/scalar.h"

#define DISCOVER_MS 2000
#define TTL         2
#define NAME        "wattle" /* in the router's list */

#define PORT_TEXT 8

/* Errors of WANIPConnection (UPnP Forum, 2.4.16). */
#define CONFLICT        718
#define PERMANENT_ALONE 725

/* Other ports that are tried where ours is taken; a device of version 2 chooses itself. */
#define OTHERS 3

gboolean wattle_igd_find(WattleIgd *igd)
{
        int error = 0;
        struct UPNPDev *devices =
                upnpDiscover(DISCOVER_MS, NULL, NULL, UPNP_LOCAL_PORT_ANY, 0, TTL, &error);
        gboolean found, any = FALSE;

        *igd = (WattleIgd){ 0 };
        if (!devices)
                return FALSE;
        found = wattle_igd_find_valid(devices, igd, &any);
        freeUPNPDevlist(devices);
        if (any && !found)
                wattle_igd_clear(igd);
        return found;
}

void wattle_igd_clear(WattleIgd *igd)
{
        FreeUPNPUrls(&igd->urls);
}

static gboolean find_address(const WattleIgd *igd, WattleAddr *ret)
{
        char text[64] = "";

        return UPNP_GetExternalIPAddress(igd->urls.controlURL, igd->data.first.servicetype, text) ==
                       UPNPCOMMAND_SUCCESS &&
               wattle_addr_parse(text, ret, NULL);
}

static int add(const WattleIgd *igd, guint16 external, guint16 own, guint *lifetime_s)
{
        char to[PORT_TEXT], from[PORT_TEXT], lease[16];
        int result;

        (void)snprintf(to, sizeof to, "%u", own);
        (void)snprintf(from, sizeof from, "%u", external);
        (void)snprintf(lease, sizeof lease, "%u", *lifetime_s);
        result = UPNP_AddPortMapping(igd->urls.controlURL, igd->data.first.servicetype, from, to,
                                     igd->own, NAME, "UDP", NULL, lease);
        if (result != PERMANENT_ALONE || *lifetime_s == 0)
                return result;
        *lifetime_s = 0;
        return add(igd, external, own, lifetime_s);
}

static int add_any(const WattleIgd *igd, guint16 own, guint lifetime_s, guint16 *ret)
{
        char to[PORT_TEXT], lease[16], given[PORT_TEXT] = "";
        int result;

        (void)snprintf(to, sizeof to, "%u", own);
        (void)snprintf(lease, sizeof lease, "%u", lifetime_s);
        result = UPNP_AddAnyPortMapping(igd->urls.controlURL, igd->data.first.servicetype, to, to,
                                        igd->own, NAME, "UDP", NULL, lease, given);
        if (result == UPNPCOMMAND_SUCCESS && !wattle_port_parse(given, ret, NULL))
                result = UPNPCOMMAND_UNKNOWN_ERROR;
        return result;
}

void wattle_igd_map(const WattleIgd *igd, const WattleRouterJob *job, guint lifetime_s,
                    WattleLeaseAnswer *ret)
{
        guint16 port = job->held.held ? job->held.at.port : job->port;
        gboolean is_taken;
        int result;

        ret->failure = WATTLE_PORTMAP_REFUSED;
        if (!find_address(igd, &ret->at.addr))
                return;
        result = add(igd, port, job->port, &lifetime_s);
        is_taken = result == CONFLICT;
        if (is_taken)
                result = add_any(igd, job->port, lifetime_s, &port);
        for (guint i = 0; is_taken && i < OTHERS && result != UPNPCOMMAND_SUCCESS; i++) {
                port = (guint16)g_random_int_range(20000, 60000);
                result = add(igd, port, job->port, &lifetime_s);
        }
        if (result != UPNPCOMMAND_SUCCESS)
                return;
        ret->at.port = port;
        ret->lifetime_s = lifetime_s;
        ret->mapped = TRUE;
}

void wattle_igd_unmap(const WattleIgd *igd, guint16 port)
{
        char from[PORT_TEXT];

        (void)snprintf(from, sizeof from, "%u", port);
        (void)UPNP_DeletePortMapping(igd->urls.controlURL, igd->data.first.servicetype, from, "UDP",
                                     NULL);
}
