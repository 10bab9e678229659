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

void wattle_last_good_load(WattleLastGood *last_good, const WattleRoster *roster)
{
        g_autoptr(GArray) endpoints = g_array_new(FALSE, FALSE, sizeof(WattleGoodEndpoint));
        g_autoptr(GError) error = NULL;

        if (last_good->loaded || last_good->dir_fd < 0)
                return;
        last_good->loaded = TRUE;
        if (!wattle_endpoint_file_load(last_good->dir_fd, last_good->mesh, real_now_s(), endpoints,
                                       &error)) {
                wattle_log(WATTLE_LOG_WARNING, "%s: %s: beginning without the endpoints of before",
                           last_good->mesh, error->message);
                return;
        }
        for (guint i = 0; i < endpoints->len; i++) {
                const WattleGoodEndpoint *good = &g_array_index(endpoints, WattleGoodEndpoint, i);
                WattleMember *member = wattle_roster_with_key(roster, &good->peer);

                if (member && !member->kept_open) {
                        member->last_good = good->at;
                        member->last_good_s = good->proved_s;
                }
        }
}

/* Of two that nobody can call the way is only as old as the openings in their NATs: another day it
 * would be waited at in vain, and nobody would see that the peer is wanted.
 *
 * What the engine has proved since; an old one that still holds gets a new date now and then. */
static void take(WattleLastGood *last_good, WattleMember *member)
{
        WattleSocketAddr at;
        gint64 now_s;

        if (member->kept_open || !member->engine ||
            !wattle_migration_last_good(member->engine, &at) || at.scope != 0)
                return;
        now_s = real_now_s();
        if (wattle_socket_addr_equal(&at, &member->last_good) &&
            (now_s - member->last_good_s < DAY_S || now_s - member->last_handshake_s > DAY_S))
                return;
        member->last_good = at;
        member->last_good_s = now_s;
        last_good->dirty = TRUE;
}

void wattle_last_good_if_due(WattleLastGood *last_good, const WattleRoster *roster, gint64 now_us)
{
        if (last_good->stored_us == 0 || now_us - last_good->stored_us >= STORE_EVERY_US) {
                last_good->stored_us = now_us;
                wattle_last_good_now(last_good, roster);
        }
}

void wattle_last_good_now(WattleLastGood *last_good, const WattleRoster *roster)
{
        g_autoptr(GArray) endpoints = g_array_new(FALSE, FALSE, sizeof(WattleGoodEndpoint));
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < roster->members->len; i++)
                take(last_good, wattle_roster_at(roster, i));
        if (!last_good->dirty || last_good->dir_fd < 0)
                return;
        for (guint i = 0; i < roster->members->len; i++) {
                const WattleMember *member = wattle_roster_at(roster, i);
                WattleGoodEndpoint good = { member->key, member->last_good, member->last_good_s };

                if (wattle_socket_addr_is_set(&member->last_good))
                        g_array_append_val(endpoints, good);
        }
        last_good->dirty = FALSE;
        if (!wattle_endpoint_file_store(last_good->dir_fd, last_good->mesh, endpoints, &error))
                wattle_log(WATTLE_LOG_WARNING, "%s: last good endpoints are not kept: %s",
                           last_good->mesh, error->message);
}
