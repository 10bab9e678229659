/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/doctor/nsswitch.h"

#include <string.h>

#include "common/language.h"

/* Of services and of what is to be done with an answer, "[!UNAVAIL=return]": nothing that the shell
 * or sed would take for its own. */
#define CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+:@[]!= \t"

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
static char *find_hosts(const char *text, gboolean *ret_is_there)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        const char *found = NULL;

        for (char **line = lines; *line; line++) {
                const char *hosts = hosts_of(*line);

                found = hosts ? hosts : found;
        }
        *ret_is_there = found != NULL;
        return g_strdup(found ? found : "files dns");
}

/* Past what is to be done with the answer of the service before. */
static char **skip_action(char **word)
{
        if (*word && **word == '[')
                while (*word && !g_str_has_suffix(*word++, "]"))
                        ;
        return word;
}

/* All words but ours and what is to be done with our answer. */
static char **split(const char *hosts)
{
        g_auto(GStrv) words = g_strsplit_set(hosts, " \t", -1);
        g_autoptr(GStrvBuilder) given = g_strv_builder_new(), others = g_strv_builder_new();
        g_auto(GStrv) all = NULL;

        for (char **word = words; *word; word++)
                if (**word != '\0')
                        g_strv_builder_add(given, *word);
        all = g_strv_builder_end(given);
        for (char **word = all; *word;) {
                if (g_str_equal(*word, "wattle"))
                        word = skip_action(word + 1);
                else
                        g_strv_builder_add(others, *word++);
        }
        return g_strv_builder_end(others);
}

/* Whether names of the mesh should not be asked there first. */
static gboolean asks_others(const char *service)
{
        return g_str_has_prefix(service, "mdns") || g_str_equal(service, "mymachines") ||
               g_str_equal(service, "resolve") || g_str_equal(service, "dns");
}

WattleNsswitch wattle_nsswitch_judge(const char *text, char **ret_service)
{
        gboolean is_there;
        g_autofree char *hosts = find_hosts(text, &is_there);
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

/* Behind "files" and what is to be done with its answer, else in front. */
static char **find_place(char **words)
{
        for (char **word = words; *word; word++)
                if (g_str_equal(*word, "files"))
                        return skip_action(word + 1);
        return words;
}

char *wattle_nsswitch_mend(const char *text)
{
        gboolean is_there;
        g_autofree char *hosts = find_hosts(text, &is_there);
        g_auto(GStrv) words = split(hosts);
        char **place = find_place(words);
        g_autoptr(GString) line = g_string_new("hosts:");

        if (hosts[strspn(hosts, CHARACTERS)] != '\0')
                return NULL;
        for (char **word = words; word < place; word++)
                g_string_append_printf(line, " %s", *word);
        g_string_append(line, " wattle");
        for (char **word = place; *word; word++)
                g_string_append_printf(line, " %s", *word);
        if (!is_there)
                return g_strdup_printf("echo '%s' >>/etc/nsswitch.conf", line->str);
        return g_strdup_printf("sed -i 's/^\\s*hosts\\s*:.*/%s/' /etc/nsswitch.conf", line->str);
}
