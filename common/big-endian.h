/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers in messages, the most significant byte first; bytes may be unaligned. */
#pragma once

#include <glib.h>
#include <string.h>

static inline void wattle_put16(guint8 *bytes, guint16 value)
{
        value = GUINT16_TO_BE(value);
        memcpy(bytes, &value, sizeof value);
}

static inline void wattle_put32(guint8 *bytes, guint32 value)
{
        value = GUINT32_TO_BE(value);
        memcpy(bytes, &value, sizeof value);
}

static inline void wattle_put64(guint8 *bytes, guint64 value)
{
        value = GUINT64_TO_BE(value);
        memcpy(bytes, &value, sizeof value);
}

static inline guint16 wattle_get16(const guint8 *bytes)
{
        guint16 value;

        memcpy(&value, bytes, sizeof value);
        return GUINT16_FROM_BE(value);
}

static inline guint32 wattle_get32(const guint8 *bytes)
{
        guint32 value;

        memcpy(&value, bytes, sizeof value);
        return GUINT32_FROM_BE(value);
}

static inline guint64 wattle_get64(const guint8 *bytes)
{
        guint64 value;

        memcpy(&value, bytes, sizeof value);
        return GUINT64_FROM_BE(value);
}
