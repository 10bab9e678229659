/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/fuzz.h"

#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/render.h"

/* GLib ends at a fatal message with SIGTRAP, of which libFuzzer knows nothing: it keeps the input
 * and prints the stack at SIGABRT. */
static void on_trap(G_GNUC_UNUSED int number)
{
        abort();
}

int LLVMFuzzerInitialize(G_GNUC_UNUSED int *argc, G_GNUC_UNUSED char ***argv)
{
        /* A g_return_if_fail() that is hit is a bug of ours. */
        g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
        g_assert_cmpint(sodium_init(), >=, 0);
        signal(SIGTRAP, on_trap);
        return 0;
}

void fuzz_check_text(const char *text, gsize size)
{
        g_assert_cmpuint(size, ==, strlen(text));
        g_assert_true(size > 0 && text[size - 1] == '\n');
        g_assert_true(g_utf8_validate(text, (gssize)size, NULL));
        for (gsize i = 0; i < size; i++)
                g_assert_true(((guchar)text[i] >= 0x20 && text[i] != 0x7f) || text[i] == '\n');
}

static void check_files(const WattleFileset *files)
{
        for (guint i = 0; i < files->files->len; i++) {
                const WattleFile *file = g_ptr_array_index(files->files, i);

                g_assert_true(g_str_has_prefix(file->path, "run/"));
                g_assert_null(strstr(file->path, ".."));
                fuzz_check_text(file->content->str, file->content->len);
        }
}

void fuzz_check_view(WattleView *view)
{
        static const WattleOwner owners[] = { WATTLE_OWNER_NETWORKD, WATTLE_OWNER_NETWORK_MANAGER };
        static const guint versions[] = { 252, 261 };
        char *text;

        for (guint i = 0; i < G_N_ELEMENTS(owners); i++)
                for (guint j = 0; j < G_N_ELEMENTS(versions); j++) {
                        g_auto(WattleFileset) files = { 0 };

                        wattle_fileset_init(&files);
                        view->owner = owners[i];
                        wattle_render_host(view, versions[j], &files);
                        check_files(&files);
                }
        text = wattle_render_wg_quick(view, NULL);
        fuzz_check_text(text, strlen(text));
        sodium_free(text);
}
