/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/tailnet.h"

#include <string.h>

#include "common/render-tailnet.h"
#include "tests/unit/fixture.h"

typedef struct {
        const char *name, *text, *faults;
} Row;

#define TS    "[Tailscale]\n"
#define LOCAL "[Local]\n"

static const Row rows[] = {
        { "empty", "", "" },
        { "both-sections", TS "# nothing\n" LOCAL, "" },
        { "every-kind-of-value",
          TS "Port=0\nPermitCertUser=1000\nAuthKeyFile=/run/secrets/key\nEphemeral=yes\n"
             "AdvertiseTags=server\nAdvertiseTags=tag:web\nUpFlags=-shields-up\n" LOCAL
             "Interface=userspace-networking\nExitNode=auto:any\n",
          "" },
        { "unknown-section", "[Mesh]\n",
          "a.tailnet:1:1: unknown section [Mesh]: a tailnet has [Tailscale] and [Local]" },
        { "named-section", "[Local home]\nEnable=yes\n",
          "a.tailnet:1:1: unknown section [Local]: a tailnet has [Tailscale] and [Local]" },
        { "before-any-section", "Port=1\n",
          "a.tailnet:1:1: Port= stands before any section: begin with [Tailscale]" },
        { "wrong-section", LOCAL "Port=1\n" TS "ExitNode=vps\nPort=1\n",
          "a.tailnet:2:1: Port= belongs below [Tailscale]\n"
          "a.tailnet:4:1: ExitNode= belongs below [Local]" },
        { "unknown-key", TS "AuthKeyFil=/x\n",
          "a.tailnet:2:1: unknown key 'AuthKeyFil': did you mean AuthKeyFile?" },
        { "twice", TS "SSH=yes\nSSH=yes\n", "a.tailnet:3:1: SSH= was given already in line 2" },
        { "comment-behind", TS "SSH=yes # for admins\n",
          "a.tailnet:2:5: SSH: a comment goes on a line of its own" },
        /* A secret where everybody may read it is refused, and not said again. */
        { "key-inline", TS "AuthKey=tskey-auth-secret\n",
          "a.tailnet:2:1: AuthKey: a key stays in a file of root's alone: write "
          "AuthKeyFile=/path" },
        { "key-for-its-file", TS "AuthKeyFile=tskey-auth-secret\n",
          "a.tailnet:2:13: AuthKeyFile: the key itself stays in a file of root's alone: write its "
          "path, and revoke this key" },
        { "key-as-flag", TS "UpFlags=--ssh --authkey=tskey-auth-secret\n",
          "a.tailnet:2:9: UpFlags: --ssh is written SSH=\n"
          "a.tailnet:2:15: UpFlags: --authkey would stand where everybody may read it: "
          "AuthKeyFile= names the file of a secret" },
        { "key-file-relative", TS "AuthKeyFile=work.key\n",
          "a.tailnet:2:13: AuthKeyFile: it is no absolute path without '..' and tabs" },
        { "port", TS "Port=65536\n",
          "a.tailnet:2:6: Port: '65536' is not a whole number from 0 to 65535" },
        { "interface-twice", LOCAL "Interface=userspace\nInterface=x\n",
          "a.tailnet:3:1: Interface= was given already in line 2" },
        { "interface-of-16", LOCAL "Interface=sixteen-letters1\n",
          "a.tailnet:2:11: Interface: neither userspace-networking nor an interface: "
          "'sixteen-letters1' has 16 characters, at most 15 are possible" },
        { "user", TS "PermitCertUser=$HOME\n",
          "a.tailnet:2:16: PermitCertUser: '$HOME' is no user's name or number" },
        { "server", TS "LoginServer=login.example\nBaseURL=https://a:b@c\n",
          "a.tailnet:2:13: LoginServer: 'login.example' is not https://HOST, without user, query "
          "and blanks\n"
          "a.tailnet:3:9: BaseURL: 'https://a:b@c' is not https://HOST, without user, query and "
          "blanks" },
        { "tag", TS "AdvertiseTags=tag:1st\n",
          "a.tailnet:2:15: AdvertiseTags: 'tag:1st' is no tag: tag: and letters, digits and "
          "hyphens, a letter first" },
        { "host-bits", TS "AdvertiseRoutes=192.0.2.0/24 10.0.0.1/8\n",
          "a.tailnet:2:30: AdvertiseRoutes: '10.0.0.1/8' has host bits set: write 10.0.0.0/8" },
        { "route-of-everything", TS "AdvertiseRoutes=::/0\n",
          "a.tailnet:2:17: AdvertiseRoutes: '::/0' is all of the Internet: write "
          "AdvertiseExitNode=yes" },
        { "flag-with-blank", TS "SetFlags=--nickname x\n",
          "a.tailnet:2:21: SetFlags: 'x' is no flag: --name or --name=value, without blanks" },
        { "daemon-flags", TS "DaemonFlags=--port=1 --tun=x --state=/x --a=\"b\" --verbose=1\n",
          "a.tailnet:2:13: DaemonFlags: --port is written Port=\n"
          "a.tailnet:2:22: DaemonFlags: --tun is written Interface=\n"
          "a.tailnet:2:30: DaemonFlags: --state is what tailscaled's unit decides\n"
          "a.tailnet:2:41: DaemonFlags: '--a=\"b\"' has one of \"'\\$`, which systemd would take "
          "apart" },
        /* Tailscale makes keys of a client secret for tagged devices alone. */
        { "parameters-without-tags",
          TS "AuthKeyFile=/x\nEphemeral=no\nPreauthorized=yes\nBaseURL=https://a\n",
          "a.tailnet:3:11: Ephemeral: is for a client secret, which makes keys for tagged devices "
          "alone: write AdvertiseTags= too\n"
          "a.tailnet:4:15: Preauthorized: is for a client secret, which makes keys for tagged "
          "devices alone: write AdvertiseTags= too\n"
          "a.tailnet:5:9: BaseURL: is for a client secret, which makes keys for tagged devices "
          "alone: write AdvertiseTags= too" },
        { "exit-node-and-user", TS "AdvertiseExitNode=yes\n" LOCAL "ExitNode=vps\n",
          "a.tailnet:4:10: ExitNode: a host cannot use an exit node and be one; "
          "AdvertiseExitNode= stands in line 2" },
        { "router-that-may-not",
          TS "AdvertiseRoutes=192.0.2.0/24\n" LOCAL "RoutingFeatures=client\n",
          "a.tailnet:2:17: warning: others may send packets for elsewhere here, and "
          "RoutingFeatures= keeps this host from forwarding them" },
        { "firewall", LOCAL "Firewall=auto\n", "" },
        { "firewall-no", TS "Port=0\n" LOCAL "Firewall=no\n", "" },
        { "firewall-word", LOCAL "Firewall=yes\n",
          "a.tailnet:2:10: Firewall: 'yes' is not a zone of firewalld: write 'auto', 'no', or nothing "
          "but zones" },
        { "firewall-any-port", TS "Port=0\n" LOCAL "Firewall=auto\n",
          "a.tailnet:4:10: Firewall: with Port=0 tailscaled takes any port: write a number" },
        { "firewall-no-interface", LOCAL "Interface=userspace-networking\nFirewall=public work\n",
          "a.tailnet:3:10: Firewall: there is no interface with Interface=userspace-networking, with "
          "which the port would be opened and closed" },
};

static void test_faults(gconstpointer data)
{
        const Row *row = data;
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleTailnet) tailnet = { 0 };

        wattle_report_init(&report);
        wattle_tailnet_init(&tailnet);
        wattle_tailnet_read(&tailnet, row->text, strlen(row->text), "a.tailnet", &report);
        check_faults(&report, row->faults);
}

/* What forwards and what takes answers from elsewhere: "client server". */
static const struct {
        const char *name, *text, *features;
} routing[] = {
        { "nothing", "", "- -" },
        { "accepts", LOCAL "AcceptRoutes=yes\n", "client -" },
        { "accepts-not", LOCAL "AcceptRoutes=no\n", "- -" },
        { "uses-exit", LOCAL "ExitNode=vps\n", "client -" },
        { "advertises", TS "AdvertiseRoutes=192.0.2.0/24\n", "- server" },
        { "is-exit", TS "AdvertiseExitNode=yes\n" LOCAL "AcceptRoutes=yes\n", "client server" },
        { "word-beats-keys", LOCAL "AcceptRoutes=yes\nRoutingFeatures=none\n", "- -" },
        { "both", LOCAL "RoutingFeatures=both\n", "client server" },
        { "no-interface", LOCAL "RoutingFeatures=both\nInterface=userspace-networking\n", "- -" },
};

static void test_routing(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(routing); i++) {
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleTailnet) tailnet = { 0 };
                g_autofree char *features = NULL;

                g_test_message("%s", routing[i].name);
                wattle_report_init(&report);
                wattle_tailnet_init(&tailnet);
                wattle_tailnet_read(&tailnet, routing[i].text, strlen(routing[i].text), "a.tailnet",
                                    &report);
                check_faults(&report, "");
                features = g_strdup_printf("%s %s",
                                           wattle_tailnet_is_client(&tailnet) ? "client" : "-",
                                           wattle_tailnet_is_server(&tailnet) ? "server" : "-");
                g_assert_cmpstr(features, ==, routing[i].features);
        }
}

/* A list is bounded, and says so once. */
static void test_long_list(void)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleTailnet) tailnet = { 0 };
        g_autoptr(GString) text = g_string_new(TS "AdvertiseTags=");

        for (guint i = 0; i <= WATTLE_TAILNET_MAX_WORDS; i++)
                g_string_append(text, "a ");
        wattle_report_init(&report);
        wattle_tailnet_init(&tailnet);
        wattle_tailnet_read(&tailnet, text->str, text->len, "a.tailnet", &report);
        check_faults(&report, "a.tailnet:2:527: AdvertiseTags: more than 256");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/tailnet/faults", rows, test_faults);
        g_test_add_func("/tailnet/routing", test_routing);
        g_test_add_func("/tailnet/long-list", test_long_list);
        return g_test_run();
}
