/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sort.h"

#include <string.h>

/* Of the prefix that all names share. */
static gsize shared_prefix(const WattleNamed *named, guint n)
{
        const char *first = n > 0 ? named[0].name : "";
        gsize length = strlen(first);

        for (guint i = 1; i < n; i++) {
                gsize same = 0;

                while (same < length && named[i].name[same] == first[same])
                        same++;
                length = same;
        }
        return length;
}

/* The first eight letters as a number of the same order. */
static guint64 sort_key(const char *text)
{
        guint64 key = 0;

        for (guint i = 0; i < sizeof key; i++) {
                key = key << 8 | (guchar)*text;
                if (*text)
                        text++;
        }
        return key;
}

/* By one byte of the key; what is equal there keeps its order. */
static void sort_by_byte(const WattleNamed *from, WattleNamed *to, guint n, guint shift)
{
        guint starts[G_MAXUINT8 + 2] = { 0 };

        for (guint i = 0; i < n; i++)
                starts[(from[i].key >> shift & G_MAXUINT8) + 1]++;
        for (guint i = 1; i <= G_MAXUINT8; i++)
                starts[i] += starts[i - 1];
        for (guint i = 0; i < n; i++)
                to[starts[from[i].key >> shift & G_MAXUINT8]++] = from[i];
}

static int compare_names(gconstpointer a, gconstpointer b)
{
        return strcmp(((const WattleNamed *)a)->name, ((const WattleNamed *)b)->name);
}

static gboolean is_sorted(const WattleNamed *named, guint n)
{
        for (guint i = 1; i < n; i++)
                if (strcmp(named[i - 1].name, named[i].name) > 0)
                        return FALSE;
        return TRUE;
}

/* Names of a mesh are alike: qsort(), which compares each some 13 times, took an eighth of the time
 * of a mesh of 10 000 devices. By the bytes of the key, none is compared but where keys are equal.
 */
static void sort(WattleNamed *named, guint n)
{
        g_autofree WattleNamed *sorted = g_new(WattleNamed, n);
        gsize prefix = shared_prefix(named, n);
        guint64 differences = 0;

        for (guint i = 0; i < n; i++) {
                named[i].key = sort_key(named[i].name + prefix);
                differences |= named[i].key ^ named[0].key;
        }
        for (guint shift = 0; shift < 64; shift += 8)
                if (differences >> shift & G_MAXUINT8) {
                        sort_by_byte(named, sorted, n, shift);
                        memcpy(named, sorted, n * sizeof *named);
                }
        for (guint start = 0, end; start < n; start = end) {
                for (end = start + 1; end < n && named[end].key == named[start].key;)
                        end++;
                if (end - start > 1)
                        qsort(named + start, end - start, sizeof *named, compare_names);
        }
}

void wattle_sort_by_name(WattleNamed *named, guint n)
{
        if (!is_sorted(named, n))
                sort(named, n);
}
