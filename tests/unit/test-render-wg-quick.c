/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <sodium.h>
#include <string.h>

#include "common/render.h"
#include "tests/unit/fixture.h"

static const char mesh[] = "[Mesh]\n"
                           "Subnet=10.77.0.0/24 fd77::/64\n"
                           "MTU=1420\n"
                           "[Device phone]\n"
                           "PublicKey=" KEY_A "\n"
                           "Address=10.77.0.20 fd77::20\n"
                           "Managed=no\n"
                           "[Device gw]\n"
                           "PublicKey=" KEY_B "\n"
                           "Address=10.77.0.1 fd77::1\n"
                           "PrivateEndpoint=192.168.20.1:51820\n"
                           "PublicEndpoint=gw.example:51820 203.0.113.10:51820\n"
                           "[Device nas]\n"
                           "PublicKey=" KEY_C "\n"
                           "Address=10.77.0.2\n"
                           "PrivateEndpoint=192.168.20.2:51820\n";

#define HEAD                                                                                       \
        "# Made by wattle from home.mesh for device phone. Change the mesh, not this file.\n"      \
        "\n"                                                                                       \
        "[Interface]\n"
#define REST                                                                                       \
        "Address=10.77.0.20/24,fd77::20/64\n"                                                      \
        "ListenPort=51820\n"                                                                       \
        "MTU=1420\n"                                                                               \
        "\n"                                                                                       \
        "[Peer]\n"                                                                                 \
        "# gw\n"                                                                                   \
        "PublicKey=" KEY_B "\n"                                                                    \
        "AllowedIPs=10.77.0.1/32,fd77::1/128\n"                                                    \
        "Endpoint=gw.example:51820\n"                                                              \
        "PersistentKeepalive=25\n"                                                                 \
        "\n"                                                                                       \
        "[Peer]\n"                                                                                 \
        "# nas\n"                                                                                  \
        "PublicKey=" KEY_C "\n"                                                                    \
        "AllowedIPs=10.77.0.2/32\n"

static void with_and_without_the_key(void)
{
        g_autoptr(WattleView) view = good_view(mesh, "phone", "");
        g_auto(WattleKeyedFile) file = { 0 };
        WattleKey key;
        char *text;

        g_assert_true(wattle_key_parse(KEY_D, &key, NULL));
        wattle_keyed_file_init(&file);
        view->is_exported = TRUE;
        wattle_render_wg_quick(view, NULL, &file);
        text = wattle_keyed_file_join(&file, &key);
        g_assert_cmpstr(text, ==, HEAD "PrivateKey=" KEY_D "\n" REST);
        sodium_free(text);
        text = wattle_keyed_file_join(&file, NULL);
        g_assert_cmpstr(text, ==,
                        HEAD "# PrivateKey=... : the private key of this device goes here\n" REST);
        sodium_free(text);
}

/* As a code for a camera carries it. */
static void bare(void)
{
        g_autoptr(WattleView) view = good_view(mesh, "phone", "");
        g_auto(WattleKeyedFile) file = { 0 };
        WattleKey key;
        char *text;

        g_assert_true(wattle_key_parse(KEY_D, &key, NULL));
        wattle_keyed_file_init(&file);
        view->is_exported = TRUE;
        file.text.is_bare = TRUE;
        view->dns = (WattleAddr[]){ { .family = AF_INET, .bytes = { 10, 77, 0, 1 } } };
        view->n_dns = 1;
        wattle_render_wg_quick(view, NULL, &file);
        text = wattle_keyed_file_join(&file, &key);
        g_assert_nonnull(strstr(text, "\nMTU=1420\nDNS=10.77.0.1\n[Peer]\n"));
        g_assert_true(g_str_has_prefix(text, "[Interface]\nPrivateKey=" KEY_D "\nAddress="));
        g_assert_null(strchr(text, '#'));
        g_assert_null(strstr(text, "\n\n"));
        sodium_free(text);
        text = wattle_keyed_file_join(&file, NULL);
        g_assert_true(g_str_has_prefix(text, "[Interface]\nAddress="));
        sodium_free(text);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sodium_init(), >=, 0);
        g_test_add_func("/render-wg-quick/with-and-without-the-key", with_and_without_the_key);
        g_test_add_func("/render-wg-quick/bare", bare);
        return g_test_run();
}
