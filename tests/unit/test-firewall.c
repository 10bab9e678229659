/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/firewall.h"

#include <string.h>

#include "common/render.h"
#include "tests/unit/fixture.h"

#define MESH "[Mesh]\nSubnet=10.77.0.0/24 fd77::/64 10.78.0.0/24\n"
#define BOTH "[Device both]\nPublicKey=" KEY_A "\nAddress=10.77.0.10 fd77::10\n"
#define RELAY                                                                                      \
        "[Device relay]\nPublicKey=" KEY_B                                                         \
        "\nAddress=10.77.0.2\nRelay=yes\nPublicEndpoint=192.0.2.1:51820\n"

static const struct rendered {
        const char *name, *device, *local, *lines;
} rendered[] = {
        { "nothing", "both", "", NULL },
        { "nothing of NetworkManager's", "both", "Owner=NetworkManager\nTrust=home\n", NULL },
        { "auto, and beacons", "both", "Firewall=auto\n",
          "\n[Firewall]\nZones=auto\nPort=51820/udp\nPort=21821/udp\nMeshPort=21822/udp\nSource=10.77.0.0/24\n"
          "Source=fd77::/64\nSource=10.78.0.0/24\n" },
        { "zones, and no wattled", "both", "Firewall=public work\nMigrate=no\nListenPort=7\n",
          "\n[Firewall]\nZones=public work\nPort=7/udp\nSource=10.77.0.0/24\nSource=fd77::/64\n"
          "Source=10.78.0.0/24\n" },
        { "a relay that trusts", "relay", "Firewall=auto\nTrust=trusted\nDiscovery=no\n",
          "\n[Firewall]\nTrust=trusted\nZones=auto\nPort=51820/udp\nPort=21900-21999/udp\n"
          "MeshPort=21822/udp\nSource=10.77.0.0/24\nSource=10.78.0.0/24\n" },
        { "trust alone", "both", "Trust=trusted\n", "\n[Firewall]\nTrust=trusted\n" },
        { "NetworkManager sees to the zone itself", "both",
          "Owner=NetworkManager\nTrust=home\nFirewall=no_such\nMigrate=no\n",
          "\n[Firewall]\nZones=no_such\nPort=51820/udp\nSource=10.77.0.0/24\nSource=fd77::/64\n"
          "Source=10.78.0.0/24\n" },
};

static void render(gconstpointer data)
{
        const struct rendered *row = data;
        g_autoptr(WattleView) view = good_view(MESH BOTH RELAY, row->device, row->local);

        check_rendered(view, wattle_render_firewall, WATTLE_FILE_FIREWALL, row->lines);
}

static const struct bad {
        const char *name, *text, *faults;
} bad[] = {
        { "empty", "", "" },
        { "a port that is none", "[Firewall]\nPort=70000/udp\n",
          "f:2:6: Port: '70000' is no range of ports, as 21900-21999" },
        { "a port of nothing", "[Firewall]\nPort=5\n",
          "f:2:6: Port: '5' is no port, as 51820/udp" },
        { "a port of another protocol", "[Firewall]\nMeshPort=5/sctp\n",
          "f:2:10: MeshPort: '5/sctp' is no port, as 51820/udp" },
        { "a source that is none", "[Firewall]\nSource=10.0.0.0/33\n",
          "f:2:8: Source: '10.0.0.0/33': a prefix length is 0 to 32" },
        { "an interface that is none", "[Firewall]\nInterface=all\n",
          "f:2:11: Interface: 'all' means something else to the kernel" },
        { "a key of a later version", "[Firewall]\nZone=x\n", "f:2:1: unknown key Zone=" },
};

static void read_bad(gconstpointer data)
{
        const struct bad *row = data;
        g_auto(WattleFirewall) firewall = { 0 };
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        wattle_firewall_init(&firewall);
        wattle_firewall_read(&firewall, row->text, strlen(row->text), "f", &report);
        check_faults(&report, row->faults);
}

#define RULE(zone, family, source, port)                                                           \
        "rule " zone " rule family=\"" family "\" source address=\"" source "\" port port=\"" port \
        "\" protocol=\"udp\" accept\n"

static const struct opened {
        const char *name, *text;
        const char *zones;   /* "home=work": interface and zone */
        const char *uplinks; /* with a default route */
        const char *openings;
} opened[] = {
        { "nothing is asked for", "", "eth0=work", "eth0", "" },
        { "no uplink: the default zone", "Zones=auto\nPort=51820/udp\n", "", "",
          "port public 51820 udp\n" },
        { "an uplink in no zone", "Zones=auto\nPort=51820/udp\n", "", "eth0",
          "port public 51820 udp\n" },
        { "uplinks in zones", "Zones=auto\nPort=51820/udp\n", "eth0=work wlan0=home docker0=docker",
          "eth0 wlan0", "port home 51820 udp\nport public 51820 udp\nport work 51820 udp\n" },
        { "one zone is opened once", "Zones=auto\nPort=51820/udp\n", "eth0=work wlan0=work",
          "eth0 wlan0 eth0", "port public 51820 udp\nport work 51820 udp\n" },
        { "the mesh is no uplink of its own", "Zones=auto\nPort=51820/udp\n", "mesh=work", "mesh",
          "port public 51820 udp\n" },
        { "zones by name, whatever the uplinks", "Zones=dmz work\nPort=21900-21999/udp\n",
          "eth0=home", "eth0", "port dmz 21900-21999 udp\nport work 21900-21999 udp\n" },
        { "inside the mesh, in the default zone",
          "Zones=work\nMeshPort=21822/udp\nSource=10.77.0.0/24\nSource=fd77::/64\n", "", "",
          RULE("public", "ipv4", "10.77.0.0/24", "21822")
                  RULE("public", "ipv6", "fd77::/64", "21822") },
        { "inside the mesh, in the zone that it is in",
          "Zones=auto\nMeshPort=21822/udp\nSource=10.77.0.0/24\n", "mesh=home", "",
          RULE("home", "ipv4", "10.77.0.0/24", "21822") },
        { "trust", "Trust=trusted\n", "mesh=home", "", "interface trusted mesh\n" },
        { "trust, and the rest there",
          "Trust=internal\nZones=auto\nPort=7/udp\nMeshPort=21822/udp\nSource=10.77.0.0/24\n",
          "mesh=home", "",
          "interface internal mesh\nport public 7 udp\n" RULE("internal", "ipv4", "10.77.0.0/24",
                                                              "21822") },
        { "trust, and no Firewall=", "Trust=internal\nPort=7/udp\n", "", "eth0",
          "interface internal mesh\n" },
};

static void openings(gconstpointer data)
{
        const struct opened *row = data;
        g_autofree char *text = g_strconcat("[Firewall]\n", row->text, NULL);
        g_auto(GStrv) zones = g_strsplit(row->zones, " ", -1);
        g_auto(GStrv) uplinks = g_strsplit(row->uplinks, " ", -1);
        g_autoptr(GHashTable) of = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autoptr(GPtrArray) links = g_ptr_array_new();
        const WattleZones facts = { "public", of, links };
        g_autoptr(GString) said = g_string_new(NULL);
        g_auto(WattleFirewall) firewall = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_autoptr(GPtrArray) found = NULL;

        wattle_report_init(&report);
        wattle_firewall_init(&firewall);
        wattle_firewall_read(&firewall, text, strlen(text), "f", &report);
        check_faults(&report, "");
        for (char **zone = zones; *zone; zone++) {
                char **pair = g_strsplit(*zone, "=", 2);

                g_hash_table_insert(of, pair[0], pair[1]);
                g_free(pair);
        }
        for (char **uplink = uplinks; *uplink; uplink++)
                g_ptr_array_add(links, *uplink);
        found = wattle_firewall_openings(&firewall, "mesh", &facts);
        for (guint i = 0; i < found->len; i++)
                g_string_append_printf(said, "%s\n", (char *)g_ptr_array_index(found, i));
        g_assert_cmpstr(said->str, ==, row->openings);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/firewall/rendered", rendered, render);
        add_rows("/firewall/bad", bad, read_bad);
        add_rows("/firewall/openings", opened, openings);
        return g_test_run();
}
