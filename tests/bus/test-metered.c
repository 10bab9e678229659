/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattled takes NetworkManager's word for: whether the way out is metered. */
#include "daemon/bus/metered.h"

#include <string.h>
#include <unistd.h>

#include "tests/bus/stage.h"

#define SERVICE "org.freedesktop.NetworkManager"
#define PATH    "/org/freedesktop/NetworkManager"

typedef struct {
        guint32 value;
        const char *activating;
        const char *told;
} Row;

static int get(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path,
               G_GNUC_UNUSED const char *interface, const char *property, sd_bus_message *reply,
               void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        const Row *row = data;

        if (strcmp(property, "Metered") == 0)
                return sd_bus_message_append(reply, "u", row->value);
        if (strcmp(property, "ActivatingConnection") == 0)
                return sd_bus_message_append(reply, "o", row->activating);
        return sd_bus_message_append(reply, "as", 1, "more");
}

static const sd_bus_vtable manager_of_networks[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Capabilities", "as", get, 0, 0),
        SD_BUS_PROPERTY("ActivatingConnection", "o", get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Metered", "u", get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

typedef struct {
        WattleManager *manager;
        const char *told;
} Told;

static gboolean is_told(gpointer data)
{
        const Told *told = data;

        return g_str_has_suffix(told->manager->told->str, told->told);
}

static void expect(Stage *stage, const char *told)
{
        stage_run_until(stage, is_told, &(Told){ stage->manager, told });
}

/* NMMetered, and what is not known yet is not free; what NetworkManager has nothing to do with is.
 */
static void as_it_says(void)
{
        static const Row rows[] = {
                { 1, "/", "metered yes\n" },    { 2, "/", "metered no\n" },
                { 3, "/", "metered yes\n" },    { 4, "/", "metered no\n" },
                { 0, "/one", "metered yes\n" }, { 0, "/", "metered no\n" },
                { 1, "/one", "metered yes\n" }, { 2, "/one", "metered no\n" },
        };
        g_auto(Stage) stage = { 0 };
        Row row = { 2, "/", NULL };
        WattleMetered *metered;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        g_assert_cmpint(sd_bus_add_object_vtable(stage.others, NULL, PATH, SERVICE,
                                                 manager_of_networks, &row),
                        >=, 0);
        g_assert_cmpint(sd_bus_request_name(stage.others, SERVICE, 0), >=, 0);
        metered = wattle_metered_new(stage.server, stage.manager);
        g_assert_nonnull(metered);
        expect(&stage, "metered no\n");
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                g_string_truncate(stage.manager->told, 0);
                row = rows[i];
                g_assert_cmpint(sd_bus_emit_properties_changed(stage.others, PATH, SERVICE,
                                                               "Metered", NULL),
                                >=, 0);
                expect(&stage, rows[i].told);
        }
        wattle_metered_free(metered);
}

static void nobody_to_ask(void)
{
        g_auto(Stage) stage = { 0 };
        WattleMetered *metered;

        stage_init(&stage, POLKIT_ABSENT, geteuid());
        metered = wattle_metered_new(stage.server, stage.manager);
        expect(&stage, "metered no\n");
        wattle_metered_free(metered);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/metered/as it says", as_it_says);
        g_test_add_func("/metered/nobody to ask", nobody_to_ask);
        return g_test_run();
}
