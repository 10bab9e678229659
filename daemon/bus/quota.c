/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/quota.h"

struct WattleQuota {
        guint max, max_all;
        uid_t free_uid;
        guint n;           /* of all but the free user */
        GHashTable *taken; /* user to how many, of those who have some */
};

WattleQuota *wattle_quota_new(guint max, guint max_all, uid_t free_uid)
{
        WattleQuota *quota = g_rc_box_new(WattleQuota);

        *quota = (WattleQuota){ max, max_all, free_uid, 0, g_hash_table_new(NULL, NULL) };
        return quota;
}

WattleQuota *wattle_quota_ref(WattleQuota *quota)
{
        return g_rc_box_acquire(quota);
}

static void clear(gpointer data)
{
        WattleQuota *quota = data;

        g_hash_table_unref(quota->taken);
}

void wattle_quota_unref(WattleQuota *quota)
{
        if (quota)
                g_rc_box_release_full(quota, clear);
}

static void set(WattleQuota *quota, uid_t uid, guint n)
{
        if (n > 0)
                g_hash_table_insert(quota->taken, GUINT_TO_POINTER(uid), GUINT_TO_POINTER(n));
        else
                g_hash_table_remove(quota->taken, GUINT_TO_POINTER(uid));
}

static guint get(const WattleQuota *quota, uid_t uid)
{
        return GPOINTER_TO_UINT(g_hash_table_lookup(quota->taken, GUINT_TO_POINTER(uid)));
}

gboolean wattle_quota_take(WattleQuota *quota, uid_t uid, sd_bus_error *error)
{
        guint n = get(quota, uid);

        if (uid == quota->free_uid)
                return TRUE;
        if (n >= quota->max || quota->n >= quota->max_all) {
                sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                 n >= quota->max ? "Too many calls of yours are under way"
                                                 : "Too many calls are under way");
                return FALSE;
        }
        set(quota, uid, n + 1);
        quota->n++;
        return TRUE;
}

void wattle_quota_give_back(WattleQuota *quota, uid_t uid)
{
        if (uid == quota->free_uid)
                return;
        set(quota, uid, get(quota, uid) - 1);
        quota->n--;
}
