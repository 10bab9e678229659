/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/socket.h>

#include "cli/tailnet/status.h"
#include "cli/tailnet/to-mesh.h"
#include "common/ini.h"
#include "tailscale/status.h"
#include "tests/fuzz/fuzz.h"

/* What was written is read as the same. */
static void check_round_trip(const WattleTailnetStatus *status)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleTailnetStatus) again = { 0 };
        g_autofree char *text = wattle_tailnet_status_write(status);
        g_autofree char *second = NULL;

        wattle_report_init(&report);
        wattle_tailnet_status_init(&again);
        g_assert_true(wattle_tailnet_status_read(&again, text, strlen(text), "wattle-tailscale",
                                                 &report));
        second = wattle_tailnet_status_write(&again);
        g_assert_cmpstr(text, ==, second);
}

static void check_shown(const WattleTailnetStatus *said)
{
        g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
        g_auto(WattleStatus) status = { 0 };

        wattle_status_init(&status);
        wattle_tailnet_fill(said, "work", "tailscale0", &status, notes);
        g_assert_cmpuint(status.peers->len, <=, said->devices->len);
        g_assert_nonnull(wattle_tailnet_word(TRUE, said));
}

/* All that its profile lacks are keys, or what no mesh may have: but each line of it is one. */
static void check_mesh(const WattleTailnetStatus *said, gboolean keeps)
{
        static const WattlePrefix subnet = { { AF_INET, { 10, 42 } }, 16 };
        const WattleTailnetToMesh how = { &subnet, keeps ? 0 : 1, 51820 };
        g_autofree char *text = wattle_tailnet_to_mesh(said, &how, NULL);
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleIni) ini = { 0 };
        WattleIniLine line;

        if (!text)
                return;
        wattle_report_init(&report);
        wattle_ini_init(&ini, text, strlen(text), "home.mesh", &report);
        while (wattle_ini_next(&ini, &line))
                if (line.kind == WATTLE_INI_KEY)
                        g_assert_true(*line.value && !strchr(line.value, '#'));
        g_assert_cmpuint(report.n_errors, ==, 0);
}

/* tailscaled's JSON, and the text that comes of it. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleTailnetStatus) told = { 0 }, read = { 0 };

        wattle_report_init(&report);
        wattle_tailnet_status_init(&told);
        wattle_tailnet_status_init(&read);
        if (wattle_tailscale_status_parse((const char *)bytes, size, &told, NULL)) {
                check_round_trip(&told);
                check_shown(&told);
                check_mesh(&told, FALSE);
                check_mesh(&told, TRUE);
        }
        if (wattle_tailnet_status_read(&read, bytes, size, "text", &report)) {
                check_round_trip(&read);
                check_shown(&read);
        }
        fuzz_check_report(&report);
        return 0;
}
