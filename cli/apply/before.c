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
static const WattleKey *add_peer(WattleBefore *before, const char *text)
{
        WattleKey *key = g_new0(WattleKey, 1);

        if (!wattle_key_parse(text, key, NULL)) {
                g_free(key);
                return NULL;
        }
        g_hash_table_replace(before->endpoints, key, NULL);
        return key;
}

static void set_endpoint(WattleBefore *before, const WattleKey *key, const char *text)
{
        g_hash_table_insert(before->endpoints, g_memdup2(key, sizeof *key), g_strdup(text));
}

static gboolean is_key(const WattleIniLine *line, const char *section, const char *key)
{
        return line->kind == WATTLE_INI_KEY && line->section &&
               strcmp(line->section, section) == 0 && strcmp(line->key, key) == 0;
}

/* networkd has the key of a peer in a line, NetworkManager in the name of the section. */
static void read_lines(WattleBefore *before, WattleIni *ini, gboolean is_netdev)
{
        const char *section = is_netdev ? "NetDev" : "connection";
        const char *name = is_netdev ? "Name" : "interface-name";
        const char *endpoint = is_netdev ? "Endpoint" : "endpoint";
        const WattleKey *key = NULL; /* of the peer whose section this is */
        WattleIniLine line;

        while (wattle_ini_next(ini, &line)) {
                if (line.kind == WATTLE_INI_SECTION)
                        key = !is_netdev && g_str_has_prefix(line.section, NM_PEER)
                                      ? add_peer(before, line.section + strlen(NM_PEER))
                                      : NULL;
                else if (is_key(&line, section, name) && !before->interface)
                        before->interface = g_strdup(line.value);
                else if (is_netdev && is_key(&line, "WireGuardPeer", "PublicKey"))
                        key = add_peer(before, line.value);
                else if (line.kind == WATTLE_INI_KEY && key && strcmp(line.key, endpoint) == 0)
                        set_endpoint(before, key, line.value);
        }
}

void wattle_before_init(WattleBefore *before, const char *interface)
{
        before->interface = g_strdup(interface);
        before->endpoints = g_hash_table_new_full((GHashFunc)wattle_key_hash,
                                                  (GEqualFunc)wattle_key_equal, g_free, g_free);
}

void wattle_before_read(WattleBefore *before, int root_fd, WattleFileKind kind, const char *mesh)
{
        g_autofree char *path = wattle_paths_file(kind, mesh);
        GBytes *bytes = wattle_read_file(root_fd, path, WATTLE_INI_MAX_BYTES, NULL);
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleIni) ini = { 0 };
        gpointer data;
        gsize size;

        wattle_before_init(before, NULL);
        if (!bytes)
                return;
        data = g_bytes_unref_to_data(bytes, &size);
        wattle_report_init(&report);
        wattle_ini_init(&ini, data, size, NULL, &report);
        sodium_memzero(data, size);
        g_free(data);
        read_lines(before, &ini, kind == WATTLE_FILE_NETDEV);
        if (ini.text)
                sodium_memzero(ini.text, ini.size);
        if (before->interface &&
            !wattle_identifier_check(before->interface, WATTLE_INTERFACE_NAME_MAX, NULL))
                g_clear_pointer(&before->interface, g_free);
}

void wattle_before_clear(WattleBefore *before)
{
        g_clear_pointer(&before->interface, g_free);
        g_clear_pointer(&before->endpoints, g_hash_table_unref);
}

gboolean wattle_before_differs(const WattleBefore *before, const WattleKey *key,
                               const WattleSocketAddr *endpoint)
{
        char text[WATTLE_SOCKET_ADDR_TEXT_MAX];
        gpointer old;

        if (!g_hash_table_lookup_extended(before->endpoints, key, NULL, &old))
                return FALSE;
        wattle_socket_addr_format(endpoint, text);
        return g_strcmp0(old, text) != 0;
}
