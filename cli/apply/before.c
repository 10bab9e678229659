/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/apply/before.h"

#include <sodium.h>
#include <string.h>

#include "common/ini.h"
#include "common/paths.h"
#include "common/scalar.h"
#include "common/sys/file.h"

#define NM_PEER "wireguard-peer."

/* A new peer in the table, which owns the key that is returned; NULL if it is none. */
static const WattleKey *add_peer(WattleBefore *netdev, const char *text)
{
        WattleKey *key = g_new0(WattleKey, 1);

        if (!wattle_key_parse(text, key, NULL)) {
                g_free(key);
                return NULL;
        }
        g_hash_table_replace(netdev->endpoints, key, NULL);
        return key;
}

static void set_endpoint(WattleBefore *netdev, const WattleKey *key, const char *text)
{
        g_hash_table_insert(netdev->endpoints, g_memdup2(key, sizeof *key), g_strdup(text));
}

static gboolean is_key(const WattleIniLine *line, const char *section, const char *key)
{
        return line->kind == WATTLE_INI_KEY && line->section &&
               strcmp(line->section, section) == 0 && strcmp(line->key, key) == 0;
}

static void read_netdev(WattleBefore *netdev, WattleIni *ini)
{
        WattleIniLine line;
        const WattleKey *key = NULL; /* of the peer whose section this is */

        while (wattle_ini_next(ini, &line)) {
                if (line.kind == WATTLE_INI_SECTION)
                        key = NULL;
                if (is_key(&line, "NetDev", "Name") && !netdev->interface)
                        netdev->interface = g_strdup(line.value);
                else if (is_key(&line, "WireGuardPeer", "PublicKey"))
                        key = add_peer(netdev, line.value);
                else if (is_key(&line, "WireGuardPeer", "Endpoint") && key)
                        set_endpoint(netdev, key, line.value);
        }
}

static void read_profile(WattleBefore *netdev, WattleIni *ini)
{
        WattleIniLine line;
        const WattleKey *key = NULL;

        while (wattle_ini_next(ini, &line)) {
                if (line.kind == WATTLE_INI_SECTION)
                        key = g_str_has_prefix(line.section, NM_PEER)
                                      ? add_peer(netdev, line.section + strlen(NM_PEER))
                                      : NULL;
                if (is_key(&line, "connection", "interface-name") && !netdev->interface)
                        netdev->interface = g_strdup(line.value);
                else if (line.kind == WATTLE_INI_KEY && key && strcmp(line.key, "endpoint") == 0)
                        set_endpoint(netdev, key, line.value);
        }
}

static void read_file(WattleBefore *netdev, int root_fd, const char *path,
                      void (*read_lines)(WattleBefore *, WattleIni *))
{
        GBytes *bytes = wattle_read_file(root_fd, path, WATTLE_INI_MAX_BYTES, NULL);
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleIni) ini = { 0 };
        gpointer data;
        gsize size;

        netdev->interface = NULL;
        netdev->endpoints = g_hash_table_new_full((GHashFunc)wattle_key_hash,
                                                  (GEqualFunc)wattle_key_equal, g_free, g_free);
        if (!bytes)
                return;
        data = g_bytes_unref_to_data(bytes, &size);
        wattle_report_init(&report);
        wattle_ini_init(&ini, data, size, NULL, &report);
        sodium_memzero(data, size);
        g_free(data);
        read_lines(netdev, &ini);
        if (ini.text)
                sodium_memzero(ini.text, ini.size);
        if (netdev->interface &&
            !wattle_identifier_check(netdev->interface, WATTLE_INTERFACE_NAME_MAX, NULL))
                g_clear_pointer(&netdev->interface, g_free);
}

void wattle_before_read(WattleBefore *netdev, int root_fd, const char *mesh)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NETDEV, mesh);

        read_file(netdev, root_fd, path, read_netdev);
}

void wattle_before_read_nm(WattleBefore *netdev, int root_fd, const char *mesh)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_NM_PROFILE, mesh);

        read_file(netdev, root_fd, path, read_profile);
}

void wattle_before_clear(WattleBefore *netdev)
{
        g_clear_pointer(&netdev->interface, g_free);
        g_clear_pointer(&netdev->endpoints, g_hash_table_unref);
}

gboolean wattle_before_differs(const WattleBefore *netdev, const WattleKey *key,
                               const WattleSocketAddr *endpoint)
{
        char text[WATTLE_SOCKET_ADDR_TEXT_MAX];
        gpointer old;

        if (!g_hash_table_lookup_extended(netdev->endpoints, key, NULL, &old))
                return FALSE;
        wattle_socket_addr_format(endpoint, text);
        return g_strcmp0(old, text) != 0;
}
