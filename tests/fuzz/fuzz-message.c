/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A packet out of the tunnel: a probe is written again just as it was. */
#include <string.h>

#include "common/message.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        guint8 again[WATTLE_PROBE_SIZE];
        WattleProbe probe;

        if (!wattle_probe_read(bytes, size, &probe))
                return 0;
        wattle_probe_write(&probe, again);
        g_assert_cmpmem(again, sizeof again, bytes, size);
        return 0;
}
