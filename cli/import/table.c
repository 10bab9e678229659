/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/import/table.h"

#include <string.h>

#include "common/language.h"

typedef struct {
        const WattleImportTable *table;
        WattleImportTarget *target;
        WattleReport *report;
        const char *section;         /* NULL: its keys are passed over */
        guint64 given;               /* bits of the table's keys */
        WattleImportComment comment; /* of the lines right above */
        gboolean is_fresh; /* the section has no key yet, so that a comment may be its name */
} Reader;

static gboolean is_key(const WattleImportKey *key, const char *section, const char *name)
{
        gsize n = strlen(key->key);

        if (strcmp(key->section, section) != 0 || strncmp(key->key, name, n) != 0)
                return FALSE;
        return key->is_numbered ? name[n] && strspn(name + n, "0123456789") == strlen(name + n)
                                : !name[n];
}

static const WattleImportKey *find_key(const Reader *reader, const char *name)
{
        for (gsize i = 0; i < reader->table->n_keys; i++)
                if (is_key(&reader->table->keys[i], reader->section, name))
                        return &reader->table->keys[i];
        return NULL;
}

static void read_one(const Reader *reader, const WattleImportKey *key, const char *value,
                     WattlePlace place)
{
        g_autoptr(GError) error = NULL;

        if (!*value)
                wattle_report_error(reader->report, place, "%s= is empty", key->key);
        else if (!key->set(reader->target, value, place, &error))
                wattle_report_error(reader->report, place, "%s=: %s", key->key, error->message);
}

/* A ; may stand at the end as well; what is empty between two , is a fault. */
static void read_list(const Reader *reader, const WattleImportKey *key, WattleIniLine *line)
{
        for (char *word = line->value, *rest; word; word = rest) {
                WattlePlace place = line->value_place;

                rest = strchr(word, key->separator);
                if (rest)
                        *rest++ = '\0';
                while (g_ascii_isspace(*word))
                        word++;
                place.column += (guint32)(word - line->value);
                if (*word || key->separator != ';')
                        read_one(reader, key, g_strchomp(word), place);
        }
}

static void read_value(Reader *reader, const WattleImportKey *key, WattleIniLine *line)
{
        guint64 bit = G_GUINT64_CONSTANT(1) << (key - reader->table->keys);

        if (key->separator)
                read_list(reader, key, line);
        else if (reader->given & bit && !key->is_numbered)
                wattle_report_error(reader->report, line->place, "%s= was given already", key->key);
        else
                read_one(reader, key, line->value, line->value_place);
        reader->given |= bit;
}

static void read_key(Reader *reader, WattleIniLine *line)
{
        const WattleImportKey *key = find_key(reader, line->key);

        if (!key)
                wattle_report_warning(reader->report, line->place,
                                      "%s= is left out: a mesh has no place for it", line->key);
        else if (key->set)
                read_value(reader, key, line);
        else if (key->way)
                wattle_report_warning(reader->report, line->place, "%s= is left out: %s", line->key,
                                      _(key->way));
}

static void take_name(Reader *reader)
{
        const char **name =
                reader->target->peer ? &reader->target->peer->name : &reader->target->host->name;

        if (reader->comment.name && (!*name || reader->target->peer))
                *name = wattle_arena_strdup(reader->target->import->arena, reader->comment.name);
}

static void read_line(Reader *reader, const WattleIni *ini, WattleIniLine *line)
{
        if (line->kind == WATTLE_INI_COMMENT) {
                wattle_import_comment_read(&reader->comment, ini->text + line->start);
                if (reader->section && reader->is_fresh)
                        take_name(reader);
                return;
        }
        if (line->kind == WATTLE_INI_SECTION) {
                reader->section = reader->table->begin(reader->target, line, reader->report);
                reader->given = 0;
                take_name(reader);
        } else if (!line->section) {
                wattle_report_error(reader->report, line->place, "%s= stands before any section",
                                    line->key);
        } else if (reader->section) {
                read_key(reader, line);
        }
        reader->is_fresh = line->kind == WATTLE_INI_SECTION;
        wattle_import_comment_clear(&reader->comment);
}

void wattle_import_read_table(const WattleImportTable *table, WattleImportTarget *target,
                              const char *text, const char *file, WattleReport *report)
{
        Reader reader = { .table = table, .target = target, .report = report };
        g_auto(WattleIni) ini = { 0 };
        WattleIniLine line;

        g_assert(table->n_keys <= 64);
        wattle_ini_init(&ini, text, strlen(text), file, report);
        while (wattle_ini_next(&ini, &line))
                read_line(&reader, &ini, &line);
        wattle_import_comment_clear(&reader.comment);
        explicit_bzero(ini.text, ini.size);
}
