/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.wattle1 as its callers meet it: what it says of itself, what it tells, what it refuses, and
 * what it has others do. Everybody here is root to it; tests/bus/test-authorize.c has the rest. */
#include "daemon/bus/bus.h"

#include <string.h>
#include <unistd.h>

#include "common/sys/bus-status.h"
#include "common/sys/bus.h"
#include "daemon/bus/authorize.h"
#include "daemon/bus/jobs.h"
#include "tests/bus/stage.h"

#define PROPERTIES     "org.freedesktop.DBus.Properties"
#define INTROSPECTABLE "org.freedesktop.DBus.Introspectable"

/* XML of a description, read into sorted lines: "org.wattle1.Mesh Migrate in s peer". */
typedef struct {
        GPtrArray *lines;
        char *interface, *member;
} Description;

static const char *attribute(const char **names, const char **values, const char *name)
{
        for (; *names; names++, values++)
                if (strcmp(*names, name) == 0)
                        return *values;
        return "";
}

static void on_element(G_GNUC_UNUSED GMarkupParseContext *context, const char *element,
                       const char **names, const char **values, gpointer data,
                       G_GNUC_UNUSED GError **error)
{
        Description *description = data;
        const char *name = attribute(names, values, "name");

        if (strcmp(element, "interface") == 0) {
                g_free(description->interface);
                description->interface = g_strdup(name);
        } else if (strcmp(element, "method") == 0 || strcmp(element, "signal") == 0 ||
                   strcmp(element, "property") == 0) {
                g_free(description->member);
                description->member = g_strdup(name);
                g_ptr_array_add(description->lines,
                                g_strdup_printf("%s %s %s %s %s", description->interface, name,
                                                element, attribute(names, values, "type"),
                                                attribute(names, values, "access")));
        } else if (strcmp(element, "arg") == 0) {
                g_ptr_array_add(description->lines,
                                g_strdup_printf("%s %s %s %s %s", description->interface,
                                                description->member,
                                                attribute(names, values, "direction"),
                                                attribute(names, values, "type"), name));
        } else if (strcmp(element, "annotation") == 0) {
                g_ptr_array_add(description->lines,
                                g_strdup_printf("%s %s %s=%s", description->interface,
                                                description->member, name,
                                                attribute(names, values, "value")));
        }
}

static void describe(Description *description, const char *xml)
{
        const GMarkupParser parser = { .start_element = on_element };
        GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, description, NULL);
        g_autoptr(GError) error = NULL;

        g_markup_parse_context_parse(context, xml, -1, &error);
        g_assert_no_error(error);
        g_markup_parse_context_free(context);
}

static int compare_lines(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The lines of our own interfaces. */
static char *finish_description(Description *description)
{
        GString *text = g_string_new(NULL);

        g_ptr_array_sort(description->lines, compare_lines);
        for (guint i = 0; i < description->lines->len; i++)
                if (g_str_has_prefix(g_ptr_array_index(description->lines, i), "org.wattle1."))
                        g_string_append_printf(text, "%s\n",
                                               (char *)g_ptr_array_index(description->lines, i));
        g_ptr_array_unref(description->lines);
        g_free(description->interface);
        g_free(description->member);
        return g_string_free(text, FALSE);
}

static void introspect(Stage *stage, const char *path, Description *description)
{
        g_auto(Call) call = { 0 };
        const char *xml;

        stage_send(stage, &call, path, INTROSPECTABLE, "Introspect", FALSE, NULL);
        stage_wait(stage, &call);
        g_assert_cmpint(sd_bus_message_read(call.reply, "s", &xml), >, 0);
        describe(description, xml);
}

static void the_xml_is_the_program(void)
{
        g_auto(Stage) stage = { 0 };
        Description file = { .lines = g_ptr_array_new_with_free_func(g_free) };
        Description program = { .lines = g_ptr_array_new_with_free_func(g_free) };
        g_autofree char *xml = NULL, *expected = NULL, *found = NULL;
        g_auto(GStrv) lines = NULL;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        g_assert_true(g_file_get_contents(g_getenv("WATTLE_BUS_XML"), &xml, NULL, NULL));
        describe(&file, xml);
        introspect(&stage, WATTLE_BUS_PATH, &program);
        introspect(&stage, HOME, &program);
        expected = finish_description(&file);
        found = finish_description(&program);
        g_assert_cmpstr(found, ==, expected);

        /* Every method of it has a row in the table of actions. */
        lines = g_strsplit(found, "\n", -1);
        for (guint i = 0; lines[i]; i++) {
                g_auto(GStrv) words = g_strsplit(lines[i], " ", -1);

                if (g_strv_length(words) > 2 && strcmp(words[2], "method") == 0)
                        g_assert_nonnull(wattle_authorize_action(words[0], words[1]));
        }
}

static const struct refused_row {
        const char *name;
        const char *path, *interface, *member, *types, *one, *two;
        const char *error;
} refused_rows[] = {
        { "no such mesh", WATTLE_BUS_PATH, WATTLE_BUS_MANAGER, "GetMesh", "s", "nowhere", NULL,
          "org.wattle1.Error.NoSuchMesh: There is no mesh nowhere" },
        { "no name of a mesh", WATTLE_BUS_PATH, WATTLE_BUS_MANAGER, "GetMesh", "s", "../home", NULL,
          "org.freedesktop.DBus.Error.InvalidArgs: '../home' has a character other than a-z, 0-9, "
          "_ and -" },
        { "no such object", "/org/wattle1/mesh/nowhere", WATTLE_BUS_MESH, "Up", "", NULL, NULL,
          "org.freedesktop.DBus.Error.UnknownObject: Unknown object '/org/wattle1/mesh/nowhere'." },
        { "no such method", HOME, WATTLE_BUS_MESH, "Explode", "", NULL, NULL,
          "org.freedesktop.DBus.Error.UnknownMethod: Unknown method Explode or interface "
          "org.wattle1.Mesh." },
        { "another shape", HOME, WATTLE_BUS_MESH, "Migrate", "s", "b", NULL,
          "org.freedesktop.DBus.Error.InvalidArgs: Invalid arguments 's' to call "
          "org.wattle1.Mesh.Migrate(), expecting 'ss'." },
        { "no such peer", HOME, WATTLE_BUS_MESH, "Migrate", "ss", "d", "",
          "org.wattle1.Error.NoSuchPeer: The mesh home has no peer d here" },
        { "a mesh without peers", "/org/wattle1/mesh/work_2d2", WATTLE_BUS_MESH, "GetPeer", "s",
          "b", NULL, "org.wattle1.Error.NoSuchPeer: The mesh work-2 has no peer b here" },
        { "ways to no peer", HOME, WATTLE_BUS_MESH, "ListWays", "s", "d", NULL,
          "org.wattle1.Error.NoSuchPeer: The mesh home has no peer d here" },
        { "no name of a peer", HOME, WATTLE_BUS_MESH, "GetPeer", "s", "", NULL,
          "org.freedesktop.DBus.Error.InvalidArgs: '' is not a DNS label: 1 to 63 of a-z, 0-9 "
          "and inner hyphens, in lower case" },
        { "peer of control characters", HOME, WATTLE_BUS_MESH, "Probe", "s", "b\n", NULL,
          "org.freedesktop.DBus.Error.InvalidArgs: 'b\n' is not a DNS label: 1 to 63 of a-z, "
          "0-9 and inner hyphens, in lower case" },
        { "garbage for an endpoint", HOME, WATTLE_BUS_MESH, "Migrate", "ss", "b", "garbage",
          "org.freedesktop.DBus.Error.InvalidArgs: 'garbage' has no port: ADDRESS:PORT" },
        { "a name for an endpoint", HOME, WATTLE_BUS_MESH, "Migrate", "ss", "b", "vps.example:1",
          "org.freedesktop.DBus.Error.InvalidArgs: 'vps.example:1' is not an address" },
        { "ourselves for an endpoint", HOME, WATTLE_BUS_MESH, "Migrate", "ss", "b", "127.0.0.1:22",
          "org.freedesktop.DBus.Error.InvalidArgs: the endpoint is this host itself" },
        { "a link-local one without its link", HOME, WATTLE_BUS_MESH, "Migrate", "ss", "b",
          "[fe80::1]:1",
          "org.freedesktop.DBus.Error.InvalidArgs: a link-local address comes with the number of "
          "its interface, and no other does: [fe80::1%3]:51820" },
        { "everybody", HOME, WATTLE_BUS_MESH, "Migrate", "ss", "b", "255.255.255.255:1",
          "org.freedesktop.DBus.Error.InvalidArgs: '255.255.255.255:1' is not the address of one "
          "host" },
        { "an interface that is not there", HOME, WATTLE_BUS_MESH, "Up", "", NULL, NULL,
          "org.wattle1.Error.Failed: There is no interface wattle-none: 'wattle apply home' makes "
          "it" },
};

static void refused(gconstpointer data)
{
        const struct refused_row *row = data;
        g_auto(Stage) stage = { 0 };
        g_autofree char *error = NULL;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        error = stage_call(&stage, row->path, row->interface, row->member, row->types, row->one,
                           row->two);
        g_assert_cmpstr(error, ==, row->error);
        g_assert_cmpstr(stage.manager->told->str, ==, "");
}

static void check_peer(sd_bus_message *message)
{
        g_autoptr(WattleArena) arena = wattle_arena_new();
        WattlePeerStatus peer;
        char endpoint[WATTLE_SOCKET_ADDR_TEXT_MAX];

        g_assert_cmpint(wattle_bus_read_peer(message, arena, &peer), >, 0);
        wattle_socket_addr_format(&peer.endpoint, endpoint);
        g_assert_cmpstr(peer.device, ==, "b");
        g_assert_cmpuint(peer.n_addresses, ==, 1);
        g_assert_true(peer.managed);
        g_assert_cmpint(peer.path, ==, WATTLE_PATH_PUBLIC);
        g_assert_cmpstr(endpoint, ==, "192.0.2.1:51820");
        g_assert_true(peer.has_since);
        g_assert_cmpint(peer.since_us, <, g_get_real_time());
        g_assert_cmpint(peer.last_handshake_s, ==, 1700000000);
        g_assert_cmpuint(peer.rx_bytes, ==, 11);
        g_assert_cmpuint(peer.tx_bytes, ==, 12);
        g_assert_true(peer.has_rtt);
        g_assert_cmpuint(peer.rtt_us, ==, 1300);
        g_assert_cmpstr(peer.reason, ==, "its LAN is here");
        g_assert_cmpstr(peer.relay, ==, "vps");
        g_assert_cmpstr(peer.why_relayed, ==, "a NAT");
        g_assert_cmpstr(peer.introduced_by, ==, "vps");
        g_assert_cmpint(wattle_bus_read_peer(message, arena, &peer), <=, 1);
}

static void peers_are_told(void)
{
        g_auto(Stage) stage = { 0 };
        g_auto(Call) list = { 0 }, one = { 0 };

        stage_init(&stage, POLKIT_ABSENT, NOBODY);
        stage_send(&stage, &list, HOME, WATTLE_BUS_MESH, "ListPeers", FALSE, NULL);
        stage_wait(&stage, &list);
        g_assert_cmpint(sd_bus_message_enter_container(list.reply, 'a', WATTLE_BUS_PEER), >, 0);
        check_peer(list.reply);
        stage_send(&stage, &one, HOME, WATTLE_BUS_MESH, "GetPeer", FALSE, "s", "c");
        stage_wait(&stage, &one);
        g_assert_false(sd_bus_message_is_method_error(one.reply, NULL));
        /* However often they ask, the kernel is asked now and then. */
        g_assert_cmpuint(stage.manager->n_refreshed, ==, 1);
}

static void ways_are_told(void)
{
        g_auto(Stage) stage = { 0 };
        g_auto(Call) call = { 0 }, none = { 0 };
        const char *at, *learnt, *reached;
        guint64 held_s;

        stage_init(&stage, POLKIT_ABSENT, NOBODY);
        stage_send(&stage, &call, HOME, WATTLE_BUS_MESH, "ListWays", FALSE, "s", "b");
        stage_wait(&stage, &call);
        g_assert_cmpint(sd_bus_message_enter_container(call.reply, 'a', WATTLE_BUS_WAY), >, 0);
        g_assert_cmpint(
                sd_bus_message_read(call.reply, WATTLE_BUS_WAY, &at, &learnt, &reached, &held_s), >,
                0);
        g_assert_cmpstr(at, ==, "192.0.2.9:21900");
        g_assert_cmpstr(learnt, ==, "a relay's port for the two");
        g_assert_cmpstr(reached, ==, "by a router");
        g_assert_cmpuint(held_s, ==, 7);
        stage_send(&stage, &none, HOME, WATTLE_BUS_MESH, "ListWays", FALSE, "s", "c");
        stage_wait(&stage, &none);
        g_assert_cmpint(sd_bus_message_enter_container(none.reply, 'a', WATTLE_BUS_WAY), >, 0);
        g_assert_cmpint(sd_bus_message_at_end(none.reply, 0), >, 0);
}

static void relay_is_counted(void)
{
        g_auto(Stage) stage = { 0 };
        g_auto(Call) call = { 0 };
        g_autofree char *error = NULL;
        guint32 pairs, ports;
        guint64 packets, bytes, dropped;

        stage_init(&stage, POLKIT_ABSENT, NOBODY);
        stage_send(&stage, &call, HOME, WATTLE_BUS_MESH, "CountRelay", FALSE, NULL);
        stage_wait(&stage, &call);
        g_assert_cmpint(sd_bus_message_read(call.reply, "uuttt", &pairs, &ports, &packets, &bytes,
                                            &dropped),
                        >, 0);
        g_assert_cmpuint(pairs, ==, 3);
        g_assert_cmpuint(ports, ==, 100);
        g_assert_cmpuint(packets, ==, 1234);
        g_assert_cmpuint(bytes, ==, 5678);
        g_assert_cmpuint(dropped, ==, 9);
        stage.manager->refuse = TRUE;
        error = stage_call(&stage, HOME, WATTLE_BUS_MESH, "CountRelay", "", NULL, NULL);
        g_assert_cmpstr(error, ==, "org.wattle1.Error.Failed: wattle-relay does not answer");
}

static char *get_property(Stage *stage, const char *path, const char *interface, const char *name)
{
        g_auto(Call) call = { 0 };
        const char *type, *text, *object;
        GString *all = g_string_new(NULL);
        guint64 number;
        guint16 port;
        int flag;

        stage_send(stage, &call, path, PROPERTIES, "Get", FALSE, "ss", interface, name);
        stage_wait(stage, &call);
        g_assert_false(sd_bus_message_is_method_error(call.reply, NULL));
        g_assert_cmpint(sd_bus_message_peek_type(call.reply, NULL, &type), >, 0);
        g_assert_cmpint(sd_bus_message_enter_container(call.reply, 'v', type), >, 0);
        if (sd_bus_message_read(call.reply, "s", &text) > 0)
                g_string_append(all, text);
        else if (sd_bus_message_read(call.reply, "t", &number) > 0)
                g_string_append_printf(all, "%" G_GUINT64_FORMAT, number);
        else if (sd_bus_message_read(call.reply, "q", &port) > 0)
                g_string_append_printf(all, "%u", port);
        else if (sd_bus_message_read(call.reply, "b", &flag) > 0)
                g_string_append(all, flag ? "yes" : "no");
        else if (sd_bus_message_enter_container(call.reply, 'a', "(so)") > 0)
                while (sd_bus_message_read(call.reply, "(so)", &text, &object) > 0)
                        g_string_append_printf(all, "%s %s\n", text, object);
        return g_string_free(all, FALSE);
}

static void properties_are_told(void)
{
        static const struct {
                const char *path, *interface, *name, *value;
        } rows[] = {
                { WATTLE_BUS_PATH, WATTLE_BUS_MANAGER, "Version", WATTLE_VERSION },
                { WATTLE_BUS_PATH, WATTLE_BUS_MANAGER, "Meshes",
                  "home /org/wattle1/mesh/home\nwork-2 /org/wattle1/mesh/work_2d2\n" },
                { HOME, WATTLE_BUS_MESH, "Name", "home" },
                { HOME, WATTLE_BUS_MESH, "Device", "a" },
                { HOME, WATTLE_BUS_MESH, "Interface", "wattle-none" },
                { HOME, WATTLE_BUS_MESH, "Owner", "networkd" },
                { HOME, WATTLE_BUS_MESH, "State", "up" },
                { HOME, WATTLE_BUS_MESH, "ListenPort", "51820" },
                { HOME, WATTLE_BUS_MESH, "Serial", "0" },
                { HOME, WATTLE_BUS_MESH, "Migrating", "yes" },
                { HOME, WATTLE_BUS_MESH, "Relaying", "yes" },
                { HOME, WATTLE_BUS_MESH, "Mapped", "192.0.2.5:4000" },
                { HOME, WATTLE_BUS_MESH, "MappingProblem", "" },
                { "/org/wattle1/mesh/work_2d2", WATTLE_BUS_MESH, "Mapped", "" },
                { "/org/wattle1/mesh/work_2d2", WATTLE_BUS_MESH, "MappingProblem",
                  "the router gives no port" },
                { HOME, WATTLE_BUS_MESH, "Problem", "" },
                { "/org/wattle1/mesh/work_2d2", WATTLE_BUS_MESH, "Owner", "NetworkManager" },
                { "/org/wattle1/mesh/work_2d2", WATTLE_BUS_MESH, "State", "down" },
                { "/org/wattle1/mesh/work_2d2", WATTLE_BUS_MESH, "Problem", "its profile is bad" },
        };
        g_auto(Stage) stage = { 0 };

        stage_init(&stage, POLKIT_ABSENT, NOBODY);
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *value =
                        get_property(&stage, rows[i].path, rows[i].interface, rows[i].name);

                g_assert_cmpstr(value, ==, rows[i].value);
        }
}

typedef struct {
        GString *text;
        guint n, wanted;
} Heard;

static int on_signal(sd_bus_message *signal, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Heard *heard = data;
        const char *first = "";

        sd_bus_message_read(signal, "s", &first);
        g_string_append_printf(heard->text, "%s %s %s\n", sd_bus_message_get_path(signal),
                               sd_bus_message_get_member(signal), first);
        heard->n++;
        return 0;
}

static gboolean has_heard(gpointer data)
{
        const Heard *heard = data;

        return heard->n >= heard->wanted;
}

static void changes_are_told(void)
{
        g_auto(Stage) stage = { 0 };
        Heard heard = { g_string_new(NULL), 0, 5 };

        stage_init(&stage, POLKIT_ABSENT, NOBODY);
        g_assert_cmpint(sd_bus_add_match(stage.caller, NULL,
                                         "type='signal',path_namespace='" WATTLE_BUS_PATH "'",
                                         on_signal, &heard),
                        >=, 0);
        fake_manager_change(stage.manager, WATTLE_CHANGED_PEER, 0, 0);
        fake_manager_change(stage.manager, WATTLE_CHANGED_MESH, 1, 0);
        fake_manager_change(stage.manager, WATTLE_CHANGED_LIST, 0, 0);
        stage_run_until(&stage, has_heard, &heard);
        g_assert_cmpstr(heard.text->str, ==,
                        "/org/wattle1/mesh/home PeerChanged \n"
                        "/org/wattle1/mesh/work_2d2 PropertiesChanged org.wattle1.Mesh\n"
                        "/org/wattle1 PropertiesChanged org.wattle1.Manager\n"
                        "/org/wattle1/mesh/home PropertiesChanged org.wattle1.Mesh\n"
                        "/org/wattle1/mesh/work_2d2 PropertiesChanged org.wattle1.Mesh\n");
        g_string_free(heard.text, TRUE);
}

static gboolean is_probing(gpointer data)
{
        const Stage *stage = data;

        return !g_queue_is_empty(&stage->manager->probing);
}

static void probe(gboolean answered, const char *expected)
{
        g_auto(Stage) stage = { 0 };
        g_auto(Call) call = { 0 };
        guint64 rtt_us = 0;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        stage_send(&stage, &call, HOME, WATTLE_BUS_MESH, "Probe", FALSE, "s", "b");
        stage_run_until(&stage, is_probing, &stage);
        fake_manager_probed(stage.manager, answered, 1234, "nobody answers");
        stage_wait(&stage, &call);
        g_assert_cmpstr(stage.manager->told->str, ==, "probe 0 0\n");
        if (expected) {
                g_assert_cmpstr(sd_bus_message_get_error(call.reply)->message, ==, expected);
                return;
        }
        g_assert_cmpint(sd_bus_message_read(call.reply, "t", &rtt_us), >, 0);
        g_assert_cmpuint(rtt_us, ==, 1234);
}

#define OF_A_USER 8

static gboolean are_eight(gpointer data)
{
        const Stage *stage = data;

        return stage->manager->probing.length == OF_A_USER;
}

/* One user leaves room for others', and has it again when his are answered. */
static void probes_of_a_user(void)
{
        Call calls[OF_A_USER + 1] = { 0 };
        g_auto(Stage) stage = { 0 };
        g_auto(Call) again = { 0 };

        stage_init(&stage, POLKIT_YES, NOBODY);
        for (guint i = 0; i < OF_A_USER; i++)
                stage_send(&stage, &calls[i], HOME, WATTLE_BUS_MESH, "Probe", FALSE, "s", "b");
        stage_run_until(&stage, are_eight, &stage);
        stage_send(&stage, &calls[OF_A_USER], HOME, WATTLE_BUS_MESH, "Probe", FALSE, "s", "b");
        stage_wait(&stage, &calls[OF_A_USER]);
        g_assert_cmpstr(sd_bus_message_get_error(calls[OF_A_USER].reply)->message, ==,
                        "Too many calls of yours are under way");
        for (guint i = 0; i < OF_A_USER; i++)
                fake_manager_probed(stage.manager, TRUE, 1, NULL);
        stage_send(&stage, &again, HOME, WATTLE_BUS_MESH, "Probe", FALSE, "s", "b");
        stage_run_until(&stage, is_probing, &stage);
        /* It outlives the bus on which it was asked for. */
        g_clear_pointer(&stage.bus, wattle_bus_free);
        fake_manager_probed(stage.manager, FALSE, 0, "wattled ends");
        for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
                call_clear(&calls[i]);
}

static gboolean are_eight_jobs(gpointer data)
{
        const Stage *stage = data;
        guint n = 0;

        for (const char *p = stage->started->str; (p = strchr(p, '\n')); p++)
                n++;
        return n == OF_A_USER;
}

/* Units that do not end, and a user who goes on: each job has a match at the bus, which throws out
 * whoever has too many. */
static void jobs_of_a_user(void)
{
        Call calls[OF_A_USER + 1] = { 0 };
        g_auto(Stage) stage = { 0 };
        g_autofree char *other = NULL;

        stage_init(&stage, POLKIT_YES, NOBODY);
        stage.job_result = NULL;
        for (guint i = 0; i < OF_A_USER; i++)
                stage_send(&stage, &calls[i], HOME, WATTLE_BUS_MESH, "Apply", FALSE, NULL);
        stage_run_until(&stage, are_eight_jobs, &stage);
        stage_send(&stage, &calls[OF_A_USER], HOME, WATTLE_BUS_MESH, "Apply", FALSE, NULL);
        stage_wait(&stage, &calls[OF_A_USER]);
        g_assert_cmpstr(sd_bus_message_get_error(calls[OF_A_USER].reply)->message, ==,
                        "Too many calls of yours are under way");
        stage_end_job(&stage, "wattle-apply@home.service", "done"); /* of all: they have one path */
        for (guint i = 0; i < OF_A_USER; i++)
                stage_wait(&stage, &calls[i]);
        stage.job_result = "done";
        other = stage_call(&stage, HOME, WATTLE_BUS_MESH, "Apply", NULL);
        g_assert_cmpstr(other, ==, "");
        for (guint i = 0; i < G_N_ELEMENTS(calls); i++)
                call_clear(&calls[i]);
}

/* On wattled's connection, in the place of its objects: starts a job that has a moment. */
static int on_apply(sd_bus_message *call, void *data, sd_bus_error *error)
{
        if (!sd_bus_message_is_method_call(call, WATTLE_BUS_MESH, "Apply"))
                return 0;
        return wattle_jobs_start(data, call, geteuid(), WATTLE_JOB_APPLY, "home", error);
}

static void no_job_ends(G_GNUC_UNUSED WattleJobKind kind, G_GNUC_UNUSED gpointer data)
{
        g_assert_not_reached();
}

static void a_job_without_end(void)
{
        g_auto(Stage) stage = { 0 };
        g_autoptr(WattleQuota) quota = wattle_quota_new(1, 1, NOBODY);
        g_autoptr(WattleJobs) jobs = NULL;
        AUTO_BUS_SLOT *slot = NULL;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        stage.job_result = NULL;
        g_clear_pointer(&stage.bus, wattle_bus_free);
        jobs = wattle_jobs_new(stage.server, quota, 1, no_job_ends, NULL);
        g_assert_cmpint(sd_bus_add_filter(stage.server, &slot, on_apply, jobs), >=, 0);
        for (guint i = 0; i < 2; i++) { /* its room is free again */
                g_autofree char *error = stage_call(&stage, HOME, WATTLE_BUS_MESH, "Apply", NULL);

                g_assert_cmpstr(
                        error, ==,
                        "org.wattle1.Error.Failed: wattle-apply@home.service has not ended, "
                        "as far as systemd tells: 'systemctl status "
                        "wattle-apply@home.service' shows how it stands");
        }
        g_clear_pointer(&jobs, wattle_jobs_free); /* before its bus */
}

static void probe_answered(void)
{
        probe(TRUE, NULL);
}

static void probe_lost(void)
{
        probe(FALSE, "nobody answers");
}

static const struct act_row {
        const char *name;
        const char *path, *member;
        gboolean refuse;
        const char *job_result;
        const char *error;
        const char *errands;
        const char *told;
} act_rows[] = {
        { "up at NetworkManager", "/org/wattle1/mesh/work_2d2", "Up", FALSE, "done", "",
          "Subscribe\nstart wattle-up@work-2.service replace\n", "" },
        { "down at NetworkManager", "/org/wattle1/mesh/work_2d2", "Down", FALSE, "done", "",
          "Subscribe\nstart wattle-down@work-2.service replace\n", "" },
        { "up at NetworkManager fails", "/org/wattle1/mesh/work_2d2", "Up", FALSE, "failed",
          "org.wattle1.Error.Failed: wattle-up@work-2.service ended with 'failed': 'journalctl -u "
          "wattle-up@work-2.service' tells why",
          "Subscribe\nstart wattle-up@work-2.service replace\n", "" },
        { "apply", HOME, "Apply", FALSE, "done", "",
          "Subscribe\nstart wattle-apply@home.service replace\n", "reload\n" },
        { "apply of a name with a hyphen", "/org/wattle1/mesh/work_2d2", "Apply", FALSE, "done", "",
          "Subscribe\nstart wattle-apply@work-2.service replace\n", "reload\n" },
        { "apply fails", HOME, "Apply", FALSE, "failed",
          "org.wattle1.Error.Failed: wattle-apply@home.service ended with 'failed': 'journalctl -u "
          "wattle-apply@home.service' tells why",
          "Subscribe\nstart wattle-apply@home.service replace\n", "" },
        { "update", HOME, "Update", FALSE, "done", "",
          "Subscribe\nstart wattle-update-sources@home.service replace\n", "reload\n" },
        { "update of a host without wattle-update", HOME, "Update", TRUE, "done",
          "org.wattle1.Error.Failed: wattle-update-sources@home.service: not for you",
          "Subscribe\nstart wattle-update-sources@home.service replace\n", "" },
        { "systemd refuses", HOME, "Apply", TRUE, "done",
          "org.wattle1.Error.Failed: wattle-apply@home.service: not for you",
          "Subscribe\nstart wattle-apply@home.service replace\n", "" },
};

static void acts(gconstpointer data)
{
        const struct act_row *row = data;
        g_auto(Stage) stage = { 0 };
        g_autofree char *error = NULL;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        stage.refuse = row->refuse;
        stage.job_result = row->job_result;
        error = stage_call(&stage, row->path, WATTLE_BUS_MESH, row->member, NULL);
        if (g_str_has_suffix(stage.errands->str, "Unsubscribe\n"))
                g_string_truncate(stage.errands, stage.errands->len - strlen("Unsubscribe\n"));
        g_assert_cmpstr(stage.errands->str, ==, row->errands);
        g_assert_cmpstr(stage.manager->told->str, ==, row->told);
}

static gboolean has_started(gpointer data)
{
        const Stage *stage = data;

        return stage->started->len > 0;
}

/* The bus gives a signal that is sent to wattled alone to it, whoever sends it. */
static void another_is_not_systemd(void)
{
        g_auto(Stage) stage = { 0 };
        g_auto(Call) call = { 0 };

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        stage.job_result = NULL;
        stage_send(&stage, &call, HOME, WATTLE_BUS_MESH, "Apply", FALSE, NULL);
        stage_run_until(&stage, has_started, &stage);
        stage_forge_job(&stage, stage.server, "wattle-apply@home.service", "done");
        /* Comes after it: the bus keeps the order. */
        g_free(stage_call(&stage, HOME, WATTLE_BUS_MESH, "ListPeers", NULL));
        g_assert_null(call.reply);
        g_assert_cmpstr(stage.manager->told->str, ==, "");
        stage_end_job(&stage, "wattle-apply@home.service", "failed");
        stage_wait(&stage, &call);
        g_assert_cmpstr(sd_bus_message_get_error(call.reply)->name, ==, WATTLE_BUS_ERROR_FAILED);
}

static void what_cannot_be_done_is_said(void)
{
        g_auto(Stage) stage = { 0 };
        g_autofree char *migrate = NULL, *probed = NULL;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        stage.manager->refuse = TRUE;
        migrate = stage_call(&stage, HOME, WATTLE_BUS_MESH, "Migrate", "ss", "b", "");
        probed = stage_call(&stage, HOME, WATTLE_BUS_MESH, "Probe", "s", "b");
        g_assert_cmpstr(migrate, ==, "org.wattle1.Error.Failed: the interface is down");
        g_assert_cmpstr(probed, ==, "org.wattle1.Error.Failed: the interface is down");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(refused_rows); i++) {
                g_autofree char *path =
                        g_strdup_printf("/bus/refused/%02u %s", i, refused_rows[i].name);

                g_test_add_data_func(path, &refused_rows[i], refused);
        }
        for (guint i = 0; i < G_N_ELEMENTS(act_rows); i++) {
                g_autofree char *path = g_strdup_printf("/bus/acts/%02u %s", i, act_rows[i].name);

                g_test_add_data_func(path, &act_rows[i], acts);
        }
        g_test_add_func("/bus/the XML is the program", the_xml_is_the_program);
        g_test_add_func("/bus/peers", peers_are_told);
        g_test_add_func("/bus/ways", ways_are_told);
        g_test_add_func("/bus/relay", relay_is_counted);
        g_test_add_func("/bus/properties", properties_are_told);
        g_test_add_func("/bus/changes", changes_are_told);
        g_test_add_func("/bus/probe answered", probe_answered);
        g_test_add_func("/bus/probe lost", probe_lost);
        g_test_add_func("/bus/probes of a user", probes_of_a_user);
        g_test_add_func("/bus/jobs of a user", jobs_of_a_user);
        g_test_add_func("/bus/a job without end", a_job_without_end);
        g_test_add_func("/bus/another is not systemd", another_is_not_systemd);
        g_test_add_func("/bus/what cannot be done", what_cannot_be_done_is_said);
        return g_test_run();
}
