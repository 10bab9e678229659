/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/digest.h"

guint64 wattle_digest(guint64 digest, gconstpointer bytes, gsize size)
{
        const guint8 *at = bytes;

        for (gsize i = 0; i < size; i++)
                digest = (digest ^ at[i]) * G_GUINT64_CONSTANT(0x100000001b3);
        return digest;
}
