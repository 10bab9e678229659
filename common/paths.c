/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/paths.h"

#include <string.h>

#define NETWORKD "run/systemd/network"

static const struct {
        const char *folder, *before, *after;
} files[WATTLE_N_FILES] = {
        [WATTLE_FILE_NETDEV] = { NETWORKD, WATTLE_FILE_PREFIX, ".netdev" },
        [WATTLE_FILE_NETWORK] = { NETWORKD, WATTLE_FILE_PREFIX, ".network" },
        [WATTLE_FILE_UNMANAGED] = { "run/NetworkManager/conf.d", WATTLE_FILE_PREFIX, ".conf" },
        [WATTLE_FILE_SYSCTL] = { "run/sysctl.d", WATTLE_FILE_PREFIX, ".conf" },
        [WATTLE_FILE_HOSTS] = { WATTLE_RUN_DIR, "", ".hosts" },
        [WATTLE_FILE_NAMES] = { WATTLE_RUN_DIR, "", ".names" },
        [WATTLE_FILE_RECORDS] = { "run/systemd/resolve/static.d", WATTLE_FILE_PREFIX, ".rr" },
        /* "~" is behind all that a mesh is called, and of two names the first is found. */
        [WATTLE_FILE_CARRIED_NAMES] = { WATTLE_RUN_DIR, "~", ".names" },
        [WATTLE_FILE_CARRIED_MESH] = { WATTLE_RUN_DIR, "~", ".carried" },
        [WATTLE_FILE_CARRIED_LOCAL] = { WATTLE_RUN_DIR, "~", ".local" },
        [WATTLE_FILE_FILTER] = { WATTLE_RUN_DIR, "", ".nft" },
        [WATTLE_FILE_FIREWALL] = { WATTLE_RUN_DIR, "", ".firewall" },
        [WATTLE_FILE_TAILNET_NETWORK] = { NETWORKD, WATTLE_TAILNET_FILE_PREFIX, ".network" },
        [WATTLE_FILE_TAILNET_NETWORKD_CONF] = { "run/systemd/networkd.conf.d",
                                                WATTLE_TAILNET_FILE_PREFIX, ".conf" },
        [WATTLE_FILE_TAILNET_UNMANAGED] = { "run/NetworkManager/conf.d", WATTLE_TAILNET_FILE_PREFIX,
                                            ".conf" },
        [WATTLE_FILE_TAILNET_SYSCTL] = { "run/sysctl.d", WATTLE_TAILNET_FILE_PREFIX, ".conf" },
        [WATTLE_FILE_TAILNET_ENVIRONMENT] = { WATTLE_RUN_DIR, "", ".tailscaled.env" },
        [WATTLE_FILE_TAILNET_FILTER] = { WATTLE_RUN_DIR, "", ".tailnet.nft" },
        [WATTLE_FILE_TAILNET_FIREWALL] = { WATTLE_RUN_DIR, "", ".tailnet.firewall" },
        /* In /run, so that a mesh that is gone leaves nothing after a reboot. */
        [WATTLE_FILE_NM_PROFILE] = { "run/NetworkManager/system-connections", "wattle-",
                                     ".nmconnection" },
        [WATTLE_FILE_OPENED] = { "run/wattle-filter", "", ".opened" },
        [WATTLE_FILE_UFW] = { "run/wattle-filter", "", ".ufw" },
        [WATTLE_FILE_PENDING] = { WATTLE_RUN_DIR, "", ".pending" },
        [WATTLE_FILE_LOADED] = { WATTLE_RUN_DIR, "", ".netdev-loaded" },
        [WATTLE_FILE_ASIDE] = { WATTLE_RUN_DIR, "", ".netdev-aside" },
};

static const struct {
        const char *name, *kind;
} units[WATTLE_N_UNITS] = {
        [WATTLE_UNIT_NETWORKD_WRITER] = { "networkd", "service" },
        [WATTLE_UNIT_NM_WRITER] = { "nm", "service" },
        [WATTLE_UNIT_FILTER] = { "filter", "service" },
        [WATTLE_UNIT_UFW] = { "ufw", "service" },
        [WATTLE_UNIT_APPLY] = { "apply", "service" },
        [WATTLE_UNIT_UP] = { "up", "service" },
        [WATTLE_UNIT_DOWN] = { "down", "service" },
        [WATTLE_UNIT_JOIN] = { "join", "service" },
        [WATTLE_UNIT_UPDATE] = { "update", "service" },
        [WATTLE_UNIT_UPDATE_SOCKET] = { "update", "socket" },
        [WATTLE_UNIT_UPDATE_SOURCES] = { "update-sources", "service" },
        [WATTLE_UNIT_UPDATE_TIMER] = { "update-sources", "timer" },
        [WATTLE_UNIT_SERVE_SOCKET] = { "serve", "socket" },
        [WATTLE_UNIT_PORTMAP] = { "portmap", "service" },
        [WATTLE_UNIT_PORTMAP_SOCKET] = { "portmap", "socket" },
        [WATTLE_UNIT_RELAY] = { "relay", "service" },
        [WATTLE_UNIT_RELAY_SOCKET] = { "relay", "socket" },
        [WATTLE_UNIT_TAILNET] = { "tailnet", "service" },
        [WATTLE_UNIT_TAILSCALE] = { "tailscale", "service" },
};

char *wattle_paths_file(WattleFileKind kind, const char *mesh)
{
        return g_strconcat(files[kind].folder, "/", files[kind].before, mesh, files[kind].after,
                           NULL);
}

const char *wattle_paths_folder(WattleFileKind kind)
{
        return files[kind].folder;
}

char *wattle_paths_mesh_of(WattleFileKind kind, const char *file_name)
{
        gsize before = strlen(files[kind].before), after = strlen(files[kind].after);
        gsize size = strlen(file_name);

        if (size <= before + after || !g_str_has_prefix(file_name, files[kind].before) ||
            !g_str_has_suffix(file_name, files[kind].after))
                return NULL;
        return g_strndup(file_name + before, size - before - after);
}

char *wattle_paths_key(const char *private_key_file, const char *mesh)
{
        return private_key_file ? g_strdup(private_key_file)
                                : g_strdup_printf(WATTLE_KEY_FORMAT, mesh);
}

char *wattle_paths_last_good(const char *mesh)
{
        return g_strdup_printf(WATTLE_CONFDIR "/%s.last/%s.mesh", mesh, mesh);
}

char *wattle_paths_revocations(const char *mesh)
{
        return g_strdup_printf(WATTLE_CONFDIR "/%s.last/revoked", mesh);
}

char *wattle_paths_invitation(const char *mesh)
{
        return g_strdup_printf(WATTLE_CONFDIR "/%s" WATTLE_INVITATION_SUFFIX, mesh);
}

char *wattle_paths_candidate(const char *mesh)
{
        return g_strdup_printf(WATTLE_CONFDIR "/%s.next/%s.mesh", mesh, mesh);
}

char *wattle_paths_update_state(const char *mesh)
{
        return g_strdup_printf("/var/lib/wattle-update/%s.state", mesh);
}

char *wattle_paths_credential(const char *mesh)
{
        return g_strconcat("network.wireguard.private." WATTLE_FILE_PREFIX, mesh, NULL);
}

char *wattle_paths_unit(WattleUnitKind kind, const char *mesh)
{
        return g_strconcat("wattle-", units[kind].name, "@", mesh, ".", units[kind].kind, NULL);
}
