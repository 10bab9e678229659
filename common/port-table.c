/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/port-table.h"

static const char *const protocol_names[] = { "udp", "tcp" };

const char *wattle_port_protocol_name(WattlePortProtocol protocol)
{
        return protocol_names[protocol];
}

guint wattle_port_table(const WattlePortUse *use, WattlePort ret[WATTLE_N_PORTS])
{
        const struct {
                gboolean is_used;
                WattlePort port;
        } rows[] = {
                { TRUE,
                  { WATTLE_PORT_WIREGUARD, WATTLE_PORT_UDP, WATTLE_PORT_BY_UPLINK, use->listen_port,
                    use->listen_port } },
                { use->relay_ports.given,
                  { WATTLE_PORT_RELAY, WATTLE_PORT_UDP, WATTLE_PORT_BY_UPLINK,
                    use->relay_ports.first, use->relay_ports.last } },
                { use->beacons,
                  { WATTLE_PORT_BEACON, WATTLE_PORT_UDP, WATTLE_PORT_BY_UPLINK, WATTLE_BEACON_PORT,
                    WATTLE_BEACON_PORT } },
                { use->probes,
                  { WATTLE_PORT_PROBE, WATTLE_PORT_UDP, WATTLE_PORT_BY_MESH, WATTLE_PROBE_PORT,
                    WATTLE_PROBE_PORT } },
                { use->serves,
                  { WATTLE_PORT_PROFILE, WATTLE_PORT_TCP, WATTLE_PORT_BY_MESH, WATTLE_PROFILE_PORT,
                    WATTLE_PROFILE_PORT } },
        };
        guint n = 0;

        G_STATIC_ASSERT(G_N_ELEMENTS(rows) == WATTLE_N_PORTS);
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
                if (rows[i].is_used)
                        ret[n++] = rows[i].port;
        return n;
}

void wattle_port_format(const WattlePort *port, const char *dash, char text[WATTLE_PORT_TEXT_MAX])
{
        if (port->first == port->last)
                g_snprintf(text, WATTLE_PORT_TEXT_MAX, "%u", port->first);
        else
                g_snprintf(text, WATTLE_PORT_TEXT_MAX, "%u%.1s%u", port->first, dash, port->last);
}
