/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <string.h>

#include "tailscale/arguments.h"
#include "tailscale/key.h"
#include "tailscale/machine.h"
#include "tailscale/notify.h"
#include "tests/unit/fixture.h"

/* Rows for the machine: events by a letter each, and what comes of them. Digits are states by
 * Tailscale's numbers, + and - the end of a command, x that of tailscaled. */
static const struct {
        const char *name, *has, *events, *actions;
} machine_rows[] = {
        { "login", "key settings", "026+56+", "WAIT LOG_IN WAIT SET WAIT WAIT DONE" },
        { "running-comes-late", "key settings", "02+56+", "WAIT LOG_IN WAIT WAIT SET DONE" },
        { "running-already", "key settings", "6+", "SET DONE" },
        { "nothing-to-set", "key", "26+", "LOG_IN WAIT DONE" },
        { "no-key", "settings", "2256+", "SAY_NO_KEY WAIT WAIT SET DONE" },
        { "wrong-key", "key settings", "2-", "LOG_IN FAIL" },
        /* A key may be good for one login. */
        { "never-twice", "key settings", "2+22", "LOG_IN WAIT WAIT WAIT" },
        { "approval", "key settings", "2335+6+", "LOG_IN SAY_APPROVAL WAIT WAIT WAIT SET DONE" },
        { "approval-from-before", "key settings", "336+", "SAY_APPROVAL WAIT SET DONE" },
        { "stopped-stays", "key settings", "04", "WAIT SAY_STOPPED" },
        { "stopped-then-up", "key settings", "456+", "SAY_STOPPED WAIT SET DONE" },
        { "other-user", "key settings", "1", "SAY_OTHER_USER" },
        { "bad-setting", "key settings", "6-", "SET FAIL" },
        { "tailscaled-gone", "key settings", "5x", "WAIT FAIL" },
        { "gone-while-logging-in", "key settings", "2x", "LOG_IN FAIL" },
        { "set-once", "key settings", "6566+", "SET WAIT WAIT WAIT DONE" },
};

static const char *const action_names[] = { "WAIT",           "LOG_IN",       "SET",
                                            "SAY_NO_KEY",     "SAY_APPROVAL", "SAY_STOPPED",
                                            "SAY_OTHER_USER", "DONE",         "FAIL" };

static WattleTailscaleEvent event_of(char c)
{
        switch (c) {
        case '+':
                return (WattleTailscaleEvent){ .kind = WATTLE_TAILSCALE_EVENT_SUCCEEDED };
        case '-':
                return (WattleTailscaleEvent){ .kind = WATTLE_TAILSCALE_EVENT_FAILED };
        case 'x':
                return (WattleTailscaleEvent){ .kind = WATTLE_TAILSCALE_EVENT_GONE };
        default:
                return (WattleTailscaleEvent){ WATTLE_TAILSCALE_EVENT_STATE,
                                               (WattleTailnetState)(c - '0') };
        }
}

static void test_machine(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(machine_rows); i++) {
                WattleTailscaleMachine machine = {
                        .has_key = strstr(machine_rows[i].has, "key") != NULL,
                        .has_settings = strstr(machine_rows[i].has, "settings") != NULL,
                };
                g_autoptr(GString) actions = g_string_new(NULL);

                for (const char *p = machine_rows[i].events; *p; p++)
                        g_string_append_printf(
                                actions, "%s%s", actions->len > 0 ? " " : "",
                                action_names[wattle_tailscale_step(&machine, event_of(*p))]);
                g_test_message("%s", machine_rows[i].name);
                g_assert_cmpstr(actions->str, ==, machine_rows[i].actions);
        }
}

static void read_tailnet(WattleTailnet *tailnet, const char *text)
{
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        wattle_tailnet_init(tailnet);
        wattle_tailnet_read(tailnet, text, strlen(text), "work.tailnet", &report);
        check_faults(&report, "");
}

#define ALL                                                                                        \
        "[Tailscale]\nLoginServer=https://login.example\nAdvertiseTags=server tag:web\n"           \
        "UpFlags=--shields-up\nAdvertiseRoutes=192.0.2.0/24 2001:db8::/64\nSSH=no\n"               \
        "SetFlags=--auto-update=false\nHostname=gw\nEphemeral=no\nPreauthorized=yes\n"             \
        "BaseURL=https://api.example\n[Local]\nAcceptRoutes=yes\nExitNode=vps\n"
#define SETTINGS                                                                                   \
        "--accept-routes=true --advertise-routes=192.0.2.0/24,2001:db8::/64 --ssh=false "          \
        "--hostname=gw"

static const struct {
        const char *name, *text, *up, *set, *parameters;
} argument_rows[] = {
        { "nothing", "", "up --reset --auth-key=file:/k", NULL, "" },
        { "all", ALL,
          "up --reset --auth-key=file:/k --login-server=https://login.example "
          "--advertise-tags=tag:server,tag:web " SETTINGS " --shields-up",
          "set " SETTINGS
          " --exit-node=vps --accept-risk=linux-strict-rp-filter --auto-update=false",
          "?ephemeral=false&preauthorized=true&baseURL=https://api.example" },
        { "a-flag-alone", "[Tailscale]\nSetFlags=--webclient\n", "up --reset --auth-key=file:/k",
          "set --webclient", "" },
        { "for-the-login-alone", "[Tailscale]\nAdvertiseTags=a\nEphemeral=yes\n",
          "up --reset --auth-key=file:/k --advertise-tags=tag:a", NULL, "?ephemeral=true" },
};

static void check_words(char **words, const char *expected)
{
        g_autofree char *text = words ? g_strjoinv(" ", words) : NULL;

        g_assert_cmpstr(text, ==, expected);
        g_strfreev(words);
}

static void test_arguments(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(argument_rows); i++) {
                g_auto(WattleTailnet) tailnet = { 0 };
                g_autofree char *parameters = NULL;

                g_test_message("%s", argument_rows[i].name);
                read_tailnet(&tailnet, argument_rows[i].text);
                check_words(wattle_tailscale_up(&tailnet, "/k"), argument_rows[i].up);
                check_words(wattle_tailscale_set(&tailnet), argument_rows[i].set);
                parameters = wattle_tailscale_key_parameters(&tailnet);
                g_assert_cmpstr(parameters, ==, argument_rows[i].parameters);
        }
}

/* The first as tailscaled 1.90.6 sends it. */
static const struct {
        const char *line;
        int state; /* -1: none */
} notify_rows[] = {
        { "{\"Version\":\"1.90.6\",\"SessionID\":\"fb186fc08133f1eb\",\"ErrMessage\":null,"
          "\"LoginFinished\":null,\"State\":2,\"Prefs\":null,\"NetMap\":null,\"Engine\":null,"
          "\"BrowseToURL\":null,\"DriveShares\":null}",
          2 },
        { "{\"State\":6}", 6 },
        { "{\"State\":7}", -1 },
        { "{\"State\":-1}", -1 },
        { "{\"State\":null}", -1 },
        { "{\"State\":\"Running\"}", -1 },
        { "{\"State\":99999999999999999999}", -1 },
        { "{}", -1 },
        { "[6]", -1 },
        { "", -1 },
        { "{\"State\":6", -1 },
        { "{\"State\":6}{", -1 },
};

static void test_notify(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(notify_rows); i++) {
                WattleTailnetState state = WATTLE_TAILNET_NO_STATE;
                gboolean is_known = wattle_tailscale_notify_state(
                        notify_rows[i].line, strlen(notify_rows[i].line), &state);

                g_test_message("%s", notify_rows[i].line);
                g_assert_cmpint(is_known ? (int)state : -1, ==, notify_rows[i].state);
        }
}

static void on_line(const char *line, gsize size, gpointer data)
{
        g_string_append_printf(data, "<%.*s>", (int)size, size > 0 ? line : "");
}

/* However the bytes come: cut anywhere, several lines at once, one that is too long. */
static void test_lines(void)
{
        g_auto(WattleTailscaleLines) lines = { 0 };
        g_autoptr(GString) seen = g_string_new(NULL);
        g_autofree char *large = g_strnfill(WATTLE_TAILSCALE_LINE_MAX, 'x');

        wattle_tailscale_lines_init(&lines);
        wattle_tailscale_lines_feed(&lines, "a", 1, on_line, seen);
        wattle_tailscale_lines_feed(&lines, "b\nc\n\nd", 6, on_line, seen);
        wattle_tailscale_lines_feed(&lines, large, WATTLE_TAILSCALE_LINE_MAX, on_line, seen);
        wattle_tailscale_lines_feed(&lines, "e\nf\n", 4, on_line, seen);
        g_assert_cmpstr(seen->str, ==, "<ab><c><><f>");
}

static const struct {
        const char *name, *text, *content, *error;
} key_rows[] = {
        { "good", "[Tailscale]\nAuthKeyFile=/key\n", " tskey-auth-1 \n", NULL },
        { "missing", "[Tailscale]\nAuthKeyFile=/other\n", "x",
          "work.tailnet:2:13: AuthKeyFile: /other: No such file or directory" },
        { "two", "[Tailscale]\nAuthKeyFile=/key\n", "one\ntwo\n",
          "work.tailnet:2:13: AuthKeyFile: /key: it has to hold one key, and nothing else" },
        { "empty", "[Tailscale]\nAuthKeyFile=/key\n", "\n",
          "work.tailnet:2:13: AuthKeyFile: /key: it has to hold one key, and nothing else" },
        { "no-client-secret", "[Tailscale]\nAuthKeyFile=/key\nEphemeral=no\nAdvertiseTags=a\n",
          "tskey-auth-1",
          "work.tailnet:3:11: Ephemeral=, Preauthorized= and BaseURL= are for a client secret, which "
          "begins with tskey-client-; the key is another" },
        { "client-secret", "[Tailscale]\nAuthKeyFile=/key\nEphemeral=no\nAdvertiseTags=a\n",
          "tskey-client-1", NULL },
};

static void test_key(void)
{
        for (guint i = 0; i < G_N_ELEMENTS(key_rows); i++) {
                g_auto(Root) root = { 0 };
                g_auto(WattleTailnet) tailnet = { 0 };
                g_auto(WattleTailscaleKey) key = { 0 };
                g_autoptr(GError) error = NULL;
                gboolean ok;

                g_test_message("%s", key_rows[i].name);
                root_init(&root);
                root_put(&root, "key", key_rows[i].content, 0600);
                read_tailnet(&tailnet, key_rows[i].text);
                ok = wattle_tailscale_key_read(&key, root.fd, &tailnet, "work", NULL, &error);
                check_error(ok, &error, key_rows[i].error);
        }
}

static void test_key_is_hidden(void)
{
        WattleTailscaleKey key = { (char *)"hex0123" }, none = { NULL };
        g_autofree char *hidden =
                wattle_tailscale_key_hide(&key, "invalid key: hex0123?ephemeral=true\033[1m");
        g_autofree char *same = wattle_tailscale_key_hide(&none, "as it is");

        g_assert_cmpstr(hidden, ==, "invalid key: [key]?ephemeral=true\xef\xbf\xbd[1m");
        g_assert_cmpstr(same, ==, "as it is");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/tailscale/machine", test_machine);
        g_test_add_func("/tailscale/arguments", test_arguments);
        g_test_add_func("/tailscale/notify", test_notify);
        g_test_add_func("/tailscale/lines", test_lines);
        g_test_add_func("/tailscale/key", test_key);
        g_test_add_func("/tailscale/key-is-hidden", test_key_is_hidden);
        return g_test_run();
}
