/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/render.h"
#include "tests/unit/fixture.h"

#define MESH4 "[Mesh]\nSubnet=10.77.0.0/24\n"
#define MESH6 "[Mesh]\nSubnet=10.77.0.0/24 fd77::/64\n"
#define ANNA  "[Device anna]\nPublicKey=" KEY_A "\nAddress=10.77.0.10\n"
#define VPS   "[Device vps]\nPublicKey=" KEY_B "\nAddress=10.77.0.2\nExitNode=yes\n"

typedef struct {
        const char *name, *profile, *local;
        const char *lines; /* NULL: no file */
} Row;

static const Row settings[] = {
        { "nothing-to-say", MESH4 ANNA, "", NULL },
        { "none", MESH4 ANNA "Relay=yes\n", "RoutingFeatures=none\n", NULL },
        { "client", MESH6 ANNA, "RoutingFeatures=client\n", "-net.ipv4.conf.home.rp_filter=2\n" },
        { "server", MESH4 ANNA, "RoutingFeatures=server\n",
          "-net.ipv4.conf.home.forwarding=1\n"
          "net.ipv4.conf.all.forwarding=1\n" },
        { "server-with-ipv6", MESH6 ANNA, "RoutingFeatures=server\n",
          "-net.ipv4.conf.home.forwarding=1\n"
          "net.ipv4.conf.all.forwarding=1\n"
          "net.ipv6.conf.all.forwarding=1\n" },
        { "both", MESH4 ANNA, "RoutingFeatures=both\n",
          "-net.ipv4.conf.home.rp_filter=2\n"
          "-net.ipv4.conf.home.forwarding=1\n"
          "net.ipv4.conf.all.forwarding=1\n" },
        { "exit-node-client", MESH4 ANNA VPS, "ExitNode=vps\n",
          "-net.ipv4.conf.home.rp_filter=2\n"
          "net.ipv4.conf.all.src_valid_mark=1\n" },
        { "exit-node-client-none", MESH4 ANNA VPS, "ExitNode=vps\nRoutingFeatures=none\n",
          "net.ipv4.conf.all.src_valid_mark=1\n" },
        { "mullvad", MESH4 ANNA, "Coexist=mullvad\n", "net.ipv4.conf.all.src_valid_mark=1\n" },
        { "tailscale", MESH4 ANNA, "Coexist=tailscale\n", "net.ipv4.conf.all.src_valid_mark=1\n" },
        { "other-interface", MESH4 ANNA, "RoutingFeatures=client\nInterface=wg-0\n",
          "-net.ipv4.conf.wg-0.rp_filter=2\n" },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(WattleView) view = good_view(row->profile, "anna", row->local);

        check_rendered(view, wattle_render_sysctl, WATTLE_FILE_SYSCTL, row->lines);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/render-sysctl", settings, row);
        return g_test_run();
}
