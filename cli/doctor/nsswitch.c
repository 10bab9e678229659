/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/doctor/nsswitch.h"

#include <string.h>

#include "common/language.h"

/* What follows "hosts:", in brackets what to do with an answer; NULL if the line is another. */
static const char *hosts_of(char *line)
{
        line[strcspn(line, "#")] = '\0';
        g_strchug(line);
        if (!g_str_has_prefix(line, "hosts"))
                return NULL;
        line += strlen("hosts");
        line += strspn(line, " \t");
        return *line == ':' ? line + 1 : NULL;
}

/* glibc goes by the last such line. Without one it asks files and dns. */
static char *find_hosts(const char *text)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        const char *found = "files dns";

        for (char **line = lines; *line; line++) {
                const char *hosts = hosts_of(*line);

                found = hosts ? hosts : found;
        }
        return g_strdup(found);
}

/* Whether names of the mesh should not be asked there first. */
static gboolean asks_others(const char *service)
{
        return g_str_has_prefix(service, "mdns") || g_str_equal(service, "mymachines") ||
               g_str_equal(service, "resolve") || g_str_equal(service, "dns");
}

WattleNsswitch wattle_nsswitch_judge(const char *text, char **ret_service)
{
        g_autofree char *hosts = find_hosts(text);
        g_auto(GStrv) words = g_strsplit_set(hosts, " \t", -1);
        const char *before = NULL;
        gboolean found = FALSE;

        for (char **word = words; *word; word++) {
                if (g_str_equal(*word, "wattle") && before) {
                        *ret_service = g_strdup(before);
                        return WATTLE_NSSWITCH_BEHIND;
                }
                found = found || g_str_equal(*word, "wattle");
                if (g_str_equal(*word, "files") && found)
                        return WATTLE_NSSWITCH_BEFORE_FILES;
                if (!before && asks_others(*word))
                        before = *word;
        }
        return found ? WATTLE_NSSWITCH_RIGHT : WATTLE_NSSWITCH_MISSING;
}
