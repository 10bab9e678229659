/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* networkd.conf, or anything else: read once more, it changes nothing. */
#include <string.h>

#include "cli/managers/foreign.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_autofree char *text = g_strndup(size > 0 ? (const char *)bytes : "", size);
        WattleForeignKept kept = { .rules = FALSE }, again;

        wattle_foreign_read_conf(text, &kept);
        again = kept;
        wattle_foreign_read_conf(text, &again);
        g_assert_true(again.rules == kept.rules && again.routes == kept.routes &&
                      again.next_hops == kept.next_hops);
        return 0;
}
