/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The format is that of wg(8), "CONFIGURATION FILE FORMAT EXAMPLE", with the keys of wg-quick(8):
 * sections and keys in any case, # begins a comment anywhere, lists have commas. */
#include "cli/import/wg-quick.h"

#include <string.h>

#include "common/error.h"
#include "common/scalar.h"

typedef struct {
        WattleImport *import;
        WattleReport *report;
        WattleImportHost *host;
        WattleImportPeer *peer; /* NULL in [Interface] */
        gboolean in_section, skip;
        char *comment;         /* of the line right above, as a label; NULL: none */
        gboolean is_fresh;     /* the section has no key yet, so that a comment may be its name */
        const char *given[16]; /* scalars of this section */
        guint n_given;
} Reader;

typedef gboolean (*ReadValue)(Reader *reader, const char *value, WattlePlace place, GError **error);

typedef struct {
        const char *name;
        gboolean of_peer, is_list;
        ReadValue read; /* of one word of a list */
} Key;

static gboolean read_private_key(Reader *reader, const char *value, G_GNUC_UNUSED WattlePlace place,
                                 GError **error)
{
        g_auto(WattleKey) key = { 0 };

        if (!wattle_key_parse(value, &key, error))
                return FALSE;
        wattle_key_derive_public(&key, &reader->host->public_key);
        reader->host->has_key = TRUE;
        return TRUE;
}

static gboolean read_address(Reader *reader, const char *value, WattlePlace place, GError **error)
{
        WattleImportRange range;

        if (!wattle_import_range_parse(value, place, &range, error))
                return FALSE;
        g_array_append_val(reader->host->addresses, range);
        return TRUE;
}

/* 0 has the kernel choose, as without the line. */
static gboolean read_listen_port(Reader *reader, const char *value, G_GNUC_UNUSED WattlePlace place,
                                 GError **error)
{
        WattleOptionalU16 *port = &reader->host->listen_port;

        if (strcmp(value, "0") == 0)
                return TRUE;
        port->given = wattle_port_parse(value, &port->value, error);
        return port->given;
}

static gboolean read_mtu(Reader *reader, const char *value, WattlePlace place, GError **error)
{
        return wattle_value_parse_mtu(value, place, reader->import->arena, &reader->host->mtu,
                                      error);
}

static gboolean read_public_key(Reader *reader, const char *value, G_GNUC_UNUSED WattlePlace place,
                                GError **error)
{
        reader->peer->has_key = wattle_key_parse(value, &reader->peer->public_key, error);
        return reader->peer->has_key;
}

static gboolean read_allowed(Reader *reader, const char *value, WattlePlace place, GError **error)
{
        WattleImportRange range;

        if (!wattle_import_range_parse(value, place, &range, error))
                return FALSE;
        g_array_append_val(reader->peer->allowed, range);
        return TRUE;
}

static gboolean read_endpoint(Reader *reader, const char *value, WattlePlace place, GError **error)
{
        WattleImportPeer *peer = reader->peer;
        g_autofree char *lower = g_ascii_strdown(value, -1);

        peer->has_endpoint =
                wattle_endpoint_parse(lower, reader->import->arena, &peer->endpoint, error);
        peer->endpoint_place = place;
        return peer->has_endpoint;
}

static gboolean read_keepalive(Reader *reader, const char *value, G_GNUC_UNUSED WattlePlace place,
                               GError **error)
{
        WattleOptionalU16 *keepalive_s = &reader->peer->keepalive_s;

        keepalive_s->given = wattle_keepalive_parse(value, &keepalive_s->value, error);
        return keepalive_s->given;
}

static const Key keys[] = {
        { "PrivateKey", FALSE, FALSE, read_private_key },
        { "Address", FALSE, TRUE, read_address },
        { "ListenPort", FALSE, FALSE, read_listen_port },
        { "MTU", FALSE, FALSE, read_mtu },
        { "PublicKey", TRUE, FALSE, read_public_key },
        { "AllowedIPs", TRUE, TRUE, read_allowed },
        { "Endpoint", TRUE, FALSE, read_endpoint },
        { "PersistentKeepalive", TRUE, FALSE, read_keepalive },
};

/* What a mesh has no place for, and where it goes. */
static const struct {
        const char *name;
        gboolean of_peer;
        const char *way;
} dropped[] = {
        { "PreUp", FALSE,
          "a mesh runs no commands: a unit ordered before the interface's .device does" },
        { "PostUp", FALSE,
          "a mesh runs no commands: a unit ordered after the interface's .device does. "
          "For forwarding and masquerading Routes= and ExitNode=yes are enough" },
        { "PreDown", FALSE, "a mesh runs no commands" },
        { "PostDown", FALSE, "a mesh runs no commands" },
        { "DNS", FALSE, "a mesh sets no name server: each host keeps its own" },
        { "Table", FALSE,
          "routes go to the main table, on hosts with AcceptRoutes=yes in [Local]" },
        { "SaveConfig", FALSE, "nothing is written back to a profile" },
        { "FwMark", FALSE, "it is FirewallMark= in [Local] of this host" },
        { "PresharedKey", TRUE,
          "wattle has no pre-shared keys: take it out on both sides at once" },
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
                refuse(reader, place, key->name, "is empty");
        else if (!key->read(reader, value, place, &error))
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

/* FALSE if it is unknown. */
static gboolean drop(Reader *reader, const char *name, WattlePlace place)
{
        for (guint i = 0; i < G_N_ELEMENTS(dropped); i++)
                if (g_ascii_strcasecmp(dropped[i].name, name) == 0) {
                        wattle_report_warning(reader->report, place, "%s is left out: %s",
                                              dropped[i].name, dropped[i].way);
                        return TRUE;
                }
        return FALSE;
}

/* A line that is none of wg-quick's may be a private key by itself: then it is not shown. */
static void refuse_unknown(Reader *reader, const char *name, WattlePlace place)
{
        if (strlen(name) < WATTLE_KEY_SIZE)
                wattle_report_error(reader->report, place, "unknown key '%s'", name);
        else
                wattle_report_error(reader->report, place, "is neither Key = value nor [Section]");
}

static void read_key(Reader *reader, char *name, WattlePlace place, char *value, WattlePlace at)
{
        const Key *key = find_key(name);

        reader->is_fresh = FALSE;
        if (reader->skip || (!key && drop(reader, name, place)))
                return;
        if (!key)
                refuse_unknown(reader, name, place);
        else if (!reader->in_section)
                refuse(reader, place, key->name, "stands before any section");
        else if (key->of_peer != (reader->peer != NULL))
                refuse(reader, place, key->name,
                       key->of_peer ? "belongs in [Peer]" : "belongs in [Interface]");
        else if (key->is_list)
                read_list(reader, key, value, at);
        else if (!is_first(reader, key))
                refuse(reader, place, key->name, "was given already");
        else
                read_one(reader, key, value, at);
}

static void begin_section(Reader *reader, const char *text, WattlePlace place)
{
        gboolean is_interface = g_ascii_strcasecmp(text, "[Interface]") == 0;

        reader->in_section = reader->is_fresh = TRUE;
        reader->n_given = 0;
        reader->peer = NULL;
        reader->skip = !is_interface && g_ascii_strcasecmp(text, "[Peer]") != 0;
        if (reader->skip) {
                wattle_report_error(
                        reader->report, place,
                        "unknown section %s: a wg-quick file has [Interface] and [Peer]", text);
                return;
        }
        if (!is_interface)
                reader->peer = wattle_import_add_peer(reader->host, place);
        if (reader->comment && reader->peer)
                reader->peer->name = wattle_arena_strdup(reader->import->arena, reader->comment);
        else if (reader->comment)
                reader->host->name = wattle_arena_strdup(reader->import->arena, reader->comment);
}

/* "# Name = laptop", "### Client laptop" and "# laptop" name a section from above, behind its
 * header, or below that before any key. */
static void read_comment(Reader *reader, const char *text)
{
        static const char *const openings[] = { "Name", "Client", "Peer", "Host", "Device" };
        const char **name = reader->peer ? &reader->peer->name : &reader->host->name;

        text += strspn(text, "# \t");
        for (guint i = 0; i < G_N_ELEMENTS(openings); i++) {
                gsize n = strlen(openings[i]);
                gsize blanks = strspn(text + n * (g_ascii_strncasecmp(text, openings[i], n) == 0),
                                      " \t=:");

                if (g_ascii_strncasecmp(text, openings[i], n) == 0 && blanks > 0 &&
                    text[n + blanks]) {
                        text += n + blanks;
                        break;
                }
        }
        g_free(reader->comment);
        reader->comment = wattle_import_label(text);
        if (reader->comment && reader->in_section && reader->is_fresh && !reader->skip) {
                *name = wattle_arena_strdup(reader->import->arena, reader->comment);
                g_clear_pointer(&reader->comment, g_free);
        }
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
                g_clear_pointer(&reader->comment, g_free);
}

static void check_sections(const Reader *reader)
{
        const WattleImportHost *host = reader->host;

        if (!host->has_key && reader->report->n_errors == 0)
                wattle_report_error(reader->report, host->place,
                                    "no PrivateKey=: whose file is it? Write the line back, as wg "
                                    "genkey made it; only its public half goes into the mesh");
        for (guint i = 0; i < host->peers->len; i++) {
                const WattleImportPeer *peer = &g_array_index(host->peers, WattleImportPeer, i);

                if (!peer->has_key && reader->report->n_errors == 0)
                        wattle_report_error(reader->report, peer->place,
                                            "this [Peer] has no PublicKey=");
        }
}

void wattle_import_wg_quick(WattleImport *import, char *text, const char *file,
                            WattleReport *report)
{
        Reader reader = { .import = import, .report = report };
        WattlePlace place = { file, 0, 1 };

        reader.host = wattle_import_add_host(import, (WattlePlace){ file, 1, 1 });
        for (char *line = text, *end; line; line = end) {
                end = strchr(line, '\n');
                if (end)
                        *end++ = '\0';
                place.line++;
                read_line(&reader, line, place);
        }
        check_sections(&reader);
        g_free(reader.comment);
}
