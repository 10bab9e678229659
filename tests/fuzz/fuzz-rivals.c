/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of networkd's or NetworkManager's, or anything else: it is a rival or not, and so again.
 */
#include <string.h>

#include "cli/doctor/rivals.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_autofree char *text = g_strndup(size > 0 ? (const char *)bytes : "", size);
        g_autoptr(GPtrArray) texts = g_ptr_array_new();
        gboolean matches;

        g_ptr_array_add(texts, text);
        matches = wattle_rival_matches(texts, "home");
        wattle_rival_connects(text, "home");
        /* The same file as a drop-in of its own changes nothing of a name. */
        if (wattle_rival_makes(texts, "home")) {
                g_ptr_array_add(texts, text);
                g_assert_true(wattle_rival_makes(texts, "home"));
        }
        g_ptr_array_set_size(texts, 1);
        g_assert_cmpint(wattle_rival_matches(texts, "home"), ==, matches);
        return 0;
}
