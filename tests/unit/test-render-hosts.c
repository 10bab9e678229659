/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/render.h"
#include "tests/unit/fixture.h"

static const char mesh[] = "[Mesh]\n"
                           "Subnet=10.77.0.0/24 fd77::/64\n"
                           "[Device vps]\n"
                           "PublicKey=" KEY_A "\n"
                           "Address=10.77.0.2 fd77::2\n"
                           "[Device anna]\n"
                           "PublicKey=" KEY_B "\n"
                           "Address=10.77.0.10\n"
                           "Alias=anna-laptop al\n"
                           "[Device old]\n"
                           "PublicKey=" KEY_C "\n"
                           "Address=10.77.0.99\n"
                           "State=revoked\n"
                           "[Device phone]\n"
                           "PublicKey=" KEY_D "\n"
                           "Address=10.77.0.20\n"
                           "Managed=no\n";

#define LINES(domain)                                                                              \
        "10.77.0.10 anna." domain " anna anna-laptop." domain " anna-laptop al." domain " al\n"    \
        "10.77.0.20 phone." domain " phone\n"                                                      \
        "10.77.0.2 vps." domain " vps\n"                                                           \
        "fd77::2 vps." domain " vps\n"

/* By name, we among the others wherever we stand in the alphabet; no revoked one. */
static void all_devices(void)
{
        static const char *const devices[] = { "anna", "phone", "vps" };

        for (guint i = 0; i < G_N_ELEMENTS(devices); i++) {
                g_autoptr(WattleView) view = good_view(mesh, devices[i], "");
                g_auto(WattleFileset) files = { 0 };
                const WattleFile *file;

                wattle_fileset_init(&files);
                wattle_render_hosts(view, &files);
                file = wattle_fileset_find(&files, WATTLE_FILE_HOSTS);
                g_assert_cmpstr(strchr(file->content->str, '\n') + 1, ==, LINES("home"));
                g_assert_cmpuint(file->mode, ==, 0644);
        }
}

static void domain(void)
{
        g_autofree char *text = g_strconcat(
                mesh, "[Device x]\nPublicKey=", "BQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "\nAddress=10.77.0.21\n", NULL);
        g_autofree char *with_domain =
                g_strconcat("[Mesh]\nDomain=a.example\n", strchr(text, '\n') + 1, NULL);
        g_autoptr(WattleView) view = good_view(with_domain, "x", "");
        g_auto(WattleFileset) files = { 0 };

        wattle_fileset_init(&files);
        wattle_render_hosts(view, &files);
        g_assert_cmpstr(strchr(wattle_fileset_find(&files, WATTLE_FILE_HOSTS)->content->str, '\n') +
                                1,
                        ==, LINES("a.example") "10.77.0.21 x.a.example x\n");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/render-hosts/all-devices", all_devices);
        g_test_add_func("/render-hosts/domain", domain);
        return g_test_run();
}
