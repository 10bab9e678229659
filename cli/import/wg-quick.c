/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The format is that of wg(8), "CONFIGURATION FILE FORMAT EXAMPLE", with the keys of wg-quick(8):
 * sections and keys in any case, # begins a comment anywhere, lists have commas. */
#include "cli/import/wg-quick.h"

#include <string.h>

#include "cli/import/setting.h"
#include "common/language.h"

typedef struct {
        WattleImportTarget target;
        WattleReport *report;
        gboolean in_section, skip;
        WattleImportComment comment; /* of the lines right above */
        gboolean is_fresh;     /* the section has no key yet, so that a comment may be its name */
        const char *given[16]; /* scalars of this section */
        guint n_given;
        gboolean is_amnezia; /* it was said */
} Reader;

typedef struct {
        const char *name;
        gboolean of_peer, is_list;
        WattleImportSetting set; /* of one word of a list */
} Key;

static const Key keys[] = {
        { "PrivateKey", FALSE, FALSE, wattle_import_set_private_key },
        { "Address", FALSE, TRUE, wattle_import_set_address },
        { "ListenPort", FALSE, FALSE, wattle_import_set_listen_port },
        { "MTU", FALSE, FALSE, wattle_import_set_mtu },
        { "PublicKey", TRUE, FALSE, wattle_import_set_public_key },
        { "AllowedIPs", TRUE, TRUE, wattle_import_set_allowed },
        { "Endpoint", TRUE, FALSE, wattle_import_set_endpoint },
        { "PersistentKeepalive", TRUE, FALSE, wattle_import_set_keepalive },
};

/* What a mesh has no place for, and where it goes. */
static const struct {
        const char *name;
        gboolean of_peer;
        const char *way;
} dropped[] = {
        { "PreUp", FALSE,
          N_("a mesh runs no commands: a unit ordered before the interface's .device does") },
        { "PostUp", FALSE,
          N_("a mesh runs no commands: a unit ordered after the interface's .device does. "
             "For forwarding and masquerading Routes= and ExitNode=yes are enough") },
        { "PreDown", FALSE, N_("a mesh runs no commands") },
        { "PostDown", FALSE, N_("a mesh runs no commands") },
        { "DNS", FALSE, WATTLE_IMPORT_NO_DNS },
        { "Table", FALSE, WATTLE_IMPORT_TABLE },
        { "SaveConfig", FALSE, N_("nothing is written back to a profile") },
        { "FwMark", FALSE, WATTLE_IMPORT_MARK },
        { "PresharedKey", TRUE, WATTLE_IMPORT_NO_PSK },
};

static void refuse(Reader *reader, WattlePlace place, const char *key, const char *why)
{
        wattle_report_error(reader->report, place, "%s: %s", key, why);
}

/* A section may say a scalar once; wg takes the last one. */
static gboolean is_first(Reader *reader, const Key *key)
{
        for (guint i = 0; i < reader->n_given; i++)
                if (reader->given[i] == key->name)
                        return FALSE;
        reader->given[reader->n_given++] = key->name;
        return TRUE;
}

static void read_one(Reader *reader, const Key *key, const char *value, WattlePlace place)
{
        g_autoptr(GError) error = NULL;

        if (!*value)
                refuse(reader, place, key->name, _("is empty"));
        else if (!key->set(&reader->target, value, place, &error))
                refuse(reader, place, key->name, error->message);
}

/* Commas part the words, blanks mean nothing (AllowedIPs= may be empty: a peer that is kept off).
 */
static void read_list(Reader *reader, const Key *key, char *value, WattlePlace place)
{
        char *start = value, *word;

        while ((word = value)) {
                WattlePlace own = { place.file, place.line, place.column };
                char *comma = strchr(word, ',');

                if (comma)
                        *comma = '\0';
                value = comma ? comma + 1 : NULL;
                while (g_ascii_isspace(*word))
                        word++;
                own.column += (guint32)(word - start);
                read_one(reader, key, g_strchomp(word), own);
        }
}

static const Key *find_key(const char *name)
{
        for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
                if (g_ascii_strcasecmp(keys[i].name, name) == 0)
                        return &keys[i];
        return NULL;
}

/* As tools write them that fill in a form. */
static gboolean says_nothing(const char *name, const char *value)
{
        return !*value ||
               (g_ascii_strcasecmp(name, "Table") == 0 && g_ascii_strcasecmp(value, "auto") == 0);
}

/* FALSE if it is unknown. */
static gboolean drop(Reader *reader, const char *name, const char *value, WattlePlace place)
{
        for (guint i = 0; i < G_N_ELEMENTS(dropped); i++)
                if (g_ascii_strcasecmp(dropped[i].name, name) == 0) {
                        if (!says_nothing(name, value))
                                wattle_report_warning(reader->report, place, "%s is left out: %s",
                                                      dropped[i].name, _(dropped[i].way));
                        return TRUE;
                }
        return FALSE;
}

/* How AmneziaWG disguises its packets: Jc, Jmin, Jmax, and S, H and I with a number. */
static gboolean is_amnezias(const char *name)
{
        static const char *const words[] = { "Jc", "Jmin", "Jmax" };

        for (guint i = 0; i < G_N_ELEMENTS(words); i++)
                if (g_ascii_strcasecmp(name, words[i]) == 0)
                        return TRUE;
        return *name && strchr("SHIshi", *name) && g_ascii_isdigit(name[1]) && !name[2];
}

static void refuse_amnezia(Reader *reader, const char *name, WattlePlace place)
{
        if (!reader->is_amnezia)
                wattle_report_error(reader->report, place,
                                    "%s is AmneziaWG's: with its disguise on neither side "
                                    "understands the WireGuard of the other. Leave such peers out",
                                    name);
        reader->is_amnezia = TRUE;
}

/* A line that is none of wg-quick's may be a private key by itself: then it is not shown. */
static void refuse_unknown(Reader *reader, const char *name, WattlePlace place)
{
        if (is_amnezias(name))
                refuse_amnezia(reader, name, place);
        else if (strlen(name) < WATTLE_KEY_SIZE)
                wattle_report_error(reader->report, place, "unknown key '%s'", name);
        else
                wattle_report_error(reader->report, place, "is neither Key = value nor [Section]");
}

static void read_key(Reader *reader, char *name, WattlePlace place, char *value, WattlePlace at)
{
        const Key *key = find_key(name);

        reader->is_fresh = FALSE;
        if (reader->skip || (!key && drop(reader, name, value, place)))
                return;
        if (!key)
                refuse_unknown(reader, name, place);
        else if (!reader->in_section)
                refuse(reader, place, key->name, _("stands before any section"));
        else if (key->of_peer != (reader->target.peer != NULL))
                refuse(reader, place, key->name,
                       key->of_peer ? _("belongs in [Peer]") : _("belongs in [Interface]"));
        else if (key->is_list)
                read_list(reader, key, value, at);
        else if (!is_first(reader, key))
                refuse(reader, place, key->name, _("was given already"));
        else
                read_one(reader, key, value, at);
}

static void take_name(const Reader *reader)
{
        const WattleImportTarget *target = &reader->target;

        if (reader->comment.name)
                *(target->peer ? &target->peer->name : &target->host->name) =
                        wattle_arena_strdup(target->import->arena, reader->comment.name);
}

static void begin_section(Reader *reader, const char *text, WattlePlace place)
{
        gboolean is_interface = g_ascii_strcasecmp(text, "[Interface]") == 0;

        reader->in_section = reader->is_fresh = TRUE;
        reader->n_given = 0;
        reader->target.peer = NULL;
        reader->skip = !is_interface && g_ascii_strcasecmp(text, "[Peer]") != 0;
        if (reader->skip) {
                wattle_report_error(
                        reader->report, place,
                        "unknown section %s: a wg-quick file has [Interface] and [Peer]", text);
                return;
        }
        if (!is_interface)
                reader->target.peer = wattle_import_add_peer(reader->target.host, place);
        take_name(reader);
}

/* Names a section from above, behind its header, or below that before any key. */
static void read_comment(Reader *reader, const char *text)
{
        wattle_import_comment_read(&reader->comment, text);
        if (reader->in_section && reader->is_fresh && !reader->skip)
                take_name(reader);
}

static void read_setting(Reader *reader, char *line, const char *start, WattlePlace place)
{
        char *equals = strchr(line, '=');
        char *value = equals ? equals + 1 : NULL;
        WattlePlace at = place;

        if (line[0] == '[') {
                begin_section(reader, line, place);
                return;
        }
        if (!value) {
                wattle_report_error(reader->report, place, "is neither Key = value nor [Section]");
                return;
        }
        *equals = '\0';
        while (g_ascii_isspace(*value))
                value++;
        at.column = (guint32)(value - start) + 1;
        read_key(reader, g_strchomp(line), place, value, at);
}

static void read_line(Reader *reader, char *start, WattlePlace place)
{
        char *comment = strchr(start, '#'), *line = start;

        if (comment)
                *comment = '\0';
        while (g_ascii_isspace(*line))
                line++;
        g_strchomp(line);
        place.column = (guint32)(line - start) + 1;
        if (*line)
                read_setting(reader, line, start, place);
        if (comment)
                read_comment(reader, comment + 1);
        else
                wattle_import_comment_clear(&reader->comment);
}

void wattle_import_wg_quick(WattleImport *import, char *text, const char *file,
                            WattleReport *report)
{
        Reader reader = { .target.import = import, .report = report };
        WattlePlace place = { file, 0, 1 };

        reader.target.host = wattle_import_add_host(import, (WattlePlace){ file, 1, 1 });
        for (char *line = text, *end; line; line = end) {
                end = strchr(line, '\n');
                if (end)
                        *end++ = '\0';
                place.line++;
                read_line(&reader, line, place);
        }
        wattle_import_check_keys(reader.target.host,
                                 _("no PrivateKey=: whose file is it? Write the line back, as wg "
                                   "genkey made it; only its public half goes into the mesh"),
                                 report);
        wattle_import_comment_clear(&reader.comment);
}
