/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/import/setting.h"

#include <string.h>

#include "common/error.h"
#include "common/scalar.h"

gboolean wattle_import_set_private_key(const WattleImportTarget *target, const char *value,
                                       G_GNUC_UNUSED WattlePlace place, GError **error)
{
        g_auto(WattleKey) key = { 0 };

        if (!wattle_key_parse(value, &key, error))
                return FALSE;
        wattle_key_derive_public(&key, &target->host->public_key);
        target->host->has_key = TRUE;
        return TRUE;
}

gboolean wattle_import_set_address(const WattleImportTarget *target, const char *value,
                                   WattlePlace place, GError **error)
{
        WattleImportRange range;

        if (!wattle_import_range_parse(value, place, &range, error))
                return FALSE;
        g_array_append_val(target->host->addresses, range);
        return TRUE;
}

gboolean wattle_import_set_listen_port(const WattleImportTarget *target, const char *value,
                                       G_GNUC_UNUSED WattlePlace place, GError **error)
{
        WattleOptionalU16 *port = &target->host->listen_port;

        if (strcmp(value, "0") == 0)
                return TRUE;
        port->given = wattle_port_parse(value, &port->value, error);
        return port->given;
}

gboolean wattle_import_set_mtu(const WattleImportTarget *target, const char *value,
                               WattlePlace place, GError **error)
{
        return wattle_value_parse_mtu(value, place, target->import->arena, &target->host->mtu,
                                      error);
}

gboolean wattle_import_set_public_key(const WattleImportTarget *target, const char *value,
                                      G_GNUC_UNUSED WattlePlace place, GError **error)
{
        target->peer->has_key = wattle_key_parse(value, &target->peer->public_key, error);
        return target->peer->has_key;
}

gboolean wattle_import_set_allowed(const WattleImportTarget *target, const char *value,
                                   WattlePlace place, GError **error)
{
        WattleImportRange range;

        if (!wattle_import_range_parse(value, place, &range, error))
                return FALSE;
        g_array_append_val(target->peer->allowed, range);
        return TRUE;
}

gboolean wattle_import_set_endpoint(const WattleImportTarget *target, const char *value,
                                    WattlePlace place, GError **error)
{
        WattleImportPeer *peer = target->peer;
        g_autofree char *lower = g_ascii_strdown(value, -1);

        peer->has_endpoint =
                wattle_endpoint_parse(lower, target->import->arena, &peer->endpoint, error);
        peer->endpoint_place = place;
        return peer->has_endpoint;
}

gboolean wattle_import_set_keepalive(const WattleImportTarget *target, const char *value,
                                     G_GNUC_UNUSED WattlePlace place, GError **error)
{
        WattleOptionalU16 *keepalive_s = &target->peer->keepalive_s;

        keepalive_s->given = wattle_keepalive_parse(value, &keepalive_s->value, error);
        return keepalive_s->given;
}

void wattle_import_check_keys(const WattleImportHost *host, const char *words, WattleReport *report)
{
        if (report->n_errors > 0)
                return;
        if (!host->has_key)
                wattle_report_error(report, host->place, "%s", words);
        for (guint i = 0; i < host->peers->len; i++) {
                const WattleImportPeer *peer = &g_array_index(host->peers, WattleImportPeer, i);

                if (!peer->has_key)
                        wattle_report_error(report, peer->place, "this [Peer] has no PublicKey=");
        }
}
