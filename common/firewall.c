/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/firewall.h"

#include <netinet/in.h>
#include <string.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/scalar.h"

void wattle_firewall_init(WattleFirewall *firewall)
{
        *firewall = (WattleFirewall){
                .zones = g_ptr_array_new_with_free_func(g_free),
                .ports = g_array_new(FALSE, FALSE, sizeof(WattleFirewallPort)),
                .sources = g_array_new(FALSE, FALSE, sizeof(WattlePrefix)),
        };
}

void wattle_firewall_clear(WattleFirewall *firewall)
{
        if (!firewall->zones)
                return;
        g_ptr_array_unref(firewall->zones);
        g_array_unref(firewall->ports);
        g_array_unref(firewall->sources);
        g_free(firewall->trust);
        g_free(firewall->interface);
        *firewall = (WattleFirewall){ 0 };
}

static gboolean read_interface(WattleFirewall *firewall, const WattleIniLine *line, GError **error)
{
        if (!wattle_interface_name_check(line->value, error))
                return FALSE;
        g_free(firewall->interface);
        firewall->interface = g_strdup(line->value);
        return TRUE;
}

static gboolean read_zones(WattleFirewall *firewall, const WattleIniLine *line,
                           G_GNUC_UNUSED GError **error)
{
        char *rest = NULL, *word;
        WattlePlace place;

        firewall->is_auto = strcmp(line->value, "auto") == 0;
        while (!firewall->is_auto && (word = wattle_ini_next_word(line, &rest, &place)))
                g_ptr_array_add(firewall->zones, g_strdup(word));
        return TRUE;
}

static gboolean read_trust(WattleFirewall *firewall, const WattleIniLine *line,
                           G_GNUC_UNUSED GError **error)
{
        g_free(firewall->trust);
        firewall->trust = g_strdup(line->value);
        return TRUE;
}

/* "21900-21999/udp" */
static gboolean read_port(WattleFirewall *firewall, const WattleIniLine *line, WattlePortSide side,
                          GError **error)
{
        WattleFirewallPort port = { .side = side };
        char *slash = strchr(line->value, '/');
        gboolean is_tcp = slash && strcmp(slash + 1, "tcp") == 0;

        if (!slash || (!is_tcp && strcmp(slash + 1, "udp") != 0))
                return wattle_error_refuse(error, "'%s' is no port, as 51820/udp", line->value);
        *slash = '\0';
        port.protocol = is_tcp ? WATTLE_PORT_TCP : WATTLE_PORT_UDP;
        if (!wattle_value_parse_ports(line->value, line->value_place, NULL, &port.ports, error))
                return FALSE;
        g_array_append_val(firewall->ports, port);
        return TRUE;
}

static gboolean read_uplink_port(WattleFirewall *firewall, const WattleIniLine *line,
                                 GError **error)
{
        return read_port(firewall, line, WATTLE_PORT_BY_UPLINK, error);
}

static gboolean read_mesh_port(WattleFirewall *firewall, const WattleIniLine *line, GError **error)
{
        return read_port(firewall, line, WATTLE_PORT_BY_MESH, error);
}

static gboolean read_source(WattleFirewall *firewall, const WattleIniLine *line, GError **error)
{
        WattlePrefix prefix;

        if (!wattle_prefix_parse(line->value, &prefix, error))
                return FALSE;
        g_array_append_val(firewall->sources, prefix);
        return TRUE;
}

static const struct {
        const char *name;
        gboolean (*read)(WattleFirewall *firewall, const WattleIniLine *line, GError **error);
} keys[] = {
        { "Zones", read_zones },        { "Trust", read_trust },   { "Port", read_uplink_port },
        { "MeshPort", read_mesh_port }, { "Source", read_source }, { "Interface", read_interface },
};

static void read_line(WattleFirewall *firewall, const WattleIniLine *line, WattleReport *report)
{
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
                if (strcmp(line->key, keys[i].name) != 0)
                        continue;
                if (!keys[i].read(firewall, line, &error))
                        wattle_report_error(report, line->value_place, "%s: %s", line->key,
                                            error->message);
                return;
        }
        wattle_report_error(report, line->place, "unknown key %s=", line->key);
}

void wattle_firewall_read(WattleFirewall *firewall, gconstpointer bytes, gsize size,
                          const char *file, WattleReport *report)
{
        g_auto(WattleIni) ini = { 0 };
        WattleIniLine line;

        wattle_ini_init(&ini, bytes, size, file, report);
        while (wattle_ini_next(&ini, &line))
                if (line.kind == WATTLE_INI_KEY)
                        read_line(firewall, &line, report);
}

static const char *zone_of(const WattleZones *zones, const char *interface)
{
        const char *zone = g_hash_table_lookup(zones->zones, interface);

        return zone ? zone : zones->default_zone;
}

/* Where packets of WireGuard come in. By the mesh itself, as the way out of who uses an exit node,
 * none do. */
static GPtrArray *uplink_zones(const WattleFirewall *firewall, const char *interface,
                               const WattleZones *zones)
{
        GPtrArray *found = g_ptr_array_new();

        for (guint i = 0; i < firewall->zones->len; i++)
                g_ptr_array_add(found, g_ptr_array_index(firewall->zones, i));
        if (!firewall->is_auto)
                return found;
        g_ptr_array_add(found, (gpointer)zones->default_zone);
        for (guint i = 0; i < zones->uplinks->len; i++) {
                const char *uplink = g_ptr_array_index(zones->uplinks, i);

                if (strcmp(uplink, interface) != 0)
                        g_ptr_array_add(found, (gpointer)zone_of(zones, uplink));
        }
        return found;
}

static void format_port(const WattleFirewallPort *port, char text[WATTLE_PORT_TEXT_MAX])
{
        wattle_port_format(&(WattlePort){ .first = port->ports.first, .last = port->ports.last },
                           "-", text);
}

static void add_port(GPtrArray *openings, const char *zone, const WattleFirewallPort *port)
{
        char text[WATTLE_PORT_TEXT_MAX];

        format_port(port, text);
        g_ptr_array_add(openings, g_strdup_printf("port %s %s %s", zone, text,
                                                  wattle_port_protocol_name(port->protocol)));
}

/* The zone may be that of uplinks too, where nobody has to ask. */
static void add_rules(GPtrArray *openings, const char *zone, const WattleFirewallPort *port,
                      const GArray *sources)
{
        char numbers[WATTLE_PORT_TEXT_MAX], source[WATTLE_PREFIX_TEXT_MAX];

        format_port(port, numbers);
        for (guint i = 0; i < sources->len; i++) {
                const WattlePrefix *prefix = &g_array_index(sources, WattlePrefix, i);

                wattle_prefix_format(prefix, source);
                g_ptr_array_add(openings,
                                g_strdup_printf("rule %s rule family=\"%s\" source address=\"%s\" "
                                                "port port=\"%s\" protocol=\"%s\" accept",
                                                zone,
                                                prefix->addr.family == AF_INET6 ? "ipv6" : "ipv4",
                                                source, numbers,
                                                wattle_port_protocol_name(port->protocol)));
        }
}

static int compare_text(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void remove_doubles(GPtrArray *openings)
{
        g_ptr_array_sort(openings, compare_text);
        for (guint i = openings->len; i > 1; i--)
                if (strcmp(g_ptr_array_index(openings, i - 1),
                           g_ptr_array_index(openings, i - 2)) == 0)
                        g_ptr_array_remove_index(openings, i - 1);
}

GPtrArray *wattle_firewall_openings(const WattleFirewall *firewall, const char *interface,
                                    const WattleZones *zones)
{
        GPtrArray *openings = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) uplinks = uplink_zones(firewall, interface, zones);
        const char *ours = firewall->trust ? firewall->trust : zone_of(zones, interface);

        if (firewall->trust)
                g_ptr_array_add(openings, g_strdup_printf("interface %s %s", ours, interface));
        for (guint i = 0; i < firewall->ports->len && uplinks->len > 0; i++) {
                const WattleFirewallPort *port =
                        &g_array_index(firewall->ports, WattleFirewallPort, i);

                if (port->side == WATTLE_PORT_BY_MESH)
                        add_rules(openings, ours, port, firewall->sources);
                for (guint j = 0; j < uplinks->len && port->side == WATTLE_PORT_BY_UPLINK; j++)
                        add_port(openings, g_ptr_array_index(uplinks, j), port);
        }
        remove_doubles(openings);
        return openings;
}
