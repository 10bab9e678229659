/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tailscale/notify.h"

#include <jansson.h>
#include <string.h>

gboolean wattle_tailscale_notify_state(const char *line, gsize size, WattleTailnetState *ret)
{
        json_t *object = json_loadb(line, size, 0, NULL);
        const json_t *state = json_object_get(object, "State");
        json_int_t value = json_is_integer(state) ? json_integer_value(state) : -1;
        gboolean is_known = value >= 0 && value < WATTLE_TAILNET_N_STATES;

        json_decref(object);
        if (is_known)
                *ret = (WattleTailnetState)value;
        return is_known;
}

void wattle_tailscale_lines_init(WattleTailscaleLines *lines)
{
        *lines = (WattleTailscaleLines){ .rest = g_byte_array_new() };
}

void wattle_tailscale_lines_clear(WattleTailscaleLines *lines)
{
        g_clear_pointer(&lines->rest, g_byte_array_unref);
}

static void keep(WattleTailscaleLines *lines, const char *bytes, gsize size)
{
        lines->is_skipping |= lines->rest->len + size > WATTLE_TAILSCALE_LINE_MAX;
        if (lines->is_skipping)
                g_byte_array_set_size(lines->rest, 0);
        else
                g_byte_array_append(lines->rest, (const guint8 *)bytes, (guint)size);
}

void wattle_tailscale_lines_feed(WattleTailscaleLines *lines, const char *bytes, gsize size,
                                 WattleTailscaleOnLine on_line, gpointer data)
{
        const char *end;

        /* memchr() takes no NULL, not even for nothing. */
        for (; size > 0 && (end = memchr(bytes, '\n', size));
             size -= (gsize)(end + 1 - bytes), bytes = end + 1) {
                keep(lines, bytes, (gsize)(end - bytes));
                if (!lines->is_skipping)
                        on_line((const char *)lines->rest->data, lines->rest->len, data);
                g_byte_array_set_size(lines->rest, 0);
                lines->is_skipping = FALSE;
        }
        if (size > 0)
                keep(lines, bytes, size);
}
