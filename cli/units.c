/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/units.h"

typedef struct {
        const char *name;
        guint64 size;
} Unit;

/* The largest unit of which there is one at least; units rise. */
static const Unit *find_unit(const Unit *units, gsize n, guint64 amount)
{
        const Unit *unit = units;

        for (gsize i = 1; i < n && amount >= units[i].size; i++)
                unit = &units[i];
        return unit;
}

/* One digit behind the point below ten, cut off and not rounded: 59.9 s are not yet a minute. */
static char *format(const Unit *unit, guint64 amount)
{
        guint64 whole = amount / unit->size, tenth = amount % unit->size * 10 / unit->size;

        if (unit->size > 1 && whole < 10)
                return g_strdup_printf("%" G_GUINT64_FORMAT ".%" G_GUINT64_FORMAT " %s", whole,
                                       tenth, unit->name);
        return g_strdup_printf("%" G_GUINT64_FORMAT " %s", whole, unit->name);
}

char *wattle_format_age(gint64 seconds)
{
        static const Unit units[] = { { "s", 1 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 } };
        guint64 amount = (guint64)MAX(seconds, 0);
        const Unit *unit = find_unit(units, G_N_ELEMENTS(units), amount);

        return g_strdup_printf("%" G_GUINT64_FORMAT " %s", amount / unit->size, unit->name);
}

char *wattle_format_bytes(guint64 bytes)
{
        static const Unit units[] = {
                { "B", 1 },
                { "KiB", G_GUINT64_CONSTANT(1) << 10 },
                { "MiB", G_GUINT64_CONSTANT(1) << 20 },
                { "GiB", G_GUINT64_CONSTANT(1) << 30 },
                { "TiB", G_GUINT64_CONSTANT(1) << 40 },
        };

        return format(find_unit(units, G_N_ELEMENTS(units), bytes), bytes);
}

char *wattle_format_duration(guint64 us)
{
        static const Unit units[] = { { "ms", G_USEC_PER_SEC / 1000 }, { "s", G_USEC_PER_SEC } };

        return format(find_unit(units, G_N_ELEMENTS(units), us), us);
}
