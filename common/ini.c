/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/ini.h"

#include <string.h>

#include "common/text.h"

static WattlePlace place_at(const WattleIni *ini, const char *line, const char *p)
{
        return (WattlePlace){ ini->file, ini->n_lines, (guint32)(p - line) + 1 };
}

#define BLANKS " \t"

static gboolean is_blank(char c)
{
        return c == ' ' || c == '\t';
}

static guint count_brackets(const char *text, gsize size)
{
        guint n = 0;

        for (const char *p = text; (p = memchr(p, '[', size - (gsize)(p - text))); p++)
                n++;
        return n;
}

/* What makes a text no text of ours at all; said once, not once a line. */
static gboolean check_whole(WattleIni *ini)
{
        WattlePlace start = { ini->file, 1, 1 };
        const char *cr;

        if (ini->size > WATTLE_INI_MAX_BYTES) {
                wattle_report_error(ini->report, (WattlePlace){ ini->file, 0, 0 },
                                    "larger than %d MiB", WATTLE_INI_MAX_BYTES / 1024 / 1024);
                return FALSE;
        }
        if (ini->size >= 3 && memcmp(ini->text, "\xef\xbb\xbf", 3) == 0) {
                wattle_report_error(ini->report, start,
                                    "begins with a byte order mark: save it as UTF-8 without one");
                return FALSE;
        }
        ini->n_brackets = count_brackets(ini->text, ini->size);
        ini->plain = wattle_text_is_plain(ini->text, ini->size);
        if (ini->plain)
                return TRUE;
        cr = memchr(ini->text, '\r', ini->size);
        if (cr) {
                const char *line = ini->text;

                ini->n_lines = 1;
                for (const char *p = line; (p = memchr(p, '\n', (gsize)(cr - p))); line = ++p)
                        ini->n_lines++;
                wattle_report_error(
                        ini->report, place_at(ini, line, cr),
                        "has a carriage return: save it with LF line ends (dos2unix does)");
                return FALSE;
        }
        return TRUE;
}

void wattle_ini_init_take(WattleIni *ini, GBytes *bytes, const char *file, WattleReport *report)
{
        *ini = (WattleIni){ .file = file, .report = report };
        ini->text = g_bytes_unref_to_data(bytes, &ini->size);
        ini->text = g_realloc(ini->text, ini->size + 1);
        ini->text[ini->size] = '\0';
        if (!check_whole(ini))
                ini->at = ini->size;
        ini->n_lines = 0;
}

void wattle_ini_init(WattleIni *ini, gconstpointer bytes, gsize size, const char *file,
                     WattleReport *report)
{
        wattle_ini_init_take(ini, g_bytes_new(bytes, size), file, report);
}

void wattle_ini_clear(WattleIni *ini)
{
        g_clear_pointer(&ini->text, g_free);
}

/* Control characters, NUL among them, and broken UTF-8. */
static gboolean check_characters(WattleIni *ini, const char *line, gsize length)
{
        const char *end;

        for (gsize i = 0; i < length; i++) {
                guint8 c = (guint8)line[i];

                if (c == 0x7f || (c < 0x20 && c != '\t')) {
                        wattle_report_error(ini->report, place_at(ini, line, line + i),
                                            "has the control character 0x%02x", c);
                        return FALSE;
                }
        }
        if (!g_utf8_validate_len(line, length, &end)) {
                wattle_report_error(ini->report, place_at(ini, line, end), "is not UTF-8");
                return FALSE;
        }
        for (const char *p = line; p < line + length; p = g_utf8_next_char(p))
                if (wattle_text_is_unprintable(g_utf8_get_char(p))) {
                        wattle_report_error(ini->report, place_at(ini, line, p),
                                            "has the control character U+%04X", g_utf8_get_char(p));
                        return FALSE;
                }
        return TRUE;
}

/* [Section] or [Section name]; line ends at end, blanks already off. */
static gboolean read_header(WattleIni *ini, const char *line, char *start, char *end,
                            WattleIniLine *ret)
{
        char *name;

        ini->skip_keys = TRUE;
        if (end - start < 3 || memchr(start, ']', (gsize)(end - start)) != end - 1 ||
            memchr(start + 1, '[', (gsize)(end - start - 1)) || is_blank(start[1])) {
                wattle_report_error(ini->report, place_at(ini, line, start),
                                    "a section is [Mesh] or [Device NAME], and nothing behind it");
                return FALSE;
        }
        ini->skip_keys = FALSE;
        end[-1] = '\0';
        name = start + 1 + strcspn(start + 1, BLANKS);
        ini->section = start + 1;
        ini->name = NULL;
        if (*name) {
                *name++ = '\0';
                while (is_blank(*name))
                        name++;
                ini->name = name;
        }
        ret->kind = WATTLE_INI_SECTION;
        ret->place = place_at(ini, line, start);
        ret->value_place = place_at(ini, line, name);
        ret->key = ret->value = NULL;
        return TRUE;
}

static gboolean read_key(WattleIni *ini, const char *line, char *start, char *end,
                         WattleIniLine *ret)
{
        char *equals = memchr(start, '=', (gsize)(end - start)), *key_end, *value;

        if (!equals || equals == start) {
                wattle_report_error(ini->report, place_at(ini, line, start),
                                    "is neither [Section], nor Key=value, nor a # comment");
                return FALSE;
        }
        if (end[-1] == '\\') {
                wattle_report_error(ini->report, place_at(ini, line, end - 1),
                                    "lines cannot be continued: repeat the key instead");
                return FALSE;
        }
        for (key_end = equals; is_blank(key_end[-1]);)
                key_end--;
        *key_end = '\0';
        *end = '\0';
        for (value = equals + 1; is_blank(*value);)
                value++;
        ret->kind = WATTLE_INI_KEY;
        ret->key = start;
        ret->value = value;
        ret->place = place_at(ini, line, start);
        ret->value_place = place_at(ini, line, value);
        return TRUE;
}

static gboolean read_line(WattleIni *ini, char *line, gsize length, WattleIniLine *ret)
{
        char *start = line, *end = line + length;

        if (length > WATTLE_INI_MAX_LINE) {
                wattle_report_error(ini->report, place_at(ini, line, line),
                                    "the line is longer than %d KiB", WATTLE_INI_MAX_LINE / 1024);
                return FALSE;
        }
        if (!ini->plain && !check_characters(ini, line, length))
                return FALSE;
        while (is_blank(*start))
                start++;
        while (end > start && is_blank(end[-1]))
                end--;
        if (start == end || *start == '#' || *start == ';') {
                ret->kind = WATTLE_INI_COMMENT;
                ret->place = ret->value_place = place_at(ini, line, start);
                ret->key = ret->value = NULL;
                return TRUE;
        }
        return *start == '[' ? read_header(ini, line, start, end, ret)
                             : read_key(ini, line, start, end, ret);
}

gboolean wattle_ini_next(WattleIni *ini, WattleIniLine *ret)
{
        while (ini->at < ini->size) {
                char *line = ini->text + ini->at;
                char *newline = memchr(line, '\n', ini->size - ini->at);
                gsize length = newline ? (gsize)(newline - line) : ini->size - ini->at;

                ini->n_lines++;
                ret->start = ini->at;
                ini->at += length + (newline ? 1 : 0);
                ret->end = ini->at;
                line[length] = '\0';
                if (read_line(ini, line, length, ret) &&
                    !(ini->skip_keys && ret->kind == WATTLE_INI_KEY)) {
                        ret->section = ini->section;
                        ret->name = ini->name;
                        return TRUE;
                }
        }
        return FALSE;
}

char *wattle_ini_next_word(const WattleIniLine *line, char **rest, WattlePlace *ret_place)
{
        char *start = *rest ? *rest : line->value, *end;

        while (is_blank(*start))
                start++;
        if (!*start)
                return NULL;
        end = start + strcspn(start, BLANKS);
        *ret_place = line->value_place;
        ret_place->column += (guint32)(start - line->value);
        if (*end)
                *end++ = '\0';
        *rest = end;
        return start;
}

gboolean wattle_ini_has_comment(const char *value)
{
        const char *mark = strpbrk(value, "#;");

        return mark && mark > value && is_blank(mark[-1]);
}
