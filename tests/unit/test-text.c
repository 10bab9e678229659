/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/text.h"

#include "tests/unit/fixture.h"

#define FORTY "0123456789012345678901234567890123456789"
#define BAD   "\xef\xbf\xbd"

static const struct {
        const char *name;
        const char *text, *expected;
} rows[] = {
        { "empty", "", "" },
        { "plain", "home: up", "home: up" },
        { "letters", "B\xc3\xbcro \xe2\x82\xac", "B\xc3\xbcro \xe2\x82\xac" },
        { "lines", "a\n\tb\n", "a\n\tb\n" },
        { "colour", "\033[31mred", BAD "[31mred" },
        { "title", "\033]0;root\007", BAD "]0;root" BAD },
        { "carriage-return", "bad\rgood", "bad" BAD "good" },
        { "backspace", "no\b\byes", "no" BAD BAD "yes" },
        { "delete", "\177", BAD },
        { "c1",
          "\xc2\x9b"
          "2J",
          BAD "2J" },
        { "no-break-space", "\xc2\xa0", "\xc2\xa0" },
        { "right-to-left",
          "a\xe2\x80\xae"
          "b\xe2\x81\xa6",
          "a" BAD "b" BAD },
        { "no-utf-8",
          "\x9b"
          "2J\xff",
          BAD "2J" BAD },
        /* Longer than the blocks that are looked through. */
        { "long", FORTY FORTY "\n\tend", FORTY FORTY "\n\tend" },
        { "long-bad-in-block", "\033" FORTY FORTY, BAD FORTY FORTY },
        { "long-bad-at-end", FORTY FORTY "\033", FORTY FORTY BAD },
        { "cut-off", "\xe2\x82", BAD BAD },
};

static void row(gconstpointer data)
{
        const typeof(rows[0]) *r = data;
        g_autofree char *clean = wattle_text_clean(r->text);

        g_assert_cmpstr(clean, ==, r->expected);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/text", rows, row);
        return g_test_run();
}
