/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of devices, as sections behind a good profile. */
#include <string.h>

#include "cli/device-table.h"
#include "tests/fuzz/fuzz.h"

static const char mesh[] =
        "[Mesh]\nSubnet=10.42.0.0/29\n[Device a]\n"
        "PublicKey=AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nAddress=10.42.0.1\n";
#define MESH_LINES 5

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_auto(WattleReport) of_table = { 0 }, of_text = { 0 }, placed = { 0 };
        g_auto(WattleDeviceTable) table = { 0 };
        g_autoptr(WattleProfile) profile = NULL, changed = NULL;
        g_autofree char *text = NULL;
        gboolean ok;

        wattle_report_init(&of_table);
        wattle_report_init(&of_text);
        wattle_report_init(&placed);
        profile = wattle_profile_load(mesh, strlen(mesh), "home.mesh", &of_text);
        ok = wattle_device_table_read(&table, (const char *)bytes, size, "t.csv", profile,
                                      &of_table);
        g_assert_true(ok == (of_table.n_errors == 0));
        if (!ok)
                return 0;
        text = g_strconcat(mesh, table.text, NULL);
        changed = wattle_profile_load(text, strlen(text), "home.mesh", &of_text);
        wattle_device_table_place(&table, MESH_LINES, &of_text, &placed);
        g_assert_true((changed != NULL) == (placed.n_errors == 0));
        /* A field is one value, and makes no section of its own. */
        if (changed)
                g_assert_cmpuint(changed->n_devices, ==, table.n_devices + 1);
        return 0;
}
