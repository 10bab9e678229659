/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/render-tailnet.h"
#include "tests/fuzz/fuzz.h"

/* What is in quotes in tailscaled's environment has nothing in it that would have to be escaped. */
static void check_environment(const WattleFileset *files)
{
        const WattleFile *file = wattle_fileset_find(files, WATTLE_FILE_TAILNET_ENVIRONMENT);
        g_auto(GStrv) lines = g_strsplit(file->content->str, "\n", -1);

        for (guint i = 1; lines[i]; i++) {
                gsize quotes = 0;

                for (const char *p = lines[i]; (p = strchr(p, '"')); p++)
                        quotes++;
                g_assert_true(quotes == 0 || quotes == 2);
                g_assert_null(strpbrk(lines[i], "'\\$`"));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        static const guint versions[] = { 252, 262 };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleTailnet) tailnet = { 0 };

        wattle_report_init(&report);
        wattle_tailnet_init(&tailnet);
        wattle_tailnet_read(&tailnet, bytes, size, "/etc/wattle/home.tailnet", &report);
        fuzz_check_report(&report);
        if (report.n_errors > 0)
                return 0;
        for (guint i = 0; i < G_N_ELEMENTS(versions); i++) {
                g_auto(WattleFileset) files = { 0 };

                wattle_fileset_init_tailnet(&files);
                wattle_render_tailnet(&tailnet, versions[i], &files);
                fuzz_check_files(&files);
                check_environment(&files);
        }
        return 0;
}
