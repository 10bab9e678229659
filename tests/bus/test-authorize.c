/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nothing happens on the bus that polkit has not said yes to, and nobody waits for it but those who
 * asked. */
#include "daemon/bus/authorize.h"

#include <string.h>
#include <unistd.h>

#include "common/sys/bus-status.h"
#include "tests/bus/stage.h"

#define DENIED "org.freedesktop.DBus.Error.AccessDenied: "

static const struct row {
        const char *name;
        Polkit polkit;
        gboolean interactive;
        const char *error; /* name and message; "": it was done */
} rows[] = {
        { "allowed", POLKIT_YES, FALSE, "" },
        { "denied", POLKIT_NO, FALSE, DENIED "Not allowed: polkit says no" },
        { "denied, and a person is there", POLKIT_NO, TRUE, DENIED "Not allowed: polkit says no" },
        { "a password, and nobody to give it", POLKIT_CHALLENGE, FALSE,
          "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired: Not without a password, "
          "which nobody was asked for" },
        { "a password", POLKIT_CHALLENGE, TRUE, "" },
        { "no polkit", POLKIT_ABSENT, FALSE,
          DENIED "Not allowed: polkit is not there to ask, so only root may" },
        { "polkit is broken", POLKIT_FAILS, TRUE, DENIED "Not allowed: the disk is full" },
        { "polkit babbles", POLKIT_BABBLES, FALSE,
          DENIED "Not allowed: polkit's answer makes no sense" },
};

static char *outcome(sd_bus_message *reply)
{
        const sd_bus_error *error = sd_bus_message_get_error(reply);

        return error ? g_strdup_printf("%s: %s", error->name, error->message) : g_strdup("");
}

static void answers(gconstpointer data)
{
        const struct row *row = data;
        g_auto(Stage) stage = { 0 };
        g_auto(Call) call = { 0 };
        g_autofree char *error = NULL;

        stage_init(&stage, row->polkit, NOBODY);
        stage_send(&stage, &call, HOME, WATTLE_BUS_MESH, "Migrate", row->interactive, "ss", "b",
                   "192.0.2.9:1");
        stage_wait(&stage, &call);
        error = outcome(call.reply);
        g_assert_cmpstr(error, ==, row->error);
        g_assert_cmpstr(stage.manager->told->str, ==,
                        *row->error ? "" : "migrate 0 0 192.0.2.9:1\n");
        if (row->polkit != POLKIT_ABSENT)
                g_assert_cmpstr(stage.questions->str, ==,
                                row->interactive
                                        ? "org.wattle1.migrate mesh=home peer=b interactive\n"
                                        : "org.wattle1.migrate mesh=home peer=b\n");
}

/* Each action, asked for by the method that needs it; reading asks nobody. */
static void actions(void)
{
        g_auto(Stage) stage = { 0 };
        static const char *const methods[] = { "Up", "Down", "Apply", "Update", "ListPeers" };

        stage_init(&stage, POLKIT_NO, NOBODY);
        for (guint i = 0; i < G_N_ELEMENTS(methods); i++)
                g_free(stage_call(&stage, HOME, WATTLE_BUS_MESH, methods[i], NULL));
        g_free(stage_call(&stage, HOME, WATTLE_BUS_MESH, "Probe", "s", "b"));
        g_free(stage_call(&stage, HOME, WATTLE_BUS_MESH, "GetPeer", "s", "b"));
        g_free(stage_call(&stage, WATTLE_BUS_PATH, WATTLE_BUS_MANAGER, "GetMesh", "s", "home"));
        g_assert_cmpstr(stage.questions->str, ==,
                        "org.wattle1.up-down mesh=home\n"
                        "org.wattle1.up-down mesh=home\n"
                        "org.wattle1.apply mesh=home\n"
                        "org.wattle1.update mesh=home\n"
                        "org.wattle1.probe mesh=home peer=b\n");
        g_assert_cmpstr(stage.manager->told->str, ==, "");
        g_assert_cmpstr(stage.errands->str, ==, "");
}

static void root_is_not_asked_about(void)
{
        g_auto(Stage) stage = { 0 };
        g_autofree char *error = NULL;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        error = stage_call(&stage, HOME, WATTLE_BUS_MESH, "Migrate", "ss", "c", "");
        g_assert_cmpstr(error, ==, "");
        g_assert_cmpstr(stage.manager->told->str, ==, "migrate 0 1 \n");
}

static gboolean is_pondered(gpointer data)
{
        const Stage *stage = data;

        return !g_queue_is_empty((GQueue *)&stage->pondered);
}

static void others_go_on_while_polkit_ponders(void)
{
        g_auto(Stage) stage = { 0 };
        g_auto(Call) call = { 0 };
        g_autofree char *other = NULL, *error = NULL;

        stage_init(&stage, POLKIT_PONDERS, NOBODY);
        stage_send(&stage, &call, HOME, WATTLE_BUS_MESH, "Migrate", TRUE, "ss", "b", "");
        stage_run_until(&stage, is_pondered, &stage);
        other = stage_call(&stage, HOME, WATTLE_BUS_MESH, "ListPeers", NULL);
        g_assert_cmpstr(other, ==, "");
        g_assert_null(call.reply);
        g_assert_cmpstr(stage.manager->told->str, ==, "");
        stage_polkit_answer(&stage, TRUE);
        stage_wait(&stage, &call);
        error = outcome(call.reply);
        g_assert_cmpstr(error, ==, "");
        g_assert_cmpstr(stage.manager->told->str, ==, "migrate 0 0 \n");
}

/* What was true when the question was asked may be so no more when it is answered. */
static void a_mesh_that_went_meanwhile(void)
{
        g_auto(Stage) stage = { 0 };
        g_auto(Call) call = { 0 };
        g_autofree char *error = NULL;

        stage_init(&stage, POLKIT_PONDERS, NOBODY);
        stage_send(&stage, &call, HOME, WATTLE_BUS_MESH, "Migrate", TRUE, "ss", "b", "");
        stage_run_until(&stage, is_pondered, &stage);
        stage.manager->gone = TRUE;
        stage_polkit_answer(&stage, TRUE);
        stage_wait(&stage, &call);
        error = outcome(call.reply);
        g_assert_cmpstr(error, ==, "org.wattle1.Error.NoSuchMesh: There is no mesh home");
        g_assert_cmpstr(stage.manager->told->str, ==, "");
}

static void an_end_while_polkit_ponders(void)
{
        g_auto(Stage) stage = { 0 };
        g_auto(Call) call = { 0 };
        g_autofree char *error = NULL;

        stage_init(&stage, POLKIT_PONDERS, NOBODY);
        stage_send(&stage, &call, HOME, WATTLE_BUS_MESH, "Up", TRUE, NULL);
        stage_run_until(&stage, is_pondered, &stage);
        g_clear_pointer(&stage.bus, wattle_bus_free);
        stage_wait(&stage, &call);
        error = outcome(call.reply);
        g_assert_cmpstr(error, ==, DENIED "wattled ends");
        stage_polkit_answer(&stage, TRUE);
}

#define MANY      65
#define OF_A_USER 8

static guint n_questions(const Stage *stage)
{
        guint n = 0;

        for (const char *p = stage->questions->str; (p = strchr(p, '\n')); p++)
                n++;
        return n;
}

static gboolean are_asked(gpointer data)
{
        return n_questions(data) >= OF_A_USER;
}

static void no_endless_queue(void)
{
        Call calls[MANY] = { 0 };
        g_auto(Stage) stage = { 0 };
        g_autofree char *error = NULL;

        stage_init(&stage, POLKIT_PONDERS, NOBODY);
        for (guint i = 0; i < MANY; i++)
                stage_send(&stage, &calls[i], HOME, WATTLE_BUS_MESH, "Up", FALSE, NULL);
        stage_wait(&stage, &calls[MANY - 1]);
        error = outcome(calls[MANY - 1].reply);
        g_assert_cmpstr(error, ==,
                        "org.freedesktop.DBus.Error.LimitsExceeded: Too many calls wait for an "
                        "answer of polkit's");
        stage_run_until(&stage, are_asked, &stage);
        g_assert_cmpuint(n_questions(&stage), ==, OF_A_USER);
        for (guint i = 0; i < MANY; i++)
                call_clear(&calls[i]);
}

static void unlisted_is_denied(void)
{
        g_assert_null(wattle_authorize_action(WATTLE_BUS_MESH, "Explode"));
        g_assert_null(wattle_authorize_action(WATTLE_BUS_MANAGER, "Up"));
        g_assert_null(wattle_authorize_action(NULL, NULL));
        g_assert_cmpstr(wattle_authorize_action(WATTLE_BUS_MESH, "Up"), ==, "org.wattle1.up-down");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_autofree char *path = g_strdup_printf("/authorize/answer/%s", rows[i].name);

                g_test_add_data_func(path, &rows[i], answers);
        }
        g_test_add_func("/authorize/actions", actions);
        g_test_add_func("/authorize/root", root_is_not_asked_about);
        g_test_add_func("/authorize/others go on", others_go_on_while_polkit_ponders);
        g_test_add_func("/authorize/a mesh that went", a_mesh_that_went_meanwhile);
        g_test_add_func("/authorize/an end", an_end_while_polkit_ponders);
        g_test_add_func("/authorize/no endless queue", no_endless_queue);
        g_test_add_func("/authorize/unlisted", unlisted_is_denied);
        return g_test_run();
}
