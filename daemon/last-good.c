/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/last-good.h"

#include "common/sys/log.h"
#include "daemon/endpoint-file.h"

#define STORE_EVERY_US (60 * G_USEC_PER_SEC)
#define DAY_S          (24 * 3600)

static gint64 real_now_s(void)
{
        return g_get_real_time() / G_USEC_PER_SEC;
}

void wattle_last_good_load(WattleTunnel *tunnel)
{
        g_autoptr(GArray) endpoints = g_array_new(FALSE, FALSE, sizeof(WattleGoodEndpoint));
        g_autoptr(GError) error = NULL;

        if (tunnel->state_loaded || tunnel->around->state_fd < 0)
                return;
        tunnel->state_loaded = TRUE;
        if (!wattle_endpoint_file_load(tunnel->around->state_fd, tunnel->mesh, real_now_s(),
                                       endpoints, &error)) {
                wattle_log(WATTLE_LOG_WARNING, "%s: %s: beginning without the endpoints of before",
                           tunnel->mesh, error->message);
                return;
        }
        for (guint i = 0; i < endpoints->len; i++) {
                const WattleGoodEndpoint *good = &g_array_index(endpoints, WattleGoodEndpoint, i);
                WattleMember *member = g_hash_table_lookup(tunnel->by_key, &good->peer);

                if (member) {
                        member->last_good = good->at;
                        member->last_good_s = good->proved_s;
                }
        }
}

/* What the engine has proved since; an old one that still holds gets a new date now and then. */
static void take(WattleTunnel *tunnel, WattleMember *member)
{
        WattleSocketAddr at;
        gint64 now_s;

        if (!member->engine || !wattle_migration_last_good(member->engine, &at) || at.scope != 0)
                return;
        now_s = real_now_s();
        if (wattle_socket_addr_equal(&at, &member->last_good) &&
            (now_s - member->last_good_s < DAY_S || now_s - member->last_handshake_s > DAY_S))
                return;
        member->last_good = at;
        member->last_good_s = now_s;
        tunnel->dirty = TRUE;
}

void wattle_last_good_if_due(WattleTunnel *tunnel, gint64 now_us)
{
        if (tunnel->stored_us == 0 || now_us - tunnel->stored_us >= STORE_EVERY_US) {
                tunnel->stored_us = now_us;
                wattle_last_good_now(tunnel);
        }
}

void wattle_last_good_now(WattleTunnel *tunnel)
{
        g_autoptr(GArray) endpoints = g_array_new(FALSE, FALSE, sizeof(WattleGoodEndpoint));
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < tunnel->members->len; i++)
                take(tunnel, g_ptr_array_index(tunnel->members, i));
        if (!tunnel->dirty || tunnel->around->state_fd < 0)
                return;
        for (guint i = 0; i < tunnel->members->len; i++) {
                const WattleMember *member = g_ptr_array_index(tunnel->members, i);
                WattleGoodEndpoint good = { member->key, member->last_good, member->last_good_s };

                if (wattle_socket_addr_is_set(&member->last_good))
                        g_array_append_val(endpoints, good);
        }
        tunnel->dirty = FALSE;
        if (!wattle_endpoint_file_store(tunnel->around->state_fd, tunnel->mesh, endpoints, &error))
                wattle_log(WATTLE_LOG_WARNING, "%s: last good endpoints are not kept: %s",
                           tunnel->mesh, error->message);
}
