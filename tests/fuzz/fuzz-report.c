/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Faults in any order, with any text, in a report with room for few: its first byte says for how
 * many. Then for each: a byte for kind and file, two for line and column, and its text up to the
 * next newline. */
#include "common/report.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

static void add_fault(WattleReport *report, const guint8 *line, gsize size)
{
        static const char *const files[] = { NULL, "home.mesh", "a.conf", "\x80\x80\x80.conf" };
        WattlePlace place = { files[line[0] >> 1 & 3], line[1], line[2] };
        g_autofree char *text = g_strndup((const char *)line + 3, size - 3);

        if (line[0] & 1)
                wattle_report_error(report, place, "%s", text);
        else
                wattle_report_warning(report, place, "%s", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_auto(WattleReport) report = { 0 };
        const guint8 *end = bytes + size, *line, *next;

        if (size == 0)
                return 0;
        wattle_report_init(&report);
        report.max_faults = bytes[0] % 4 + 1;
        for (line = bytes + 1; line < end; line = next + 1) {
                next = memchr(line, '\n', (gsize)(end - line));
                if (!next)
                        next = end;
                if (next - line >= 3)
                        add_fault(&report, line, (gsize)(next - line));
        }
        fuzz_check_report(&report);
        return 0;
}
