/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of moves under way: what is read is written, and read again the same. */
#include <string.h>

#include "daemon/unproved.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(WattleUnproved));
        g_autoptr(GArray) again = g_array_new(FALSE, FALSE, sizeof(WattleUnproved));
        g_autofree char *text = NULL, *second = NULL;
        g_autoptr(GError) error = NULL;

        if (!wattle_unproved_read(bytes, size, list, &error)) {
                g_assert_nonnull(error);
                g_assert_cmpuint(list->len, ==, 0);
                return 0;
        }
        text = wattle_unproved_write(list);
        fuzz_check_text(text, strlen(text));
        g_assert_true(wattle_unproved_read(text, strlen(text), again, NULL));
        second = wattle_unproved_write(again);
        g_assert_cmpstr(text, ==, second);
        return 0;
}
