/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/ini.h"
#include "tests/fuzz/fuzz.h"

static void check_place(const WattleIni *ini, WattlePlace place, const WattleIniLine *line)
{
        g_assert_cmpuint(place.line, ==, ini->n_lines);
        g_assert_cmpuint(place.column, >=, 1);
        g_assert_cmpuint(place.column, <=, line->end - line->start + 1);
}

static void check_word(const char *word)
{
        if (!word)
                return;
        g_assert_true(g_utf8_validate(word, -1, NULL));
        for (const char *p = word; *p; p++)
                g_assert_true(((guchar)*p >= 0x20 && *p != 0x7f) || *p == '\t');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleIni) ini = { 0 };
        WattleIniLine line;
        gsize end = 0;

        wattle_report_init(&report);
        wattle_ini_init(&ini, bytes, size, "x.mesh", &report);
        while (wattle_ini_next(&ini, &line)) {
                WattlePlace place;
                char *rest = NULL;

                g_assert_cmpuint(line.start, >=, end);
                g_assert_cmpuint(line.end, >, line.start);
                g_assert_cmpuint(line.end, <=, size);
                end = line.end;
                check_place(&ini, line.place, &line);
                check_place(&ini, line.value_place, &line);
                check_word(line.section);
                check_word(line.name);
                if (line.kind != WATTLE_INI_KEY)
                        continue;
                check_word(line.key);
                check_word(line.value);
                while (wattle_ini_next_word(&line, &rest, &place))
                        check_place(&ini, place, &line);
        }
        wattle_report_sort(&report);
        g_assert_cmpuint(report.n_warnings, ==, 0);
        return 0;
}
