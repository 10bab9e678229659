/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-style text, line by line: "[Section]" or "[Section name]", "Key=value", comments (# or ;)
 * on lines of their own. UTF-8 without a byte order mark, LF line ends, no line continuation. Each
 * fault goes to the report with line and column, and reading goes on. GKeyFile loses the line
 * numbers and merges what is written twice (doc/hacking.md has the figures). */
#pragma once

#include "common/report.h"

#define WATTLE_INI_MAX_BYTES (8 * 1024 * 1024)
#define WATTLE_INI_MAX_LINE  (64 * 1024)

typedef enum {
        WATTLE_INI_SECTION,
        WATTLE_INI_KEY,
        WATTLE_INI_COMMENT, /* a comment or an empty line */
} WattleIniKind;

/* One line. All text is NUL-terminated and belongs to the reader: it lives until
 * wattle_ini_clear(), and may be cut up by the caller. */
typedef struct {
        WattleIniKind kind;
        char *section; /* "Device": of a header, and of the section that a key stands in; NULL
                          before any header */
        char *name;    /* "laptop" in [Device laptop]; NULL in [Mesh] */
        char *key;
        char *value;             /* without blanks at its ends; may be empty */
        WattlePlace place;       /* of the header's section, or of the key */
        WattlePlace value_place; /* of the header's name, or of the value */
        gsize start, end;        /* bytes of the line in the text, its line end included */
} WattleIniLine;

typedef struct {
        char *text;
        gsize size, at;
        gboolean plain; /* nothing but ASCII, tabs and line ends: most files are, and every line of
                           them is known to be good */
        gsize n_brackets; /* "[" in all of the text: no more sections than that */
        const char *file; /* borrowed */
        guint32 n_lines;
        char *section, *name;
        gboolean skip_keys;   /* the last header was refused */
        WattleReport *report; /* borrowed */
} WattleIni;

/* Takes over the bytes: read in place if nobody else holds them, or else a copy. file is the name
 * for the report, NULL for none, and must outlive the reader and the places of its lines. Faults of
 * the whole text (too large, not text) are reported here, and then there are no lines. */
void wattle_ini_init_take(WattleIni *ini, GBytes *bytes, const char *file, WattleReport *report);

/* The same with a copy of the bytes. */
void wattle_ini_init(WattleIni *ini, gconstpointer bytes, gsize size, const char *file,
                     WattleReport *report);
void wattle_ini_clear(WattleIni *ini);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleIni, wattle_ini_clear)

/* The next good line; FALSE at the end. Lines with a fault are reported and passed over, a bad
 * header with its keys. */
gboolean wattle_ini_next(WattleIni *ini, WattleIniLine *ret);

/* Cuts the next word off a line's value at white space, and gives its place; NULL at the end. *rest
 * starts as NULL. */
char *wattle_ini_next_word(const WattleIniLine *line, char **rest, WattlePlace *ret_place);

/* Whether a value goes on with " #" or " ;": a comment in the wrong place, for no value has these.
 */
gboolean wattle_ini_has_comment(const char *value);
