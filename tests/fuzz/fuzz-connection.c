/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A profile's way to NetworkManager and back: what libnm reads of our keyfile is what we meant, for
 * any mesh that is good and any settings of a host; and what it makes of bytes that are no keyfile
 * of ours is no business of the parser that follows. The input is local settings, a line with a
 * dot, and a profile. */
#include <sodium.h>
#include <string.h>

#include "common/profile.h"
#include "nm-plugin/connection.h"
#include "nm-plugin/vpn-profile.h"
#include "tests/fuzz/fuzz.h"

#define SPLIT ".\n"

/* So many devices of a profile are looked at: libnm takes its time. */
#define MAX_DEVICES 3

static NMConnection *read_back(const char *text, gsize size)
{
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(GError) error = NULL;
        NMConnection *connection;

        g_assert_true(g_key_file_load_from_data(file, text, size, G_KEY_FILE_NONE, NULL));
        connection = nm_keyfile_read(file, "/run/NetworkManager/system-connections",
                                     NM_KEYFILE_HANDLER_FLAGS_NONE, NULL, NULL, &error);
        g_assert_no_error(error);
        return connection;
}

/* It is what was meant, NetworkManager has nothing to change about it, and made again it is the
 * same bytes. */
static void check_connection(NMConnection *connection, const WattleView *view)
{
        g_autoptr(GError) error = NULL;
        gsize size, again_size;
        g_autofree char *text = wattle_connection_format(connection, view, &size, &error);
        g_autofree char *again = wattle_connection_format(connection, view, &again_size, &error);
        g_autoptr(NMConnection) back = NULL;
        gboolean modified = TRUE;

        g_assert_no_error(error);
        g_assert_cmpmem(text, size, again, again_size);
        g_assert_true(g_utf8_validate(text, (gssize)size, NULL));
        back = read_back(text, size);
        g_assert_true(nm_connection_compare(connection, back, NM_SETTING_COMPARE_FLAG_EXACT));
        g_assert_true(nm_connection_normalize(back, NULL, &modified, &error));
        g_assert_no_error(error);
        g_assert_false(modified);
}

static const char *get_digest(NMConnection *connection)
{
        NMSettingUser *user =
                NM_SETTING_USER(nm_connection_get_setting(connection, NM_TYPE_SETTING_USER));

        return nm_setting_user_get_data(user, WATTLE_VPN_PROFILE_DIGEST);
}

/* What a VPN's profile says of its interface: it differs if the interface does, and only then. The
 * native connection knows all of that but the public key. */
static void check_digest(const WattleView *a, const WattleView *b)
{
        g_autoptr(NMConnection) vpn_a = wattle_vpn_profile_new(a),
                                vpn_b = wattle_vpn_profile_new(b);
        g_autoptr(NMConnection) native_a = wattle_connection_new(a, NULL);
        g_autoptr(NMConnection) native_b = wattle_connection_new(b, NULL);
        gboolean same = nm_connection_compare(native_a, native_b, NM_SETTING_COMPARE_FLAG_EXACT) &&
                        wattle_key_equal(&a->public_key, &b->public_key);

        g_assert_true(same == (g_strcmp0(get_digest(vpn_a), get_digest(vpn_b)) == 0));
}

static void check_view(const WattleView *view)
{
        WattleKey key;
        g_autoptr(NMConnection) vpn = NULL, native = NULL, keyless = NULL;

        memset(&key, 0x5a, sizeof key);
        if (view->connection == WATTLE_CONNECTION_VPN) {
                vpn = wattle_vpn_profile_new(view);
                check_connection(vpn, view);
                return;
        }
        native = wattle_connection_new(view, &key);
        check_connection(native, view);
        keyless = wattle_connection_new(view, NULL);
        g_assert_true(
                nm_connection_compare(native, keyless, NM_SETTING_COMPARE_FLAG_IGNORE_SECRETS));
}

static WattleView *resolve(const WattleProfile *profile, const WattleDevice *device,
                           const char *settings, gsize size)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };
        const WattleHost host = { .local = &local, .owner = WATTLE_OWNER_NETWORK_MANAGER };

        wattle_report_init(&report);
        wattle_local_init(&local);
        wattle_local_read(&local, settings, size, "local.conf", &report);
        return report.n_errors > 0 ? NULL : wattle_resolve(profile, device, &host, &report);
}

static void check_mesh(const WattleProfile *profile, const char *settings, gsize size)
{
        for (guint i = 0; i < MIN(profile->n_devices, MAX_DEVICES); i++) {
                const WattleDevice *device = &profile->devices[i];
                g_autoptr(WattleView) plain = resolve(profile, device, "", 0);
                g_autoptr(WattleView) view = resolve(profile, device, settings, size);

                if (!view || view->owner != WATTLE_OWNER_NETWORK_MANAGER)
                        continue;
                check_view(view);
                check_digest(view, view);
                if (plain)
                        check_digest(view, plain);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_autofree char *text = g_strndup(size > 0 ? (const char *)bytes : "", size);
        const char *split = strstr(text, SPLIT);
        const char *mesh = split ? split + strlen(SPLIT) : text;
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = NULL;

        if (size > 16384 || sodium_init() < 0)
                return 0;
        wattle_report_init(&report);
        profile = wattle_profile_load(mesh, strlen(mesh), "home.mesh", &report);
        if (profile)
                check_mesh(profile, split ? text : "", split ? (gsize)(split - text) : 0);
        return 0;
}
