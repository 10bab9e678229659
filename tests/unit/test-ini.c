/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/ini.h"

#include <string.h>

#include "tests/unit/fixture.h"

/* lines: what the reader gives, a line each: "LINE:COLUMN [section name] key=value@COLUMN",
 * comments as "#". faults: the report. */
typedef struct {
        const char *name;
        const char *text;
        gsize size; /* 0: that of the text */
        const char *lines, *faults;
} Row;

#define SIZED(text) text, sizeof(text) - 1

static const Row rows[] = {
        { "empty", "", 0, "", "" },
        { "sections-and-keys", "[Mesh]\nSerial=7\n\n# note\n[Device nas]\nAlias=a b\n", 0,
          "1:1 [Mesh]\n"
          "2:1 [Mesh] Serial=7@8\n"
          "3:1 #\n"
          "4:1 #\n"
          "5:1 [Device nas]\n"
          "6:1 [Device nas] Alias=a b@7\n",
          "" },
        { "blanks", " [Device\t nas] \t\n\tAlias  =  a  b \t\n", 0,
          "1:2 [Device nas]\n"
          "2:2 [Device nas] Alias=a  b@12\n",
          "" },
        { "comments", "# a\n; b\n   # c=[d]\n", 0, "1:1 #\n2:1 #\n3:4 #\n", "" },
        { "no-line-end", "[Mesh]\nSerial=7", 0, "1:1 [Mesh]\n2:1 [Mesh] Serial=7@8\n", "" },
        { "value-with-equals", "[A]\nk=a=b\n", 0, "1:1 [A]\n2:1 [A] k=a=b@3\n", "" },
        { "value-with-hash", "[A]\nk=a # b\n", 0, "1:1 [A]\n2:1 [A] k=a # b@3\n", "" },
        { "empty-value", "[A]\nk=\n", 0, "1:1 [A]\n2:1 [A] k=@3\n", "" },
        { "before-any-section", "k=v\n", 0, "1:1 k=v@3\n", "" },
        { "utf-8", "[A]\nk=\xc3\xa4\n", 0, "1:1 [A]\n2:1 [A] k=\xc3\xa4@3\n", "" },
        { "no-key", "[A]\n=v\n", 0, "1:1 [A]\n",
          "x.mesh:2:1: is neither [Section], nor Key=value, nor a # comment" },
        { "no-equals", "[A]\nwhat\nk=v\n", 0, "1:1 [A]\n3:1 [A] k=v@3\n",
          "x.mesh:2:1: is neither [Section], nor Key=value, nor a # comment" },
        { "continued", "[A]\nk=v \\\n  w\n", 0, "1:1 [A]\n",
          "x.mesh:2:5: lines cannot be continued: repeat the key instead\n"
          "x.mesh:3:3: is neither [Section], nor Key=value, nor a # comment" },
        { "crlf", "[A]\nk=v\r\n", 0, "",
          "x.mesh:2:4: has a carriage return: save it with LF line ends (dos2unix does)" },
        { "cr-in-first-line", "[A]\r\n", 0, "",
          "x.mesh:1:4: has a carriage return: save it with LF line ends (dos2unix does)" },
        { "bom", "\xef\xbb\xbf[A]\n", 0, "",
          "x.mesh:1:1: begins with a byte order mark: save it as UTF-8 without one" },
        { "nul", SIZED("[A]\nk=a\0b\nl=w\n"), "1:1 [A]\n3:1 [A] l=w@3\n",
          "x.mesh:2:4: has the control character 0x00" },
        { "nul-in-comment", SIZED("#\0\n"), "", "x.mesh:1:2: has the control character 0x00" },
        { "escape", "[A]\nk=\033[2J\n", 0, "1:1 [A]\n",
          "x.mesh:2:3: has the control character 0x1b" },
        { "delete", "k\x7f=v\n", 0, "", "x.mesh:1:2: has the control character 0x7f" },
        { "latin-1", "# \xe4\nk=\xe4\n", 0, "",
          "x.mesh:1:3: is not UTF-8\nx.mesh:2:3: is not UTF-8" },
        { "c1-control", "k=\xc3\xa4\xc2\x9b\nk=\xc2\xa0\n", 0, "2:1 k=\xc2\xa0@3\n",
          "x.mesh:1:5: has the control character U+009B" },
        { "bidi-control", "k\xe2\x80\xae=v\nk=\xe2\x81\xa6\nk=\xe2\x80\x8e\nk=\xe2\x80\xaf\n", 0,
          "4:1 k=\xe2\x80\xaf@3\n",
          "x.mesh:1:2: has the control character U+202E\n"
          "x.mesh:2:3: has the control character U+2066\n"
          "x.mesh:3:3: has the control character U+200E" },
        { "cut-utf-8", "k=\xc3\n", 0, "", "x.mesh:1:3: is not UTF-8" },
        { "utf-16", SIZED("\xff\xfe[\0A\0]\0"), "", "x.mesh:1:4: has the control character 0x00" },
        { "two-faults", "[A]\nx\ny\nk=v\n", 0, "1:1 [A]\n4:1 [A] k=v@3\n",
          "x.mesh:2:1: is neither [Section], nor Key=value, nor a # comment\n"
          "x.mesh:3:1: is neither [Section], nor Key=value, nor a # comment" },
};

#define BAD_HEADER(place)                                                                          \
        "x.mesh:" place ": a section is [Mesh] or [Device NAME], and nothing behind it"

/* The keys below a bad header are passed over; a later section is read. */
static const Row headers[] = {
        { "open", "[Mesh\nk=v\n[B]\nl=w\n", 0, "3:1 [B]\n4:1 [B] l=w@3\n", BAD_HEADER("1:1") },
        { "empty", "[]\nk=v\n", 0, "", BAD_HEADER("1:1") },
        { "blank", "[ Mesh]\nk=v\n", 0, "", BAD_HEADER("1:1") },
        { "nested", "[[Mesh]]\n", 0, "", BAD_HEADER("1:1") },
        { "junk", "[Mesh] x\n", 0, "", BAD_HEADER("1:1") },
        { "comment", "[Mesh] # x\n", 0, "", BAD_HEADER("1:1") },
        { "two", "[Mesh][Device a]\n", 0, "", BAD_HEADER("1:1") },
        { "bracket", "[\n", 0, "", BAD_HEADER("1:1") },
        { "long-name", "[Device a b  c]\n", 0, "1:1 [Device a b  c]\n", "" },
};

static void format_line(const WattleIniLine *line, GString *text)
{
        g_string_append_printf(text, "%u:%u ", line->place.line, line->place.column);
        if (line->kind == WATTLE_INI_COMMENT) {
                g_string_append(text, "#\n");
                return;
        }
        if (line->section)
                g_string_append_printf(text, "[%s%s%s]", line->section, line->name ? " " : "",
                                       line->name ? line->name : "");
        if (line->kind == WATTLE_INI_KEY)
                g_string_append_printf(text, "%s%s=%s@%u", line->section ? " " : "", line->key,
                                       line->value, line->value_place.column);
        g_string_append_c(text, '\n');
}

static char *read_all(gconstpointer bytes, gsize size, WattleReport *report)
{
        g_auto(WattleIni) ini = { 0 };
        g_autoptr(GString) text = g_string_new(NULL);
        WattleIniLine line;
        gsize end = 0;

        wattle_ini_init(&ini, bytes, size, "x.mesh", report);
        while (wattle_ini_next(&ini, &line)) {
                g_assert_cmpuint(line.start, >=, end);
                g_assert_cmpuint(line.end, >, line.start);
                g_assert_cmpuint(line.end, <=, size);
                end = line.end;
                format_line(&line, text);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static void row(gconstpointer data)
{
        const Row *row = data;
        g_auto(WattleReport) report = { 0 };
        g_autofree char *lines = NULL;

        wattle_report_init(&report);
        lines = read_all(row->text, row->size ? row->size : strlen(row->text), &report);
        g_assert_cmpstr(lines, ==, row->lines);
        check_faults(&report, row->faults);
}

/* A text of n bytes that is one line: "[A]", then "k=aaa..." of size bytes in all. */
static void check_size(gsize size, gboolean lines, const char *faults)
{
        g_auto(WattleReport) report = { 0 };
        g_autofree char *text = g_malloc(size);
        g_autofree char *read = NULL;

        memset(text, lines ? '\n' : 'a', size);
        memcpy(text, "k=", 2);
        wattle_report_init(&report);
        read = read_all(text, size, &report);
        g_assert_cmpint(*read != '\0', ==, *faults == '\0');
        check_faults(&report, faults);
}

static void limits(void)
{
        check_size(WATTLE_INI_MAX_LINE, FALSE, "");
        check_size(WATTLE_INI_MAX_LINE + 1, FALSE, "x.mesh:1:1: the line is longer than 64 KiB");
        check_size(WATTLE_INI_MAX_BYTES, FALSE, "x.mesh:1:1: the line is longer than 64 KiB");
        check_size(WATTLE_INI_MAX_BYTES + 1, TRUE, "x.mesh: larger than 8 MiB");
}

static void largest_file_is_read(void)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleIni) ini = { 0 };
        g_autofree char *text = g_malloc(WATTLE_INI_MAX_BYTES);
        WattleIniLine line;
        guint n = 0;

        memset(text, '\n', WATTLE_INI_MAX_BYTES);
        wattle_report_init(&report);
        wattle_ini_init(&ini, text, WATTLE_INI_MAX_BYTES, "x.mesh", &report);
        while (wattle_ini_next(&ini, &line))
                n++;
        g_assert_cmpuint(n, ==, WATTLE_INI_MAX_BYTES);
        check_faults(&report, "");
}

static void words_with_their_places(void)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleIni) ini = { 0 };
        g_autoptr(GString) text = g_string_new(NULL);
        const char input[] = "k = a\t bc  d \n";
        WattleIniLine line;
        WattlePlace place;
        char *word, *rest = NULL;

        wattle_report_init(&report);
        wattle_ini_init(&ini, input, strlen(input), NULL, &report);
        g_assert_true(wattle_ini_next(&ini, &line));
        while ((word = wattle_ini_next_word(&line, &rest, &place)))
                g_string_append_printf(text, "%s@%u:%u ", word, place.line, place.column);
        g_assert_cmpstr(text->str, ==, "a@1:5 bc@1:8 d@1:12 ");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/ini/text", rows, row);
        add_rows("/ini/header", headers, row);
        g_test_add_func("/ini/limits", limits);
        g_test_add_func("/ini/largest-file-is-read", largest_file_is_read);
        g_test_add_func("/ini/words-with-their-places", words_with_their_places);
        return g_test_run();
}
