/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/profile-set.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define HEAD                                                                                       \
        "[Mesh]\nSerial=1\n# of a\n[Device a]\nPublicKey=x\n# routes\nRoutes=1 2\tx\nRoutes=3\n# end\n\n"
#define TAIL "[Device b]\nRoutes=9\n"

/* One assignment in [Device a], or where it says. */
static const struct row {
        const char *name, *assignment;
        const char *text, *expected, *error; /* text NULL: HEAD TAIL */
} rows[] = {
        { "set", "Routes=4", NULL,
          "[Mesh]\nSerial=1\n# of a\n[Device a]\nPublicKey=x\n# routes\nRoutes=4\n# end\n\n" TAIL,
          NULL },
        { "set what was not there", "Alias=n", NULL,
          "[Mesh]\nSerial=1\n# of a\n[Device a]\nPublicKey=x\n# routes\nRoutes=1 2\tx\nRoutes=3\nAlias=n\n# "
          "end\n\n" TAIL,
          NULL },
        { "take out", "Routes=", NULL,
          "[Mesh]\nSerial=1\n# of a\n[Device a]\nPublicKey=x\n# routes\n# end\n\n" TAIL, NULL },
        { "take out what is not there", "Alias=", NULL, HEAD TAIL, NULL },
        { "add", "Routes+=4 5", NULL,
          "[Mesh]\nSerial=1\n# of a\n[Device a]\nPublicKey=x\n# routes\nRoutes=1 2\tx\nRoutes=3\nRoutes=4 "
          "5\n# end\n\n" TAIL,
          NULL },
        { "take one", "Routes-=2", NULL,
          "[Mesh]\nSerial=1\n# of a\n[Device a]\nPublicKey=x\n# routes\nRoutes=1 x\nRoutes=3\n# end\n\n" TAIL,
          NULL },
        { "take a whole line", "Routes-=3", NULL,
          "[Mesh]\nSerial=1\n# of a\n[Device a]\nPublicKey=x\n# routes\nRoutes=1 2\tx\n# end\n\n" TAIL,
          NULL },
        { "take from two lines", "Routes-=3 1", NULL,
          "[Mesh]\nSerial=1\n# of a\n[Device a]\nPublicKey=x\n# routes\nRoutes=2 x\n# end\n\n" TAIL,
          NULL },
        { "take what is another's", "Routes-=9", NULL, NULL, "Routes has no 9: it has 1 2 x 3" },
        { "take of nothing", "Alias-=n", NULL, NULL, "Alias has no n: it has none" },
        { "no section", "Alias=n", "[Mesh]\n", NULL, "there is no [Device a]" },
        { "a header alone", "Alias=n", "[Device a]", "[Device a]\nAlias=n\n", NULL },
        { "no line end", "Routes=2", "[Device a]\nRoutes=1", "[Device a]\nRoutes=2\n", NULL },
        { "added without a line end", "Routes+=2", "[Device a]\nRoutes=1",
          "[Device a]\nRoutes=1\nRoutes=2\n", NULL },
        { "twice the same", "Routes-=1", "[Device a]\nRoutes=1 1\n", "[Device a]\nRoutes=1\n",
          NULL },
};

static void set(gconstpointer data)
{
        const struct row *row = data;
        g_auto(WattleAssignment) assignment = { 0 };
        g_autoptr(GError) error = NULL;
        g_autofree char *changed = NULL;

        g_assert_true(wattle_assignment_parse(row->assignment, &assignment, &error));
        changed = wattle_profile_set(row->text ? row->text : HEAD TAIL, "Device", "a", &assignment,
                                     &error);
        g_assert_cmpstr(changed, ==, row->expected);
        check_error(changed != NULL, &error, row->error);
}

static void the_mesh(void)
{
        g_auto(WattleAssignment) assignment = { 0 };
        g_autoptr(GError) error = NULL;
        g_autofree char *changed = NULL;

        g_assert_true(wattle_assignment_parse("Domain= lan ", &assignment, &error));
        changed = wattle_profile_set("[Mesh]\nSubnet=x\n\n[Device a]\n", "Mesh", NULL, &assignment,
                                     &error);
        g_assert_cmpstr(changed, ==, "[Mesh]\nSubnet=x\nDomain=lan\n\n[Device a]\n");
}

static void assignments(void)
{
        static const struct {
                const char *text, *error;
        } faults[] = {
                { "Routes", "'Routes' is not KEY=VALUE, KEY+=VALUE or KEY-=VALUE" },
                { "=x", "'=x' is not KEY=VALUE, KEY+=VALUE or KEY-=VALUE" },
                { "+=x", "'' is no name of a key" },
                { "Rou tes=x", "'Rou tes' is no name of a key" },
                { "[Mesh]\nA=x", "'[Mesh]\nA' is no name of a key" },
                { "Routes=x\nAlias=y", "Routes: a value is one line" },
                { "Routes+=", "Routes: what is to be added is missing" },
                { "Routes-= ", "Routes: what is to be taken is missing" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(faults); i++) {
                g_auto(WattleAssignment) assignment = { 0 };
                g_autoptr(GError) error = NULL;
                gboolean ok = wattle_assignment_parse(faults[i].text, &assignment, &error);

                check_error(ok, &error, faults[i].error);
        }
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/profile-set", rows, set);
        g_test_add_func("/profile-set/mesh", the_mesh);
        g_test_add_func("/profile-set/assignments", assignments);
        return g_test_run();
}
