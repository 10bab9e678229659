/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/local.h"

#include <string.h>

#include "tests/unit/fixture.h"

typedef struct {
        const char *name, *text, *faults;
} Row;

static const Row rows[] = {
        { "empty", "", "" },
        { "comment", "# nothing\n[Local]\n", "" },
        { "key-of-the-future", "[Local]\nResolve=yes\n", "a.conf:2:1: unknown key 'Resolve'" },
        { "unknown-key", "[Local]\nAcceptRoute=yes\n",
          "a.conf:2:1: unknown key 'AcceptRoute': did you mean AcceptRoutes?" },
        { "private-key", "[Local]\nPrivateKey=" KEY_A "\n",
          "a.conf:2:1: PrivateKey: a key stays in a file of its own: write PrivateKeyFile=/path" },
        { "unknown-section", "[Mesh]\nSerial=1\n",
          "a.conf:1:1: unknown section [Mesh]: a host's settings have [Local]" },
        { "named-section", "[Local home]\nMTU=x\n",
          "a.conf:1:1: unknown section [Local]: a host's settings have [Local]" },
        { "before-any-section", "MTU=1420\n",
          "a.conf:1:1: MTU= stands before any section: begin with [Local]" },
        { "twice", "[Local]\nMTU=1420\n[Local]\nMTU=1400\n",
          "a.conf:4:1: MTU= was given already in line 2" },
        { "owner", "[Local]\nOwner=networkmanager\n",
          "a.conf:2:7: Owner: 'networkmanager' is none of auto, networkd, NetworkManager" },
        { "activation", "[Local]\nActivationPolicy=down\n",
          "a.conf:2:18: ActivationPolicy: 'down' is none of manual, up, always-up" },
        { "routing", "[Local]\nRoutingFeatures=all\n",
          "a.conf:2:17: RoutingFeatures: 'all' is none of auto, none, client, server, both" },
        { "device", "[Local]\nDevice=My PC\n",
          "a.conf:2:8: Device: 'My PC' is not a DNS label: 1 to 63 of a-z, 0-9 and inner hyphens, "
          "in lower case" },
        { "dns", "[Local]\nDNS=10.42.0.1 fd77::1  192.0.2.1\n", "" },
        { "dns-none", "[Local]\nDNS=none\n", "" },
        { "dns-of-a-name", "[Local]\nDNS=dns.example\n",
          "a.conf:2:5: DNS: 'dns.example' is not an IP address" },
        { "dns-of-this-host", "[Local]\nDNS=127.0.0.53\n",
          "a.conf:2:5: DNS: 127.0.0.53 is each host itself, and no server that is reached through "
          "the exit node" },
        { "dns-of-four", "[Local]\nDNS=192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4\n",
          "a.conf:2:5: DNS: more than 3 name servers" },
        { "table", "[Local]\nTable=off\n",
          "a.conf:2:1: Table: accepted routes go to the main table, those of an exit node to a "
          "table of their own; without AcceptRoutes= and ExitNode= there are none" },
        { "fwmark", "[Local]\nfwmark=7\n", "a.conf:2:1: fwmark: is called FirewallMark" },
        { "interface-of-15", "[Local]\nInterface=fifteen-letters\n", "" },
        { "interface-of-16", "[Local]\nInterface=sixteen-letters1\n",
          "a.conf:2:11: Interface: 'sixteen-letters1' has 16 characters, at most 15 are possible" },
        { "interface-dots", "[Local]\nInterface=..\n",
          "a.conf:2:11: Interface: '..' has a character other than a-z, 0-9, _ and -" },
        { "interface-all", "[Local]\nInterface=all\n",
          "a.conf:2:11: Interface: 'all' means something else to the kernel" },
        { "interface-digits", "[Local]\nInterface=42\n",
          "a.conf:2:11: Interface: '42' is all digits, which no interface may be" },
        { "key-file-relative", "[Local]\nPrivateKeyFile=home.key\n",
          "a.conf:2:16: PrivateKeyFile: 'home.key' is not an absolute path without '..', '%' and "
          "tabs" },
        { "key-file-specifier", "[Local]\nPrivateKeyFile=/etc/%H.key\n",
          "a.conf:2:16: PrivateKeyFile: '/etc/%H.key' is not an absolute path without '..', "
          "'%' and tabs" },
        { "key-file-tab", "[Local]\nPrivateKeyFile=/etc/a\tb\n",
          "a.conf:2:16: PrivateKeyFile: '/etc/a\tb' is not an absolute path without '..', '%' and "
          "tabs" },
        { "key-file-upwards", "[Local]\nPrivateKeyFile=/etc/wattle/../k\n",
          "a.conf:2:16: PrivateKeyFile: '/etc/wattle/../k' is not an absolute path without '..', "
          "'%' and tabs" },
        { "port", "[Local]\nListenPort=51820x\n",
          "a.conf:2:12: ListenPort: '51820x' is not a port: 1 to 65535" },
        { "mtu", "[Local]\nMTU=575\n",
          "a.conf:2:5: MTU: '575' is not a whole number from 576 to 65535" },
        { "mtu-of-ipv4", "[Local]\nMTU=576\n", "" },
        { "mark", "[Local]\nFirewallMark=0\n",
          "a.conf:2:14: FirewallMark: '0' is not a mark: 1 to 4294967295, or in hexadecimal 0x1 "
          "to 0xffffffff" },
        { "coexist", "[Local]\nCoexist=none\n", "" },
        { "coexist-with-another", "[Local]\nCoexist=Mullvad\n",
          "a.conf:2:9: Coexist: 'Mullvad' is none of none, mullvad, tailscale" },
        { "connection", "[Local]\nConnection=VPN\n",
          "a.conf:2:12: Connection: 'VPN' is none of native, vpn" },
        { "zone-of-17", "[Local]\nTrust=My_Zone-901234567\n", "" },
        { "zone-of-18", "[Local]\nTrust=My_Zone-9012345678\n",
          "a.conf:2:7: Trust: 'My_Zone-9012345678' is not a zone of firewalld: 1 to 17 letters, "
          "digits, _ and -" },
        { "zone-with-a-blank", "[Local]\nTrust=my home\n",
          "a.conf:2:7: Trust: 'my home' is not a zone of firewalld: 1 to 17 letters, digits, _ and "
          "-" },
        { "firewall-auto", "[Local]\nFirewall=auto\n", "" },
        { "firewall-zones", "[Local]\nFirewall=public \tMy_Zone-901234567\n", "" },
        { "firewall-yes", "[Local]\nFirewall=yes\n",
          "a.conf:2:10: Firewall: 'yes' is not a zone of firewalld: write 'auto', 'no', or nothing "
          "but zones" },
        { "firewall-auto-and-a-zone", "[Local]\nFirewall=public auto\n",
          "a.conf:2:10: Firewall: 'auto' is not a zone of firewalld: write 'auto', 'no', or nothing "
          "but zones" },
        { "firewall-bad-zone", "[Local]\nFirewall=public a/b\n",
          "a.conf:2:10: Firewall: 'a/b' is not a zone of firewalld: 1 to 17 letters, digits, _ and "
          "-" },
        { "source-file", "[Local]\nUpdateFrom=/srv/mesh\n", "" },
        { "source-relative", "[Local]\nUpdateFrom=mesh/home.mesh\n",
          "a.conf:2:12: UpdateFrom: 'mesh/home.mesh' is neither a URL nor an absolute path" },
        { "source-ftp", "[Local]\nUpdateFrom=ftp://example.org/home.mesh\n",
          "a.conf:2:12: UpdateFrom: 'ftp://example.org/home.mesh' begins with neither https:// nor "
          "http://" },
        { "boolean", "[Local]\nEnable=maybe\n",
          "a.conf:2:8: Enable: 'maybe' is neither yes nor no" },
        { "names", "[Local]\nNames=all\n", "a.conf:2:7: Names: 'all' is neither yes nor no" },
        { "names twice", "[Local]\nNames=no\nNames=yes\n",
          "a.conf:3:1: Names= was given already in line 2" },
        { "comment-behind", "[Local]\nPrivateKeyFile=/etc/k # mine\nEnable=no ; for now\n",
          "a.conf:2:16: PrivateKeyFile: a comment goes on a line of its own\n"
          "a.conf:3:8: Enable: a comment goes on a line of its own" },
        { "crlf", "[Local]\r\nMTU=1420\r\n",
          "a.conf:1:8: has a carriage return: save it with LF line ends (dos2unix does)" },
        { "port-mapping", "[Local]\nPortMapping=yes\n",
          "a.conf:2:13: PortMapping: 'yes' is none of no, auto" },
        { "many", "[Local]\nMTU=1\nx=y\nEnable=2\n",
          "a.conf:2:5: MTU: '1' is not a whole number from 576 to 65535\n"
          "a.conf:3:1: unknown key 'x'\n"
          "a.conf:4:8: Enable: '2' is neither yes nor no" },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };

        wattle_report_init(&report);
        wattle_local_init(&local);
        wattle_local_read(&local, row->text, strlen(row->text), "a.conf", &report);
        check_faults(&report, row->faults);
}

static void every_key(void)
{
        g_auto(WattleLocal) local = { 0 };

        good_local(&local, "Enable=no\n"
                           "Device=nas\n"
                           "Owner=NetworkManager\n"
                           "Interface=wg0\n"
                           "PrivateKeyFile=/etc/k\n"
                           "ListenPort=1\n"
                           "MTU=1420\n"
                           "ActivationPolicy=always-up\n"
                           "RoutingFeatures=both\n"
                           "AcceptRoutes=yes\n"
                           "ExitNode=vps\n"
                           "FirewallMark=0xcafe\n"
                           "Coexist=mullvad\n"
                           "Connection=vpn\n"
                           "Trust=home\n"
                           "Firewall=public work\n"
                           "UpdateFrom=https://example.org/home.mesh\n"
                           "Names=no\n"
                           "Migrate=no\nPortMapping=auto\nVia=no\nDiscovery=yes\n");
        g_assert_false(local.enable);
        g_assert_cmpstr(local.device.value, ==, "nas");
        g_assert_cmpuint(local.device.place.line, ==, 3);
        g_assert_cmpint(local.owner, ==, WATTLE_OWNER_NETWORK_MANAGER);
        g_assert_cmpstr(local.interface.value, ==, "wg0");
        g_assert_cmpstr(local.private_key_file, ==, "/etc/k");
        g_assert_cmpuint(local.listen_port.value, ==, 1);
        g_assert_cmpuint(local.mtu.value, ==, 1420);
        g_assert_cmpint(local.activation, ==, WATTLE_ACTIVATION_ALWAYS_UP);
        g_assert_cmpint(local.routing_features, ==, WATTLE_ROUTING_BOTH);
        g_assert_true(local.accept_routes);
        g_assert_cmpstr(local.exit_node.value, ==, "vps");
        g_assert_cmpint(local.coexist.value, ==, WATTLE_COEXIST_MULLVAD);
        g_assert_cmpuint(local.coexist.place.line, ==, 14);
        g_assert_true(local.firewall_mark.given);
        g_assert_cmpuint(local.firewall_mark.value, ==, 0xcafe);
        g_assert_cmpint(local.connection.value, ==, WATTLE_CONNECTION_VPN);
        g_assert_cmpuint(local.connection.place.line, ==, 15);
        g_assert_cmpstr(local.trust.value, ==, "home");
        g_assert_cmpint(local.firewall.kind, ==, WATTLE_FIREWALL_ZONES);
        g_assert_cmpuint(local.firewall.n_zones, ==, 2);
        g_assert_cmpstr(local.firewall.zones[1], ==, "work");
        g_assert_cmpuint(local.firewall.place.line, ==, 17);
        g_assert_cmpstr(local.update_from, ==, "https://example.org/home.mesh");
        g_assert_false(local.names);
        g_assert_false(local.migrate);
        g_assert_true(local.port_mapping);
        g_assert_false(local.via);
        g_assert_cmpint(local.discovery, ==, WATTLE_DISCOVERY_YES);
}

static void defaults(void)
{
        g_auto(WattleLocal) local = { 0 };

        good_local(&local, "");
        g_assert_true(local.enable);
        g_assert_null(local.device.value);
        g_assert_cmpint(local.owner, ==, WATTLE_OWNER_AUTO);
        g_assert_null(local.interface.value);
        g_assert_false(local.port_mapping);
        g_assert_null(local.private_key_file);
        g_assert_false(local.listen_port.given);
        g_assert_false(local.mtu.given);
        g_assert_cmpint(local.activation, ==, WATTLE_ACTIVATION_MANUAL);
        g_assert_cmpint(local.routing_features, ==, WATTLE_ROUTING_AUTO);
        g_assert_false(local.accept_routes);
        g_assert_null(local.exit_node.value);
        g_assert_false(local.firewall_mark.given);
        g_assert_cmpint(local.connection.value, ==, WATTLE_CONNECTION_NATIVE);
        g_assert_null(local.trust.value);
        g_assert_cmpint(local.firewall.kind, ==, WATTLE_FIREWALL_NO);
        g_assert_true(local.names);
        g_assert_true(local.migrate);
        g_assert_true(local.via);
        g_assert_cmpint(local.discovery, ==, WATTLE_DISCOVERY_AUTO);
}

/* A later file wins, key by key; an empty value goes back to the default. */
static void later_files(void)
{
        static const char first[] = "[Local]\nEnable=no\nMTU=1420\nExitNode=vps\nListenPort=1\n";
        static const char second[] = "[Local]\nEnable=\nMTU=1400\nExitNode=\n";
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };

        wattle_report_init(&report);
        wattle_local_init(&local);
        wattle_local_read(&local, first, strlen(first), "a.conf", &report);
        wattle_local_read(&local, second, strlen(second), "b.conf", &report);
        check_faults(&report, "");
        g_assert_true(local.enable);
        g_assert_cmpuint(local.mtu.value, ==, 1400);
        g_assert_null(local.exit_node.value);
        g_assert_cmpuint(local.listen_port.value, ==, 1);
}

static void names_come_back(void)
{
        static const WattleOwner owners[] = { WATTLE_OWNER_AUTO, WATTLE_OWNER_NETWORKD,
                                              WATTLE_OWNER_NETWORK_MANAGER };

        for (guint i = 0; i < G_N_ELEMENTS(owners); i++) {
                WattleOwner owner;

                g_assert_true(wattle_owner_parse(wattle_owner_name(owners[i]), &owner, NULL));
                g_assert_cmpint(owner, ==, owners[i]);
        }
        g_assert_cmpstr(wattle_connection_kind_name(WATTLE_CONNECTION_NATIVE), ==, "native");
        g_assert_cmpstr(wattle_connection_kind_name(WATTLE_CONNECTION_VPN), ==, "vpn");
        g_assert_cmpstr(wattle_activation_name(WATTLE_ACTIVATION_MANUAL), ==, "manual");
        g_assert_cmpstr(wattle_activation_name(WATTLE_ACTIVATION_UP), ==, "up");
        g_assert_cmpstr(wattle_activation_name(WATTLE_ACTIVATION_ALWAYS_UP), ==, "always-up");
}

/* What was meant by a key is not looked for in a report that has no room for it: so many lines may
 * be wrong that PID 1, who waits for the generator, would wait for that. */
static void full_report_seeks_no_word(void)
{
        static const char *const no_words[] = { NULL };
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        report.max_faults = 1;
        wattle_report_error(&report, (WattlePlace){ "a.conf", 1, 1 }, "first");
        /* Would read far beyond the words. */
        wattle_value_report_unknown_key(&report, (WattlePlace){ "a.conf", 2, 1 }, "Devise",
                                        no_words, 1000);
        check_faults(&report, "a.conf:1:1: first");
        g_assert_cmpuint(report.n_errors, ==, 2);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/local", rows, row);
        g_test_add_func("/local/every-key", every_key);
        g_test_add_func("/local/defaults", defaults);
        g_test_add_func("/local/later-files", later_files);
        g_test_add_func("/local/names-come-back", names_come_back);
        g_test_add_func("/local/full-report-seeks-no-word", full_report_seeks_no_word);
        return g_test_run();
}
