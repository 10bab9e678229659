/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/render.h"

void wattle_render_zones(const WattleFirewallChoice *firewall, WattleFile *file)
{
        g_autoptr(GString) zones = g_string_new(NULL);

        for (guint i = 0; i < firewall->n_zones; i++)
                g_string_append_printf(zones, "%s%s", i > 0 ? " " : "", firewall->zones[i]);
        wattle_file_set(file, "Zones",
                        firewall->kind == WATTLE_FIREWALL_AUTO ? "auto" : zones->str);
}

static void render_ports(const WattleView *view, WattleFile *file)
{
        for (guint i = 0; i < view->n_ports; i++) {
                const WattlePort *port = &view->ports[i];
                char numbers[WATTLE_PORT_TEXT_MAX];
                g_autofree char *text = NULL;

                wattle_port_format(port, "-", numbers);
                text = g_strdup_printf("%s/%s", numbers, wattle_port_protocol_name(port->protocol));
                wattle_file_set(file, port->side == WATTLE_PORT_BY_MESH ? "MeshPort" : "Port",
                                text);
        }
}

static void render_source(const WattlePrefix *prefix, WattleFile *file)
{
        const WattlePrefix network = wattle_prefix_around(&prefix->addr, prefix->length);
        char text[WATTLE_PREFIX_TEXT_MAX];

        wattle_prefix_format(&network, text);
        wattle_file_set(file, "Source", text);
}

static WattleFile *begin(const WattleView *view, WattleFileset *files)
{
        WattleFile *file = wattle_fileset_add(files, WATTLE_FILE_FIREWALL, view->mesh, 0644);

        wattle_render_origin(view, file);
        wattle_file_section(file, "Firewall");
        return file;
}

static void render_openings(const WattleView *view, WattleFile *file)
{
        if (view->firewall.kind == WATTLE_FIREWALL_NO)
                return;
        wattle_render_zones(&view->firewall, file);
        render_ports(view, file);
        for (guint i = 0; i < view->n_addresses; i++)
                render_source(&view->addresses[i], file);
        for (guint i = 0; i < view->n_subnets; i++)
                render_source(&view->subnets[i], file);
}

/* NetworkManager itself tells firewalld the zone of a connection. */
void wattle_render_firewall(const WattleView *view, WattleFileset *files)
{
        const char *trust = view->owner == WATTLE_OWNER_NETWORKD ? view->trust : NULL;
        WattleFile *file;

        if (view->firewall.kind == WATTLE_FIREWALL_NO && !trust)
                return;
        file = begin(view, files);
        if (trust)
                wattle_file_set(file, "Trust", trust);
        render_openings(view, file);
}

/* Who has no beacons, and serves no profiles; wattled has it among its meshes. */
static void keep_carried_ports(WattleView *view)
{
        guint n = 0;

        for (guint i = 0; i < view->n_ports; i++)
                if (view->ports[i].kind == WATTLE_PORT_WIREGUARD ||
                    view->ports[i].kind == WATTLE_PORT_PROBE)
                        view->ports[n++] = view->ports[i];
        view->n_ports = n;
}

void wattle_render_carried(const WattleView *view, const char *instance, WattleFileset *files)
{
        WattleView own = *view;
        WattleFile *file;

        own.mesh = instance;
        keep_carried_ports(&own);
        own.masquerade = FALSE;
        own.via_ipv6 = WATTLE_VIA_IPV6_NO;
        wattle_render_filter(&own, files);
        if (own.firewall.kind == WATTLE_FIREWALL_NO &&
            !wattle_fileset_find(files, WATTLE_FILE_FILTER))
                return;
        file = begin(&own, files);
        wattle_file_set(file, "Interface", own.interface);
        render_openings(&own, file);
}
