/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A keyfile of NetworkManager's from anywhere: what libnm makes of it goes to those who read
 * connections; and where 'wattle import' takes it for a mesh without a word, it is the mesh that
 * NetworkManager has of it: the same peers, with the same endpoints, addresses and keepalives. */
#include <sodium.h>
#include <string.h>

#include "cli/import/format.h"
#include "nm-plugin/connection.h"
#include "nm-plugin/vpn-data.h"
#include "nm-plugin/vpn-profile.h"
#include "tests/fuzz/fuzz.h"

static NMConnection *read_by_libnm(const char *text, gsize size)
{
        g_autoptr(GKeyFile) file = g_key_file_new();
        NMConnection *connection;
        GLogLevelFlags fatal;

        if (!g_key_file_load_from_data(file, text, size, G_KEY_FILE_NONE, NULL))
                return NULL;
        /* libnm takes some of it for a fault of its own. */
        fatal = g_log_set_always_fatal(G_LOG_FATAL_MASK);
        connection = nm_keyfile_read(file, "/etc/NetworkManager/system-connections",
                                     NM_KEYFILE_HANDLER_FLAGS_NONE, NULL, NULL, NULL);
        if (connection && !nm_connection_normalize(connection, NULL, NULL, NULL))
                g_clear_object(&connection);
        g_log_set_always_fatal(fatal);
        return connection;
}

static NMWireGuardPeer *find_peer(NMConnection *connection, const WattleKey *key)
{
        NMSettingWireGuard *setting = NM_SETTING_WIREGUARD(
                nm_connection_get_setting(connection, NM_TYPE_SETTING_WIREGUARD));
        char text[WATTLE_KEY_TEXT_MAX];

        wattle_key_format(key, text);
        return nm_setting_wireguard_get_peer_by_public_key(setting, text, NULL);
}

static gboolean allows(const NMWireGuardPeer *peer, const WattleImportRange *range)
{
        WattlePrefix prefix = wattle_import_range_prefix(range);

        for (guint i = 0; i < nm_wireguard_peer_get_allowed_ips_len(peer); i++) {
                gboolean valid;
                const char *text = nm_wireguard_peer_get_allowed_ip(peer, i, &valid);
                WattleImportRange theirs;

                if (valid && wattle_import_range_parse(text, WATTLE_NO_PLACE, &theirs, NULL)) {
                        WattlePrefix other = wattle_import_range_prefix(&theirs);

                        if (wattle_prefix_compare(&prefix, &other) == 0)
                                return TRUE;
                }
        }
        return FALSE;
}

static void check_peer(NMConnection *connection, const WattleImportPeer *ours)
{
        const NMWireGuardPeer *theirs = find_peer(connection, &ours->public_key);
        const char *endpoint;

        g_assert_nonnull(theirs);
        for (guint i = 0; i < ours->allowed->len; i++)
                g_assert_true(allows(theirs, &g_array_index(ours->allowed, WattleImportRange, i)));
        g_assert_cmpuint(ours->allowed->len, ==, nm_wireguard_peer_get_allowed_ips_len(theirs));
        endpoint = nm_wireguard_peer_get_endpoint(theirs);
        g_assert_true(ours->has_endpoint == (endpoint != NULL));
        if (endpoint) {
                g_autoptr(WattleArena) arena = wattle_arena_new();
                char a[WATTLE_ENDPOINT_TEXT_MAX], b[WATTLE_ENDPOINT_TEXT_MAX];
                WattleEndpoint parsed;

                g_assert_true(wattle_endpoint_parse(endpoint, arena, &parsed, NULL));
                wattle_endpoint_format(&parsed, a);
                wattle_endpoint_format(&ours->endpoint, b);
                g_assert_cmpstr(a, ==, b);
        }
        g_assert_cmpuint(ours->keepalive_s.given ? ours->keepalive_s.value : 0, ==,
                         nm_wireguard_peer_get_persistent_keepalive(theirs));
}

static void check_import(NMConnection *connection, const char *text, gsize size)
{
        g_auto(WattleImport) import = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_autofree char *copy = g_malloc(size + 1);
        const WattleImportHost *host;
        NMSettingWireGuard *setting;

        memcpy(copy, text, size);
        wattle_import_init(&import);
        wattle_report_init(&report);
        wattle_import_read(&import, copy, size, "laptop.nmconnection", &report);
        setting = NM_SETTING_WIREGUARD(
                nm_connection_get_setting(connection, NM_TYPE_SETTING_WIREGUARD));
        if (!setting || report.n_errors > 0 || report.n_warnings > 0 || import.hosts->len != 1)
                return;
        host = g_ptr_array_index(import.hosts, 0);
        g_assert_cmpuint(host->peers->len, ==, nm_setting_wireguard_get_peers_len(setting));
        for (guint i = 0; i < host->peers->len; i++)
                check_peer(connection, &g_array_index(host->peers, WattleImportPeer, i));
        g_assert_cmpuint(host->listen_port.given ? host->listen_port.value : 0, ==,
                         nm_setting_wireguard_get_listen_port(setting));
}

static void check_vpn(NMSettingVpn *setting)
{
        g_auto(WattleVpnData) data = { 0 };
        g_autoptr(GError) error = NULL;

        if (!wattle_vpn_data_read(setting, &data, &error)) {
                g_autofree char *line = g_strconcat(error->message, "\n", NULL);

                fuzz_check_text(line, strlen(line));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_autoptr(NMConnection) connection = NULL;
        NMSettingVpn *vpn;

        if (size == 0 || size > 16384 || sodium_init() < 0)
                return 0;
        connection = read_by_libnm((const char *)bytes, size);
        if (!connection)
                return 0;
        vpn = nm_connection_get_setting_vpn(connection);
        if (vpn)
                check_vpn(vpn);
        check_import(connection, (const char *)bytes, size);
        return 0;
}
