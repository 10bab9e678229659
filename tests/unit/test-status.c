/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/status.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define MESH                                                                                       \
        "[Mesh]\nSubnet=10.77.0.0/24\n"                                                            \
        "[Device me]\nPublicKey=" KEY_A "\nAddress=10.77.0.1\n"                                    \
        "[Device gw]\nPublicKey=" KEY_B "\nAddress=10.77.0.2\nManaged=no\n"                        \
        "PublicEndpoint=203.0.113.10:2 gw.example:5\nPrivateEndpoint=192.168.20.1:4 [fe80::2]:4\n"
#define OLD "[Device old]\nPublicKey=" KEY_C "\nAddress=10.77.0.3\nState=revoked\n"

static WattleWgPeer kernel_peer(const char *key, const char *endpoint, gint64 handshake_s)
{
        WattleWgPeer peer = { .last_handshake_s = handshake_s, .rx_bytes = 7, .tx_bytes = 9 };

        g_assert_true(wattle_key_parse(key, &peer.public_key, NULL));
        g_assert_true(wattle_socket_addr_parse(endpoint, &peer.endpoint, NULL));
        return peer;
}

static void append_peer(GString *text, const WattlePeerStatus *peer)
{
        char endpoint[WATTLE_SOCKET_ADDR_TEXT_MAX];

        wattle_socket_addr_format(&peer->endpoint, endpoint);
        g_string_append_printf(text, "%s %s %s%s%s%s\n", peer->device ? peer->device : "?",
                               wattle_path_name(peer->path), endpoint,
                               peer->managed ? "" : " unmanaged", peer->revoked ? " revoked" : "",
                               peer->missing ? " missing" : "");
}

static char *status_text(const WattleStatus *status)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < status->peers->len; i++)
                append_peer(text, &g_array_index(status->peers, WattlePeerStatus, i));
        return g_string_free(text, FALSE);
}

/* What a mesh of one peer shows for what the kernel has. */
static const struct row {
        const char *name;
        const char *key; /* of the kernel's peer; NULL: it has none */
        const char *endpoint;
        gint64 handshake_s;
        const char *shown;
} rows[] = {
        { "nothing", NULL, "", 0, "gw none  unmanaged missing\n" },
        { "no endpoint", KEY_B, "", 5, "gw none  unmanaged\n" },
        { "never heard of", KEY_B, "203.0.113.10:2", 0, "gw none 203.0.113.10:2 unmanaged\n" },
        { "public", KEY_B, "203.0.113.10:2", 5, "gw public 203.0.113.10:2 unmanaged\n" },
        { "LAN", KEY_B, "192.168.20.1:4", 5, "gw LAN 192.168.20.1:4 unmanaged\n" },
        { "another port", KEY_B, "192.168.20.1:9", 5, "gw roamed 192.168.20.1:9 unmanaged\n" },
        { "of a name", KEY_B, "198.51.100.1:5", 5, "gw public 198.51.100.1:5 unmanaged\n" },
        { "scope", KEY_B, "[fe80::1%3]:4", 5, "gw roamed [fe80::1%3]:4 unmanaged\n" },
        { "LAN, link-local", KEY_B, "[fe80::2%3]:4", 5, "gw LAN [fe80::2%3]:4 unmanaged\n" },
        { "revoked", KEY_C, "198.51.100.1:9", 5,
          "gw none  unmanaged missing\nold roamed 198.51.100.1:9 revoked\n" },
        { "stranger", KEY_D, "", 0, "gw none  unmanaged missing\n? none  unmanaged\n" },
};

static void fill(gconstpointer data)
{
        const struct row *row = data;
        g_autoptr(WattleProfile) profile = good_profile(MESH OLD);
        g_autoptr(WattleView) view = good_view(MESH OLD, "me", "ListenPort=1234\n");
        g_auto(WattleStatus) status = { 0 };
        g_auto(WattleWgDevice) device = { 0 };
        g_autofree char *text = NULL;

        wattle_wg_device_init(&device);
        device.listen_port = 4321;
        if (row->key) {
                WattleWgPeer peer = kernel_peer(row->key, row->endpoint, row->handshake_s);

                g_array_append_val(device.peers, peer);
        }
        wattle_status_init(&status);
        wattle_status_fill(&status, view, profile, &device);
        text = status_text(&status);
        g_assert_cmpstr(text, ==, row->shown);
        g_assert_cmpuint(status.listen_port, ==, 4321);
}

static void without_kernel(void)
{
        g_autoptr(WattleView) view = good_view(MESH, "me", "ListenPort=1234\n");
        g_auto(WattleStatus) status = { 0 };
        g_autofree char *text = NULL;

        wattle_status_init(&status);
        wattle_status_fill(&status, view, NULL, NULL);
        g_clear_pointer(&view, wattle_view_free);
        text = status_text(&status);
        g_assert_cmpstr(text, ==, "gw none  unmanaged\n");
        g_assert_cmpstr(status.device, ==, "me");
        g_assert_cmpuint(status.n_addresses, ==, 1);
        g_assert_cmpuint(status.listen_port, ==, 1234);
}

static void words(void)
{
        for (guint i = 0; i < WATTLE_N_PATHS; i++) {
                WattlePath path = WATTLE_N_PATHS;

                g_assert_true(wattle_path_parse(wattle_path_name(i), &path));
                g_assert_cmpuint(path, ==, i);
        }
        for (guint i = 0; i < WATTLE_N_LINK_STATES; i++) {
                WattleLinkState state = WATTLE_N_LINK_STATES;

                g_assert_true(wattle_link_state_parse(wattle_link_state_name(i), &state));
                g_assert_cmpuint(state, ==, i);
        }
        g_assert_false(wattle_path_parse("lan", &(WattlePath){ 0 }));
        g_assert_false(wattle_link_state_parse("", &(WattleLinkState){ 0 }));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/status/fill", rows, fill);
        g_test_add_func("/status/without-kernel", without_kernel);
        g_test_add_func("/status/words", words);
        return g_test_run();
}
