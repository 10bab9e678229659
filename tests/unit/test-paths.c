/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/paths.h"

#include "tests/unit/fixture.h"

static const char *const units[WATTLE_N_UNITS] = {
        [WATTLE_UNIT_NETWORKD_WRITER] = "wattle-networkd@home.service",
        [WATTLE_UNIT_NM_WRITER] = "wattle-nm@home.service",
        [WATTLE_UNIT_FILTER] = "wattle-filter@home.service",
        [WATTLE_UNIT_UFW] = "wattle-ufw@home.service",
        [WATTLE_UNIT_APPLY] = "wattle-apply@home.service",
        [WATTLE_UNIT_UP] = "wattle-up@home.service",
        [WATTLE_UNIT_DOWN] = "wattle-down@home.service",
        [WATTLE_UNIT_JOIN] = "wattle-join@home.service",
        [WATTLE_UNIT_UPDATE] = "wattle-update@home.service",
        [WATTLE_UNIT_PORTMAP] = "wattle-portmap@home.service",
        [WATTLE_UNIT_PORTMAP_SOCKET] = "wattle-portmap@home.socket",
        [WATTLE_UNIT_RELAY] = "wattle-relay@home.service",
        [WATTLE_UNIT_RELAY_SOCKET] = "wattle-relay@home.socket",
        [WATTLE_UNIT_UPDATE_SOCKET] = "wattle-update@home.socket",
        [WATTLE_UNIT_UPDATE_SOURCES] = "wattle-update-sources@home.service",
        [WATTLE_UNIT_UPDATE_TIMER] = "wattle-update-sources@home.timer",
        [WATTLE_UNIT_TAILNET] = "wattle-tailnet@home.service",
        [WATTLE_UNIT_TAILSCALE] = "wattle-tailscale@home.service",
        [WATTLE_UNIT_SERVE_SOCKET] = "wattle-serve@home.socket",
};

/* Other programs and other versions of ours look there: these must not change. */
static void names(void)
{
        static const char *const files[WATTLE_N_FILES] = {
                [WATTLE_FILE_NETDEV] = "run/systemd/network/60-wattle-home.netdev",
                [WATTLE_FILE_NETWORK] = "run/systemd/network/60-wattle-home.network",
                [WATTLE_FILE_UNMANAGED] = "run/NetworkManager/conf.d/60-wattle-home.conf",
                [WATTLE_FILE_SYSCTL] = "run/sysctl.d/60-wattle-home.conf",
                [WATTLE_FILE_HOSTS] = "run/wattle/home.hosts",
                [WATTLE_FILE_NAMES] = "run/wattle/home.names",
                [WATTLE_FILE_RECORDS] = "run/systemd/resolve/static.d/60-wattle-home.rr",
                [WATTLE_FILE_CARRIED_NAMES] = "run/wattle/~home.names",
                [WATTLE_FILE_CARRIED_MESH] = "run/wattle/~home.carried",
                [WATTLE_FILE_CARRIED_LOCAL] = "run/wattle/~home.local",
                [WATTLE_FILE_FILTER] = "run/wattle/home.nft",
                [WATTLE_FILE_FIREWALL] = "run/wattle/home.firewall",
                [WATTLE_FILE_TAILNET_NETWORK] = "run/systemd/network/60-tailnet-home.network",
                [WATTLE_FILE_TAILNET_NETWORKD_CONF] =
                        "run/systemd/networkd.conf.d/60-tailnet-home.conf",
                [WATTLE_FILE_TAILNET_UNMANAGED] = "run/NetworkManager/conf.d/60-tailnet-home.conf",
                [WATTLE_FILE_TAILNET_SYSCTL] = "run/sysctl.d/60-tailnet-home.conf",
                [WATTLE_FILE_TAILNET_ENVIRONMENT] = "run/wattle/home.tailscaled.env",
                [WATTLE_FILE_TAILNET_FILTER] = "run/wattle/home.tailnet.nft",
                [WATTLE_FILE_TAILNET_FIREWALL] = "run/wattle/home.tailnet.firewall",
                [WATTLE_FILE_NM_PROFILE] =
                        "run/NetworkManager/system-connections/wattle-home.nmconnection",
                [WATTLE_FILE_OPENED] = "run/wattle-filter/home.opened",
                [WATTLE_FILE_UFW] = "run/wattle-filter/home.ufw",
                [WATTLE_FILE_PENDING] = "run/wattle/home.pending",
                [WATTLE_FILE_LOADED] = "run/wattle/home.netdev-loaded",
                [WATTLE_FILE_ASIDE] = "run/wattle/home.netdev-aside",
        };

        for (guint i = 0; i < WATTLE_N_FILES; i++) {
                g_autofree char *path = wattle_paths_file(i, "home");
                g_autofree char *folder = g_path_get_dirname(path);
                g_autofree char *name = g_path_get_basename(path);
                g_autofree char *mesh = wattle_paths_mesh_of(i, name);

                g_assert_cmpstr(path, ==, files[i]);
                g_assert_cmpstr(wattle_paths_folder(i), ==, folder);
                g_assert_cmpstr(mesh, ==, "home");
        }
        for (guint i = 0; i < WATTLE_N_UNITS; i++) {
                g_autofree char *unit = wattle_paths_unit(i, "home");

                g_assert_cmpstr(unit, ==, units[i]);
        }
}

static const struct mesh_row {
        const char *file_name;
        WattleFileKind kind;
        const char *mesh;
} mesh_rows[] = {
        { "60-wattle-a.b.netdev", WATTLE_FILE_NETDEV, "a.b" },
        { "60-wattle-home.network", WATTLE_FILE_NETDEV, NULL },
        { "60-wattle-home.netdev.d", WATTLE_FILE_NETDEV, NULL },
        { "50-home.netdev", WATTLE_FILE_NETDEV, NULL },
        { "60-wattle-.netdev", WATTLE_FILE_NETDEV, NULL },
        { "60-wattle-netdev", WATTLE_FILE_NETDEV, NULL },
        { "", WATTLE_FILE_NETDEV, NULL },
        { "home.hosts", WATTLE_FILE_HOSTS, "home" },
        { ".hosts", WATTLE_FILE_HOSTS, NULL },
        { "home.netdev-aside", WATTLE_FILE_LOADED, NULL },
};

static void mesh_of(gconstpointer data)
{
        const struct mesh_row *row = data;
        g_autofree char *mesh = wattle_paths_mesh_of(row->kind, row->file_name);

        g_assert_cmpstr(mesh, ==, row->mesh);
}

static void keys(void)
{
        g_autofree char *usual = wattle_paths_key(NULL, "home");
        g_autofree char *given = wattle_paths_key("/srv/my.key", "home");
        g_autofree char *credential = wattle_paths_credential("home");

        g_assert_cmpstr(usual, ==, WATTLE_CONFDIR "/home.key");
        g_assert_cmpstr(given, ==, "/srv/my.key");
        g_assert_cmpstr(credential, ==, "network.wireguard.private.60-wattle-home");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/paths/names", names);
        add_rows("/paths/mesh-of", mesh_rows, mesh_of);
        g_test_add_func("/paths/keys", keys);
        return g_test_run();
}
