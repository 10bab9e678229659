/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/render.h"
#include "tests/unit/fixture.h"

#define MESH "[Mesh]\nSubnet=10.77.0.0/24 10.78.0.0/24 fd77::/64\n"
#define BOTH "[Device both]\nPublicKey=" KEY_A "\nAddress=10.77.0.10 fd77::10\n"
#define ONE  "[Device one]\nPublicKey=" KEY_C "\nAddress=10.78.0.11\n"
#define GW   "[Device gw]\nPublicKey=" KEY_D "\nAddress=10.77.0.1\nRoutes=192.0.2.0/24\n"
#define VPS  "[Device vps]\nPublicKey=" KEY_B "\nAddress=10.77.0.2 fd77::2\nExitNode=yes\n"

#define TABLE(lines) "table inet wattle-home {\n        flags owner\n" lines "}\n"
#define CHAIN(name, head, lines)                                                                   \
        "        chain " name " {\n                type " head "; policy accept;\n" lines          \
        "        }\n"
#define RULE(text) "                " text "\n"

#define MARK(interface, port, mark)                                                                \
        CHAIN("calls", "filter hook prerouting priority -310",                                     \
              RULE("iifname != \"" interface "\" udp dport " port " fib daddr type local "         \
                   "meta mark set " mark))                                                         \
        CHAIN("answers", "filter hook prerouting priority -160",                                   \
              RULE("iifname != \"" interface "\" ct mark " mark " meta mark set " mark))           \
        CHAIN("sent", "filter hook output priority -150",                                          \
              RULE("meta mark " mark " ct mark set " mark))

#define MASQUERADE(interface)                                                                                                                         \
        CHAIN("strays", "filter hook forward priority 0",                                                                                             \
              RULE("iifname \"" interface "\" oifname != \"" interface "\" ct state invalid,untracked drop")                                          \
                      RULE("iifname \"" interface "\" oifname != \"" interface "\" ct state established ct direction original ct status & snat == 0 " \
                           "drop"))                                                                                                                   \
        CHAIN("leaving", "nat hook postrouting priority 100",                                                                                         \
              RULE("iifname \"" interface "\" oifname != \"" interface "\" masquerade"))

#define NO_EXIT(lines) CHAIN("no-exit", "filter hook output priority 0", lines)
#define REJECT(family)                                                                             \
        RULE("oifname \"home\" meta nfproto " family " reject with icmpx admin-prohibited")

typedef struct {
        const char *name, *profile, *device, *local;
        const char *lines; /* NULL: no file */
} Row;

static const Row rows[] = {
        { "nothing-to-filter", MESH BOTH GW, "both", "AcceptRoutes=yes\n", NULL },
        { "subnet-router", MESH BOTH GW, "gw", "", NULL },
        { "mark-without-exit-node", MESH BOTH, "both", "FirewallMark=7\n", NULL },
        { "exit-node-that-is-none-here", MESH BOTH VPS, "vps", "RoutingFeatures=none\n", NULL },
        { "client", MESH BOTH VPS, "both", "ExitNode=vps\n",
          TABLE(MARK("home", "51820", "51820")) },
        { "other-numbers", MESH BOTH VPS, "both",
          "ExitNode=vps\nFirewallMark=0x10\nListenPort=7\nInterface=wg-0\n",
          TABLE(MARK("wg-0", "7", "16")) },
        { "client-without-ipv6", MESH ONE VPS GW, "one", "ExitNode=vps\nAcceptRoutes=yes\n",
          TABLE(MARK("home", "51820", "51820") NO_EXIT(
                  RULE("oifname \"home\" ip daddr 10.78.0.11/24 accept") RULE(
                          "oifname \"home\" ip daddr 10.77.0.0/24 accept")
                          RULE("oifname \"home\" ip daddr 192.0.2.0/24 accept") REJECT("ipv6"))) },
        { "mullvad", MESH BOTH, "both", "Coexist=mullvad\nListenPort=7\nInterface=wg-0\n",
          TABLE(CHAIN("mullvad-in", "filter hook prerouting priority -160",
                      RULE("iifname != \"wg-0\" udp dport 7 fib daddr type local ct mark set 0xf41 "
                           "meta mark set 0x6d6f6c65")
                              RULE("iifname \"wg-0\" fib daddr type local ct mark set 0xf41"))
                        CHAIN("mullvad-out", "route hook output priority -160",
                              RULE("oifname != \"wg-0\" udp sport 7 ct mark set 0xf41 "
                                   "meta mark set 0x6d6f6c65")
                                      RULE("oifname \"wg-0\" ct mark set 0xf41"))) },
        { "tailscale", MESH BOTH, "both", "Coexist=tailscale\n",
          TABLE(MARK("home", "51820", "524288")) },
        { "exit-node", MESH BOTH VPS, "vps", "", TABLE(MASQUERADE("home")) },
        { "exit-node-and-client",
          MESH VPS "[Device far]\nPublicKey=" KEY_C "\nAddress=10.77.0.9 fd77::9\nExitNode=yes\n",
          "vps", "ExitNode=far\n", TABLE(MARK("home", "51820", "51820") MASQUERADE("home")) },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(WattleView) view = good_view(row->profile, row->device, row->local);

        check_rendered(view, wattle_render_filter, WATTLE_FILE_FILTER, row->lines);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/render-filter", rows, row);
        return g_test_run();
}
