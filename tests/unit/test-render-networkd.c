/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole trees are in tests/golden; here is what depends on more than the view's text. */
#include <string.h>

#include "common/render.h"
#include "tests/unit/fixture.h"

static const char mesh[] = "[Mesh]\n"
                           "Subnet=10.77.0.0/24\n"
                           "[Device anna]\n"
                           "PublicKey=" KEY_A "\n"
                           "Address=10.77.0.10\n"
                           "[Device vps]\n"
                           "PublicKey=" KEY_B "\n"
                           "Address=10.77.0.2\n"
                           "PublicEndpoint=vps.example:1 [2001:db8::1]:51820\n";

static WattleView *view_of_host(WattleOwner owner, gboolean credential)
{
        g_autoptr(WattleProfile) profile = good_profile(mesh);
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };
        WattleHost host = { .local = &local, .owner = owner, .key_credential = credential };

        wattle_report_init(&report);
        good_local(&local, "");
        return wattle_resolve(profile, &profile->devices[0], &host, &report);
}

static void netdev(void)
{
        g_autoptr(WattleView) view = view_of_host(WATTLE_OWNER_NETWORKD, FALSE);
        g_auto(WattleFileset) files = { 0 };
        const WattleFile *file;

        wattle_fileset_init(&files);
        wattle_render_networkd(view, 252, &files);
        g_assert_cmpuint(files.files->len, ==, 2);
        file = wattle_fileset_find(&files, WATTLE_FILE_NETDEV);
        /* networkd's group reads it, others do not: it says where the key is. */
        g_assert_cmpuint(file->mode, ==, 0640);
        g_assert_cmpstr(file->content->str, ==,
                        "# Made by wattle from home.mesh for device anna. Change the mesh, not "
                        "this file.\n"
                        "\n"
                        "[NetDev]\n"
                        "Name=home\n"
                        "Kind=wireguard\n"
                        "\n"
                        "[WireGuard]\n"
                        "PrivateKeyFile=" WATTLE_CONFDIR "/home.key\n"
                        "ListenPort=51820\n"
                        "\n"
                        "[WireGuardPeer]\n"
                        "# vps\n"
                        "PublicKey=" KEY_B "\n"
                        "AllowedIPs=10.77.0.2/32\n"
                        "Endpoint=[2001:db8::1]:51820\n"
                        "PersistentKeepalive=25\n");
        g_assert_cmpuint(wattle_fileset_find(&files, WATTLE_FILE_NETWORK)->mode, ==, 0644);
}

/* From 256 on networkd finds the key itself; a path would win over the credential. */
static void key_credential(void)
{
        static const guint versions[] = { 256, 257, 261 };
        g_autoptr(WattleView) view = view_of_host(WATTLE_OWNER_NETWORKD, TRUE);

        for (guint i = 0; i < G_N_ELEMENTS(versions); i++) {
                g_auto(WattleFileset) files = { 0 };

                wattle_fileset_init(&files);
                wattle_render_networkd(view, versions[i], &files);
                g_assert_null(strstr(wattle_fileset_find(&files, WATTLE_FILE_NETDEV)->content->str,
                                     "PrivateKey"));
        }
        g_assert_false(wattle_networkd_takes_credentials(252));
        g_assert_false(wattle_networkd_takes_credentials(255));
        g_assert_true(wattle_networkd_takes_credentials(256));
}

/* A .netdev without a key is one that networkd 252 passes over: our bug, and no file. */
static void key_credential_too_early(void)
{
        g_autoptr(WattleView) view = view_of_host(WATTLE_OWNER_NETWORKD, TRUE);
        g_auto(WattleFileset) files = { 0 };

        wattle_fileset_init(&files);
        g_test_expect_message(NULL, G_LOG_LEVEL_CRITICAL, "*assertion*");
        wattle_render_networkd(view, 255, &files);
        g_test_assert_expected_messages();
        g_assert_cmpuint(files.files->len, ==, 0);
}

static void of_network_manager(void)
{
        g_autoptr(WattleView) view = view_of_host(WATTLE_OWNER_NETWORK_MANAGER, FALSE);
        g_auto(WattleFileset) files = { 0 };

        wattle_fileset_init(&files);
        wattle_render_networkd(view, 252, &files);
        g_assert_cmpuint(files.files->len, ==, 1);
        g_assert_cmpstr(wattle_fileset_find(&files, WATTLE_FILE_NETWORK)->content->str, ==,
                        "# Made by wattle from home.mesh for device anna. Change the mesh, not "
                        "this file.\n"
                        "\n"
                        "[Match]\n"
                        "Name=home\n"
                        "\n"
                        "[Link]\n"
                        "Unmanaged=yes\n");
}

/* Nothing of when or where the run was: the same view gives the same bytes. */
static void same_bytes_again(void)
{
        g_autoptr(WattleView) view = view_of_host(WATTLE_OWNER_NETWORKD, FALSE);
        g_auto(WattleFileset) a = { 0 };
        g_auto(WattleFileset) b = { 0 };

        wattle_fileset_init(&a);
        wattle_fileset_init(&b);
        wattle_render_host(view, 252, &a);
        wattle_render_host(view, 252, &b);
        g_assert_cmpuint(a.files->len, ==, b.files->len);
        for (guint i = 0; i < a.files->len; i++) {
                const WattleFile *x = g_ptr_array_index(a.files, i);
                const WattleFile *y = g_ptr_array_index(b.files, i);

                g_assert_cmpstr(x->path, ==, y->path);
                g_assert_cmpstr(x->content->str, ==, y->content->str);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/render-networkd/netdev", netdev);
        g_test_add_func("/render-networkd/key-credential", key_credential);
        g_test_add_func("/render-networkd/key-credential-too-early", key_credential_too_early);
        g_test_add_func("/render-networkd/of-network-manager", of_network_manager);
        g_test_add_func("/render-networkd/same-bytes-again", same_bytes_again);
        return g_test_run();
}
