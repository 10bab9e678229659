/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Via=: what each of the three hosts makes of it, the device without wattle, the one that it is to
 * reach, and the one between them. */
#include <string.h>

#include "common/reach.h"
#include "common/render.h"
#include "common/view.h"
#include "tests/unit/fixture.h"

#define KEY_E "BQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

#define MESH  "[Mesh]\nSubnet=10.77.0.0/24\n"
#define MESH6 "[Mesh]\nSubnet=10.77.0.0/24 fd77::/64\n"
#define GW    "[Device gw]\nPublicKey=" KEY_A "\nAddress=10.77.0.1\nPublicEndpoint=203.0.113.10:2\n"
#define GW6   GW "Address=fd77::1\n"
#define VPS   "[Device vps]\nPublicKey=" KEY_B "\nAddress=10.77.0.2\nPublicEndpoint=198.51.100.7:3\n"
#define NAS   "[Device nas]\nPublicKey=" KEY_C "\nAddress=10.77.0.9 10.77.0.10\n"
#define PHONE "[Device phone]\nPublicKey=" KEY_D "\nAddress=10.77.0.20\nManaged=no\n"
#define PAD   "[Device pad]\nPublicKey=" KEY_E "\nAddress=10.77.0.21\nManaged=no\n"

/* Peers with what goes to them, devices that are none, and what the host does for others. */
static char *view_text(const WattleView *view)
{
        static const char *const ipv6[] = { "", ", IPv6 of the interface", ", IPv6 of all" };
        GString *text = g_string_new(NULL);
        char prefix[WATTLE_PREFIX_TEXT_MAX];

        for (guint i = 0; i < view->n_peers; i++) {
                const WattlePeer *peer = &view->peers[i];

                g_string_append_printf(text, "%s takes", peer->device.name);
                for (guint j = 0; j < peer->n_allowed_ips; j++) {
                        wattle_prefix_format(&peer->allowed_ips[j], prefix);
                        g_string_append_printf(text, " %s", prefix);
                }
                g_string_append(text, peer->keepalive_s > 0 ? ", kept alive\n" : "\n");
        }
        for (guint i = 0; i < view->n_indirects; i++)
                g_string_append_printf(text, "%s via %s\n", view->indirects[i].device.name,
                                       view->indirects[i].via);
        if (view->routing_via || view->routing_server)
                g_string_append_printf(text, "%s%s%s\n", view->routing_via ? "passes on" : "",
                                       ipv6[view->via_ipv6],
                                       view->routing_server ? " and forwards" : "");
        return g_string_free(text, FALSE);
}

typedef struct {
        const char *name, *profile, *device, *local, *view;
} Row;

#define THREE MESH GW NAS PHONE "Via=gw\n"

static const Row views[] = {
        { "without-via", MESH GW NAS PHONE, "phone", "",
          "gw takes 10.77.0.1/32, kept alive\nnas takes 10.77.0.9/32 10.77.0.10/32\n" },
        { "the-device", THREE, "phone", "",
          "gw takes 10.77.0.1/32 10.77.0.9/32 10.77.0.10/32, kept alive\nnas via gw\n" },
        { "the-other-one", THREE, "nas", "",
          "gw takes 10.77.0.1/32 10.77.0.20/32, kept alive\nphone via gw\n" },
        { "the-one-between", THREE, "gw", "",
          "nas takes 10.77.0.9/32 10.77.0.10/32\nphone takes 10.77.0.20/32\npasses on\n" },
        /* Who can be called is called. */
        { "callable-other", THREE VPS, "vps", "",
          "gw takes 10.77.0.1/32\n"
          "nas takes 10.77.0.9/32 10.77.0.10/32\n"
          "phone takes 10.77.0.20/32\n" },
        { "callable-device", THREE "PublicEndpoint=203.0.113.20:1\n", "nas", "",
          "gw takes 10.77.0.1/32, kept alive\nphone takes 10.77.0.20/32, kept alive\n" },
        { "callable-device-passes-on-nothing", THREE "PublicEndpoint=203.0.113.20:1\n", "gw", "",
          "nas takes 10.77.0.9/32 10.77.0.10/32\nphone takes 10.77.0.20/32\n" },
        { "a-private-endpoint-is-none",
          MESH GW NAS "PrivateEndpoint=192.168.1.9:1\n" PHONE "Via=gw\n", "phone", "",
          "gw takes 10.77.0.1/32 10.77.0.9/32 10.77.0.10/32, kept alive\nnas via gw\n" },
        /* Of two with a Via=, the first name decides, on both sides: that of the pad. */
        { "two-vias-first", MESH GW VPS PAD "Via=vps\n" PHONE "Via=gw\n", "pad", "",
          "gw takes 10.77.0.1/32, kept alive\nvps takes 10.77.0.2/32 10.77.0.20/32, kept alive\n"
          "phone via vps\n" },
        { "two-vias-second", MESH GW VPS PAD "Via=vps\n" PHONE "Via=gw\n", "phone", "",
          "gw takes 10.77.0.1/32, kept alive\nvps takes 10.77.0.2/32 10.77.0.21/32, kept alive\n"
          "pad via vps\n" },
        { "two-behind-one", MESH GW NAS PAD "Via=gw\n" PHONE "Via=gw\n", "nas", "",
          "gw takes 10.77.0.1/32 10.77.0.21/32 10.77.0.20/32, kept alive\npad via gw\nphone via "
          "gw\n" },
        { "revoked", THREE "State=revoked\n", "nas", "", "gw takes 10.77.0.1/32, kept alive\n" },
        { "revoked-passes-on-nothing", THREE "State=revoked\n", "gw", "",
          "nas takes 10.77.0.9/32 10.77.0.10/32\n" },
        { "behind-the-default-route", MESH GW "ExitNode=yes\n" NAS PHONE "Via=gw\n", "phone",
          "ExitNode=gw\n",
          "gw takes 10.77.0.1/32 0.0.0.0/0 ::/0 10.77.0.9/32 10.77.0.10/32, kept alive\n"
          "nas via gw\n" },
        /* A host may refuse, and may have its say otherwise. */
        { "refused", THREE, "nas", "Via=no\n",
          "gw takes 10.77.0.1/32, kept alive\nphone takes 10.77.0.20/32\n" },
        { "server", THREE, "gw", "RoutingFeatures=server\n",
          "nas takes 10.77.0.9/32 10.77.0.10/32\nphone takes 10.77.0.20/32\n"
          "passes on and forwards\n" },
        { "relay-alone-forwards-nothing", MESH GW "Relay=yes\n" NAS, "gw", "",
          "nas takes 10.77.0.9/32 10.77.0.10/32\n" },
};

static void row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(WattleView) view = good_view(row->profile, row->device, row->local);
        g_autofree char *text = view_text(view);

        g_assert_cmpstr(text, ==, row->view);
}

/* The names stay, whoever is a peer. */
static void all_devices_have_names(void)
{
        g_autoptr(WattleView) view =
                good_view(MESH VPS NAS GW PAD "Via=gw\n" PHONE "Via=vps\n", "nas", "");
        g_autofree const WattleViewDevice **devices = wattle_render_devices(view);
        static const char *const names[] = { "gw", "nas", "pad", "phone", "vps" };

        g_assert_cmpuint(wattle_render_n_devices(view), ==, G_N_ELEMENTS(names));
        for (guint i = 0; i < G_N_ELEMENTS(names); i++)
                g_assert_cmpstr(devices[i]->name, ==, names[i]);
}

#define NAS_WITH_ROUTES NAS "Routes=192.0.2.0/24 198.51.100.0/24\n"

/* What cannot be, and is said. */
static void left_out(void)
{
        static const struct {
                const char *profile, *device, *local;
                gboolean no_filter;
                const char *faults;
        } rows[] = {
                { THREE, "gw", "Via=no\n", FALSE,
                  "home.mesh:14:5: warning: Via: device phone is to be reached by this one, which "
                  "passes nothing on: its local settings have Via=no" },
                { THREE, "gw", "RoutingFeatures=client\n", FALSE,
                  "home.mesh:14:5: warning: Via: device phone is to be reached by this one, which "
                  "passes nothing on: its local settings have another RoutingFeatures= than auto, "
                  "server or both" },
                { MESH GW NAS_WITH_ROUTES PHONE "Via=gw\n", "phone", "AcceptRoutes=yes\n", FALSE,
                  "home.mesh:10:8: warning: Routes: those of device nas are not accepted here, nor "
                  "are others like them: it is reached by Via=gw, which passes on for devices "
                  "alone" },
                { MESH6 GW6 NAS PHONE "Via=gw\n", "gw", "", TRUE,
                  "home.mesh:15:5: warning: Via: device gw passes on IPv4 alone: for IPv6 this "
                  "kernel has to forward between all interfaces, which wattle-filter would guard: "
                  "install it, or write RoutingFeatures=server below [Local]" },
                { MESH6 GW6 NAS PHONE "Via=gw\n", "gw", "", FALSE, "" },
                { MESH6 GW NAS PHONE "Via=gw\n", "gw", "", TRUE, "" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(WattleProfile) profile = good_profile(rows[i].profile);
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleLocal) local = { 0 };
                WattleHost host = { .local = &local,
                                    .owner = WATTLE_OWNER_NETWORKD,
                                    .no_filter = rows[i].no_filter };
                g_autoptr(WattleView) view = NULL;

                wattle_report_init(&report);
                good_local(&local, rows[i].local);
                view = wattle_resolve(profile, wattle_profile_find_device(profile, rows[i].device),
                                      &host, &report);
                g_assert_nonnull(view);
                g_assert_cmpuint(view->n_routes, ==, 0);
                check_faults(&report, rows[i].faults);
        }
}

static void no_exit_node_behind_a_via(void)
{
        g_autoptr(WattleProfile) profile =
                good_profile(MESH GW NAS "ExitNode=yes\n" PHONE "Via=gw\n");
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };
        WattleHost host = { .local = &local, .owner = WATTLE_OWNER_NETWORKD };

        wattle_report_init(&report);
        good_local(&local, "ExitNode=nas\n");
        g_assert_null(wattle_resolve(profile, wattle_profile_find_device(profile, "phone"), &host,
                                     &report));
        check_faults(&report,
                     "local.conf:2:10: ExitNode: nas is reached by Via= here, which passes on for "
                     "devices alone: an exit node needs a PublicEndpoint=");
}

#define SYSCTLS_IPV4 "-net.ipv4.conf.home.forwarding=1\n"
#define SYSCTLS_REDIRECTS                                                                          \
        "-net.ipv4.conf.home.send_redirects=0\n"                                                   \
        "net.ipv4.conf.all.send_redirects=0\n"

#define GUARD                                                                                      \
        "table inet wattle-home {\n        flags owner\n"                                          \
        "        chain guard {\n"                                                                  \
        "                type filter hook forward priority 0; policy accept;\n"                    \
        "                meta nfproto != ipv6 accept\n"                                            \
        "                iifname \"home\" accept\n"                                                \
        "                meta iifkind { \"bridge\", \"wireguard\" } accept\n"                      \
        "                meta oifkind \"bridge\" accept\n"                                         \
        "                drop\n"                                                                   \
        "        }\n"                                                                              \
        "}\n"

/* "all" of IPv4 stays as it is; of IPv6 only where there is nothing better, and guarded. */
static void what_the_kernel_does(void)
{
        static const struct {
                const char *profile, *local;
                gboolean force_forwarding;
                const char *sysctls, *filter; /* NULL: no file */
        } rows[] = {
                { THREE, "", FALSE, SYSCTLS_IPV4 SYSCTLS_REDIRECTS, NULL },
                { THREE, "", TRUE, SYSCTLS_IPV4 SYSCTLS_REDIRECTS, NULL },
                { MESH6 GW6 NAS PHONE "Via=gw\n", "", FALSE,
                  SYSCTLS_IPV4 "net.ipv6.conf.all.forwarding=1\n" SYSCTLS_REDIRECTS, GUARD },
                { MESH6 GW6 NAS PHONE "Via=gw\n", "", TRUE,
                  SYSCTLS_IPV4 "-net.ipv6.conf.home.force_forwarding=1\n" SYSCTLS_REDIRECTS, NULL },
                { MESH6 GW6 NAS PHONE "Via=gw\n", "RoutingFeatures=server\n", FALSE,
                  SYSCTLS_IPV4
                  "net.ipv4.conf.all.forwarding=1\nnet.ipv6.conf.all.forwarding=1\n" SYSCTLS_REDIRECTS,
                  NULL },
                { THREE, "Via=no\n", FALSE, NULL, NULL },
                { MESH GW "Relay=yes\n" NAS PHONE, "", FALSE, NULL, NULL },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(WattleProfile) profile = good_profile(rows[i].profile);
                g_auto(WattleReport) report = { 0 };
                g_auto(WattleLocal) local = { 0 };
                WattleHost host = { .local = &local,
                                    .owner = WATTLE_OWNER_NETWORKD,
                                    .force_forwarding = rows[i].force_forwarding };
                g_autoptr(WattleView) view = NULL;

                wattle_report_init(&report);
                good_local(&local, rows[i].local);
                view = wattle_resolve(profile, &profile->devices[0], &host, &report);
                check_rendered(view, wattle_render_sysctl, WATTLE_FILE_SYSCTL, rows[i].sysctls);
                check_rendered(view, wattle_render_filter, WATTLE_FILE_FILTER, rows[i].filter);
        }
}

/* Who gets a Via= by itself, and whose. */
static void who_needs_one(void)
{
        static const struct {
                const char *profile, *device;
                gboolean needs;
                const char *via; /* NULL: there is none to take */
        } rows[] = {
                { MESH GW NAS PHONE, "phone", TRUE, "gw" },
                { MESH GW NAS PHONE, "nas", FALSE, "gw" },
                { MESH GW NAS PHONE "PublicEndpoint=203.0.113.20:1\n", "phone", FALSE, "gw" },
                { MESH GW NAS PHONE "Via=gw\n", "phone", FALSE, "gw" },
                { MESH GW VPS PHONE, "phone", FALSE, "gw" },
                { MESH GW NAS "State=revoked\n" PHONE, "phone", FALSE, "gw" },
                { MESH NAS PHONE, "phone", TRUE, NULL },
                { MESH GW "Managed=no\n" VPS NAS PHONE, "phone", TRUE, "vps" },
                { MESH GW "State=revoked\n" VPS NAS PHONE, "phone", TRUE, "vps" },
                { MESH GW VPS "ExitNode=yes\n" NAS PHONE, "phone", TRUE, "vps" },
                { MESH GW "Relay=yes\n" VPS "ExitNode=yes\n" NAS PHONE, "phone", TRUE, "gw" },
                { MESH GW "Relay=retiring\n" VPS "ExitNode=yes\n" NAS PHONE, "phone", TRUE, "vps" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autoptr(WattleProfile) profile = good_profile(rows[i].profile);
                const WattleDevice *device = wattle_profile_find_device(profile, rows[i].device);
                const WattleDevice *via = wattle_reach_choose_via(profile, device);

                g_assert_cmpint(wattle_reach_needs_via(profile, device), ==, rows[i].needs);
                g_assert_cmpstr(via ? via->name : NULL, ==, rows[i].via);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/via/view", views, row);
        g_test_add_func("/via/all-devices-have-names", all_devices_have_names);
        g_test_add_func("/via/left-out", left_out);
        g_test_add_func("/via/no-exit-node-behind-a-via", no_exit_node_behind_a_via);
        g_test_add_func("/via/what-the-kernel-does", what_the_kernel_does);
        g_test_add_func("/via/who-needs-one", who_needs_one);
        return g_test_run();
}
