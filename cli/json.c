/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/json.h"

#include "common/text.h"

static void quote(WattleJson *json, const char *text)
{
        g_autofree char *valid = g_utf8_make_valid(text, -1);

        fputc('"', json->stream);
        for (const char *p = valid, *next; *p; p = next) {
                gunichar c = g_utf8_get_char(p);

                next = g_utf8_next_char(p);
                if (c == '"' || c == '\\')
                        fprintf(json->stream, "\\%c", *p);
                else if (c == '\n' || c == '\t' || wattle_text_is_unprintable(c))
                        fprintf(json->stream, "\\u%04x", (guint)c);
                else
                        fwrite(p, 1, (gsize)(next - p), json->stream);
        }
        fputc('"', json->stream);
}

static void begin_value(WattleJson *json, const char *key)
{
        if (json->depth > 0)
                fprintf(json->stream, "%s\n%*s", json->has_sibling ? "," : "", (int)json->depth * 2,
                        "");
        json->has_sibling = TRUE;
        if (key) {
                quote(json, key);
                fputs(": ", json->stream);
        }
}

void wattle_json_begin(WattleJson *json, const char *key, char bracket)
{
        begin_value(json, key);
        fputc(bracket, json->stream);
        json->depth++;
        json->has_sibling = FALSE;
}

void wattle_json_end(WattleJson *json, char bracket)
{
        json->depth--;
        if (json->has_sibling)
                fprintf(json->stream, "\n%*s", (int)json->depth * 2, "");
        fputc(bracket, json->stream);
        json->has_sibling = TRUE;
        if (json->depth == 0)
                fputc('\n', json->stream);
}

void wattle_json_string(WattleJson *json, const char *key, const char *value)
{
        begin_value(json, key);
        if (value)
                quote(json, value);
        else
                fputs("null", json->stream);
}

void wattle_json_uint(WattleJson *json, const char *key, guint64 value)
{
        begin_value(json, key);
        fprintf(json->stream, "%" G_GUINT64_FORMAT, value);
}

void wattle_json_boolean(WattleJson *json, const char *key, gboolean value)
{
        begin_value(json, key);
        fputs(value ? "true" : "false", json->stream);
}
