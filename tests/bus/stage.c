/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bus/stage.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/sys/bus-status.h"
#include "common/sys/bus.h"

#define PATIENCE_US (30 * G_USEC_PER_SEC)

#define SYSTEMD "org.freedesktop.systemd1"
#define JOB     "/org/freedesktop/systemd1/job/7"

static const char config[] =
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
        "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">"
        "<busconfig><type>session</type><listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth>"
        "<policy context=\"default\"><allow send_destination=\"*\"/><allow receive_sender=\"*\"/>"
        "<allow own=\"*\"/></policy></busconfig>";

/* It ends with us, however we end. */
static void on_child(G_GNUC_UNUSED gpointer data)
{
        prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Returns when it listens: it prints its address then. */
static void start_daemon(Stage *stage)
{
        g_autofree char *option = g_strdup_printf("--config-file=%s/conf", stage->folder);
        g_autoptr(GError) error = NULL;
        char *argv[] = { (char *)"dbus-daemon",     NULL, (char *)"--nofork", (char *)"--nopidfile",
                         (char *)"--print-address", NULL };
        char address[256];
        int out;

        argv[1] = option;
        g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
                                 on_child, NULL, &stage->daemon, NULL, &out, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(read(out, address, sizeof address), >, 0);
        close(out);
}

static void make_folder(Stage *stage)
{
        g_autofree char *file = NULL, *text = NULL;

        stage->folder = g_dir_make_tmp("wattle-bus.XXXXXX", NULL);
        g_assert_nonnull(stage->folder);
        file = g_build_filename(stage->folder, "conf", NULL);
        text = g_strdup_printf(config, stage->folder);
        g_assert_true(g_file_set_contents(file, text, -1, NULL));
}

static void end_daemon(Stage *stage)
{
        kill(stage->daemon, SIGTERM);
        waitpid(stage->daemon, NULL, 0);
}

sd_bus *stage_connect(Stage *stage)
{
        g_autofree char *address = g_strdup_printf("unix:path=%s/bus", stage->folder);
        sd_bus *bus = NULL;

        g_assert_cmpint(sd_bus_new(&bus), >=, 0);
        g_assert_cmpint(sd_bus_set_address(bus, address), >=, 0);
        g_assert_cmpint(sd_bus_set_bus_client(bus, 1), >=, 0);
        g_assert_cmpint(sd_bus_start(bus), >=, 0);
        g_assert_cmpint(sd_bus_attach_event(bus, stage->event, 0), >=, 0);
        return bus;
}

static int reply_authorization(sd_bus_message *call, int yes, int challenge)
{
        return sd_bus_reply_method_return(call, "(bba{ss})", yes, challenge, 0);
}

static void write_question(Stage *stage, sd_bus_message *call, guint32 *ret_flags)
{
        const char *kind, *key, *sender, *action, *detail, *value, *own_name;

        g_assert_cmpint(
                sd_bus_message_read(call, "(sa{sv})s", &kind, 1, &key, "s", &sender, &action), >=,
                0);
        g_assert_cmpstr(kind, ==, "system-bus-name");
        g_assert_cmpstr(key, ==, "name");
        sd_bus_get_unique_name(stage->caller, &own_name);
        g_assert_cmpstr(sender, ==, own_name);
        g_string_append(stage->questions, action);
        sd_bus_message_enter_container(call, 'a', "{ss}");
        while (sd_bus_message_read(call, "{ss}", &detail, &value) > 0)
                g_string_append_printf(stage->questions, " %s=%s", detail, value);
        sd_bus_message_exit_container(call);
        g_assert_cmpint(sd_bus_message_read(call, "us", ret_flags, &value), >=, 0);
        g_string_append(stage->questions, *ret_flags == 1 ? " interactive\n" : "\n");
}

static int on_question(sd_bus_message *call, void *data, sd_bus_error *error)
{
        Stage *stage = data;
        guint32 flags;

        if (!sd_bus_message_is_method_call(call, "org.freedesktop.PolicyKit1.Authority",
                                           "CheckAuthorization"))
                return 0;
        write_question(stage, call, &flags);
        switch (stage->polkit) {
        case POLKIT_YES:
                return reply_authorization(call, 1, 0);
        case POLKIT_NO:
                return reply_authorization(call, 0, 0);
        case POLKIT_CHALLENGE:
                return reply_authorization(call, flags == 1, flags != 1);
        case POLKIT_PONDERS:
                g_queue_push_tail(&stage->pondered, sd_bus_message_ref(call));
                return 1;
        case POLKIT_FAILS:
                return sd_bus_error_set(error, "org.freedesktop.PolicyKit1.Error.Failed",
                                        "the disk is full");
        case POLKIT_BABBLES:
                return sd_bus_reply_method_return(call, "s", "yes");
        case POLKIT_ABSENT:
                break;
        }
        g_assert_not_reached();
}

void stage_polkit_answer(Stage *stage, gboolean yes)
{
        sd_bus_message *call = g_queue_pop_head(&stage->pondered);

        g_assert_cmpint(reply_authorization(call, yes, 0), >=, 0);
        sd_bus_message_unref(call);
}

/* systemd: a job that ends at once. */
static int on_start_unit(sd_bus_message *call, void *data, sd_bus_error *error)
{
        Stage *stage = data;
        const char *unit, *mode;

        g_assert_cmpint(sd_bus_message_read(call, "ss", &unit, &mode), >, 0);
        g_string_append_printf(stage->errands, "start %s %s\n", unit, mode);
        if (stage->refuse)
                return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "not for you");
        if (stage->forged)
                stage_forge_job(stage, stage->victim, unit, stage->forged);
        g_assert_cmpint(sd_bus_reply_method_return(call, "o", JOB), >=, 0);
        if (stage->job_result)
                stage_end_job(stage, unit, stage->job_result);
        else
                g_string_append_printf(stage->started, "%s\n", unit);
        return 1;
}

void stage_end_job(Stage *stage, const char *unit, const char *result)
{
        g_assert_cmpint(sd_bus_emit_signal(stage->others, "/org/freedesktop/systemd1",
                                           SYSTEMD ".Manager", "JobRemoved", "uoss", 7, JOB, unit,
                                           result),
                        >=, 0);
}

void stage_forge_job(Stage *stage, sd_bus *victim, const char *unit, const char *result)
{
        AUTO_BUS_MESSAGE *signal = NULL;
        const char *name;

        g_assert_cmpint(sd_bus_get_unique_name(victim, &name), >=, 0);
        g_assert_cmpint(sd_bus_message_new_signal(stage->caller, &signal,
                                                  "/org/freedesktop/systemd1", SYSTEMD ".Manager",
                                                  "JobRemoved"),
                        >=, 0);
        g_assert_cmpint(sd_bus_message_append(signal, "uoss", 7, JOB, unit, result), >=, 0);
        g_assert_cmpint(sd_bus_message_set_destination(signal, name), >=, 0);
        g_assert_cmpint(sd_bus_send(stage->caller, signal, NULL), >=, 0);
        g_assert_cmpint(sd_bus_flush(stage->caller), >=, 0);
}

static int on_subscribe(sd_bus_message *call, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Stage *stage = data;

        g_string_append_printf(stage->errands, "%s\n", sd_bus_message_get_member(call));
        return sd_bus_reply_method_return(call, NULL);
}

#define METHOD(name, in, out, handler)                                                             \
        SD_BUS_METHOD(name, in, out, handler, SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable systemd_vtable[] = {
        SD_BUS_VTABLE_START(0),
        METHOD("StartUnit", "ss", "o", on_start_unit),
        METHOD("Subscribe", NULL, NULL, on_subscribe),
        METHOD("Unsubscribe", NULL, NULL, on_subscribe),
        SD_BUS_VTABLE_END,
};
static void start_others(Stage *stage)
{
        /* No vtable, which would hold its answers to one shape. */
        g_assert_cmpint(sd_bus_add_object(stage->others, NULL,
                                          "/org/freedesktop/PolicyKit1/Authority", on_question,
                                          stage),
                        >=, 0);
        g_assert_cmpint(sd_bus_add_object_vtable(stage->others, NULL, "/org/freedesktop/systemd1",
                                                 SYSTEMD ".Manager", systemd_vtable, stage),
                        >=, 0);
        g_assert_cmpint(sd_bus_request_name(stage->others, SYSTEMD, 0), >=, 0);
        if (stage->polkit != POLKIT_ABSENT)
                g_assert_cmpint(sd_bus_request_name(stage->others, "org.freedesktop.PolicyKit1", 0),
                                >=, 0);
}

static int on_served(G_GNUC_UNUSED sd_bus_message *reply, void *data,
                     G_GNUC_UNUSED sd_bus_error *error)
{
        *(gboolean *)data = TRUE;
        return 0;
}

static gboolean is_served(gpointer data)
{
        return *(const gboolean *)data;
}

/* wattled does not wait for its name; whoever calls has to. The bus keeps the order of what one
 * connection asks. */
static void wait_for_name(Stage *stage)
{
        AUTO_BUS_SLOT *slot = NULL;
        gboolean served = FALSE;

        g_assert_cmpint(sd_bus_call_method_async(stage->server, &slot, "org.freedesktop.DBus",
                                                 "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                                 "GetId", on_served, &served, NULL),
                        >=, 0);
        stage_run_until(stage, is_served, &served);
}

void stage_init(Stage *stage, Polkit polkit, uid_t trusted_uid)
{
        g_autoptr(GError) error = NULL;

        *stage = (Stage){
                .polkit = polkit,
                .questions = g_string_new(NULL),
                .pondered = G_QUEUE_INIT,
                .job_result = "done",
                .errands = g_string_new(NULL),
                .started = g_string_new(NULL),
                .manager = fake_manager_new(),
        };
        g_assert_cmpint(sd_event_new(&stage->event), >=, 0);
        make_folder(stage);
        start_daemon(stage);
        stage->server = stage_connect(stage);
        stage->others = stage_connect(stage);
        stage->caller = stage_connect(stage);
        start_others(stage);
        stage->bus = wattle_bus_new(stage->server, stage->manager, trusted_uid, &error);
        g_assert_no_error(error);
        wait_for_name(stage);
}

void stage_clear(Stage *stage)
{
        g_autofree char *command = g_strdup_printf("rm -rf '%s'", stage->folder);
        sd_bus_message *call;

        while ((call = g_queue_pop_head(&stage->pondered)))
                sd_bus_message_unref(call);
        wattle_bus_free(stage->bus);
        sd_bus_flush_close_unref(stage->server);
        sd_bus_flush_close_unref(stage->others);
        sd_bus_flush_close_unref(stage->caller);
        sd_event_unref(stage->event);
        end_daemon(stage);
        g_assert_true(g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL));
        fake_manager_free(stage->manager);
        g_string_free(stage->questions, TRUE);
        g_string_free(stage->errands, TRUE);
        g_string_free(stage->started, TRUE);
        g_free(stage->folder);
}

void stage_restart_bus(Stage *stage)
{
        g_clear_pointer(&stage->bus, wattle_bus_free);
        stage->server = sd_bus_flush_close_unref(stage->server);
        stage->others = sd_bus_flush_close_unref(stage->others);
        stage->caller = sd_bus_flush_close_unref(stage->caller);
        end_daemon(stage);
        start_daemon(stage);
        stage->caller = stage_connect(stage);
}

void stage_run_until(Stage *stage, StageDone is_done, gpointer data)
{
        gint64 end_us = g_get_monotonic_time() + PATIENCE_US;

        while (!is_done(data)) {
                g_assert_cmpint(sd_event_run(stage->event, PATIENCE_US), >=, 0);
                g_assert_cmpint(g_get_monotonic_time(), <, end_us);
        }
}

void call_clear(Call *call)
{
        sd_bus_slot_unref(call->slot);
        sd_bus_message_unref(call->reply);
}

static int on_reply(sd_bus_message *reply, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Call *call = data;

        call->reply = sd_bus_message_ref(reply);
        return 0;
}

static void send_call(Stage *stage, Call *call, const char *path, const char *interface,
                      const char *member, gboolean interactive, const char *types, va_list args)
{
        sd_bus_message *message = NULL;

        g_assert_cmpint(sd_bus_message_new_method_call(stage->caller, &message, WATTLE_BUS_NAME,
                                                       path, interface, member),
                        >=, 0);
        g_assert_cmpint(sd_bus_message_set_allow_interactive_authorization(message, interactive),
                        >=, 0);
        if (types)
                g_assert_cmpint(sd_bus_message_appendv(message, types, args), >=, 0);
        g_assert_cmpint(
                sd_bus_call_async(stage->caller, &call->slot, message, on_reply, call, G_MAXUINT64),
                >=, 0);
        sd_bus_message_unref(message);
}

void stage_send(Stage *stage, Call *call, const char *path, const char *interface,
                const char *member, gboolean interactive, const char *types, ...)
{
        va_list args;

        va_start(args, types);
        send_call(stage, call, path, interface, member, interactive, types, args);
        va_end(args);
}

static gboolean has_reply(gpointer data)
{
        const Call *call = data;

        return call->reply != NULL;
}

void stage_wait(Stage *stage, const Call *call)
{
        stage_run_until(stage, has_reply, (gpointer)call);
}

char *stage_call(Stage *stage, const char *path, const char *interface, const char *member,
                 const char *types, ...)
{
        g_auto(Call) call = { 0 };
        const sd_bus_error *error;
        va_list args;

        va_start(args, types);
        send_call(stage, &call, path, interface, member, FALSE, types, args);
        va_end(args);
        stage_wait(stage, &call);
        error = sd_bus_message_get_error(call.reply);
        return error ? g_strdup_printf("%s: %s", error->name, error->message) : g_strdup("");
}
