/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/value.h"

#include <string.h>

#include "common/error.h"
#include "common/scalar.h"

/* "home:54444", what stands behind the @. */
static gboolean parse_at_site(const char *text, WattleArena *arena, WattleCandidate *candidate,
                              GError **error)
{
        const char *colon = strchr(text, ':');
        g_autofree char *site = colon ? g_strndup(text, (gsize)(colon - text)) : NULL;

        if (!colon)
                return wattle_error_refuse(error, "'@%s' has no port: @SITE:PORT", text);
        if (!wattle_label_check(site, error) ||
            !wattle_port_parse(colon + 1, &candidate->endpoint.at.port, error))
                return FALSE;
        candidate->site = wattle_arena_strdup(arena, site);
        return TRUE;
}

gboolean wattle_candidate_parse(const char *text, WattleCandidateKind kind, WattleArena *arena,
                                WattleCandidate *ret, GError **error)
{
        WattleCandidate candidate = { .kind = kind, .place = ret->place };

        if (text[0] == '@' && kind == WATTLE_CANDIDATE_PRIVATE)
                return wattle_error_refuse(error,
                                           "'%s': the address of a site is its public one: an "
                                           "endpoint on the LAN is written out",
                                           text);
        if (text[0] == '@' ? !parse_at_site(text + 1, arena, &candidate, error)
                           : !wattle_endpoint_parse(text, arena, &candidate.endpoint, error))
                return FALSE;
        if (candidate.endpoint.name && kind == WATTLE_CANDIDATE_PRIVATE)
                return wattle_error_refuse(
                        error, "'%s' is a DNS name: an endpoint on the LAN is an address", text);
        *ret = candidate;
        return TRUE;
}

gsize wattle_candidate_format(const WattleCandidate *candidate, char text[WATTLE_ENDPOINT_TEXT_MAX])
{
        char *p = text;

        if (!candidate->site)
                return wattle_endpoint_format(&candidate->endpoint, text);
        *p++ = '@';
        p = stpcpy(p, candidate->site);
        *p++ = ':';
        return (gsize)(p - text) + wattle_uint_format(candidate->endpoint.at.port, p);
}

void wattle_value_report_unknown_key(WattleReport *report, WattlePlace place, const char *key,
                                     const char *const *words, gsize n_words)
{
        const char *nearest =
                wattle_report_has_room(report) ? wattle_nearest_word(key, words, n_words) : NULL;

        wattle_report_error(report, place,
                            nearest ? "unknown key '%s': did you mean %s?" : "unknown key '%s'",
                            key, nearest);
}

gboolean wattle_value_parse_boolean(const char *text, G_GNUC_UNUSED WattlePlace place,
                                    G_GNUC_UNUSED WattleArena *arena, gpointer field,
                                    GError **error)
{
        return wattle_boolean_parse(text, field, error);
}

gboolean wattle_value_parse_port(const char *text, G_GNUC_UNUSED WattlePlace place,
                                 G_GNUC_UNUSED WattleArena *arena, gpointer field, GError **error)
{
        WattleOptionalU16 *port = field;

        port->given = wattle_port_parse(text, &port->value, error);
        return port->given;
}

gboolean wattle_value_parse_ports(const char *text, G_GNUC_UNUSED WattlePlace place,
                                  G_GNUC_UNUSED WattleArena *arena, gpointer field, GError **error)
{
        g_auto(GStrv) ends = g_strsplit(text, "-", 2);
        WattlePorts ports = { .given = TRUE };

        if (!ends[0] || !wattle_port_parse(ends[0], &ports.first, NULL) ||
            !wattle_port_parse(ends[1] ? ends[1] : ends[0], &ports.last, NULL))
                return wattle_error_refuse(error, "'%s' is no range of ports, as 21900-21999",
                                           text);
        if (ports.last < ports.first)
                return wattle_error_refuse(error, "'%s' ends before it begins", text);
        if (ports.last - ports.first >= WATTLE_PORTS_MAX)
                return wattle_error_refuse(error, "'%s' has more than %d ports", text,
                                           WATTLE_PORTS_MAX);
        *(WattlePorts *)field = ports;
        return TRUE;
}

gboolean wattle_value_parse_mtu(const char *text, WattlePlace place,
                                G_GNUC_UNUSED WattleArena *arena, gpointer field, GError **error)
{
        guint64 mtu;

        if (!wattle_uint_parse(text, WATTLE_MTU_MIN, WATTLE_MTU_MAX, &mtu, error))
                return FALSE;
        *(WattleMtu *)field = (WattleMtu){ TRUE, (guint16)mtu, place };
        return TRUE;
}
