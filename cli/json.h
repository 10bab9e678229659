/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON on a stream (RFC 8259), two blanks a level. Commas and indents are its business, that the
 * begins and ends match is the caller's. key is NULL inside an array and at the top. */
#pragma once

#include <glib.h>
#include <stdio.h>

typedef struct {
        FILE *stream;
        guint depth;
        gboolean has_sibling; /* something stands before in this object or array */
} WattleJson;

void wattle_json_begin(WattleJson *json, const char *key, char bracket); /* '{' or '[' */
void wattle_json_end(WattleJson *json, char bracket);                    /* '}' or ']' */

/* null for NULL; what is not UTF-8 becomes U+FFFD. */
void wattle_json_string(WattleJson *json, const char *key, const char *value);
void wattle_json_uint(WattleJson *json, const char *key, guint64 value);
void wattle_json_boolean(WattleJson *json, const char *key, gboolean value);
