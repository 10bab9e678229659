/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of fields with a tab between them. Five are an interface: its name, private key, public
 * key, port and mark. Nine are a peer: the interface, public key, pre-shared key, endpoint, allowed
 * IPs, last handshake, received, sent, keepalive (dump_print() in show.c of wireguard-tools). */
#include "cli/import/wg-dump.h"

#include <string.h>

#include "common/error.h"
#include "common/language.h"
#include "common/scalar.h"

enum {
        OF_INTERFACE = 5,
        OF_PEER = 9
};

typedef struct {
        WattleImport *import;
        WattleReport *report;
        WattleImportHost *host; /* of the interface line last read; NULL: none yet */
        const char *interface;
} Reader;

static WattlePlace place_of(WattlePlace line, char *const *fields, guint i)
{
        line.column += (guint32)(fields[i] - fields[0]);
        return line;
}

static void refuse(Reader *reader, WattlePlace place, const char *what, const GError *error)
{
        wattle_report_error(reader->report, place, "%s: %s", what, error->message);
}

static void read_port(Reader *reader, const char *text, WattlePlace place)
{
        WattleOptionalU16 *port = &reader->host->listen_port;
        g_autoptr(GError) error = NULL;

        if (strcmp(text, "0") == 0)
                return;
        port->given = wattle_port_parse(text, &port->value, &error);
        if (!port->given)
                refuse(reader, place, _("listening port"), error);
}

static void read_interface(Reader *reader, char *const *fields, WattlePlace place)
{
        g_autoptr(GError) error = NULL;

        reader->host = wattle_import_add_host(reader->import, place);
        reader->host->learns = TRUE;
        reader->interface = fields[0];
        reader->host->has_key = wattle_key_parse(fields[2], &reader->host->public_key, &error);
        if (!reader->host->has_key)
                refuse(reader, place_of(place, fields, 2), _("public key"), error);
        read_port(reader, fields[3], place_of(place, fields, 3));
        if (strcmp(fields[4], "off") != 0)
                wattle_report_warning(
                        reader->report, place_of(place, fields, 4),
                        "the mark is left out: it is FirewallMark= in [Local] of this "
                        "host");
}

static void read_endpoint(Reader *reader, WattleImportPeer *peer, const char *text,
                          WattlePlace place)
{
        g_autoptr(GError) error = NULL;

        if (strcmp(text, "(none)") == 0)
                return;
        peer->has_endpoint =
                wattle_endpoint_parse(text, reader->import->arena, &peer->endpoint, &error);
        peer->endpoint_place = place;
        if (!peer->has_endpoint)
                refuse(reader, place, "endpoint", error);
}

static void read_allowed(Reader *reader, WattleImportPeer *peer, char *text, WattlePlace place)
{
        char *start = text, *word, *rest = text;

        if (strcmp(text, "(none)") == 0)
                return;
        while ((word = rest)) {
                WattlePlace own = { place.file, place.line,
                                    place.column + (guint32)(word - start) };
                g_autoptr(GError) error = NULL;
                WattleImportRange range;

                rest = strchr(word, ',');
                if (rest)
                        *rest++ = '\0';
                if (wattle_import_range_parse(word, own, &range, &error))
                        g_array_append_val(peer->allowed, range);
                else
                        refuse(reader, own, _("allowed IPs"), error);
        }
}

static void read_peer(Reader *reader, char *const *fields, WattlePlace place)
{
        g_autoptr(GError) error = NULL;
        WattleImportPeer *peer;

        if (!reader->host || strcmp(reader->interface, fields[0]) != 0) {
                wattle_report_error(reader->report, place,
                                    "a peer of interface %s, whose own line is not above: it takes "
                                    "all that 'wg show all dump' prints",
                                    fields[0]);
                return;
        }
        peer = wattle_import_add_peer(reader->host, place);
        peer->has_key = wattle_key_parse(fields[1], &peer->public_key, &error);
        if (!peer->has_key)
                refuse(reader, place_of(place, fields, 1), _("public key"), error);
        if (strcmp(fields[2], "(none)") != 0)
                wattle_report_warning(reader->report, place_of(place, fields, 2),
                                      "the pre-shared key is left out: wattle has none, so take it "
                                      "out on both sides at once");
        read_endpoint(reader, peer, fields[3], place_of(place, fields, 3));
        read_allowed(reader, peer, fields[4], place_of(place, fields, 4));
        g_clear_error(&error);
        peer->keepalive_s.given =
                wattle_keepalive_parse(fields[8], &peer->keepalive_s.value, &error);
        if (!peer->keepalive_s.given)
                refuse(reader, place_of(place, fields, 8), "keepalive", error);
        /* "off" is what is there without a setting. */
        peer->keepalive_s.given = peer->keepalive_s.value > 0;
}

/* The number of fields, of which those that fit are cut off and given; at least one. */
static guint split(char *line, char *fields[OF_PEER])
{
        guint n = 0;

        for (char *end; line; line = end) {
                end = strchr(line, '\t');
                if (end)
                        *end++ = '\0';
                if (n < OF_PEER)
                        fields[n] = line;
                n++;
        }
        return n;
}

static void read_line(Reader *reader, char *line, WattlePlace place)
{
        char *fields[OF_PEER];
        guint n = split(line, fields);

        if (n == OF_INTERFACE)
                read_interface(reader, fields, place);
        else if (n == OF_PEER)
                read_peer(reader, fields, place);
        else
                wattle_report_error(
                        reader->report, place,
                        "%u fields, where 'wg show all dump' has 5 for an interface and 9 "
                        "for a peer: 'all' may not be left out",
                        n);
}

void wattle_import_wg_dump(WattleImport *import, char *text, const char *file, WattleReport *report)
{
        Reader reader = { .import = import, .report = report };
        WattlePlace place = { file, 0, 1 };

        for (char *line = text, *end; line; line = end) {
                end = strchr(line, '\n');
                if (end)
                        *end++ = '\0';
                place.line++;
                if (*line)
                        read_line(&reader, line, place);
        }
}
