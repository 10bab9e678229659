/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/arena.h"

#include <string.h>

#define BLOCK_SIZE (64 * 1024)
#define ALIGNMENT  sizeof(guint64)

typedef struct Block Block;

struct Block {
        Block *next;
        guint64 bytes[];
};

struct WattleArena {
        Block *blocks;
        char *free;
        gsize n_free;
        guint n_refs;
};

WattleArena *wattle_arena_new(void)
{
        WattleArena *arena = g_new0(WattleArena, 1);

        arena->n_refs = 1;
        return arena;
}

WattleArena *wattle_arena_ref(WattleArena *arena)
{
        arena->n_refs++;
        return arena;
}

void wattle_arena_unref(WattleArena *arena)
{
        if (!arena || --arena->n_refs > 0)
                return;
        while (arena->blocks) {
                Block *block = arena->blocks;

                arena->blocks = block->next;
                g_free(block);
        }
        g_free(arena);
}

gpointer wattle_arena_alloc(WattleArena *arena, gsize n)
{
        gsize size = (n + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
        gpointer piece;

        /* Without a block even nothing needs one: NULL + 0 is undefined before C23. */
        if (size > arena->n_free || !arena->free) {
                gsize room = MAX(size, BLOCK_SIZE);
                Block *block = g_malloc(sizeof *block + room);

                block->next = arena->blocks;
                arena->blocks = block;
                arena->free = (char *)block->bytes;
                arena->n_free = room;
        }
        piece = arena->free;
        arena->free += size;
        arena->n_free -= size;
        return piece;
}

gpointer wattle_arena_copy(WattleArena *arena, gconstpointer data, gsize n)
{
        return n == 0 ? NULL : memcpy(wattle_arena_alloc(arena, n), data, n);
}

char *wattle_arena_strdup(WattleArena *arena, const char *text)
{
        return text ? wattle_arena_copy(arena, text, strlen(text) + 1) : NULL;
}

char *wattle_arena_printf(WattleArena *arena, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list args;

        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        return wattle_arena_strdup(arena, text);
}
