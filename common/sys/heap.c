/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/heap.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK_MAX (32 * 1024 * 1024)

/* What a program that stays gives back, each block and all at the end of the heap. */
#define BLOCK_KEPT (64 * 1024)

#define HUGE_PAGE ((gsize)2 * 1024 * 1024)

/* More than malloc() writes before a block: that is not to touch the first huge page before we have
 * asked for it. */
#define MALLOC_HEADER 64

void wattle_heap_init(void)
{
        /* Large blocks go back to our own heap, not to the kernel, which would clear their pages
         * anew for the next one. */
        mallopt(M_MMAP_THRESHOLD, BLOCK_MAX);
        mallopt(M_TRIM_THRESHOLD, BLOCK_MAX);
        /* What lies before the first huge page would come in small ones, a fault for each. It is
         * left out, and memory that is never touched takes none. */
        sbrk((intptr_t)(-((guintptr)sbrk(0) + MALLOC_HEADER) % HUGE_PAGE));
}

/* Asked for where the heap will grow. Where malloc() does not keep what is freed, nothing comes of
 * it. */
void wattle_heap_expect(gsize n)
{
        gsize whole = n - n % HUGE_PAGE;
        gpointer heap;

        if (whole == 0)
                return;
        heap = g_aligned_alloc(1, whole, HUGE_PAGE);
        madvise(heap, whole, MADV_HUGEPAGE);
        g_aligned_free(heap);
}

void wattle_heap_stay_small(void)
{
        mallopt(M_MMAP_THRESHOLD, BLOCK_KEPT);
        mallopt(M_TRIM_THRESHOLD, BLOCK_KEPT);
}
