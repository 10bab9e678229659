/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattled and a bus that is restarted, or not there yet. */
#include "daemon/bus/connection.h"

#include <string.h>
#include <unistd.h>

#include "common/sys/bus-status.h"
#include "tests/bus/stage.h"

typedef struct {
        Stage *stage;
        Call call;
} Asking;

/* Asks again until there is somebody to answer. */
static gboolean is_answered(gpointer data)
{
        Asking *asking = data;

        if (asking->call.reply && !sd_bus_message_is_method_error(asking->call.reply, NULL))
                return TRUE;
        if (asking->call.slot && !asking->call.reply)
                return FALSE;
        call_clear(&asking->call);
        asking->call = (Call){ 0 };
        stage_send(asking->stage, &asking->call, WATTLE_BUS_PATH, WATTLE_BUS_MANAGER, "GetMesh",
                   FALSE, "s", "home");
        return FALSE;
}

static void expect_answer(Stage *stage)
{
        Asking asking = { .stage = stage };

        stage_run_until(stage, is_answered, &asking);
        call_clear(&asking.call);
}

static char *address_of(const Stage *stage)
{
        return g_strdup_printf("unix:path=%s/bus", stage->folder);
}

static void a_bus_that_is_restarted(void)
{
        g_auto(Stage) stage = { 0 };
        g_autoptr(WattleBusConnection) connection = NULL;
        g_autofree char *address = NULL;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        g_clear_pointer(&stage.bus, wattle_bus_free);
        stage.server = sd_bus_flush_close_unref(stage.server); /* it had the name */
        address = address_of(&stage);
        connection = wattle_bus_connection_new(stage.event, address, stage.manager, geteuid());
        expect_answer(&stage);
        stage_restart_bus(&stage);
        expect_answer(&stage);
        stage_restart_bus(&stage);
        expect_answer(&stage);
}

/* Nothing waits, neither for a bus that is not there nor at the end. */
static void no_bus(void)
{
        g_auto(Stage) stage = { 0 };
        g_autoptr(WattleBusConnection) connection = NULL;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        connection = wattle_bus_connection_new(stage.event, "unix:path=/nowhere/bus", stage.manager,
                                               geteuid());
        g_free(stage_call(&stage, WATTLE_BUS_PATH, WATTLE_BUS_MANAGER, "GetMesh", "s", "home"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/connection/restarted", a_bus_that_is_restarted);
        g_test_add_func("/connection/no bus", no_bus);
        return g_test_run();
}
