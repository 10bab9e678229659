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

#define SED(line) "sed -i 's/^\\s*hosts\\s*:.*/hosts: " line "/' /etc/nsswitch.conf"

static const struct mend_row {
        const char *name, *text, *command;
} mend_rows[] = {
        { "missing", "passwd: files\nhosts: files dns\n", SED("files wattle dns") },
        { "tabs and a comment", "\thosts :\tfiles\t\tdns # mine\n", SED("files wattle dns") },
        { "alone", "hosts: files", SED("files wattle") },
        { "action", "hosts: files [NOTFOUND=return] resolve [!UNAVAIL=return] dns\n",
          SED("files [NOTFOUND=return] wattle resolve [!UNAVAIL=return] dns") },
        { "action with spaces", "hosts: files [ NOTFOUND=return SUCCESS=return ] dns\n",
          SED("files [ NOTFOUND=return SUCCESS=return ] wattle dns") },
        { "action without an end", "hosts: files [NOTFOUND=return dns\n",
          SED("files [NOTFOUND=return dns wattle") },
        { "no files", "hosts: dns\n", SED("wattle dns") },
        { "nothing", "hosts:\n", SED("wattle") },
        { "before files", "hosts: wattle [NOTFOUND=continue] files dns\n",
          SED("files wattle dns") },
        { "behind another", "hosts: files mymachines resolve [!UNAVAIL=return] wattle\n",
          SED("files wattle mymachines resolve [!UNAVAIL=return]") },
        { "a longer word", "hosts: files wattled\n", SED("files wattle wattled") },
        { "the last line counts", "hosts: dns\nhosts: files\n", SED("files wattle") },
        { "no line", "passwd: files\n", "echo 'hosts: files wattle dns' >>/etc/nsswitch.conf" },
        { "a quote", "hosts: files '$(id)'\n", NULL },
        { "what sed reads", "hosts: files a/b\n", NULL },
};

static void mend(gconstpointer data)
{
        const struct mend_row *row = data;
        g_autofree char *command = wattle_nsswitch_mend(row->text);

        g_assert_cmpstr(command, ==, row->command);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/nsswitch", rows, judge);
        add_rows("/nsswitch/mend", mend_rows, mend);
        return g_test_run();
}
