/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What any user may write into a VPN connection: lines "key=value" of vpn.data, "*key=value" of
 * vpn.secrets, and behind an empty line the mesh that it carries. */
#include <string.h>

#include "nm-plugin/connection.h"
#include "nm-plugin/vpn-data.h"
#include "tests/fuzz/fuzz.h"

/* One line for the journal, without the secret. */
static void check_line(const char *text, const char *secret)
{
        g_autofree char *line = g_strconcat(text, "\n", NULL);

        /* A tab, which a line of the profile may have, does no harm. */
        g_strdelimit(line, "\t", ' ');
        fuzz_check_text(line, strlen(line));
        g_assert_null(strchr(text, '\n'));
        g_assert_true(!secret || strlen(secret) < 24 || !strstr(text, secret));
}

static void add_item(NMSettingVpn *setting, const char *line)
{
        gboolean secret = line[0] == '*';
        const char *equals = strchr(line, '=');
        g_autofree char *key = NULL;

        if (!equals || equals == line + secret)
                return;
        key = g_strndup(line + secret, (gsize)(equals - line) - secret);
        if (secret)
                nm_setting_vpn_add_secret(setting, key, equals + 1);
        else
                nm_setting_vpn_add_data_item(setting, key, equals + 1);
}

static NMSettingVpn *make_setting(const char *text)
{
        NMSettingVpn *setting = NM_SETTING_VPN(nm_setting_vpn_new());
        const char *gap = strstr(text, "\n\n");
        g_autofree char *head = gap ? g_strndup(text, (gsize)(gap - text)) : g_strdup(text);
        g_auto(GStrv) lines = g_strsplit(head, "\n", 64);

        for (guint i = 0; lines[i]; i++)
                add_item(setting, lines[i]);
        if (gap)
                nm_setting_vpn_add_data_item(setting, WATTLE_VPN_KEY_PROFILE, gap + 2);
        return setting;
}

static void check_round_trip(const WattleVpnData *data)
{
        g_autoptr(NMSettingVpn) setting = NM_SETTING_VPN(nm_setting_vpn_new());
        g_auto(WattleVpnData) again = { 0 };

        wattle_vpn_data_write(data, setting);
        g_assert_true(wattle_vpn_data_check_keys(setting, NULL));
        g_assert_true(wattle_vpn_data_read(setting, &again, NULL));
        g_assert_cmpstr(data->mesh, ==, again.mesh);
        g_assert_cmpstr(data->profile, ==, again.profile);
        g_assert_cmpstr(data->device, ==, again.device);
        g_assert_cmpstr(data->exit_node, ==, again.exit_node);
        g_assert_cmpmem(&data->accept_routes, sizeof data->accept_routes, &again.accept_routes,
                        sizeof again.accept_routes);
        g_assert_true(data->has_key == again.has_key &&
                      wattle_key_equal(&data->private_key, &again.private_key));
}

/* What comes of it is a connection that libnm takes, with no key but the one that was carried. */
static void check_view(const WattleVpnData *data, const WattleView *view)
{
        g_auto(WattleKey) private_key = { 0 };
        g_autoptr(NMConnection) connection = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_null(view->private_key_file);
        if (!wattle_vpn_data_read_key(data, -1, view, &private_key, &error)) {
                g_assert_false(data->has_key);
                return;
        }
        g_assert_true(wattle_key_equal(&private_key, &data->private_key));
        connection = wattle_connection_new(view, &private_key);
        g_assert_true(nm_connection_verify(connection, &error));
        g_assert_true(nm_connection_verify_secrets(connection, &error));
}

static void load(const WattleVpnData *data, const char *secret)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = NULL;

        wattle_report_init(&report);
        if (wattle_vpn_data_load(data, -1, &mesh, &report))
                view = wattle_vpn_data_view(data, -1, &mesh, &report);
        g_assert_true((view == NULL) == (report.n_errors > 0));
        fuzz_check_report(&report);
        /* What users write is never kept for good: the service runs for weeks. */
        g_assert_true(!data->profile || g_quark_try_string(mesh.path) == 0);
        for (guint i = 0; i < report.faults->len; i++) {
                g_autofree char *line =
                        wattle_fault_format(&g_array_index(report.faults, WattleFault, i));

                check_line(line, secret);
        }
        if (view)
                check_view(data, view);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_autofree char *text = size > 0 ? g_strndup((const char *)bytes, size) : g_strdup("");
        g_autoptr(NMSettingVpn) setting = NULL;
        g_auto(WattleVpnData) data = { 0 };
        g_autoptr(GError) error = NULL;
        const char *secret;

        /* Nothing else comes over the bus. */
        if (!g_utf8_validate(text, -1, NULL))
                return 0;
        setting = make_setting(text);
        secret = nm_setting_vpn_get_secret(setting, WATTLE_VPN_SECRET_KEY);
        /* Who writes it elsewhere, too, has it quoted. */
        if (secret && strstr(strstr(text, secret) + 1, secret))
                secret = NULL;
        if (wattle_vpn_data_read(setting, &data, &error)) {
                check_round_trip(&data);
                load(&data, secret);
        } else {
                check_line(error->message, secret);
        }
        g_clear_error(&error);
        if (!wattle_vpn_data_check_keys(setting, &error))
                check_line(error->message, secret);
        return 0;
}
