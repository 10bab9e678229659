/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nm-wattle-service on a bus of its own, with as much of NetworkManager as it talks to. */
#include <net/if.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>

#include "common/nm-profile.h"
#include "nm-plugin/service/keep.h"
#include "tests/nm/fake-nm.h"
#include "tests/unit/fixture.h"
#include "tests/unit/signed.h"

/* A key pair of nobody's, and the link of a VPN connection with that UUID. */
#define PRIVATE   "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo="
#define PUBLIC    "sNCPNbRoM4FImvsygl5ZFS1H0ZvJ4FDW1alUmEydHiw="
#define VPN_UUID  "c0ffee00-0000-4000-8000-000000000001"
#define LINK_UUID "4ba9c640-25bd-5149-b72c-badfa45970a7"

/* No interface of a machine that runs tests is called so. */
#define MESH "wattle-test"
#define TEXT "[Mesh]\nSubnet=10.7.0.0/16\n[Device nas]\nPublicKey=" PUBLIC "\nAddress=10.7.0.1\n"

#define UUID_EXISTS NM_DBUS_INTERFACE_SETTINGS ".UuidExists"
#define NO_SUCH     NM_DBUS_INTERFACE_SETTINGS ".InvalidConnection"
#define REFUSED     NM_DBUS_INTERFACE ".PermissionDenied"

/* The flags: in memory and not started; in memory alone and volatile. */
#define ADD        "AddConnection2 0x22\n"
#define VOLATILE   "Update2 0x18\n"
#define COMING_UP  ADD "ActivateConnection\nState\n"
#define BROUGHT_UP COMING_UP "State\n" VOLATILE

typedef struct {
        GTestDBus *dbus;
        FakeNm nm;
        GSubprocess *service;
        GString *said; /* by the service's signals: "Config", "State 4", "Failure 1" a line */
        GVariant *config;
        gboolean is_over;
        int status;
} Stage;

static void on_signal(G_GNUC_UNUSED GDBusConnection *bus, G_GNUC_UNUSED const char *sender,
                      G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                      const char *signal, GVariant *parameters, gpointer data)
{
        Stage *stage = data;
        guint number;

        if (strcmp(signal, "Config") == 0) {
                g_clear_pointer(&stage->config, g_variant_unref);
                g_variant_get(parameters, "(@a{sv})", &stage->config);
                g_string_append(stage->said, "Config\n");
        } else if (g_variant_is_of_type(parameters, G_VARIANT_TYPE("(u)"))) {
                g_variant_get(parameters, "(u)", &number);
                /* That it is there, which may be before we listen. */
                if (number == NM_VPN_SERVICE_STATE_INIT && strcmp(signal, "Failure") != 0)
                        return;
                g_string_append_printf(stage->said, "%s %u\n",
                                       strcmp(signal, "Failure") == 0 ? "Failure" : "State",
                                       number);
        }
}

static void on_exit_status(GObject *process, GAsyncResult *result, gpointer data)
{
        Stage *stage = data;

        g_assert_true(g_subprocess_wait_finish(G_SUBPROCESS(process), result, NULL));
        stage->is_over = TRUE;
        stage->status = g_subprocess_get_if_exited(G_SUBPROCESS(process))
                                ? g_subprocess_get_exit_status(G_SUBPROCESS(process))
                                : -g_subprocess_get_term_sig(G_SUBPROCESS(process));
}

static gboolean on_too_late(gpointer what)
{
        g_error("waited in vain for %s", (const char *)what);
        return G_SOURCE_REMOVE;
}

/* Runs the main loop until it is so. */
#define wait_for(condition)                                                                        \
        G_STMT_START                                                                               \
        {                                                                                          \
                guint too_late_ = g_timeout_add_seconds(60, on_too_late, (gpointer) #condition);   \
                while (!(condition))                                                               \
                        g_main_context_iteration(NULL, TRUE);                                      \
                g_source_remove(too_late_);                                                        \
        }                                                                                          \
        G_STMT_END

static gboolean has(const GString *lines, const char *line)
{
        return strstr(lines->str, line) != NULL;
}

static gboolean is_on_bus(Stage *stage)
{
        g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
                stage->nm.bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                "org.freedesktop.DBus", "NameHasOwner", g_variant_new("(s)", WATTLE_VPN_SERVICE),
                NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
        gboolean answer = FALSE;

        if (reply)
                g_variant_get(reply, "(b)", &answer);
        return answer;
}

static void on_owner(G_GNUC_UNUSED GDBusConnection *bus, G_GNUC_UNUSED const char *name,
                     G_GNUC_UNUSED const char *owner, gpointer data)
{
        *(gboolean *)data = TRUE;
}

static void start(Stage *stage, const char *option)
{
        g_autoptr(GSubprocessLauncher) launcher =
                g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDERR_PIPE);
        g_autoptr(GError) error = NULL;
        gboolean is_there = FALSE;
        guint watch = g_bus_watch_name_on_connection(stage->nm.bus, WATTLE_VPN_SERVICE,
                                                     G_BUS_NAME_WATCHER_FLAGS_NONE, on_owner, NULL,
                                                     &is_there, NULL);

        g_subprocess_launcher_setenv(launcher, "DBUS_SYSTEM_BUS_ADDRESS",
                                     g_test_dbus_get_bus_address(stage->dbus), TRUE);
        /* The units of whoever runs the test are left alone. */
        g_subprocess_launcher_setenv(launcher, "PATH", "", TRUE);
        stage->service = g_subprocess_launcher_spawn(launcher, &error,
                                                     g_getenv("WATTLE_NM_SERVICE"), option, NULL);
        g_assert_no_error(error);
        g_subprocess_wait_async(stage->service, NULL, on_exit_status, stage);
        g_dbus_connection_signal_subscribe(stage->nm.bus, NULL, NM_VPN_DBUS_PLUGIN_INTERFACE, NULL,
                                           NM_VPN_DBUS_PLUGIN_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                           on_signal, stage, NULL);
        wait_for(is_there);
        g_bus_unwatch_name(watch);
}

static void stage_init(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        *stage = (Stage){ .dbus = g_test_dbus_new(G_TEST_DBUS_NONE), .said = g_string_new(NULL) };
        g_test_dbus_up(stage->dbus);
        fake_nm_init(&stage->nm, g_test_dbus_get_bus_address(stage->dbus));
}

static void stage_clear(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        stage->nm.failures = NULL;
        if (!stage->is_over) {
                g_subprocess_force_exit(stage->service);
                wait_for(stage->is_over);
        }
        g_object_unref(stage->service);
        fake_nm_clear(&stage->nm);
        g_test_dbus_down(stage->dbus);
        g_object_unref(stage->dbus);
        g_string_free(stage->said, TRUE);
        g_clear_pointer(&stage->config, g_variant_unref);
}

/* A VPN connection with the mesh inside; profile and key as said. */
static GVariant *make_vpn_with(const char *item, const char *value, const char *key)
{
        g_autoptr(NMConnection) vpn = nm_simple_connection_new();
        NMSetting *connection = nm_setting_connection_new(), *setting = nm_setting_vpn_new();

        g_object_set(connection, NM_SETTING_CONNECTION_ID, "Home", NM_SETTING_CONNECTION_UUID,
                     VPN_UUID, NM_SETTING_CONNECTION_TYPE, "vpn", NULL);
        g_object_set(setting, NM_SETTING_VPN_SERVICE_TYPE, WATTLE_VPN_SERVICE, NULL);
        nm_setting_vpn_add_data_item(NM_SETTING_VPN(setting), "mesh", MESH);
        nm_setting_vpn_add_data_item(NM_SETTING_VPN(setting), item, value);
        nm_setting_vpn_add_data_item(NM_SETTING_VPN(setting), "device", "nas");
        if (key)
                nm_setting_vpn_add_secret(NM_SETTING_VPN(setting), "private-key", key);
        nm_connection_add_setting(vpn, connection);
        nm_connection_add_setting(vpn, setting);
        return nm_connection_to_dbus(vpn, NM_CONNECTION_SERIALIZE_ALL);
}

static GVariant *make_vpn(const char *profile, const char *key)
{
        return make_vpn_with("profile", profile, key);
}

typedef struct {
        GVariant *reply;
        GError *error;
        gboolean is_done;
} Answer;

static void on_answer(GObject *bus, GAsyncResult *result, gpointer data)
{
        Answer *answer = data;

        answer->reply =
                g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &answer->error);
        answer->is_done = TRUE;
}

/* As NetworkManager calls it; the text of the error, or of the answer. */
static char *ask(Stage *stage, const char *method, GVariant *parameters)
{
        Answer answer = { 0 };
        char *text;

        g_dbus_connection_call(stage->nm.bus, WATTLE_VPN_SERVICE, NM_VPN_DBUS_PLUGIN_PATH,
                               NM_VPN_DBUS_PLUGIN_INTERFACE, method, parameters, NULL,
                               G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_answer, &answer);
        wait_for(answer.is_done);
        if (answer.error)
                g_dbus_error_strip_remote_error(answer.error);
        text = answer.error ? g_strdup(answer.error->message)
                            : g_variant_print(answer.reply, FALSE);
        g_clear_error(&answer.error);
        g_clear_pointer(&answer.reply, g_variant_unref);
        return text;
}

static void connect_with(Stage *stage, const char *profile, const char *key, const char *expected)
{
        g_autofree char *answer =
                ask(stage, "Connect", g_variant_new("(@a{sa{sv}})", make_vpn(profile, key)));

        g_assert_cmpstr(answer, ==, expected);
}

static void bring_up(Stage *stage)
{
        connect_with(stage, TEXT, PRIVATE, "()");
        wait_for(fake_nm_count(&stage->nm, "State") == 1);
        fake_nm_tell_state(&stage->nm, NM_ACTIVE_CONNECTION_STATE_ACTIVATED,
                           NM_ACTIVE_CONNECTION_STATE_REASON_NONE);
        wait_for(has(stage->said, "State 4") && fake_nm_count(&stage->nm, "Update2 0x18") == 1);
}

static void expect_end(Stage *stage, int status)
{
        wait_for(stage->is_over);
        g_assert_cmpint(stage->status, ==, status);
}

/* All that it said to people; it must be over. */
static char *words(Stage *stage)
{
        GInputStream *stream = g_subprocess_get_stderr_pipe(stage->service);
        char text[8192];
        gsize n;

        g_assert_true(g_input_stream_read_all(stream, text, sizeof text - 1, &n, NULL, NULL));
        text[n] = '\0';
        g_assert_null(strstr(text, PRIVATE));
        return g_strdup(text);
}

static void check_words(Stage *stage, const char *expected)
{
        g_autofree char *text = words(stage);

        g_assert_nonnull(strstr(text, expected));
}

static void check_added(Stage *stage)
{
        g_autoptr(NMConnection) link = nm_simple_connection_new_from_dbus(stage->nm.added, NULL);
        NMSettingWireGuard *setting =
                NM_SETTING_WIREGUARD(nm_connection_get_setting(link, NM_TYPE_SETTING_WIREGUARD));

        g_assert_cmpstr(nm_connection_get_uuid(link), ==, LINK_UUID);
        g_assert_cmpstr(nm_connection_get_interface_name(link), ==, MESH);
        g_assert_cmpstr(nm_setting_wireguard_get_private_key(setting), ==, PRIVATE);
}

static void check_config(GVariant *config)
{
        gboolean ip4 = TRUE, ip6 = TRUE, persists = FALSE;
        g_autoptr(GVariant) gateway = NULL;
        const char *tundev;

        g_assert_true(g_variant_lookup(config, "tundev", "&s", &tundev));
        g_assert_cmpstr(tundev, ==, MESH);
        g_assert_true(g_variant_lookup(config, "gateway", "@ay", &gateway));
        g_assert_cmpuint(g_variant_n_children(gateway), ==, 16);
        g_assert_true(g_variant_lookup(config, "has-ip4", "b", &ip4) && !ip4);
        g_assert_true(g_variant_lookup(config, "has-ip6", "b", &ip6) && !ip6);
        g_assert_true(g_variant_lookup(config, "can-persist", "b", &persists) && persists);
}

static void up_and_down(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        g_autofree char *answer = NULL;

        start(stage, NULL);
        bring_up(stage);
        g_assert_cmpstr(stage->nm.calls->str, ==, BROUGHT_UP);
        g_assert_cmpstr(stage->said->str, ==, "State 3\nConfig\nState 4\n");
        check_added(stage);
        check_config(stage->config);
        answer = ask(stage, "Disconnect", NULL);
        g_assert_cmpstr(answer, ==, "()");
        expect_end(stage, 0);
        g_assert_cmpstr(stage->nm.calls->str, ==, BROUGHT_UP "Delete\n");
        g_assert_false(has(stage->said, "Failure"));
}

/* NetworkManager may say it before it answers. */
static void up_at_once(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        start(stage, NULL);
        stage->nm.state = NM_ACTIVE_CONNECTION_STATE_ACTIVATED;
        connect_with(stage, TEXT, PRIVATE, "()");
        wait_for(has(stage->said, "State 4"));
        fake_nm_tell_state(&stage->nm, NM_ACTIVE_CONNECTION_STATE_ACTIVATED,
                           NM_ACTIVE_CONNECTION_STATE_REASON_NONE);
        fake_nm_tell_state(&stage->nm, NM_ACTIVE_CONNECTION_STATE_DEACTIVATING,
                           NM_ACTIVE_CONNECTION_STATE_REASON_NONE);
        expect_end(stage, 0);
        g_assert_cmpstr(stage->said->str, ==, "State 3\nConfig\nState 4\nState 5\nState 6\n");
}

static void forge_state(Stage *stage, const char *service, guint32 state)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GDBusConnection) forger = g_dbus_connection_new_for_address_sync(
                g_test_dbus_get_bus_address(stage->dbus),
                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                NULL, NULL, &error);

        g_assert_no_error(error);
        g_assert_true(g_dbus_connection_emit_signal(
                forger, service, FAKE_ACTIVE, NM_DBUS_INTERFACE_ACTIVE_CONNECTION, "StateChanged",
                g_variant_new("(uu)", state, 0), NULL));
        g_assert_true(g_dbus_connection_close_sync(forger, NULL, NULL));
}

/* What is sent to the service alone comes to it, whoever sends it: neither is it up for that, nor
 * down. */
static void another_is_not_nm(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        start(stage, NULL);
        connect_with(stage, TEXT, PRIVATE, "()");
        wait_for(fake_nm_count(&stage->nm, "State") == 1);
        forge_state(stage, WATTLE_VPN_SERVICE, NM_ACTIVE_CONNECTION_STATE_ACTIVATED);
        forge_state(stage, WATTLE_VPN_SERVICE, NM_ACTIVE_CONNECTION_STATE_DEACTIVATED);
        fake_nm_tell_state(&stage->nm, NM_ACTIVE_CONNECTION_STATE_ACTIVATED,
                           NM_ACTIVE_CONNECTION_STATE_REASON_NONE);
        wait_for(has(stage->said, "State 4") && fake_nm_count(&stage->nm, "Update2 0x18") == 1);
        g_assert_cmpstr(stage->nm.calls->str, ==, BROUGHT_UP);
        g_assert_cmpstr(stage->said->str, ==, "State 3\nConfig\nState 4\n");
        g_free(ask(stage, "Disconnect", NULL));
        expect_end(stage, 0);
}

/* For somebody who could be asked, which nobody is. */
static void interactive(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        g_autofree char *answer = NULL;

        start(stage, NULL);
        answer = ask(stage, "ConnectInteractive",
                     g_variant_new("(@a{sa{sv}}@a{sv})", make_vpn(TEXT, PRIVATE),
                                   g_variant_new_parsed("@a{sv} {}")));
        g_assert_cmpstr(answer, ==, "()");
        wait_for(fake_nm_count(&stage->nm, "State") == 1);
        fake_nm_tell_state(&stage->nm, NM_ACTIVE_CONNECTION_STATE_ACTIVATED,
                           NM_ACTIVE_CONNECTION_STATE_REASON_NONE);
        wait_for(has(stage->said, "State 4"));
        g_assert_cmpstr(stage->said->str, ==, "State 3\nConfig\nState 4\n");
        g_free(ask(stage, "Disconnect", NULL));
        expect_end(stage, 0);
}

static void interactive_without_key(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        g_autofree char *answer = NULL;

        start(stage, NULL);
        answer = ask(stage, "ConnectInteractive",
                     g_variant_new("(@a{sa{sv}}@a{sv})", make_vpn(TEXT, NULL),
                                   g_variant_new_parsed("@a{sv} {}")));
        g_assert_true(g_str_has_prefix(answer, "the connection has no private key"));
        expect_end(stage, 0);
        g_assert_cmpstr(stage->said->str, ==, "Failure 0\nState 6\n");
}

static void no_secrets_needed(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        g_autofree char *answer = NULL;

        start(stage, NULL);
        answer = ask(stage, "NeedSecrets", g_variant_new("(@a{sa{sv}})", make_vpn(TEXT, NULL)));
        g_assert_cmpstr(answer, ==, "('',)");
}

static void bad_profile(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        start(stage, NULL);
        connect_with(stage, "[Mesh]\nSubnet=x\n", PRIVATE,
                     "wattle-test.mesh:2:8: Subnet: 'x' is not a prefix: ADDRESS/LENGTH, as in "
                     "10.42.0.0/16");
        expect_end(stage, 0);
        g_assert_cmpstr(stage->nm.calls->str, ==, "");
        check_words(stage, "wattle-test.mesh:2:8: Subnet: 'x' is not a prefix");
}

static void no_key(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        start(stage, NULL);
        connect_with(stage, TEXT, NULL,
                     "the connection has no private key: 'wg genkey' makes one, it is vpn.secrets "
                     "private-key, and the admin gets its public half");
        expect_end(stage, 0);
        g_assert_cmpstr(stage->said->str, ==, "Failure 0\nState 6\n");
        g_assert_cmpstr(stage->nm.calls->str, ==, "");
        check_words(stage, "the connection has no private key");
}

static void link_fails(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        start(stage, NULL);
        connect_with(stage, TEXT, PRIVATE, "()");
        wait_for(fake_nm_count(&stage->nm, "State") == 1);
        fake_nm_tell_state(&stage->nm, NM_ACTIVE_CONNECTION_STATE_DEACTIVATED,
                           NM_ACTIVE_CONNECTION_STATE_REASON_DEVICE_DISCONNECTED);
        expect_end(stage, 0);
        g_assert_true(has(stage->said, "Failure 1") && !has(stage->said, "Config"));
        g_assert_cmpstr(stage->nm.calls->str, ==, COMING_UP "Delete\n");
        check_words(stage,
                    "NetworkManager took the interface wattle-test down (device-disconnected)");
}

static void not_taken(Stage *stage, gconstpointer method)
{
        const FakeFailure failures[] = { { method, REFUSED }, { NULL, NULL } };

        stage->nm.failures = failures;
        start(stage, NULL);
        connect_with(stage, TEXT, PRIVATE, "()");
        expect_end(stage, 0);
        g_assert_true(has(stage->said, "Failure 1") && !has(stage->said, "Config"));
        g_assert_cmpuint(fake_nm_count(&stage->nm, "Delete"), ==,
                         strcmp(method, "AddConnection2") == 0 ? 0 : 1);
        check_words(stage, ": not today");
}

/* What would stay behind for ever is not kept up. */
static void not_volatile(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        const FakeFailure failures[] = { { "Update2", REFUSED }, { NULL, NULL } };

        stage->nm.failures = failures;
        start(stage, NULL);
        bring_up(stage);
        expect_end(stage, 0);
        g_assert_cmpstr(stage->nm.calls->str, ==, BROUGHT_UP "Delete\n");
        check_words(stage, "making the connection volatile: not today");
}

static const FakeFailure exists_once[] = { { "AddConnection2@1", UUID_EXISTS }, { NULL, NULL } };

static void set_objects(Stage *stage, const char *text)
{
        g_variant_unref(stage->nm.objects);
        stage->nm.objects = g_variant_ref_sink(g_variant_new_parsed(text));
}

#define LINK_IS_UP                                                                                 \
        "{@o '" FAKE_ACTIVE "': {'org.freedesktop.NetworkManager.Connection.Active': {"            \
        "'Uuid': <'" LINK_UUID "'>, 'Connection': <@o '" FAKE_PROFILE "'>, "                       \
        "'Devices': <[@o '" FAKE_DEVICE "']>, 'State': <uint32 2>}}, "                             \
        "@o '" FAKE_DEVICE "': {'org.freedesktop.NetworkManager.Device': {"                        \
        "'Interface': <'" MESH "'>, 'State': <uint32 100>}}}"

static void takes_over(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        start(stage, NULL);
        stage->nm.failures = exists_once;
        stage->nm.state = NM_ACTIVE_CONNECTION_STATE_ACTIVATED;
        set_objects(stage, LINK_IS_UP);
        connect_with(stage, TEXT, PRIVATE, "()");
        wait_for(has(stage->said, "State 4"));
        g_assert_true(g_str_has_prefix(stage->nm.calls->str,
                                       ADD "GetManagedObjects\n" VOLATILE "Reapply\nState\n"));
        check_added(stage);
        g_free(ask(stage, "Disconnect", NULL));
        expect_end(stage, 0);
        g_assert_cmpuint(fake_nm_count(&stage->nm, "Delete"), ==, 1);
}

/* What cannot be changed on a link takes a new one. */
static void takes_over_what_cannot_change(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        const FakeFailure failures[] = { exists_once[0], { "Reapply", REFUSED }, { NULL, NULL } };

        start(stage, NULL);
        stage->nm.failures = failures;
        stage->nm.state = NM_ACTIVE_CONNECTION_STATE_ACTIVATED;
        set_objects(stage, LINK_IS_UP);
        connect_with(stage, TEXT, PRIVATE, "()");
        wait_for(has(stage->said, "State 4"));
        g_assert_true(g_str_has_prefix(stage->nm.calls->str,
                                       ADD "GetManagedObjects\n" VOLATILE "Reapply\nDelete\n" ADD
                                           "ActivateConnection\n"));
}

static void leftover(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        start(stage, NULL);
        stage->nm.failures = exists_once;
        connect_with(stage, TEXT, PRIVATE, "()");
        wait_for(fake_nm_count(&stage->nm, "State") == 1);
        g_assert_cmpstr(stage->nm.calls->str, ==,
                        ADD "GetManagedObjects\nGetConnectionByUuid\nDelete\n" COMING_UP);
}

static void somebody_elses(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        start(stage, NULL);
        stage->nm.failures = exists_once;
        set_objects(stage, "{@o '" FAKE_DEVICE "': {'org.freedesktop.NetworkManager.Device': {"
                           "'Interface': <'" MESH "'>, 'State': <uint32 10>}}}");
        connect_with(stage, TEXT, PRIVATE, "()");
        expect_end(stage, 0);
        g_assert_cmpstr(stage->nm.calls->str, ==, ADD "GetManagedObjects\n");
        check_words(stage, "there is an interface wattle-test already, and another program has it");
}

/* There may be something to remove only once NetworkManager has answered. */
static void down_while_coming_up(Stage *stage, gconstpointer method)
{
        start(stage, NULL);
        stage->nm.holds = method;
        connect_with(stage, TEXT, PRIVATE, "()");
        wait_for(stage->nm.held);
        g_free(ask(stage, "Disconnect", NULL));
        g_assert_false(stage->is_over);
        fake_nm_release(&stage->nm);
        expect_end(stage, 0);
        g_assert_true(g_str_has_suffix(stage->nm.calls->str, "Delete\n"));
        g_assert_false(has(stage->said, "Config"));
}

static void killed(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        start(stage, NULL);
        bring_up(stage);
        g_subprocess_send_signal(stage->service, SIGKILL);
        wait_for(fake_nm_count(&stage->nm, "Delete") == 1);
        g_assert_cmpstr(stage->nm.calls->str, ==, BROUGHT_UP "GetConnectionByUuid\nDelete\n");
        expect_end(stage, -SIGKILL);
}

/* What its child says then, by the error of its first call. */
static void killed_in_vain(Stage *stage, gconstpointer error)
{
        const FakeFailure failures[] = { { "GetConnectionByUuid", error }, { NULL, NULL } };

        stage->nm.failures = failures;
        start(stage, NULL);
        connect_with(stage, TEXT, PRIVATE, "()");
        wait_for(fake_nm_count(&stage->nm, "State") == 1);
        g_subprocess_send_signal(stage->service, SIGKILL);
        wait_for(fake_nm_count(&stage->nm, "GetConnectionByUuid") == 1);
        expect_end(stage, -SIGKILL);
        g_assert_cmpuint(fake_nm_count(&stage->nm, "Delete"), ==, 0);
        check_words(stage, strcmp(error, NO_SUCH) == 0
                                   ? "without a word, before it had a connection"
                                   : "its connection could not be removed: ");
}

static void terminated(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        start(stage, NULL);
        bring_up(stage);
        g_subprocess_send_signal(stage->service, SIGTERM);
        expect_end(stage, 0);
        g_assert_cmpstr(stage->nm.calls->str, ==, BROUGHT_UP "Delete\n");
}

/* The next NetworkManager finds the link as it was. */
static void left_alone(Stage *stage, gconstpointer is_up)
{
        FakeNm next;

        start(stage, NULL);
        if (is_up)
                bring_up(stage);
        fake_nm_init(&next, g_test_dbus_get_bus_address(stage->dbus));
        g_dbus_connection_close_sync(stage->nm.bus, NULL, NULL);
        expect_end(stage, 0);
        g_assert_cmpstr(next.calls->str, ==, "");
        fake_nm_clear(&next);
}

static void persistent(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        start(stage, "--persist");
        bring_up(stage);
        g_free(ask(stage, "Disconnect", NULL));
        wait_for(fake_nm_count(&stage->nm, "Delete") == 1);
        g_string_truncate(stage->nm.calls, 0);
        g_string_truncate(stage->said, 0);
        bring_up(stage);
        g_assert_true(is_on_bus(stage) && !stage->is_over);
}

/* An invitation whose members give nothing, for there is no wattle-fetch: it is up with them, and
 * says why that is not all. */
static void invited(Stage *stage, G_GNUC_UNUSED gconstpointer data)
{
        WattleSigningSecret *secret = wattle_signing_secret_generate();
        g_autofree char *text = make_invitation(
                secret,
                "[Mesh]\nName=" MESH "\nSerial=7\nInvitation=nas\nSubnet=10.7.0.0/16\n"
                "[Device nas]\nPublicKey=" PUBLIC "\nAddress=10.7.0.1\n[Device vps]\n"
                "PublicKey=" KEY_B "\nAddress=10.7.0.2\nPublicEndpoint=198.51.100.7:4\n",
                NULL);
        g_autofree char *answer = NULL;

        start(stage, NULL);
        answer = ask(stage, "Connect",
                     g_variant_new("(@a{sa{sv}})", make_vpn_with("invitation", text, PRIVATE)));
        g_assert_cmpstr(answer, ==, "()");
        wait_for(fake_nm_count(&stage->nm, "State") == 1);
        fake_nm_tell_state(&stage->nm, NM_ACTIVE_CONNECTION_STATE_ACTIVATED,
                           NM_ACTIVE_CONNECTION_STATE_REASON_NONE);
        wait_for(has(stage->said, "State 4") && fake_nm_count(&stage->nm, "Update2 0x18") == 1);
        check_added(stage);
        g_free(ask(stage, "Disconnect", NULL));
        expect_end(stage, 0);
        g_assert_cmpuint(fake_nm_count(&stage->nm, "GetSettings"), ==, 0);
        check_words(stage, "no member has given a newer profile, and the next start asks again: ");
        wattle_signing_secret_free(secret);
}

typedef struct {
        gboolean is_done;
        char *why;
} Kept;

static void on_kept(const GError *error, gpointer data)
{
        Kept *kept = data;

        kept->is_done = TRUE;
        kept->why = error ? g_strdup(error->message) : NULL;
}

/* The profile is put into what NetworkManager has, which keeps its secrets if none is written. */
static void keeps(Stage *stage, gconstpointer method)
{
        const FakeFailure failures[] = { { method, REFUSED }, { NULL, NULL } };
        Kept kept = { FALSE, NULL };

        start(stage, NULL);
        stage->nm.failures = method ? failures : NULL;
        stage->nm.settings = g_variant_ref_sink(make_vpn_with("invitation", "wattle:A.", NULL));
        wattle_keep_profile(stage->nm.bus, VPN_UUID, TEXT, on_kept, &kept);
        wait_for(kept.is_done);
        g_assert_cmpstr(kept.why, ==, method ? "not today" : NULL);
        g_free(kept.why);
        if (!method) {
                g_autoptr(NMConnection) vpn =
                        nm_simple_connection_new_from_dbus(stage->nm.added, NULL);
                NMSettingVpn *setting = nm_connection_get_setting_vpn(vpn);

                g_assert_cmpstr(stage->nm.calls->str, ==,
                                "GetConnectionByUuid\nGetSettings\nUpdate2 0x40\n");
                g_assert_cmpstr(nm_setting_vpn_get_data_item(setting, "profile"), ==, TEXT);
                g_assert_cmpstr(nm_setting_vpn_get_data_item(setting, "invitation"), ==,
                                "wattle:A.");
                g_assert_cmpstr(nm_connection_get_id(vpn), ==, "Home");
        }
}

typedef struct {
        const char *name;
        void (*run)(Stage *stage, gconstpointer data);
        gconstpointer data;
} Scene;

static const Scene scenes[] = {
        { "up-and-down", up_and_down, NULL },
        { "up-at-once", up_at_once, NULL },
        { "another-is-not-nm", another_is_not_nm, NULL },
        { "interactive", interactive, NULL },
        { "interactive-without-key", interactive_without_key, NULL },
        { "no-secrets-needed", no_secrets_needed, NULL },
        { "bad-profile", bad_profile, NULL },
        { "no-key", no_key, NULL },
        { "link-fails", link_fails, NULL },
        { "not-added", not_taken, "AddConnection2" },
        { "not-activated", not_taken, "ActivateConnection" },
        { "not-volatile", not_volatile, NULL },
        { "takes-over", takes_over, NULL },
        { "takes-over-what-cannot-change", takes_over_what_cannot_change, NULL },
        { "leftover", leftover, NULL },
        { "somebody-elses", somebody_elses, NULL },
        { "down-while-added", down_while_coming_up, "AddConnection2" },
        { "down-while-activated", down_while_coming_up, "ActivateConnection" },
        { "killed", killed, NULL },
        { "killed-before-it-was-added", killed_in_vain, NO_SUCH },
        { "killed-and-refused", killed_in_vain, REFUSED },
        { "terminated", terminated, NULL },
        { "left-alone", left_alone, "up" },
        { "left-alone-before", left_alone, NULL },
        { "persistent", persistent, NULL },
        { "invited", invited, NULL },
        { "keeps", keeps, NULL },
        { "keeps-not-found", keeps, "GetConnectionByUuid" },
        { "keeps-not-read", keeps, "GetSettings" },
        { "keeps-not-written", keeps, "Update2" },
};

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpint(sodium_init(), >=, 0);
        for (guint i = 0; i < G_N_ELEMENTS(scenes); i++) {
                g_autofree char *path = g_strconcat("/service/", scenes[i].name, NULL);

                g_test_add(path, Stage, scenes[i].data, stage_init, scenes[i].run, stage_clear);
        }
        return g_test_run();
}
