/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/seen.h"

void wattle_seen_init(WattleSeen *seen, guint max, GHashFunc hash, GEqualFunc equal)
{
        /* At most half full: few values then meet another one on their way. */
        guint n_bits = g_bit_storage(max) + 1;

        *seen = (WattleSeen){ .values = g_new0(gconstpointer, 1u << n_bits),
                              .hashes = g_new(guint, 1u << n_bits),
                              .n_bits = n_bits,
                              .hash = hash,
                              .equal = equal };
}

void wattle_seen_clear(WattleSeen *seen)
{
        g_clear_pointer(&seen->values, g_free);
        g_clear_pointer(&seen->hashes, g_free);
}

gboolean wattle_seen_add(WattleSeen *seen, gconstpointer value)
{
        /* The upper bits of the product depend on all of the hash (Knuth 3, 6.4). */
        guint hash = seen->hash(value) * 2654435769u, mask = (1u << seen->n_bits) - 1;
        guint slot = hash >> (32 - seen->n_bits);

        for (; seen->values[slot]; slot = (slot + 1) & mask)
                if (seen->hashes[slot] == hash && seen->equal(seen->values[slot], value))
                        return FALSE;
        seen->values[slot] = value;
        seen->hashes[slot] = hash;
        return TRUE;
}
