/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/revocations.h"

#include <string.h>

#include "common/ini.h"

char *wattle_revocations_format(const GArray *keys)
{
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < keys->len; i++) {
                char line[WATTLE_KEY_TEXT_MAX];

                wattle_key_format(&g_array_index(keys, WattleKey, i), line);
                g_string_append_printf(text, "%s\n", line);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

GArray *wattle_revocations_read(gconstpointer bytes, gsize size, const char *file,
                                WattleReport *report)
{
        g_autofree char *text = g_strndup(size > 0 ? bytes : "", size);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(WattleKey));

        for (guint i = 0; lines[i]; i++) {
                g_autoptr(GError) error = NULL;
                WattleKey key;

                if (!*lines[i])
                        continue;
                if (!wattle_key_parse(lines[i], &key, &error)) {
                        wattle_report_error(report, (WattlePlace){ file, i + 1, 1 }, "%s",
                                            error->message);
                        return NULL;
                }
                g_array_append_val(keys, key);
        }
        return g_steal_pointer(&keys);
}

void wattle_revocations_apply(const GArray *keys, WattleProfile *profile)
{
        for (guint i = 0; i < profile->n_devices; i++)
                for (guint j = 0; j < keys->len; j++)
                        if (wattle_key_equal(&profile->devices[i].public_key,
                                             &g_array_index(keys, WattleKey, j)))
                                profile->devices[i].state = WATTLE_DEVICE_REVOKED;
}
