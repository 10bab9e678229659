/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/export/pool.h"

#include <string.h>

#include "common/reach.h"

static gboolean is_wanted(const WattleDevice *device, const WattleRecipe *recipe)
{
        if (g_strcmp0(device->name, recipe->exit_node) == 0)
                return TRUE;
        switch (recipe->peers) {
        case WATTLE_EXPORT_ALL:
                return TRUE;
        case WATTLE_EXPORT_RELAYS:
                return device->relay != WATTLE_RELAY_NO;
        case WATTLE_EXPORT_PUBLIC:
                return wattle_reach_is_callable(device);
        }
        g_assert_not_reached();
}

/* By Via= anybody may be in a file, if only as an address. */
static gboolean has_via(const WattleProfile *profile)
{
        for (guint i = 0; i < profile->n_devices; i++)
                if (profile->devices[i].via)
                        return TRUE;
        return FALSE;
}

void wattle_export_pool_init(WattleExportPool *pool, WattleProfile *profile,
                             const WattleRecipe *recipe)
{
        *pool = (WattleExportPool){ .whole = profile, .few = *profile };
        pool->few.devices = NULL;
        if (recipe->peers == WATTLE_EXPORT_ALL || has_via(profile))
                return;
        pool->few.devices = g_new(WattleDevice, profile->n_devices + 1);
        pool->names = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < profile->n_devices; i++) {
                WattleDevice *device = &profile->devices[i];

                if (!is_wanted(device, recipe))
                        continue;
                pool->few.devices[pool->n_few++] = *device;
                g_hash_table_add(pool->names, (gpointer)device->name);
        }
}

void wattle_export_pool_clear(WattleExportPool *pool)
{
        g_clear_pointer(&pool->names, g_hash_table_unref);
        g_clear_pointer(&pool->few.devices, g_free);
}

WattleProfile *wattle_export_pool_take(WattleExportPool *pool, const WattleDevice *device)
{
        /* That nobody is left is said of the whole mesh. */
        if (pool->n_few == 0)
                return pool->whole;
        pool->few.n_devices = pool->n_few;
        if (!g_hash_table_contains(pool->names, device->name))
                pool->few.devices[pool->few.n_devices++] = *device;
        return &pool->few;
}
