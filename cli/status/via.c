/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/status/via.h"

#include <string.h>

#include "common/language.h"

#define MAX_NAMES 3 /* in one note */

void wattle_status_note_via(const WattleView *view, GPtrArray *notes)
{
        g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < view->n_indirects; i++) {
                const char *via = view->indirects[i].via;
                g_autoptr(GString) names = g_string_new(NULL);
                guint n = 0;

                if (!g_hash_table_add(told, (gpointer)via))
                        continue;
                for (guint j = i; j < view->n_indirects; j++)
                        if (strcmp(view->indirects[j].via, via) == 0 && n++ < MAX_NAMES)
                                g_string_append_printf(names, "%s%s", n > 1 ? ", " : "",
                                                       view->indirects[j].device.name);
                if (n > MAX_NAMES)
                        g_string_append_printf(names, _(" and %u more"), n - MAX_NAMES);
                g_ptr_array_add(
                        notes,
                        g_strdup_printf(_("Via %s, which sees what is said in plaintext: %s."), via,
                                        names->str));
        }
        if (view->routing_via)
                g_ptr_array_add(
                        notes,
                        g_strdup(_(
                                "This host passes on for others' Via=, and sees in plaintext what they "
                                "say.")));
}
