/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/host.h"

#include <string.h>
#include <unistd.h>

#include "tests/unit/fixture.h"

#define UNIT    "NetworkManager.service"
#define WANTS   "etc/systemd/system/multi-user.target.wants/" UNIT
#define VENDOR  "usr/lib/systemd/system/" UNIT
#define MASK_ET "etc/systemd/system/" UNIT
#define MASK_RU "run/systemd/system/" UNIT

/* Paths that are there, those with a "!" before them as links to /dev/null. */
static void owner(void)
{
        static const struct {
                const char *paths[3];
                WattleOwner owner;
        } rows[] = {
                { { NULL }, WATTLE_OWNER_NETWORKD },
                { { VENDOR }, WATTLE_OWNER_NETWORKD },
                { { WANTS }, WATTLE_OWNER_NETWORKD },
                { { VENDOR, WANTS }, WATTLE_OWNER_NETWORK_MANAGER },
                { { "lib/systemd/system/" UNIT, WANTS }, WATTLE_OWNER_NETWORK_MANAGER },
                { { VENDOR, "run/systemd/system/multi-user.target.wants/" UNIT },
                  WATTLE_OWNER_NETWORK_MANAGER },
                { { MASK_ET, WANTS }, WATTLE_OWNER_NETWORK_MANAGER },
                { { VENDOR, WANTS, "!" MASK_ET }, WATTLE_OWNER_NETWORKD },
                { { VENDOR, WANTS, "!" MASK_RU }, WATTLE_OWNER_NETWORKD },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(Root) root = { 0 };

                root_init(&root);
                for (guint j = 0; j < G_N_ELEMENTS(rows[i].paths) && rows[i].paths[j]; j++)
                        if (rows[i].paths[j][0] == '!')
                                root_link(&root, rows[i].paths[j] + 1, "/dev/null");
                        else
                                root_put(&root, rows[i].paths[j], "", 0644);
                g_test_message("row %u", i);
                g_assert_cmpint(wattle_host_owner(root.fd), ==, rows[i].owner);
        }
}

static void vpn_plugin(void)
{
        static const struct {
                const char *path;
                gboolean found;
        } rows[] = {
                { "usr/lib/NetworkManager/VPN/nm-wattle-service.name", TRUE },
                { "etc/NetworkManager/VPN/nm-wattle-service.name", TRUE },
                { "usr/lib/NetworkManager/VPN/nm-openvpn-service.name", FALSE },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(Root) root = { 0 };

                root_init(&root);
                root_put(&root, rows[i].path, "", 0644);
                g_assert_cmpint(wattle_host_has_vpn_plugin(root.fd), ==, rows[i].found);
        }
}

static void systemd_version(void)
{
        static const struct {
                const char *files[2];
                guint version;
        } rows[] = {
                { { NULL }, WATTLE_BUILD_SYSTEMD_VERSION },
                { { "usr/lib/systemd/libsystemd-shared-252.so" }, 252 },
                { { "usr/lib/systemd/libsystemd-shared-257.13-1~deb13u1.so" }, 257 },
                { { "usr/lib64/systemd/libsystemd-shared-261.1-2.fc45.so" }, 261 },
                { { "run/current-system/systemd/lib/systemd/libsystemd-shared-260.so" }, 260 },
                { { "lib/systemd/libsystemd-shared-252.so",
                    "usr/lib/systemd/libsystemd-shared-257.so" },
                  257 },
                { { "usr/lib/systemd/libsystemd-core-999.so",
                    "usr/lib/systemd/libsystemd-shared-999.a" },
                  WATTLE_BUILD_SYSTEMD_VERSION },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_auto(Root) root = { 0 };

                root_init(&root);
                for (guint j = 0; j < G_N_ELEMENTS(rows[i].files) && rows[i].files[j]; j++)
                        root_put(&root, rows[i].files[j], "", 0644);
                g_assert_cmpuint(wattle_host_systemd_version(root.fd), ==, rows[i].version);
        }
}

static void host_name(void)
{
        g_autofree char *name = wattle_host_name();
        g_autofree char *lower = g_ascii_strdown(name, -1);

        g_assert_null(strchr(name, '.'));
        g_assert_cmpstr(name, ==, lower);
}

/* RFC 7748, 6.1: the private keys of Alice and Bob with their public ones. */
#define ALICE     "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo="
#define ALICE_PUB "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="
#define BOB       "XasIfmJKikt54X+Lg4AO5m87sSkmGLb9HC+LJ/+I4Os="
#define BOB_PUB   "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="
#define ETC       (WATTLE_CONFDIR + 1)

typedef struct {
        const char *name;
        const char *key; /* in /etc/wattle/home.key; NULL: none */
        guint mode;
        const char *local, *as;
        const char *credential; /* a file in a credential store */
        const char *device;     /* NULL: refused */
        gboolean has_key_file;
        const char *faults;
} Row;

static const Row views[] = {
        { "by-key", ALICE, 0600, "", NULL, NULL, "alice", TRUE, "" },
        { "by-setting", NULL, 0, "Device=bob\n", NULL, NULL, "bob", TRUE, "" },
        { "key-and-setting", BOB, 0640, "Device=bob\n", NULL, NULL, "bob", TRUE, "" },
        { "named-without-a-key", NULL, 0, "", "bob", NULL, "bob", TRUE, "" },
        { "named-beside-a-key-of-another", ALICE, 0600, "", "bob", NULL, "bob", TRUE, "" },
        { "named-beside-a-bad-key", "junk", 0644, "", "bob", NULL, "bob", TRUE, "" },
        { "credential", NULL, 0, "Device=bob\n", NULL, "etc/credstore", "bob", FALSE, "" },
        { "encrypted-credential", NULL, 0, "Device=bob\n", NULL, "etc/credstore.encrypted", "bob",
          FALSE, "" },
        { "file-beats-credential", BOB, 0600, "", NULL, "etc/credstore", "bob", TRUE, "" },
        { "disagree", ALICE, 0600, "Device=bob\n", NULL, NULL, NULL, FALSE,
          WATTLE_CONFDIR "/home.mesh.d/a.conf:2:8: Device= says bob, but the key in " WATTLE_CONFDIR
                         "/home.key is that of alice" },
        { "world-readable-key", ALICE, 0644, "Device=alice\n", NULL, NULL, NULL, FALSE,
          WATTLE_CONFDIR "/home.key: others can read or change this private key (mode 0644): chmod "
                         "0640 it, and think of making a new one" },
        { "bad-key", "junk\n", 0600, "Device=alice\n", NULL, NULL, NULL, FALSE,
          WATTLE_CONFDIR "/home.key: not a WireGuard key: 44 characters of base64, ending in =" },
};

static void fill_root(const Root *root, const Row *row)
{
        g_autofree char *path = g_build_filename(ETC, "home.mesh", NULL);
        g_autofree char *local_path = g_build_filename(ETC, "home.mesh.d/a.conf", NULL);
        g_autofree char *key_path = g_build_filename(ETC, "home.key", NULL);
        g_autofree char *local = g_strconcat("[Local]\n", row->local, NULL);

        root_put(root, path,
                 "[Mesh]\nSubnet=10.42.0.0/16\n"
                 "[Device alice]\nPublicKey=" ALICE_PUB "\nAddress=10.42.0.1\n"
                 "[Device bob]\nPublicKey=" BOB_PUB "\nAddress=10.42.0.2\n",
                 0644);
        root_put(root, local_path, local, 0644);
        if (row->key)
                root_put(root, key_path, row->key, row->mode);
        if (row->credential) {
                g_autofree char *credential = g_build_filename(
                        row->credential, "network.wireguard.private.60-wattle-home", NULL);

                root_put(root, credential, "secret", 0600);
        }
}

static void view_row(gconstpointer data)
{
        const Row *row = data;
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = NULL;

        root_init(&root);
        fill_root(&root, row);
        wattle_report_init(&report);
        g_assert_true(wattle_mesh_load(&mesh, root.fd, "home", WATTLE_LOAD_OR_LAST_GOOD, &report));
        view = wattle_host_view(root.fd, &mesh, row->as, WATTLE_OWNER_AUTO, &report);
        check_faults(&report, row->faults);
        g_assert_cmpstr(view ? view->self.name : NULL, ==, row->device);
        if (!view)
                return;
        g_assert_cmpint(view->private_key_file != NULL, ==, row->has_key_file);
        g_assert_cmpint(view->owner, ==, WATTLE_OWNER_NETWORKD);
}

static void owner_asked_for_beats_the_settings(void)
{
        static const Row row = { .local = "Owner=networkd\n" };
        g_auto(Root) root = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = NULL;

        root_init(&root);
        fill_root(&root, &row);
        wattle_report_init(&report);
        g_assert_true(wattle_mesh_load(&mesh, root.fd, "home", WATTLE_LOAD_OR_LAST_GOOD, &report));
        view = wattle_host_view(root.fd, &mesh, "bob", WATTLE_OWNER_NETWORK_MANAGER, &report);
        g_assert_cmpint(view->owner, ==, WATTLE_OWNER_NETWORK_MANAGER);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/sys-host/owner", owner);
        g_test_add_func("/sys-host/vpn-plugin", vpn_plugin);
        g_test_add_func("/sys-host/systemd-version", systemd_version);
        g_test_add_func("/sys-host/host-name", host_name);
        add_rows("/sys-host/view", views, view_row);
        g_test_add_func("/sys-host/owner-asked-for-beats-the-settings",
                        owner_asked_for_beats_the_settings);
        return g_test_run();
}
