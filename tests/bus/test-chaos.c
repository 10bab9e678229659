/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattled among others that do as they like: callers with any call, and polkit, systemd,
 * NetworkManager and systemd-resolved that answer late, wrongly or never, or go. What holds all the
 * same: everybody is answered, nothing is done that polkit has not said yes to, and no success is
 * told that systemd has not told.
 *
 * Each round has a seed, and says it before it begins. WATTLE_CHAOS_SEED=N has that one alone again
 * (dbus-daemon is a process of its own, so not to the letter), WATTLE_CHAOS_SECONDS=N goes on for
 * so long. */
#include <stdlib.h>
#include <string.h>

#include "common/sys/bus-status.h"
#include "common/sys/bus.h"
#include "daemon/bus/connection.h"
#include "tests/bus/stage.h"

#define ROUNDS    12
#define EVENTS    1000
#define N_CALLERS 3

#define WORK     "/org/wattle1/mesh/work_2d2"
#define SYSTEMD  "org.freedesktop.systemd1"
#define MANAGER  "/org/freedesktop/systemd1", SYSTEMD ".Manager"
#define NM       "org.freedesktop.NetworkManager"
#define RESOLVED "org.freedesktop.resolve1"

typedef enum {
        MIGRATE,
        PROBE,
        SWITCH,
        APPLY,
        N_ACTIONS,
} Action;

static const char *const actions[N_ACTIONS] = {
        [MIGRATE] = "org.wattle1.migrate",
        [PROBE] = "org.wattle1.probe",
        [SWITCH] = "org.wattle1.up-down",
        [APPLY] = "org.wattle1.apply",
};

/* What an answer may be. */
typedef enum {
        RIGHT,
        WRONG, /* of another shape */
        FAILS,
        LATE,
        NEVER,
} How;

typedef struct Chaos Chaos;

/* A call that waits for its answer. */
typedef struct {
        Chaos *chaos;
        guint caller;
        int action; /* below 0: none */
        sd_bus_slot *slot;
} Asked;

/* A job of systemd's that runs. */
typedef struct {
        char *path, *unit;
} Job;

struct Chaos {
        Stage stage;
        GRand *random;
        char *address;
        WattleBusConnection *wattled;
        sd_bus *services;
        sd_bus *callers[N_CALLERS];
        GPtrArray *asked;   /* of Asked */
        GPtrArray *late;    /* of sd_bus_message: questions to the services */
        GPtrArray *jobs;    /* of Job */
        GPtrArray *lookups; /* of WattleResolving */
        guint n_jobs;       /* that there ever were */
        guint n_yes[N_ACTIONS], n_succeeded[N_ACTIONS];
        guint n_done;      /* jobs that systemd said were done */
        gboolean all_fail; /* it says so of none */
};

static gint32 below(Chaos *chaos, guint n)
{
        return g_rand_int_range(chaos->random, 0, (gint32)n);
}

#define ONE_OF(chaos, array) (array)[below(chaos, G_N_ELEMENTS(array))]

static const char *random_text(Chaos *chaos)
{
        static const char *const texts[] = {
                "home",
                "work-2",
                "nowhere",
                "",
                "../x",
                "b",
                "c",
                "B c",
                "192.0.2.9:1",
                "[::1]:0",
                "\x1b[31m",
                "192.0.2.9:99999",
                WATTLE_BUS_MESH,
                "Version",
                WATTLE_BUS_MANAGER,
        };
        static char large[5000];

        memset(large, 'x', sizeof large - 1);
        return below(chaos, 20) == 0 ? large : ONE_OF(chaos, texts);
}

/* Arguments of any shape. */
static void append_any(Chaos *chaos, sd_bus_message *message)
{
        const char *a = random_text(chaos), *b = random_text(chaos);

        switch (below(chaos, 9)) {
        case 0:
                return;
        case 1:
                sd_bus_message_append(message, "s", a);
                return;
        case 2:
                sd_bus_message_append(message, "ss", a, b);
                return;
        case 3:
                sd_bus_message_append(message, "u", g_rand_int(chaos->random));
                return;
        case 4:
                sd_bus_message_append(message, "as", 2, a, b);
                return;
        case 5:
                sd_bus_message_append(message, "v", "(ss)", a, b);
                return;
        case 6:
                sd_bus_message_append(message, "(bb)", TRUE, FALSE);
                return;
        case 7:
                sd_bus_message_append(message, "a{sv}", 2, a, "s", b, "Metered", "s", a);
                return;
        default:
                sd_bus_message_append(message, "a(iiay)", 2, 3, 2, 3, 1, 2, 3, 3, 77, 0);
        }
}

/* The services: what they are asked comes to one connection that has all their names */

static int reply_any(Chaos *chaos, sd_bus_message *call)
{
        AUTO_BUS_MESSAGE *reply = NULL;

        g_assert_cmpint(sd_bus_message_new_method_return(call, &reply), >=, 0);
        append_any(chaos, reply);
        return sd_bus_send(NULL, reply, NULL);
}

static int reply_yes_or_no(Chaos *chaos, sd_bus_message *call)
{
        gboolean yes = below(chaos, 3) > 0;
        const char *action = "";

        sd_bus_message_rewind(call, 1);
        g_assert_cmpint(sd_bus_message_skip(call, "(sa{sv})"), >=, 0);
        g_assert_cmpint(sd_bus_message_read(call, "s", &action), >, 0);
        for (Action i = 0; yes && i < N_ACTIONS; i++)
                chaos->n_yes[i] += strcmp(action, actions[i]) == 0;
        return sd_bus_reply_method_return(call, "(bba{ss})", yes, below(chaos, 2), 0);
}

static void job_free(gpointer data)
{
        Job *job = data;

        g_free(job->path);
        g_free(job->unit);
        g_free(job);
}

/* A job ends, or systemd tells of one that nobody started. */
static void end_job(Chaos *chaos)
{
        static const char *const results[] = {
                "done", "failed", "canceled", "done", "timeout", ""
        };
        const char *result = chaos->all_fail ? "failed" : ONE_OF(chaos, results);
        guint n = chaos->jobs->len;
        guint index = n > 0 ? (guint)below(chaos, n) : 0;
        const Job *job = n > 0 ? g_ptr_array_index(chaos->jobs, index) : NULL;

        if (!chaos->services)
                return;
        chaos->n_done += job && strcmp(result, "done") == 0;
        sd_bus_emit_signal(chaos->services, MANAGER, "JobRemoved", "uoss", 1,
                           job ? job->path : "/org/freedesktop/systemd1/job/0",
                           job ? job->unit : "wattle-apply@home.service", result);
        if (job)
                g_ptr_array_remove_index(chaos->jobs, index);
}

static int reply_job(Chaos *chaos, sd_bus_message *call)
{
        Job *job = g_new0(Job, 1);
        const char *unit;
        int result;

        sd_bus_message_rewind(call, 1);
        g_assert_cmpint(sd_bus_message_read(call, "s", &unit), >, 0);
        job->unit = g_strdup(unit);
        job->path = g_strdup_printf("/org/freedesktop/systemd1/job/%u", ++chaos->n_jobs);
        g_ptr_array_add(chaos->jobs, job);
        result = sd_bus_reply_method_return(call, "o", job->path);
        if (below(chaos, 2))
                end_job(chaos);
        return result;
}

static int reply_rightly(Chaos *chaos, sd_bus_message *call)
{
        if (sd_bus_message_is_method_call(call, NULL, "CheckAuthorization"))
                return reply_yes_or_no(chaos, call);
        if (sd_bus_message_is_method_call(call, NULL, "StartUnit"))
                return reply_job(chaos, call);
        if (sd_bus_message_is_method_call(call, NULL, "GetAll"))
                return sd_bus_reply_method_return(call, "a{sv}", 2, "Metered", "u",
                                                  (guint32)below(chaos, 6), "ActivatingConnection",
                                                  "o", below(chaos, 2) ? "/" : "/one");
        if (sd_bus_message_is_method_call(call, NULL, "ResolveHostname"))
                return sd_bus_reply_method_return(call, "a(iiay)st", 1, 3, 2, 4, 192, 0, 2, 1,
                                                  "vps.example", (guint64)0);
        return sd_bus_reply_method_return(call, NULL);
}

static void answer(Chaos *chaos, sd_bus_message *call, How how)
{
        switch (how) {
        case RIGHT:
                reply_rightly(chaos, call);
                return;
        case WRONG:
                reply_any(chaos, call);
                return;
        case FAILS:
                sd_bus_reply_method_errorf(call, "org.example.Failed", "%s", random_text(chaos));
                return;
        case LATE:
                g_ptr_array_add(chaos->late, sd_bus_message_ref(call));
                return;
        case NEVER:
                return;
        }
}

static int on_question(sd_bus_message *call, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        static const How hows[] = { RIGHT, RIGHT, RIGHT, RIGHT, RIGHT, WRONG, FAILS, LATE, LATE };
        Chaos *chaos = data;
        guint8 type;

        if (sd_bus_message_get_type(call, &type) < 0 || type != SD_BUS_MESSAGE_METHOD_CALL)
                return 0;
        answer(chaos, call, below(chaos, 40) == 0 ? NEVER : ONE_OF(chaos, hows));
        return 1;
}

static void answer_late(Chaos *chaos)
{
        static const How hows[] = { RIGHT, RIGHT, WRONG, FAILS };
        sd_bus_message *call;

        if (chaos->late->len == 0)
                return;
        call = g_ptr_array_steal_index(chaos->late, (guint)below(chaos, chaos->late->len));
        answer(chaos, call, ONE_OF(chaos, hows));
        sd_bus_message_unref(call);
}

static void open_services(Chaos *chaos)
{
        static const char *const names[] = { "org.freedesktop.PolicyKit1", SYSTEMD, NM, RESOLVED };

        chaos->services = stage_connect(&chaos->stage);
        g_assert_cmpint(sd_bus_add_filter(chaos->services, NULL, on_question, chaos), >=, 0);
        for (guint i = 0; i < G_N_ELEMENTS(names); i++)
                g_assert_cmpint(
                        sd_bus_request_name_async(chaos->services, NULL, names[i], 0, NULL, NULL),
                        >=, 0);
}

/* What they were asked goes with them, and what they had begun. */
static void close_services(Chaos *chaos)
{
        g_ptr_array_set_size(chaos->late, 0);
        g_ptr_array_set_size(chaos->jobs, 0);
        chaos->services = sd_bus_flush_close_unref(chaos->services);
}

static void services_go(Chaos *chaos)
{
        if (chaos->services)
                close_services(chaos);
}

static void services_come(Chaos *chaos)
{
        if (!chaos->services)
                open_services(chaos);
}

static void tell_change(Chaos *chaos)
{
        AUTO_BUS_MESSAGE *signal = NULL;

        if (!chaos->services)
                return;
        g_assert_cmpint(sd_bus_message_new_signal(
                                chaos->services, &signal, "/org/freedesktop/NetworkManager",
                                "org.freedesktop.DBus.Properties", "PropertiesChanged"),
                        >=, 0);
        append_any(chaos, signal);
        sd_bus_send(chaos->services, signal, NULL);
}

/* The callers */

static void asked_free(gpointer data)
{
        Asked *asked = data;

        sd_bus_slot_unref(asked->slot);
        g_free(asked);
}

static int on_reply(sd_bus_message *reply, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Asked *asked = data;
        Chaos *chaos = asked->chaos;

        if (asked->action >= 0 && !sd_bus_message_is_method_error(reply, NULL))
                chaos->n_succeeded[asked->action]++;
        g_assert_true(g_ptr_array_remove_fast(chaos->asked, asked));
        return 0;
}

static void send_call(Chaos *chaos, guint caller, sd_bus_message *call, int action)
{
        Asked *asked = g_new0(Asked, 1);

        *asked = (Asked){ chaos, caller, action, NULL };
        sd_bus_message_set_allow_interactive_authorization(call, below(chaos, 2));
        if (sd_bus_call_async(chaos->callers[caller], &asked->slot, call, on_reply, asked,
                              G_MAXUINT64) < 0)
                asked_free(asked);
        else
                g_ptr_array_add(chaos->asked, asked);
}

static sd_bus_message *new_call(Chaos *chaos, guint caller, const char *path, const char *interface,
                                const char *member)
{
        sd_bus_message *call = NULL;

        g_assert_cmpint(sd_bus_message_new_method_call(chaos->callers[caller], &call,
                                                       WATTLE_BUS_NAME, path, interface, member),
                        >=, 0);
        return call;
}

static void call_well(Chaos *chaos)
{
        static const struct {
                const char *member;
                int action;
                guint n_arguments;
        } methods[] = {
                { "Migrate", MIGRATE, 2 }, { "Probe", PROBE, 1 },   { "Up", SWITCH, 0 },
                { "Down", SWITCH, 0 },     { "Apply", APPLY, 0 },   { "ListPeers", -1, 0 },
                { "GetPeer", -1, 1 },      { "CountRelay", -1, 0 }, { "ListWays", -1, 1 },
        };
        guint caller = (guint)below(chaos, N_CALLERS),
              i = (guint)below(chaos, G_N_ELEMENTS(methods));
        AUTO_BUS_MESSAGE *call = new_call(chaos, caller, below(chaos, 2) ? HOME : WORK,
                                          WATTLE_BUS_MESH, methods[i].member);

        if (methods[i].n_arguments > 0)
                sd_bus_message_append(call, "s", below(chaos, 2) ? "b" : "c");
        if (methods[i].n_arguments > 1)
                sd_bus_message_append(call, "s", below(chaos, 2) ? "" : "192.0.2.9:1");
        send_call(chaos, caller, call, methods[i].action);
}

static void call_badly(Chaos *chaos)
{
        static const char *const paths[] = { "/",
                                             WATTLE_BUS_PATH,
                                             WATTLE_BUS_MESHES,
                                             HOME,
                                             WORK,
                                             "/org/wattle1/mesh/nowhere",
                                             "/org/wattle1/mesh/_2e_2e" };
        static const char *const interfaces[] = { WATTLE_BUS_MESH,
                                                  WATTLE_BUS_MANAGER,
                                                  "org.freedesktop.DBus.Properties",
                                                  NULL,
                                                  "org.freedesktop.DBus.Introspectable",
                                                  "org.freedesktop.DBus.Peer",
                                                  "org.example.X" };
        static const char *const members[] = { "Migrate", "Probe",   "GetMesh", "GetPeer",
                                               "Get",     "GetAll",  "Set",     "Introspect",
                                               "Ping",    "Explode", "ListWays" };
        guint caller = (guint)below(chaos, N_CALLERS);
        AUTO_BUS_MESSAGE *call = new_call(chaos, caller, ONE_OF(chaos, paths),
                                          ONE_OF(chaos, interfaces), ONE_OF(chaos, members));

        append_any(chaos, call);
        if (below(chaos, 10) > 0) {
                send_call(chaos, caller, call, -1);
                return;
        }
        sd_bus_message_set_expect_reply(call, FALSE);
        sd_bus_send(chaos->callers[caller], call, NULL);
}

static void call_often(Chaos *chaos)
{
        for (guint i = 0; i < 40; i++)
                call_well(chaos);
}

static void forge_job(Chaos *chaos)
{
        sd_bus *caller = chaos->callers[below(chaos, N_CALLERS)];
        AUTO_BUS_MESSAGE *signal = NULL;
        const Job *job;

        if (chaos->jobs->len == 0)
                return;
        job = g_ptr_array_index(chaos->jobs, (guint)below(chaos, chaos->jobs->len));
        g_assert_cmpint(sd_bus_message_new_signal(caller, &signal, MANAGER, "JobRemoved"), >=, 0);
        g_assert_cmpint(sd_bus_message_append(signal, "uoss", 1, job->path, job->unit, "done"), >=,
                        0);
        sd_bus_message_set_destination(signal, WATTLE_BUS_NAME);
        sd_bus_send(caller, signal, NULL);
}

static void caller_goes(Chaos *chaos)
{
        guint caller = (guint)below(chaos, N_CALLERS);

        for (guint i = chaos->asked->len; i-- > 0;)
                if (((const Asked *)g_ptr_array_index(chaos->asked, i))->caller == caller)
                        asked_free(g_ptr_array_steal_index_fast(chaos->asked, i));
        sd_bus_flush_close_unref(chaos->callers[caller]);
        chaos->callers[caller] = stage_connect(&chaos->stage);
}

/* wattled itself */

static void manager_is_another(Chaos *chaos)
{
        WattleManager *manager = chaos->stage.manager;

        manager->gone = below(chaos, 4) == 0;
        manager->refuse = below(chaos, 4) == 0;
}

static void manager_tells(Chaos *chaos)
{
        static const WattleChanged changes[] = { WATTLE_CHANGED_LIST, WATTLE_CHANGED_MESH,
                                                 WATTLE_CHANGED_PEER };
        WattleManager *manager = chaos->stage.manager;

        if (manager->changed && !manager->gone)
                fake_manager_change(manager, ONE_OF(chaos, changes), 0, (guint)below(chaos, 2));
        if (!g_queue_is_empty(&manager->probing))
                fake_manager_probed(manager, below(chaos, 2), 1234, "nobody answers");
}

static void look_up(Chaos *chaos)
{
        static const WattleUplink uplink = { .ifindex = 3 };
        WattleManager *manager = chaos->stage.manager;
        WattleResolving *resolving;

        if (!manager->lookup)
                return;
        resolving = g_new0(WattleResolving, 1);
        if (manager->lookup("vps.example", &uplink, resolving, manager->lookup_data))
                g_ptr_array_add(chaos->lookups, resolving);
        else
                g_free(resolving);
}

static void start_wattled(Chaos *chaos)
{
        chaos->wattled = wattle_bus_connection_new(chaos->stage.event, chaos->address,
                                                   chaos->stage.manager, NOBODY);
}

static void stop_wattled(Chaos *chaos)
{
        g_clear_pointer(&chaos->wattled, wattle_bus_connection_free);
        for (guint i = 0; i < chaos->lookups->len; i++)
                g_assert_nonnull(
                        ((const WattleResolving *)g_ptr_array_index(chaos->lookups, i))->text);
}

static void restart_wattled(Chaos *chaos)
{
        stop_wattled(chaos);
        start_wattled(chaos);
}

static void open_callers(Chaos *chaos)
{
        for (guint i = 0; i < N_CALLERS; i++)
                chaos->callers[i] = stage_connect(&chaos->stage);
}

static void close_callers(Chaos *chaos)
{
        g_ptr_array_set_size(chaos->asked, 0);
        for (guint i = 0; i < N_CALLERS; i++)
                chaos->callers[i] = sd_bus_flush_close_unref(chaos->callers[i]);
}

static void restart_bus(Chaos *chaos)
{
        close_services(chaos);
        close_callers(chaos);
        stage_restart_bus(&chaos->stage);
        open_callers(chaos);
        open_services(chaos);
}

/* As much as is there to be done now, and not always all of it. */
static void go_on(Chaos *chaos)
{
        for (guint n = (guint)below(chaos, 30); n > 0; n--)
                if (sd_event_run(chaos->stage.event, 0) == 0)
                        return;
}

static int on_passed(G_GNUC_UNUSED sd_bus_message *reply, void *data,
                     G_GNUC_UNUSED sd_bus_error *error)
{
        *(gboolean *)data = TRUE;
        return 0;
}

static gboolean is_true(gpointer data)
{
        return *(const gboolean *)data;
}

/* What all have sent has come to the bus, and what it handed on has come to us. */
static void settle(Chaos *chaos)
{
        for (guint i = 0; i < N_CALLERS; i++) {
                AUTO_BUS_SLOT *slot = NULL;
                gboolean passed = FALSE;

                g_assert_cmpint(
                        sd_bus_call_method_async(chaos->callers[i], &slot, "org.freedesktop.DBus",
                                                 "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                                 "GetId", on_passed, &passed, NULL),
                        >=, 0);
                stage_run_until(&chaos->stage, is_true, &passed);
        }
}

static void check(const Chaos *chaos)
{
        const char *told = chaos->stage.manager->told->str;
        guint n_told[N_ACTIONS] = { 0 };

        for (const char *p = told; (p = strstr(p, "migrate ")); p++)
                n_told[MIGRATE]++;
        for (const char *p = told; (p = strstr(p, "probe ")); p++)
                n_told[PROBE]++;
        for (const char *p = told; (p = strstr(p, "reload\n")); p++)
                n_told[APPLY]++;
        for (Action i = 0; i < N_ACTIONS; i++) {
                g_assert_cmpuint(n_told[i], <=, chaos->n_yes[i]);
                g_assert_cmpuint(chaos->n_succeeded[i], <=, chaos->n_yes[i]);
        }
        g_assert_cmpuint(chaos->n_jobs, <=, chaos->n_yes[SWITCH] + chaos->n_yes[APPLY]);
        g_assert_cmpuint(n_told[APPLY], <=, chaos->n_done);
        g_assert_cmpuint(chaos->n_succeeded[APPLY], <=, n_told[APPLY]);
        g_assert_cmpuint(chaos->n_succeeded[SWITCH] + chaos->n_succeeded[APPLY], <=, chaos->n_done);
}

typedef void (*Event)(Chaos *chaos);

static const struct {
        Event event;
        guint weight;
} events[] = {
        { call_well, 30 },         { call_badly, 20 },   { go_on, 20 },      { settle, 40 },
        { answer_late, 30 },       { end_job, 10 },      { forge_job, 8 },   { manager_tells, 10 },
        { manager_is_another, 4 }, { look_up, 5 },       { tell_change, 4 }, { caller_goes, 3 },
        { services_go, 1 },        { services_come, 8 }, { call_often, 1 },  { restart_wattled, 2 },
        { restart_bus, 1 },
};

static void happen(Chaos *chaos)
{
        guint sum = 0, i = 0;
        gint32 left;

        for (guint j = 0; j < G_N_ELEMENTS(events); j++)
                sum += events[j].weight;
        for (left = below(chaos, sum); left >= (gint32)events[i].weight; i++)
                left -= (gint32)events[i].weight;
        events[i].event(chaos);
}

static void unref_message(gpointer data)
{
        sd_bus_message_unref(data);
}

static void begin(Chaos *chaos, guint32 seed)
{
        stage_init(&chaos->stage, POLKIT_ABSENT, NOBODY);
        g_clear_pointer(&chaos->stage.bus, wattle_bus_free);
        chaos->stage.server = sd_bus_flush_close_unref(chaos->stage.server);
        chaos->stage.others = sd_bus_flush_close_unref(chaos->stage.others);
        chaos->random = g_rand_new_with_seed(seed);
        chaos->all_fail = below(chaos, 2);
        chaos->address = g_strdup_printf("unix:path=%s/bus", chaos->stage.folder);
        chaos->asked = g_ptr_array_new_with_free_func(asked_free);
        chaos->late = g_ptr_array_new_with_free_func(unref_message);
        chaos->jobs = g_ptr_array_new_with_free_func(job_free);
        chaos->lookups = g_ptr_array_new_with_free_func(g_free);
        start_wattled(chaos);
        open_callers(chaos);
        open_services(chaos);
}

static gboolean are_answered(gpointer data)
{
        const Chaos *chaos = data;

        return chaos->asked->len == 0;
}

/* Asks again until it is there: it may just have come back. */
static void is_alive(Chaos *chaos)
{
        for (;;) {
                g_autofree char *error = stage_call(&chaos->stage, WATTLE_BUS_PATH,
                                                    WATTLE_BUS_MANAGER, "GetMesh", "s", "home");

                if (!*error)
                        return;
                g_assert_true(g_str_has_prefix(error, "org.freedesktop.DBus.Error."));
        }
}

/* It answers still; and whoever waits is answered when it ends, whatever the others owe it. */
static void end(Chaos *chaos)
{
        WattleManager *manager = chaos->stage.manager;

        manager->gone = FALSE;
        is_alive(chaos);
        settle(chaos);
        stop_wattled(chaos);
        while (!g_queue_is_empty(&manager->probing))
                fake_manager_probed(manager, FALSE, 0, "wattled ends");
        stage_run_until(&chaos->stage, are_answered, chaos);
        check(chaos);
        for (Action i = 0; i < N_ACTIONS; i++)
                g_test_message("%s: allowed %u, done %u", actions[i], chaos->n_yes[i],
                               chaos->n_succeeded[i]);
        close_callers(chaos);
        if (chaos->services)
                close_services(chaos);
        for (guint i = 0; i < chaos->lookups->len; i++)
                g_free(((const WattleResolving *)g_ptr_array_index(chaos->lookups, i))->text);
        g_ptr_array_unref(chaos->asked);
        g_ptr_array_unref(chaos->late);
        g_ptr_array_unref(chaos->jobs);
        g_ptr_array_unref(chaos->lookups);
        g_rand_free(chaos->random);
        g_free(chaos->address);
        stage_clear(&chaos->stage);
}

static void play(guint32 seed)
{
        Chaos chaos = { 0 };

        g_test_message("WATTLE_CHAOS_SEED=%u", seed);
        begin(&chaos, seed);
        for (guint i = 0; i < EVENTS; i++) {
                happen(&chaos);
                check(&chaos);
        }
        end(&chaos);
}

static void rounds(void)
{
        const char *seed = g_getenv("WATTLE_CHAOS_SEED"),
                   *seconds = g_getenv("WATTLE_CHAOS_SECONDS");
        gint64 end_us = g_get_monotonic_time() + (seconds ? atoi(seconds) : 0) * G_USEC_PER_SEC;

        if (seed) {
                play((guint32)strtoul(seed, NULL, 10));
                return;
        }
        for (guint n = 0; seconds ? g_get_monotonic_time() < end_us : n < ROUNDS; n++)
                play((guint32)g_test_rand_int());
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/chaos/rounds", rounds);
        return g_test_run();
}
