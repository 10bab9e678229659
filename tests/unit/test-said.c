/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/said.h"

#include "tests/unit/fixture.h"

static const struct {
        const char *name;
        const char *format, *other, *text,
                *expected; /* expected: NULL if format does not make it */
} rows[] = {
        { "plain", "it is down", "es ist unten", "it is down", "es ist unten" },
        { "another", "it is down", "es ist unten", "it is up", NULL },
        { "begin", "it is down", "es ist unten", "it is down now", NULL },
        { "end", "it is down", "es ist unten", "it is", NULL },
        { "empty", "it is down", "es ist unten", "", NULL },
        { "argument", "there is no %s", "%s fehlt", "there is no wg0", "wg0 fehlt" },
        { "no-argument", "there is no %s", "%s fehlt", "there is no ", NULL },
        { "number", "larger than %lu bytes", "über %lu Byte", "larger than 17 bytes",
          "über 17 Byte" },
        { "between", "interface %s is down", "%s ist unten", "interface a is down", "a ist unten" },
        { "twice", "%s has no peer %s here", "%s hat hier kein %s", "home has no peer nas here",
          "home hat hier kein nas" },
        { "turned-round", "%s has no peer %s here", "hier fehlt %2$s in %1$s",
          "home has no peer nas here", "hier fehlt nas in home" },
        { "shortest", "%s: %s", "%2$s <- %1$s", "a: b: c", "b: c <- a" },
        { "goes-on", "%s is down", "%s ist unten", "x is down is down", "x is down ist unten" },
        { "per-cent", "as [fe80::1%%3]", "wie [fe80::1%%3]", "as [fe80::1%3]", "wie [fe80::1%3]" },
        { "no-format", "as it is", "100%", "as it is", "100" },
        { "more-arguments", "as %s", "%s %s %3$s", "as x", "x  " },
};

static void row(gconstpointer data)
{
        const typeof(rows[0]) *r = data;
        g_autofree char *text = wattle_said_fill(r->format, r->other, r->text);

        g_assert_cmpstr(text, ==, r->expected);
}

/* Without a catalogue all is as it was said, known or not. */
static void as_it_is(void)
{
        static const char *const said[] = { "",
                                            "wattled ends",
                                            "interface wg0 is down",
                                            "interface wg0: no answer",
                                            "what nobody says",
                                            "100%" };

        for (guint i = 0; i < G_N_ELEMENTS(said); i++) {
                g_autofree char *text = wattle_said_translate(said[i]);

                g_assert_cmpstr(text, ==, said[i]);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/said/fill", rows, row);
        g_test_add_func("/said/as-it-is", as_it_is);
        return g_test_run();
}
