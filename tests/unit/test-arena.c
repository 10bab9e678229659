/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/arena.h"

#include <stdint.h>
#include <string.h>

/* Pieces of every size around that of a block: aligned, apart from one another, and kept. */
static void pieces_are_apart(void)
{
        static const gsize sizes[] = { 0, 1, 15, 16, 17, 4096, 65535, 65536, 65537, 200000, 1 };
        g_autoptr(WattleArena) arena = wattle_arena_new();
        guint8 *pieces[G_N_ELEMENTS(sizes)];

        for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
                pieces[i] = wattle_arena_alloc(arena, sizes[i]);
                g_assert_nonnull(pieces[i]);
                g_assert_cmpuint((uintptr_t)pieces[i] % sizeof(guint64), ==, 0);
                memset(pieces[i], (int)i + 1, sizes[i]);
        }
        for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
                for (gsize j = 0; j < sizes[i]; j++)
                        g_assert_cmpuint(pieces[i][j], ==, i + 1);
}

static void copies(void)
{
        g_autoptr(WattleArena) arena = wattle_arena_new();
        char text[] = "nas";
        char *copy = wattle_arena_strdup(arena, text);

        text[0] = 'x';
        g_assert_cmpstr(copy, ==, "nas");
        g_assert_cmpstr(wattle_arena_printf(arena, "%s-%d", copy, 42), ==, "nas-42");
        g_assert_null(wattle_arena_strdup(arena, NULL));
        g_assert_null(wattle_arena_copy(arena, "", 0));
        wattle_arena_unref(NULL);
}

/* What a second value points into lives until that goes too. */
static void shared(void)
{
        WattleArena *arena = wattle_arena_new();
        g_autoptr(WattleArena) second = wattle_arena_ref(arena);
        char *text = wattle_arena_strdup(arena, "nas");

        wattle_arena_unref(arena);
        g_assert_cmpstr(text, ==, "nas");
        g_assert_cmpstr(wattle_arena_strdup(second, text), ==, "nas");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/arena/pieces-are-apart", pieces_are_apart);
        g_test_add_func("/arena/shared", shared);
        g_test_add_func("/arena/copies", copies);
        return g_test_run();
}
