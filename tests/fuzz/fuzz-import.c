/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of other tools as a mesh. A NUL, which no such file has, parts the files of two hosts. */
#include <string.h>

#include "cli/import/format.h"
#include "cli/import/join.h"
#include "common/profile.h"
#include "tests/fuzz/fuzz.h"

static void read_one(WattleImport *import, const char *bytes, gsize size, const char *file,
                     WattleReport *report)
{
        g_autofree char *copy = g_malloc(size + 1);

        memcpy(copy, bytes, size);
        wattle_import_read(import, copy, size, file, report);
}

/* What is made has nothing in it but what a profile may say: it may be incomplete or contradict
 * itself, and its reader says where. */
static void check_mesh(const char *text)
{
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = NULL;

        fuzz_check_text(text, strlen(text));
        wattle_report_init(&report);
        profile = wattle_profile_load(text, strlen(text), "home.mesh", &report);
        fuzz_check_report(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        const char *first = size > 0 ? (const char *)bytes : "";
        const char *second = size > 0 ? memchr(bytes, '\0', size) : NULL;
        g_auto(WattleImport) import = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_autofree char *mesh = NULL;

        wattle_import_init(&import);
        wattle_report_init(&report);
        read_one(&import, first, second ? (gsize)(second - first) : size, "laptop.conf", &report);
        if (second)
                read_one(&import, second + 1, size - (gsize)(second + 1 - first), "wg0.conf",
                         &report);
        if (report.n_errors == 0)
                mesh = wattle_import_join(&import, &report);
        g_assert_cmpint(mesh != NULL, ==, report.n_errors == 0);
        fuzz_check_report(&report);
        if (mesh)
                check_mesh(mesh);
        return 0;
}
