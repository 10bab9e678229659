/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/value.h"

#include "common/scalar.h"

void wattle_value_report_unknown_key(WattleReport *report, WattlePlace place, const char *key,
                                     const char *const *words, gsize n_words)
{
        const char *nearest =
                wattle_report_has_room(report) ? wattle_nearest_word(key, words, n_words) : NULL;

        wattle_report_error(report, place,
                            nearest ? "unknown key '%s': did you mean %s?" : "unknown key '%s'",
                            key, nearest);
}

gboolean wattle_value_parse_boolean(const char *text, G_GNUC_UNUSED WattlePlace place,
                                    G_GNUC_UNUSED WattleArena *arena, gpointer field,
                                    GError **error)
{
        return wattle_boolean_parse(text, field, error);
}

gboolean wattle_value_parse_port(const char *text, G_GNUC_UNUSED WattlePlace place,
                                 G_GNUC_UNUSED WattleArena *arena, gpointer field, GError **error)
{
        WattleOptionalU16 *port = field;

        port->given = wattle_port_parse(text, &port->value, error);
        return port->given;
}

gboolean wattle_value_parse_mtu(const char *text, WattlePlace place,
                                G_GNUC_UNUSED WattleArena *arena, gpointer field, GError **error)
{
        guint64 mtu;

        if (!wattle_uint_parse(text, WATTLE_MTU_MIN, WATTLE_MTU_MAX, &mtu, error))
                return FALSE;
        *(WattleMtu *)field = (WattleMtu){ TRUE, (guint16)mtu, place };
        return TRUE;
}
