/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names that systemd-resolved is asked for by one link: what it says, and what comes of its
 * silence, its absence and its end. */
#include "daemon/bus/lookup.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "tests/bus/stage.h"

#define RESOLVED "org.freedesktop.resolve1"

/* What resolved does with a question. */
typedef enum {
        SAYS_TWO,
        SAYS_MANY,
        SAYS_OTHER_FAMILIES,
        FAILS,
        BABBLES, /* an answer of another shape */
        PONDERS,
} Resolved;

typedef struct {
        Resolved resolved;
        GString *questions;
} Server;

static int add_addresses(sd_bus_message *reply, Resolved resolved)
{
        static const guint8 ipv4[4] = { 192, 0, 2, 1 }, ipv6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
        guint n = resolved == SAYS_MANY ? 20 : 1;
        int result = sd_bus_message_open_container(reply, 'a', "(iiay)");

        for (guint i = 0; i < n && result >= 0; i++) {
                result = sd_bus_message_open_container(reply, 'r', "iiay");
                if (result >= 0)
                        result = sd_bus_message_append(reply, "ii", 3, AF_INET);
                if (result >= 0)
                        result = sd_bus_message_append_array(reply, 'y', ipv4, sizeof ipv4);
                if (result >= 0)
                        result = sd_bus_message_close_container(reply);
        }
        if (result >= 0)
                result = sd_bus_message_append(
                        reply, "(iiay)", 3, resolved == SAYS_OTHER_FAMILIES ? AF_UNIX : AF_INET6,
                        16, ipv6[0], ipv6[1], ipv6[2], ipv6[3], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
        if (result >= 0)
                result = sd_bus_message_close_container(reply);
        return result < 0 ? result : sd_bus_message_append(reply, "st", "vps.example", (guint64)0);
}

static int on_question(sd_bus_message *call, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Server *server = data;
        sd_bus_message *reply = NULL;
        const char *name;
        gint32 ifindex, family;
        guint64 flags;

        g_assert_cmpint(sd_bus_message_read(call, "isit", &ifindex, &name, &family, &flags), >, 0);
        g_string_append_printf(server->questions, "%s by %d of %d\n", name, ifindex, family);
        switch (server->resolved) {
        case SAYS_TWO:
        case SAYS_MANY:
        case SAYS_OTHER_FAMILIES:
                g_assert_cmpint(sd_bus_message_new_method_return(call, &reply), >=, 0);
                g_assert_cmpint(add_addresses(reply, server->resolved), >=, 0);
                g_assert_cmpint(sd_bus_send(NULL, reply, NULL), >=, 0);
                sd_bus_message_unref(reply);
                return 1;
        case FAILS:
                return sd_bus_reply_method_errorf(call, RESOLVED ".NoNameServers", "none");
        case BABBLES:
                return sd_bus_reply_method_return(call, "s", "192.0.2.1");
        case PONDERS:
                return 1;
        }
        g_assert_not_reached();
}

static const struct row {
        const char *name;
        Resolved resolved;
        const char *answer;
} rows[] = {
        { "two", SAYS_TWO, "192.0.2.1 2001:db8::1 " },
        { "many", SAYS_MANY,
          "192.0.2.1 192.0.2.1 192.0.2.1 192.0.2.1 192.0.2.1 192.0.2.1 192.0.2.1 192.0.2.1 " },
        { "of a family that is none", SAYS_OTHER_FAMILIES, "192.0.2.1 " },
        { "fails", FAILS, "" },
        { "babbles", BABBLES, "" },
};

static gboolean is_answered(gpointer data)
{
        return ((const WattleResolving *)data)->text != NULL;
}

static gboolean is_asked(gpointer data)
{
        return ((const Server *)data)->questions->len > 0;
}

static void start_server(Stage *stage, Server *server)
{
        server->questions = g_string_new(NULL);
        g_assert_cmpint(sd_bus_add_object(stage->others, NULL, "/org/freedesktop/resolve1",
                                          on_question, server),
                        >=, 0);
        g_assert_cmpint(sd_bus_request_name(stage->others, RESOLVED, 0), >=, 0);
}

static gboolean ask(const Stage *stage, WattleResolving *resolving)
{
        return stage->manager->lookup("vps.example", 3, resolving, stage->manager->lookup_data);
}

static void answer(gconstpointer data)
{
        const struct row *row = data;
        g_auto(Stage) stage = { 0 };
        Server server = { .resolved = row->resolved };
        WattleResolving resolving = { NULL };
        g_autoptr(WattleBusLookup) lookup = NULL;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        start_server(&stage, &server);
        lookup = wattle_bus_lookup_new(stage.server, stage.manager);
        g_assert_true(ask(&stage, &resolving));
        g_assert_null(resolving.text);
        stage_run_until(&stage, is_answered, &resolving);
        g_assert_cmpstr(resolving.text, ==, row->answer);
        g_assert_cmpstr(server.questions->str, ==, "vps.example by 3 of 0\n");
        g_string_free(server.questions, TRUE);
        g_free(resolving.text);
}

/* And nobody starts it. */
static void absent(void)
{
        g_auto(Stage) stage = { 0 };
        WattleResolving resolving = { NULL };
        g_autoptr(WattleBusLookup) lookup = NULL;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        lookup = wattle_bus_lookup_new(stage.server, stage.manager);
        g_assert_true(ask(&stage, &resolving));
        stage_run_until(&stage, is_answered, &resolving);
        g_assert_cmpstr(resolving.text, ==, "");
        g_free(resolving.text);
}

/* The bus goes, or wattled. */
static void ends(void)
{
        g_auto(Stage) stage = { 0 };
        Server server = { .resolved = PONDERS };
        WattleResolving resolving = { NULL }, another = { NULL };
        WattleBusLookup *lookup;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        start_server(&stage, &server);
        lookup = wattle_bus_lookup_new(stage.server, stage.manager);
        g_assert_true(ask(&stage, &resolving));
        g_assert_true(ask(&stage, &another));
        stage_run_until(&stage, is_asked, &server);
        g_assert_null(resolving.text);
        wattle_bus_lookup_free(lookup);
        g_assert_cmpstr(resolving.text, ==, "");
        g_assert_cmpstr(another.text, ==, "");
        g_assert_null(stage.manager->lookup);
        g_string_free(server.questions, TRUE);
        g_free(resolving.text);
        g_free(another.text);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *path = g_strconcat("/lookup/", rows[i].name, NULL);

                g_test_add_data_func(path, &rows[i], answer);
        }
        g_test_add_func("/lookup/absent", absent);
        g_test_add_func("/lookup/ends", ends);
        return g_test_run();
}
