/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A packet out of the tunnel: a probe, or a HELLO that is no longer than this version's, is written
 * again just as it was. */
#include <string.h>

#include "common/message.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        guint8 again[WATTLE_PROBE_SIZE];
        guint8 hello_again[WATTLE_HELLO_SIZE];
        WattleHello hello, hello_twice;
        WattleProbe probe;

        if (wattle_hello_read(bytes, size, &hello)) {
                g_assert_false(wattle_probe_read(bytes, size, &probe));
                wattle_hello_write(&hello, hello_again);
                g_assert_true(wattle_hello_read(hello_again, sizeof hello_again, &hello_twice));
                g_assert_cmpuint(hello.serial, ==, hello_twice.serial);
                return 0;
        }
        if (!wattle_probe_read(bytes, size, &probe))
                return 0;
        wattle_probe_write(&probe, again);
        g_assert_cmpmem(again, sizeof again, bytes, size);
        return 0;
}
