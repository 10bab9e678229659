/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/netdev.h"

#include <string.h>

#include "common/ini.h"
#include "common/render.h"
#include "common/scalar.h"
#include "common/sys/load.h"

static void read_lines(WattleNetdev *netdev, WattleIni *ini)
{
        WattleIniLine line;
        WattleKey *key = NULL; /* of the peer whose section this is; the table's */

        while (wattle_ini_next(ini, &line)) {
                if (line.kind == WATTLE_INI_SECTION)
                        key = NULL;
                if (line.kind != WATTLE_INI_KEY || !line.section)
                        continue;
                if (strcmp(line.section, "NetDev") == 0 && strcmp(line.key, "Name") == 0 &&
                    !netdev->interface)
                        netdev->interface = g_strdup(line.value);
                if (strcmp(line.section, "WireGuardPeer") != 0)
                        continue;
                if (strcmp(line.key, "PublicKey") == 0) {
                        key = g_new0(WattleKey, 1);
                        if (wattle_key_parse(line.value, key, NULL))
                                g_hash_table_replace(netdev->endpoints, key, NULL);
                        else
                                g_clear_pointer(&key, g_free);
                } else if (strcmp(line.key, "Endpoint") == 0 && key) {
                        g_hash_table_insert(netdev->endpoints, g_memdup2(key, sizeof *key),
                                            g_strdup(line.value));
                }
        }
}

void wattle_netdev_read(WattleNetdev *netdev, int root_fd, const char *mesh)
{
        g_autofree char *path =
                g_strdup_printf("run/systemd/network/" WATTLE_FILE_PREFIX "%s.netdev", mesh);
        g_autoptr(GBytes) bytes = wattle_read_file(root_fd, path, WATTLE_INI_MAX_BYTES, NULL);
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleIni) ini = { 0 };
        gconstpointer data;
        gsize size;

        netdev->interface = NULL;
        netdev->endpoints = g_hash_table_new_full((GHashFunc)wattle_key_hash,
                                                  (GEqualFunc)wattle_key_equal, g_free, g_free);
        if (!bytes)
                return;
        data = g_bytes_get_data(bytes, &size);
        wattle_report_init(&report);
        wattle_ini_init(&ini, data, size, NULL, &report);
        read_lines(netdev, &ini);
        if (netdev->interface &&
            !wattle_identifier_check(netdev->interface, WATTLE_INTERFACE_NAME_MAX, NULL))
                g_clear_pointer(&netdev->interface, g_free);
}

void wattle_netdev_clear(WattleNetdev *netdev)
{
        g_clear_pointer(&netdev->interface, g_free);
        g_clear_pointer(&netdev->endpoints, g_hash_table_unref);
}

gboolean wattle_netdev_differs(const WattleNetdev *netdev, const WattleKey *key,
                               const WattleEndpoint *endpoint)
{
        char text[WATTLE_ENDPOINT_TEXT_MAX];
        gpointer old;

        if (!g_hash_table_lookup_extended(netdev->endpoints, key, NULL, &old))
                return FALSE;
        wattle_endpoint_format(endpoint, text);
        return g_strcmp0(old, text) != 0;
}
