/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/doctor/nsswitch.h"

#include "tests/unit/fixture.h"

static const struct row {
        const char *name, *text;
        WattleNsswitch verdict;
        const char *service;
} rows[] = {
        { "right", "passwd: files\nhosts: files wattle dns\n", WATTLE_NSSWITCH_RIGHT, NULL },
        { "alone", "hosts:wattle", WATTLE_NSSWITCH_RIGHT, NULL },
        { "tabs", " hosts :\tfiles\twattle\tresolve [!UNAVAIL=return]\n", WATTLE_NSSWITCH_RIGHT,
          NULL },
        { "behind myhostname", "hosts: files myhostname wattle dns\n", WATTLE_NSSWITCH_RIGHT,
          NULL },
        { "no file", "", WATTLE_NSSWITCH_MISSING, NULL },
        { "another line", "networks: files wattle\nhosts: files dns\n", WATTLE_NSSWITCH_MISSING,
          NULL },
        { "comment", "hosts: files dns # wattle\n", WATTLE_NSSWITCH_MISSING, NULL },
        { "a longer word", "hosts: files wattled dns\n", WATTLE_NSSWITCH_MISSING, NULL },
        { "a line of comment", "#hosts: files wattle\n", WATTLE_NSSWITCH_MISSING, NULL },
        { "the last line counts", "hosts: files wattle\nhosts: files dns\n",
          WATTLE_NSSWITCH_MISSING, NULL },
        { "before files", "hosts: wattle files dns\n", WATTLE_NSSWITCH_BEFORE_FILES, NULL },
        { "behind resolve", "hosts: files resolve [!UNAVAIL=return] wattle\n",
          WATTLE_NSSWITCH_BEHIND, "resolve" },
        { "behind dns", "hosts: files dns wattle", WATTLE_NSSWITCH_BEHIND, "dns" },
        { "behind mdns", "hosts: files mdns4_minimal [NOTFOUND=return] dns wattle\n",
          WATTLE_NSSWITCH_BEHIND, "mdns4_minimal" },
        { "behind containers", "hosts: mymachines wattle resolve\n", WATTLE_NSSWITCH_BEHIND,
          "mymachines" },
};

static void judge(gconstpointer data)
{
        const struct row *row = data;
        g_autofree char *service = NULL;

        g_assert_cmpint(wattle_nsswitch_judge(row->text, &service), ==, row->verdict);
        g_assert_cmpstr(service, ==, row->service);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/nsswitch", rows, judge);
        return g_test_run();
}
