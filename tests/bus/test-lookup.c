/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names that systemd-resolved is asked for by one link: what it says, and what comes of its
 * silence, its absence and its end. And where it leaves it to others: of which servers, by what
 * NetworkManager says, wattle-lookup is asked, which the test plays. */
#include "daemon/bus/lookup.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/lookup-message.h"
#include "common/sys/bus-match.h"
#include "tests/bus/stage.h"

#define RESOLVED "org.freedesktop.resolve1"
#define NOWHERE  "/nowhere/lookup"

/* What resolved does with a question. */
typedef enum {
        SAYS_TWO,
        SAYS_MANY,
        SAYS_OTHER_FAMILIES,
        FAILS,
        HAS_NO_SERVERS,
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
                return sd_bus_reply_method_errorf(call, RESOLVED ".DnsError.NXDOMAIN", "none");
        case HAS_NO_SERVERS:
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
        { "has no servers", HAS_NO_SERVERS, "" },
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
        const WattleUplink uplink = { .ifindex = 3, .fwmark = 7 };

        return stage->manager->lookup("vps.example", &uplink, resolving,
                                      stage->manager->lookup_data);
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
        lookup = wattle_bus_lookup_new(stage.server, stage.manager, NOWHERE);
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
        lookup = wattle_bus_lookup_new(stage.server, stage.manager, NOWHERE);
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
        lookup = wattle_bus_lookup_new(stage.server, stage.manager, NOWHERE);
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

/* A bus that is not there yet, nor its resolved: its socket comes at path, or never. */
static sd_bus *await_bus(Stage *stage, char **ret_path)
{
        g_autofree char *address = NULL;
        sd_bus *bus;

        *ret_path = g_build_filename(stage->folder, "later", NULL);
        address = g_strconcat("unix:path=", *ret_path, NULL);
        g_assert_cmpint(wattle_bus_start(&bus, stage->event, address, NULL, NULL), >=, 0);
        return bus;
}

static void bus_comes(void)
{
        g_auto(Stage) stage = { 0 };
        Server server = { .resolved = SAYS_TWO };
        WattleResolving resolving = { NULL };
        g_autofree char *path = NULL;
        WattleBusLookup *lookup;
        sd_bus *bus;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        start_server(&stage, &server);
        bus = await_bus(&stage, &path);
        lookup = wattle_bus_lookup_new(bus, stage.manager, NOWHERE);
        g_assert_true(ask(&stage, &resolving));
        g_assert_cmpint(symlink("bus", path), ==, 0);
        stage_run_until(&stage, is_answered, &resolving);
        g_assert_cmpstr(resolving.text, ==, "192.0.2.1 2001:db8::1 ");
        g_assert_cmpint(g_unlink(path), ==, 0);
        wattle_bus_lookup_free(lookup);
        sd_bus_close_unref(bus);
        g_string_free(server.questions, TRUE);
        g_free(resolving.text);
}

/* Who asks again has no time to lose. */
static void bus_never_comes(void)
{
        g_auto(Stage) stage = { 0 };
        WattleResolving resolving = { NULL }, again = { NULL };
        g_autofree char *path = NULL;
        WattleBusLookup *lookup;
        sd_bus *bus;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        bus = await_bus(&stage, &path);
        lookup = wattle_bus_lookup_new(bus, stage.manager, NOWHERE);
        g_assert_true(ask(&stage, &resolving));
        g_assert_null(resolving.text);
        stage_run_until(&stage, is_answered, &resolving);
        g_assert_cmpstr(resolving.text, ==, "");
        g_assert_false(ask(&stage, &again));
        wattle_bus_lookup_free(lookup);
        sd_bus_close_unref(bus);
        g_free(resolving.text);
}

/* An entry of NetworkManager's list. */
typedef struct {
        const char *interface; /* NULL: it has none */
        gboolean is_global;
        const char *domain;  /* NULL: none */
        const char *servers; /* with blanks between them */
} Entry;

/* What wattle-lookup does with a question. */
typedef enum {
        ANSWERS,
        FINDS_NONE,
        MAY_NOT, /* set the mark */
        HANGS_UP,
        MUMBLES,
        IS_NOT_THERE,
} Lookup;

typedef struct {
        const char *name;
        Entry entries[4];
        const char *question; /* that wattle-lookup gets; "": none */
        Lookup lookup;
        const char *answer;
} Bypass;

#define ALL "7 by 1: 192.0.2.53:53 [2001:db8::53]:53"

static const Bypass bypasses[] = {
        { "the uplink's",
          { { "home", FALSE, "~.", "10.42.0.2" },
            { "lo", FALSE, NULL, "192.0.2.53" },
            { "lo", FALSE, "lan", "2001:db8::53" } },
          ALL,
          ANSWERS,
          "192.0.2.7 2001:db8::7 " },
        { "none of them",
          { { "lo", FALSE, NULL, "192.0.2.53 2001:db8::53" } },
          ALL,
          FINDS_NONE,
          "" },
        { "the mark is refused",
          { { "lo", FALSE, NULL, "192.0.2.53 2001:db8::53" } },
          ALL,
          MAY_NOT,
          "" },
        { "it falls", { { "lo", FALSE, NULL, "192.0.2.53 2001:db8::53" } }, ALL, HANGS_UP, "" },
        { "it mumbles", { { "lo", FALSE, NULL, "192.0.2.53 2001:db8::53" } }, ALL, MUMBLES, "" },
        { "it is not installed", { { "lo", FALSE, NULL, "192.0.2.53" } }, "", IS_NOT_THERE, "" },
        { "another link's alone", { { "wlan9", FALSE, NULL, "192.0.2.53" } }, "", ANSWERS, "" },
        { "no list", { { NULL } }, "", ANSWERS, "" },
        { "an interface that has just gone",
          { { NULL, FALSE, NULL, "10.42.0.2" }, { "lo", FALSE, NULL, "192.0.2.53" } },
          "7 by 1: 192.0.2.53:53",
          ANSWERS,
          "192.0.2.7 2001:db8::7 " },
        { "the administrator's for all",
          { { NULL, TRUE, "corp.example", "192.0.2.99" },
            { NULL, TRUE, NULL, "192.0.2.54" },
            { "lo", FALSE, NULL, "192.0.2.53" } },
          "7 by 1: 192.0.2.54:53",
          ANSWERS,
          "192.0.2.7 2001:db8::7 " },
        { "those that cannot be asked so",
          { { "lo", FALSE, NULL,
              "dns+tls://192.0.2.1#dot.example 127.0.0.1 ::1 224.0.0.251 0.0.0.0 x dns+udp:// "
              "https://192.0.2.1 192.0.2.55" } },
          "7 by 1: 192.0.2.55:53",
          ANSWERS,
          "192.0.2.7 2001:db8::7 " },
        { "as NetworkManager writes them",
          { { "lo", FALSE, NULL,
              "192.0.2.1#dns.example fe80::1%lo dns+udp://192.0.2.2:5353 dns+udp://[2001:db8::2]" },
            { "lo", FALSE, NULL, "192.0.2.4" } },
          "7 by 1: 192.0.2.1:53 [fe80::1%1]:53 192.0.2.2:5353 [2001:db8::2]:53",
          ANSWERS,
          "192.0.2.7 2001:db8::7 " },
};

typedef struct {
        const Bypass *bypass;
        GString *questions;
        sd_event *event;
        guint n_configurations;
} World;

static int append_servers(sd_bus_message *reply, const char *servers)
{
        g_auto(GStrv) list = g_strsplit(servers, " ", -1);
        int result = sd_bus_message_open_container(reply, 'e', "sv");

        if (result >= 0)
                result = sd_bus_message_append(reply, "s", "nameservers");
        if (result >= 0)
                result = sd_bus_message_open_container(reply, 'v', "as");
        if (result >= 0)
                result = sd_bus_message_append_strv(reply, list);
        if (result >= 0)
                result = sd_bus_message_close_container(reply);
        return result < 0 ? result : sd_bus_message_close_container(reply);
}

static int append_entry(sd_bus_message *reply, const Entry *entry)
{
        int result = sd_bus_message_open_container(reply, 'a', "{sv}");

        if (result >= 0)
                result = append_servers(reply, entry->servers);
        if (result >= 0 && entry->domain)
                result = sd_bus_message_append(reply, "{sv}", "domains", "as", 1, entry->domain);
        if (result >= 0 && entry->interface)
                result = sd_bus_message_append(reply, "{sv}", "interface", "s", entry->interface);
        if (result >= 0)
                result = sd_bus_message_append(reply, "{sv}", "priority", "i", 100);
        if (result >= 0 && !entry->is_global)
                result = sd_bus_message_append(reply, "{sv}", "vpn", "b", FALSE);
        return result < 0 ? result : sd_bus_message_close_container(reply);
}

static int on_configuration(sd_bus_message *call, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        World *world = data;
        sd_bus_message *reply = NULL;
        const char *interface, *property;
        int result;

        g_assert_true(
                sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", "Get"));
        g_assert_cmpint(sd_bus_message_read(call, "ss", &interface, &property), >, 0);
        g_assert_cmpstr(interface, ==, "org.freedesktop.NetworkManager.DnsManager");
        g_assert_cmpstr(property, ==, "Configuration");
        world->n_configurations++;
        if (!world->bypass->entries[0].servers)
                return sd_bus_reply_method_return(call, "v", "s", "none");
        result = sd_bus_message_new_method_return(call, &reply);
        if (result >= 0)
                result = sd_bus_message_open_container(reply, 'v', "aa{sv}");
        if (result >= 0)
                result = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (const Entry *entry = world->bypass->entries; entry->servers && result >= 0; entry++)
                result = append_entry(reply, entry);
        if (result >= 0)
                result = sd_bus_message_close_container(reply);
        if (result >= 0)
                result = sd_bus_message_close_container(reply);
        g_assert_cmpint(result, >=, 0);
        g_assert_cmpint(sd_bus_send(NULL, reply, NULL), >=, 0);
        sd_bus_message_unref(reply);
        return 1;
}

static void note_question(GString *text, const WattleLookupQuestion *question)
{
        g_string_append_printf(text, "%u by %u:", question->mark, question->ifindex);
        for (guint i = 0; i < question->n_servers; i++) {
                char at[WATTLE_SOCKET_ADDR_TEXT_MAX];

                wattle_socket_addr_format(&question->servers[i], at);
                g_string_append_printf(text, " %s", at);
        }
        g_assert_cmpstr(question->name, ==, "vps.example");
}

static gsize answer_as(Lookup lookup, guint8 bytes[WATTLE_LOOKUP_ANSWER_MAX])
{
        const WattleLookupAnswer found = {
                .addresses = { { AF_INET, { 192, 0, 2, 7 } },
                               { AF_INET6, { 0x20, 1, 0xd, 0xb8, [15] = 7 } } },
                .n_addresses = 2,
        };
        const WattleLookupAnswer none = { .failure = lookup == MAY_NOT ? EPERM : 0 };

        if (lookup != MUMBLES)
                return wattle_lookup_answer_write(lookup == ANSWERS ? &found : &none, bytes);
        memset(bytes, 'x', 20);
        return 20;
}

static int on_connection(G_GNUC_UNUSED sd_event_source *source, int listener,
                         G_GNUC_UNUSED uint32_t revents, void *data)
{
        World *world = data;
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        guint8 bytes[WATTLE_LOOKUP_QUESTION_MAX], said[WATTLE_LOOKUP_ANSWER_MAX];
        gssize n = recv(fd, bytes, sizeof bytes, 0);
        WattleLookupQuestion question;

        g_assert_true(n > 0 && wattle_lookup_question_read(bytes, (gsize)n, &question));
        note_question(world->questions, &question);
        if (world->bypass->lookup != HANGS_UP)
                (void)!send(fd, said, answer_as(world->bypass->lookup, said), MSG_NOSIGNAL);
        close(fd);
        return 0;
}

static int listen_at(const char *path)
{
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        g_strlcpy(address.sun_path, path, sizeof address.sun_path);
        g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof address), ==, 0);
        g_assert_cmpint(listen(fd, 8), ==, 0);
        return fd;
}

static void bypass(gconstpointer data)
{
        World world = { .bypass = data, .questions = g_string_new(NULL) };
        const WattleUplink uplink = { .ifindex = if_nametoindex("lo"), .fwmark = 7 };
        g_auto(Stage) stage = { 0 };
        WattleResolving resolving[6] = { { NULL } };
        g_autofree char *path = NULL;
        sd_event_source *source = NULL;
        WattleBusLookup *lookup;
        int listener = -1;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        path = g_build_filename(stage.folder, "lookup", NULL);
        if (world.bypass->lookup != IS_NOT_THERE) {
                listener = listen_at(path);
                g_assert_cmpint(sd_event_add_io(stage.event, &source, listener, EPOLLIN,
                                                on_connection, &world),
                                >=, 0);
        }
        g_assert_cmpint(sd_bus_add_object(stage.others, NULL,
                                          "/org/freedesktop/NetworkManager/DnsManager",
                                          on_configuration, &world),
                        >=, 0);
        g_assert_cmpint(sd_bus_request_name(stage.others, "org.freedesktop.NetworkManager", 0), >=,
                        0);
        lookup = wattle_bus_lookup_new(stage.server, stage.manager, path);
        /* The last ones wait for their turn. */
        for (guint i = 0; i < G_N_ELEMENTS(resolving); i++)
                g_assert_true(stage.manager->lookup("vps.example", &uplink, &resolving[i],
                                                    stage.manager->lookup_data));
        for (guint i = 0; i < G_N_ELEMENTS(resolving); i++) {
                stage_run_until(&stage, is_answered, &resolving[i]);
                g_assert_cmpstr(resolving[i].text, ==, world.bypass->answer);
                g_free(resolving[i].text);
        }
        g_assert_cmpuint(world.n_configurations, ==, G_N_ELEMENTS(resolving));
        g_assert_true(g_str_has_prefix(world.questions->str, world.bypass->question));
        g_assert_cmpuint(world.questions->len, ==,
                         strlen(world.bypass->question) * G_N_ELEMENTS(resolving));
        wattle_bus_lookup_free(lookup);
        sd_event_source_disable_unref(source);
        if (listener >= 0) {
                close(listener);
                g_unlink(path);
        }
        g_string_free(world.questions, TRUE);
}

/* wattled ends while wattle-lookup asks, and while others wait for their turn. */
static void bypass_ends(void)
{
        static const Bypass silent = { .entries = { { "lo", FALSE, NULL, "192.0.2.53" } } };
        World world = { .bypass = &silent, .questions = g_string_new(NULL) };
        const WattleUplink uplink = { .ifindex = if_nametoindex("lo"), .fwmark = 7 };
        g_auto(Stage) stage = { 0 };
        WattleResolving resolving[6] = { { NULL } };
        g_autofree char *path = NULL;
        WattleBusLookup *lookup;
        int listener;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        path = g_build_filename(stage.folder, "lookup", NULL);
        listener = listen_at(path);
        g_assert_cmpint(sd_bus_add_object(stage.others, NULL,
                                          "/org/freedesktop/NetworkManager/DnsManager",
                                          on_configuration, &world),
                        >=, 0);
        g_assert_cmpint(sd_bus_request_name(stage.others, "org.freedesktop.NetworkManager", 0), >=,
                        0);
        lookup = wattle_bus_lookup_new(stage.server, stage.manager, path);
        for (guint i = 0; i < G_N_ELEMENTS(resolving); i++)
                g_assert_true(stage.manager->lookup("vps.example", &uplink, &resolving[i],
                                                    stage.manager->lookup_data));
        while (world.n_configurations < G_N_ELEMENTS(resolving))
                sd_event_run(stage.event, G_MAXUINT64);
        for (guint i = 0; i < 20; i++)
                sd_event_run(stage.event, 0);
        wattle_bus_lookup_free(lookup);
        for (guint i = 0; i < G_N_ELEMENTS(resolving); i++) {
                g_assert_cmpstr(resolving[i].text, ==, "");
                g_free(resolving[i].text);
        }
        close(listener);
        g_unlink(path);
        g_string_free(world.questions, TRUE);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *path = g_strconcat("/lookup/", rows[i].name, NULL);

                g_test_add_data_func(path, &rows[i], answer);
        }
        for (guint i = 0; i < G_N_ELEMENTS(bypasses); i++) {
                g_autofree char *path = g_strconcat("/lookup/bypass/", bypasses[i].name, NULL);

                g_test_add_data_func(path, &bypasses[i], bypass);
        }
        g_test_add_func("/lookup/bypass-ends", bypass_ends);
        g_test_add_func("/lookup/absent", absent);
        g_test_add_func("/lookup/bus-comes", bus_comes);
        g_test_add_func("/lookup/bus-never-comes", bus_never_comes);
        g_test_add_func("/lookup/ends", ends);
        return g_test_run();
}
