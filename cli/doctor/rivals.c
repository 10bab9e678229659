/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/doctor/rivals.h"

#include <fnmatch.h>
#include <string.h>

#include "common/ini.h"

/* Our reader takes neither of what others do: lines that go on in the next one, and CR LF. */
static char *tame(const char *text)
{
        g_autoptr(GString) tamed = g_string_new(text);

        g_string_replace(tamed, "\r\n", "\n", 0);
        g_string_replace(tamed, "\\\n", "  ", 0);
        if (g_str_has_prefix(tamed->str, "\xef\xbb\xbf"))
                g_string_erase(tamed, 0, 3);
        return g_string_free(g_steal_pointer(&tamed), FALSE);
}

/* Lines that are no good to our reader are passed over, as their programs do. */
static void read_keys(const char *text, void (*take)(gpointer data, const WattleIniLine *line),
                      gpointer data)
{
        g_autofree char *tamed = tame(text);
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleIni) ini = { 0 };
        WattleIniLine line;

        wattle_report_init(&report);
        wattle_ini_init(&ini, tamed, strlen(tamed), NULL, &report);
        while (wattle_ini_next(&ini, &line))
                if (line.kind == WATTLE_INI_KEY && line.section)
                        take(data, &line);
}

static gboolean is_key(const WattleIniLine *line, const char *section, const char *key)
{
        return strcmp(line->section, section) == 0 && !line->name && strcmp(line->key, key) == 0;
}

/* The last one counts. */
static void take_name(gpointer data, const WattleIniLine *line)
{
        char **name = data;

        if (!is_key(line, "NetDev", "Name"))
                return;
        g_free(*name);
        *name = g_strdup(line->value);
}

gboolean wattle_rival_makes(const GPtrArray *texts, const char *interface)
{
        g_autofree char *name = NULL;

        for (guint i = 0; i < texts->len; i++)
                read_keys(g_ptr_array_index(texts, i), take_name, &name);
        return g_strcmp0(name, interface) == 0;
}

/* Keys of [Match] that are about the interface, and what ours is to each. Of a WireGuard interface
 * there is neither a hardware address, nor a path, nor a radio: those that ask for one cannot match
 * it, and have NULL. */
static const struct {
        const char *key;
        const char *ours; /* "": its name */
} match_keys[] = {
        { "Name", "" },
        { "OriginalName", "" },
        { "Kind", "wireguard" },
        { "Type", "wireguard" },
        { "Driver", "wireguard" },
        { "MACAddress", NULL },
        { "PermanentMACAddress", NULL },
        { "Path", NULL },
        { "WLANInterfaceType", NULL },
        { "SSID", NULL },
        { "BSSID", NULL },
};

typedef struct {
        GString *globs[G_N_ELEMENTS(match_keys)];
        gboolean about_host; /* it asks for something that is not of the interface */
} Conditions;

/* A list goes on in a later line, and an empty one takes it back. */
static void take_condition(gpointer data, const WattleIniLine *line)
{
        Conditions *conditions = data;

        if (strcmp(line->section, "Match") != 0 || line->name)
                return;
        for (guint i = 0; i < G_N_ELEMENTS(match_keys); i++) {
                if (strcmp(line->key, match_keys[i].key) != 0)
                        continue;
                if (*line->value)
                        g_string_append_printf(conditions->globs[i], " %s", line->value);
                else
                        g_string_truncate(conditions->globs[i], 0);
                return;
        }
        conditions->about_host |= *line->value != '\0';
}

/* With "!" in front of the first, none of them is to match. */
static gboolean globs_match(const char *globs, const char *ours)
{
        g_auto(GStrv) words = g_strsplit_set(globs, " \t", -1);
        gboolean inverted = FALSE, is_first = TRUE, match = FALSE;

        for (char **word = words; *word; word++) {
                if (!**word)
                        continue;
                inverted |= is_first && **word == '!';
                match |= ours && fnmatch(*word + (is_first && inverted), ours, 0) == 0;
                is_first = FALSE;
        }
        return match != inverted;
}

static gboolean conditions_match(const Conditions *conditions, const char *interface)
{
        gboolean any = FALSE;

        for (guint i = 0; i < G_N_ELEMENTS(match_keys); i++) {
                const char *ours = match_keys[i].ours;

                if (conditions->globs[i]->len == 0)
                        continue;
                any = TRUE;
                if (!globs_match(conditions->globs[i]->str, ours && !*ours ? interface : ours))
                        return FALSE;
        }
        return any && !conditions->about_host;
}

gboolean wattle_rival_matches(const GPtrArray *texts, const char *interface)
{
        Conditions conditions = { .about_host = FALSE };
        gboolean match;

        for (guint i = 0; i < G_N_ELEMENTS(match_keys); i++)
                conditions.globs[i] = g_string_new(NULL);
        for (guint i = 0; i < texts->len; i++)
                read_keys(g_ptr_array_index(texts, i), take_condition, &conditions);
        match = conditions_match(&conditions, interface);
        for (guint i = 0; i < G_N_ELEMENTS(match_keys); i++)
                g_string_free(conditions.globs[i], TRUE);
        return match;
}

typedef struct {
        const char *interface;
        gboolean claims, is_volatile;
} Connection;

static void take_connection(gpointer data, const WattleIniLine *line)
{
        Connection *connection = data;

        if (is_key(line, "connection", "interface-name"))
                connection->claims = strcmp(line->value, connection->interface) == 0;
        if (strcmp(line->key, "volatile") == 0 && strcmp(line->value, "true") == 0)
                connection->is_volatile = TRUE;
}

gboolean wattle_rival_connects(const char *text, const char *interface)
{
        Connection connection = { .interface = interface };

        read_keys(text, take_connection, &connection);
        return connection.claims && !connection.is_volatile;
}
