/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/set.h"

void wattle_set_init(WattleSet *seen, guint max, GHashFunc hash, GEqualFunc equal)
{
        /* At most half full: few values then meet another one on their way. */
        guint n_bits = g_bit_storage(max) + 1;

        *seen = (WattleSet){ .values = g_new(gconstpointer, max),
                             .slots = g_new0(WattleSetSlot, 1u << n_bits),
                             .n_bits = n_bits,
                             .hash = hash,
                             .equal = equal };
}

void wattle_set_clear(WattleSet *seen)
{
        g_clear_pointer(&seen->values, g_free);
        g_clear_pointer(&seen->slots, g_free);
}

gboolean wattle_set_add(WattleSet *seen, gconstpointer value)
{
        /* The upper bits of the product depend on all of the hash (Knuth 3, 6.4). */
        guint32 hash = seen->hash(value) * 2654435769u, mask = (1u << seen->n_bits) - 1;
        guint i = hash >> (32 - seen->n_bits);

        for (; seen->slots[i].number > 0; i = (i + 1) & mask)
                if (seen->slots[i].hash == hash &&
                    seen->equal(seen->values[seen->slots[i].number - 1], value))
                        return FALSE;
        seen->values[seen->n_values++] = value;
        seen->slots[i] = (WattleSetSlot){ hash, seen->n_values };
        return TRUE;
}
