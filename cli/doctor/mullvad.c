/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/doctor/mullvad.h"

#include <string.h>

/* The lines between one that is head and the next that is its end; NULL: there is no such block. */
static char *find_block(const char *text, const char *head, const char *end)
{
        const char *begin = strstr(text, head), *stop;

        if (!begin || (begin > text && begin[-1] != '\n'))
                return NULL;
        begin += strlen(head);
        stop = strstr(begin, end);
        return stop ? g_strndup(begin, (gsize)(stop - begin)) : NULL;
}

/* "ct mark 0x00000f41 accept", perhaps with a counter in it. */
static gboolean accepts(const char *table, const char *head)
{
        g_autofree char *chain = find_block(table, head, "\n\t}");
        g_auto(GStrv) lines = g_strsplit(chain ? chain : "", "\n", -1);

        for (char **line = lines; *line; line++)
                if (g_str_has_prefix(g_strstrip(*line), "ct mark 0x00000f41 ") &&
                    g_str_has_suffix(*line, " accept"))
                        return TRUE;
        return FALSE;
}

WattleMullvad wattle_mullvad_judge(const char *ruleset)
{
        g_autofree char *table = find_block(ruleset, "table inet mullvad {", "\n}");

        if (!table)
                return WATTLE_MULLVAD_ABSENT;
        return accepts(table, "\tchain input {") && accepts(table, "\tchain output {")
                       ? WATTLE_MULLVAD_ACCEPTS
                       : WATTLE_MULLVAD_DROPS;
}

gboolean wattle_mullvad_owns(const char *chain)
{
        return g_str_has_prefix(chain, "inet mullvad ");
}
