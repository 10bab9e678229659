/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A view as NetworkManager gets it, against tests/golden/nm/NAME.nmconnection, and libnm's own word
 * on it. With WATTLE_TEST_WRITE=1 the golden files are written anew: read the difference. */
#include "nm-plugin/connection.h"

#include <sodium.h>
#include <string.h>

#include "common/render.h"
#include "nm-plugin/vpn-profile.h"
#include "tests/unit/fixture.h"

typedef struct {
        const char *name, *mesh, *device, *local;
} Row;

/* Every managed device of both sample meshes, and then what settings make of one. */
static const Row rows[] = {
        { "wgnet-desktop", "wgnet", "desktop", "" },
        { "wgnet-laptop", "wgnet", "laptop", "" },
        { "wgnet-vps", "wgnet", "vps", "" },
        { "wgnet-nas", "wgnet", "nas", "" },
        { "office-gw", "office", "gw", "" },
        { "office-vps", "office", "vps", "" },
        { "office-anna", "office", "anna", "" },
        { "office-ben", "office", "ben", "" },
        { "office-anna-settings", "office", "anna",
          "ActivationPolicy=up\nInterface=wg-0\nListenPort=4000\nMTU=1380\nFirewallMark=7\n"
          "Trust=home\n" },
        { "office-ben-always-up", "office", "ben", "ActivationPolicy=always-up\n" },
        { "office-anna-accept-routes", "office", "anna", "AcceptRoutes=yes\n" },
        { "office-anna-exit-node", "office", "anna", "ExitNode=vps\n" },
        { "office-anna-exit-node-dns", "office", "anna",
          "ExitNode=vps\nDNS=10.77.0.2 2001:db8::53\n" },
        { "office-anna-exit-node-and-routes", "office", "anna",
          "ExitNode=vps\nAcceptRoutes=yes\nFirewallMark=0x99\n" },
        { "office-anna-coexist-tailscale", "office", "anna",
          "Coexist=tailscale\nAcceptRoutes=yes\n" },
        { "office-anna-vpn", "office", "anna", "Connection=vpn\nTrust=home\n" },
        { "subnets-all", "subnets", "all", "" },
        { "subnets-one", "subnets", "one", "" },
        { "subnets-one-exit-node", "subnets", "one", "ExitNode=six\n" },
        { "subnets-six", "subnets", "six", "" },
};

static WattleView *read_view(const Row *row)
{
        const char *folder = strcmp(row->mesh, "subnets") == 0 ? g_getenv("WATTLE_TEST_GOLDEN")
                                                               : g_getenv("WATTLE_TEST_MESHES");
        g_autofree char *name = g_strconcat(row->mesh, ".mesh", NULL);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *text = NULL;
        g_autoptr(WattleProfile) profile = NULL;
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleLocal) local = { 0 };
        WattleHost host = { .local = &local, .owner = WATTLE_OWNER_NETWORK_MANAGER };
        WattleView *view;

        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        wattle_report_init(&report);
        profile = wattle_profile_load(text, strlen(text), name, &report);
        g_assert_nonnull(profile);
        good_local(&local, row->local);
        view = wattle_resolve(profile, wattle_profile_find_device(profile, row->device), &host,
                              &report);
        g_assert_nonnull(view);
        return view;
}

/* A key of nobody's, which is the same on every run. */
static const WattleKey *some_key(WattleKey *ret)
{
        memset(ret, 0x5a, sizeof *ret);
        return ret;
}

static NMConnection *make(const WattleView *view)
{
        g_auto(WattleKey) key = { 0 };

        if (view->connection == WATTLE_CONNECTION_VPN)
                return wattle_vpn_profile_new(view);
        return wattle_connection_new(view, some_key(&key));
}

static char *format(NMConnection *connection, const WattleView *view)
{
        g_autoptr(GError) error = NULL;
        gsize size;
        char *text = wattle_connection_format(connection, view, &size, &error);

        g_assert_no_error(error);
        g_assert_cmpuint(strlen(text), ==, size);
        return text;
}

static NMConnection *read_back(const char *text)
{
        g_autoptr(GKeyFile) file = g_key_file_new();
        g_autoptr(GError) error = NULL;
        NMConnection *connection;

        g_assert_true(g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_NONE, NULL));
        connection = nm_keyfile_read(file, "/run/NetworkManager/system-connections",
                                     NM_KEYFILE_HANDLER_FLAGS_NONE, NULL, NULL, &error);
        g_assert_no_error(error);
        return connection;
}

/* Versions of libnm word a default in more than one way, so the files are compared by what they
 * mean; and without the digest of a VPN's, which is made of such a text. */
static void golden(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(WattleView) view = read_view(row);
        g_autoptr(NMConnection) connection = make(view), twin = make(view);
        g_autofree char *text = NULL, *again = NULL;
        g_autofree char *name = g_strconcat(row->name, ".nmconnection", NULL);
        g_autofree char *path = g_build_filename(g_getenv("WATTLE_TEST_GOLDEN"), "nm", name, NULL);
        g_autofree char *expected = NULL;
        g_autoptr(NMConnection) meant = NULL;

        nm_connection_remove_setting(connection, NM_TYPE_SETTING_USER);
        nm_connection_remove_setting(twin, NM_TYPE_SETTING_USER);
        text = format(connection, view);
        again = format(twin, view);
        g_assert_cmpstr(text, ==, again);
        if (g_getenv("WATTLE_TEST_WRITE"))
                g_assert_true(g_file_set_contents(path, text, -1, NULL));
        g_assert_true(g_file_get_contents(path, &expected, NULL, NULL));
        meant = read_back(expected);
        g_assert_true(nm_connection_compare(connection, meant, NM_SETTING_COMPARE_FLAG_EXACT));
        expected[strcspn(expected, "\n")] = '\0';
        g_assert_true(g_str_has_prefix(text, expected));
}

/* NetworkManager would else change what it was given, and never find it equal again. */
static void accepted_as_it_is(gconstpointer data)
{
        g_autoptr(WattleView) view = read_view(data);
        g_autoptr(NMConnection) connection = make(view);
        g_autoptr(NMConnection) copy = nm_simple_connection_new_clone(connection);
        g_autoptr(GError) error = NULL;
        gboolean modified;

        nm_connection_verify(connection, &error);
        g_assert_no_error(error);
        nm_connection_verify_secrets(connection, &error);
        g_assert_no_error(error);
        g_assert_true(nm_connection_normalize(copy, NULL, &modified, &error));
        g_assert_no_error(error);
        g_assert_false(modified);
        g_assert_true(nm_connection_compare(connection, copy, NM_SETTING_COMPARE_FLAG_EXACT));
        /* Of a VPN only its service knows. */
        if (view->connection == WATTLE_CONNECTION_NATIVE)
                g_assert_null(nm_connection_need_secrets(connection, NULL));
}

static void round_trip(gconstpointer data)
{
        g_autoptr(WattleView) view = read_view(data);
        g_autoptr(NMConnection) connection = make(view);
        g_autofree char *text = format(connection, view);
        g_autoptr(NMConnection) back = read_back(text);

        g_assert_true(nm_connection_compare(connection, back, NM_SETTING_COMPARE_FLAG_EXACT));
}

/* The service of the VPN plugin hands the key over by another way. */
static void without_key(gconstpointer data)
{
        g_autoptr(WattleView) view = read_view(data);
        g_auto(WattleKey) key = { 0 };
        g_autoptr(NMConnection) with = wattle_connection_new(view, some_key(&key)),
                                without = wattle_connection_new(view, NULL);
        NMSettingWireGuard *setting =
                NM_SETTING_WIREGUARD(nm_connection_get_setting(without, NM_TYPE_SETTING_WIREGUARD));

        g_assert_null(nm_setting_wireguard_get_private_key(setting));
        g_assert_true(nm_connection_compare(with, without, NM_SETTING_COMPARE_FLAG_IGNORE_SECRETS));
}

/* What 'wattle render' prints means what NetworkManager is given. */
static void rendered(gconstpointer data)
{
        g_autoptr(WattleView) view = read_view(data);
        g_auto(WattleFileset) files = { 0 };
        g_autoptr(NMConnection) connection = NULL, printed = NULL;
        g_autoptr(GError) error = NULL;

        wattle_fileset_init(&files);
        wattle_render_nm_connection(view, &files);
        printed = read_back(wattle_fileset_find(&files, WATTLE_FILE_NM_PROFILE)->content->str);
        nm_connection_normalize(printed, NULL, NULL, &error);
        g_assert_no_error(error);
        connection = view->connection == WATTLE_CONNECTION_VPN ? wattle_vpn_profile_new(view)
                                                               : wattle_connection_new(view, NULL);
        nm_connection_remove_setting(connection, NM_TYPE_SETTING_USER);
        g_assert_true(nm_connection_compare(connection, printed, NM_SETTING_COMPARE_FLAG_EXACT));
}

static const char *digest(NMConnection *vpn)
{
        NMSetting *setting = nm_connection_get_setting(vpn, NM_TYPE_SETTING_USER);

        return nm_setting_user_get_data(NM_SETTING_USER(setting), WATTLE_VPN_PROFILE_DIGEST);
}

/* A VPN's profile names its mesh, and changes all the same if what the mesh makes of this host
 * does: with its routes, its key, and nothing else. */
static void vpn_follows_the_mesh(void)
{
        static const Row mesh[] = {
                { "as it is", "office", "anna", "" },
                { "routes", "office", "anna", "AcceptRoutes=yes\n" },
                { "device", "office", "ben", "" },
        };
        g_autoptr(WattleView) view = read_view(&mesh[0]), same = read_view(&mesh[0]);
        g_autoptr(NMConnection) vpn = wattle_vpn_profile_new(view);
        g_autoptr(NMConnection) twin = wattle_vpn_profile_new(same);

        g_assert_true(nm_connection_compare(vpn, twin, NM_SETTING_COMPARE_FLAG_EXACT));
        for (guint i = 1; i < G_N_ELEMENTS(mesh); i++) {
                g_autoptr(WattleView) other = read_view(&mesh[i]);
                g_autoptr(NMConnection) changed = wattle_vpn_profile_new(other);

                g_assert_cmpstr(digest(changed), !=, digest(vpn));
        }
        same->public_key.bytes[0] ^= 1;
        g_clear_object(&twin);
        twin = wattle_vpn_profile_new(same);
        g_assert_cmpstr(digest(twin), !=, digest(vpn));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        if (sodium_init() < 0)
                return 1;
        add_rows("/connection/golden", rows, golden);
        add_rows("/connection/accepted-as-it-is", rows, accepted_as_it_is);
        add_rows("/connection/round-trip", rows, round_trip);
        add_rows("/connection/without-key", rows, without_key);
        add_rows("/connection/rendered", rows, rendered);
        g_test_add_func("/connection/vpn-follows-the-mesh", vpn_follows_the_mesh);
        return g_test_run();
}
