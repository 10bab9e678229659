/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattle-filter says to firewalld, what it makes of the answers, and what it remembers. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/error.h"
#include "filter/opened.h"
#include "filter/opening.h"
#include "filter/refusal.h"
#include "filter/ufw-rules.h"
#include "tests/unit/fixture.h"

#define CONFLICT "org.fedoraproject.FirewallD1.Exception"

static const struct answer {
        const char *name, *error, *message;
        WattleAnswer answer;
        const char *opening, *explained; /* of a refusal */
} answers[] = {
        { "done", NULL, NULL, WATTLE_ANSWER_DONE, NULL, NULL },
        { "open already", CONFLICT, "ALREADY_ENABLED: '51820:udp' already in 'public'",
          WATTLE_ANSWER_ALREADY, NULL, NULL },
        { "in the zone already", CONFLICT, "ZONE_ALREADY_SET: 'home' already bound to 'work'",
          WATTLE_ANSWER_ALREADY, NULL, NULL },
        { "it has died", "org.freedesktop.DBus.Error.NoReply", "Message recipient disconnected",
          WATTLE_ANSWER_LATE, NULL, NULL },
        { "it hangs", "System.Error.ETIMEDOUT", "Connection timed out", WATTLE_ANSWER_LATE, NULL,
          NULL },
        { "no such zone", CONFLICT, "INVALID_ZONE: nowhere", WATTLE_ANSWER_REFUSED,
          "port nowhere 51820 udp",
          "Firewall: firewalld has no zone 'nowhere': 'firewall-cmd --get-zones' tells which it has" },
        { "no such zone to trust", CONFLICT, "INVALID_ZONE: nowhere", WATTLE_ANSWER_REFUSED,
          "interface nowhere home",
          "Trust: firewalld has no zone 'nowhere': 'firewall-cmd --get-zones' tells which it has" },
        { "in another zone", CONFLICT, "ZONE_CONFLICT: 'home' already bound to a zone",
          WATTLE_ANSWER_REFUSED, "interface trusted home",
          "Trust: firewalld has the interface in another zone already, by somebody's word: it stays "
          "there, and not in 'trusted'" },
        { "locked down, with an escape", CONFLICT, "ACCESS_DENIED: lockdown \033[31m",
          WATTLE_ANSWER_REFUSED, "port public 51820 udp",
          "firewalld refuses 'port public 51820 udp': ACCESS_DENIED: lockdown \357\277\275[31m" },
        { "without a word", "org.freedesktop.DBus.Error.Failed", NULL, WATTLE_ANSWER_REFUSED,
          "port public 51820 udp",
          "firewalld refuses 'port public 51820 udp': org.freedesktop.DBus.Error.Failed" },
};

static void answer(gconstpointer data)
{
        const struct answer *row = data;
        const sd_bus_error error = { .name = row->error, .message = row->message };
        g_autofree char *explained = NULL;

        g_assert_cmpint(wattle_opening_answer(row->error ? &error : NULL), ==, row->answer);
        if (!row->opening)
                return;
        explained = wattle_opening_explain(row->opening, &error);
        g_assert_cmpstr(explained, ==, row->explained);
}

#define MODULES                                                                                    \
        " (this kernel may lack a module: nf_conntrack, nft_ct, nft_fib_inet, nft_masq or "        \
        "nft_reject_inet)"

static const struct refusal {
        const char *name, *said, *explained;
} refusals[] = {
        { "a kernel without connection tracking",
          "Error: Could not process rule: Operation not supported\n ct mark 7\n ^^^^^^^\n",
          "Error: Could not process rule: Operation not supported" MODULES },
        { "without a module", "Error: Could not process rule: No such file or directory\nx\n",
          "Error: Could not process rule: No such file or directory" MODULES },
        { "somebody's table", "Error: Could not process rule: Operation not permitted\n",
          "Error: Could not process rule: Operation not permitted" },
        { "a fault of ours", "/dev/stdin:1:1-3: Error: syntax error, unexpected string\nxyz\n",
          "/dev/stdin:1:1-3: Error: syntax error, unexpected string" },
        { "nothing", "", "refused without a word" },
        { "less", NULL, "refused without a word" },
};

static void refusal(gconstpointer data)
{
        const struct refusal *row = data;
        g_autofree char *explained = wattle_refusal_explain(row->said);

        g_assert_cmpstr(explained, ==, row->explained);
}

/* No connection is needed for it. */
static const struct call {
        const char *opening;
        gboolean closes;
        const char *member, *signature; /* NULL: refused */
} calls[] = {
        { "port public 51820 udp", FALSE, "addPort", "sssi" },
        { "port public 51820 udp", TRUE, "removePort", "sss" },
        { "rule home rule family=\"ipv4\" accept", FALSE, "addRichRule", "ssi" },
        { "rule home rule family=\"ipv4\" accept", TRUE, "removeRichRule", "ss" },
        { "interface trusted home", FALSE, "addInterface", "ss" },
        { "interface trusted home", TRUE, "removeInterface", "ss" },
        { "ports public 51820 udp", FALSE, NULL, NULL },
        { "port public 51820", FALSE, NULL, NULL },
        { "port", TRUE, NULL, NULL },
        { "", TRUE, NULL, NULL },
};

static void call(void)
{
        int pair[2];
        sd_bus *bus = NULL;

        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_fd(bus, pair[0], pair[0]), >=, 0);
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
        for (guint i = 0; i < G_N_ELEMENTS(calls); i++) {
                AUTO_BUS_MESSAGE *made = NULL;
                int result =
                        wattle_opening_call(bus, ":1.7", calls[i].opening, calls[i].closes, &made);

                g_assert_cmpint(result >= 0, ==, calls[i].member != NULL);
                if (!made)
                        continue;
                g_assert_cmpstr(sd_bus_message_get_member(made), ==, calls[i].member);
                g_assert_cmpstr(sd_bus_message_get_destination(made), ==, ":1.7");
                g_assert_cmpint(sd_bus_message_seal(made, 1, 0), >=, 0);
                g_assert_cmpstr(sd_bus_message_get_signature(made, TRUE), ==, calls[i].signature);
        }
        sd_bus_close_unref(bus);
        close(pair[1]);
}

static void remember(void)
{
        g_auto(Root) root = { 0 };
        g_auto(WattleOpened) first = { 0 }, second = { 0 };
        g_autoptr(GError) error = NULL;
        g_autofree char *listed = NULL;

        root_init(&root);
        wattle_opened_init(&first, root.fd, "home");
        wattle_opened_init(&second, root.fd, "home");
        g_assert_false(wattle_opened_load(&second, &error));
        g_assert_no_error(error);
        wattle_opened_forget(&first, ":1.7");
        g_hash_table_add(first.set, g_strdup("port public 51820 udp"));
        g_hash_table_add(first.set, g_strdup("interface trusted home"));
        g_assert_true(wattle_opened_save(&first, &error));
        g_assert_true(wattle_opened_load(&second, &error));
        g_assert_cmpstr(second.owner, ==, ":1.7");
        g_assert_cmpuint(g_hash_table_size(second.set), ==, 2);
        g_assert_true(g_hash_table_contains(second.set, "interface trusted home"));
        wattle_opened_forget(&second, NULL);
        g_assert_true(wattle_opened_save(&second, &error));
        listed = root_list(&root);
        g_assert_cmpstr(listed, ==, "");
}

static const struct wanted {
        const char *name, *text, *rules;
} wanted[] = {
        { "nothing", "", "" },
        { "zones are firewalld's", "Zones=public\nPort=51820/udp\nTrust=internal\n", "" },
        { "all of it",
          "Zones=auto\nPort=51820/udp\nPort=21900-21999/udp\nMeshPort=21822/udp\n"
          "MeshPort=21823/tcp\n",
          "allow 51820/udp\nallow 21900:21999/udp\nallow in on home to any port 21822 proto udp\n"
          "allow in on home to any port 21823 proto tcp\n" },
        { "trusted", "Zones=auto\nTrust=trusted\nPort=51820/udp\nMeshPort=21822/udp\n",
          "allow in on home\nallow 51820/udp\n" },
        { "trusted alone", "Trust=trusted\nPort=51820/udp\n", "allow in on home\n" },
};

static char *joined(const GPtrArray *rules)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < rules->len; i++)
                g_string_append_printf(text, "%s\n", (const char *)g_ptr_array_index(rules, i));
        return g_string_free(text, FALSE);
}

static void ufw_wanted(gconstpointer data)
{
        const struct wanted *row = data;
        g_autofree char *text = g_strconcat("[Firewall]\n", row->text, NULL), *said = NULL;
        g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func(g_free);
        g_auto(WattleFirewall) firewall = { 0 };
        g_auto(WattleReport) report = { 0 };

        wattle_report_init(&report);
        wattle_firewall_init(&firewall);
        wattle_firewall_read(&firewall, text, strlen(text), "f", &report);
        check_faults(&report, "");
        wattle_ufw_add_wanted(rules, &firewall, "home");
        said = joined(rules);
        g_assert_cmpstr(said, ==, row->rules);
}

#define HEAD "Added user rules (see 'ufw status' for running firewall):\n"

static const struct planned {
        const char *name, *shown, *wanted, *remove, *add;
} planned[] = {
        { "nothing at all", HEAD "(None)\n", "", "", "" },
        { "new", HEAD "(None)\n", "allow 1/udp|allow 2/udp", "", "allow 1/udp\nallow 2/udp\n" },
        { "there", HEAD "ufw allow 1/udp comment 'wattle home'\n", "allow 1/udp", "", "" },
        { "for another mesh", HEAD "ufw allow 1/udp comment 'wattle work'\n", "allow 1/udp", "",
          "" },
        { "left", HEAD "ufw allow 1/udp comment 'wattle gone'\n", "", "allow 1/udp\n", "" },
        { "the admin's", HEAD "ufw allow 1/udp\nufw allow 2/udp comment 'for wattle'\n",
          "allow 1/udp|allow 2/udp", "", "" },
        { "the admin's that nobody wants", HEAD "ufw allow 1/udp comment 'for wattle'\n", "", "",
          "" },
        { "twice", HEAD, "allow 1/udp|allow 1/udp", "", "allow 1/udp\n" },
        { "garbage", "ufw\nallow 1/udp comment 'wattle x'\nufw comment 'wattle x\n", "", "", "" },
};

static void ufw_plan(gconstpointer data)
{
        const struct planned *row = data;
        g_auto(GStrv) shown = g_strsplit(row->shown, "\n", -1);
        g_auto(GStrv) wants = g_strsplit(row->wanted, "|", -1);
        g_autoptr(GPtrArray) want = g_ptr_array_new(), remove = g_ptr_array_new();
        g_autoptr(GPtrArray) add = g_ptr_array_new();
        g_autofree char *removed = NULL, *added = NULL;

        for (char **rule = wants; *rule && **rule; rule++)
                g_ptr_array_add(want, *rule);
        wattle_ufw_plan(shown, want, remove, add);
        removed = joined(remove);
        added = joined(add);
        g_assert_cmpstr(removed, ==, row->remove);
        g_assert_cmpstr(added, ==, row->add);
}

static const struct matters {
        const char *name, *file, *wanted;
        gboolean matters;
} matters[] = {
        { "empty", "", "allow 1/udp", FALSE },
        { "another port", "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n",
          "allow 51820/udp", FALSE },
        { "the port", "### tuple ### limit any 51820 0.0.0.0/0 any 0.0.0.0/0 in\n",
          "allow 51820/udp", TRUE },
        { "the interface", "### tuple ### allow any any ::/0 any ::/0 in_home\n",
          "allow in on home", TRUE },
        { "another's comment",
          "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in comment=6d696e65\n",
          "allow in on home to any port 21822 proto udp", FALSE },
        { "ours of a mesh that is gone",
          "### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in comment=776174746c6520676f6e65\n",
          "", TRUE },
        { "no tuple", "-A ufw-user-input -p udp --dport 51820 -j ACCEPT\n", "allow 51820/udp",
          FALSE },
};

static void ufw_matters(gconstpointer data)
{
        const struct matters *row = data;
        g_autoptr(GPtrArray) want = g_ptr_array_new();

        if (*row->wanted)
                g_ptr_array_add(want, (gpointer)row->wanted);
        g_assert_cmpint(wattle_ufw_may_matter(row->file, want), ==, row->matters);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/filter/answer", answers, answer);
        add_rows("/filter/refusal", refusals, refusal);
        g_test_add_func("/filter/call", call);
        g_test_add_func("/filter/remember", remember);
        add_rows("/filter/ufw-wanted", wanted, ufw_wanted);
        add_rows("/filter/ufw-plan", planned, ufw_plan);
        add_rows("/filter/ufw-matters", matters, ufw_matters);
        return g_test_run();
}
