/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/status/screen.h"

#include <string.h>

#include "cli/print.h"
#include "cli/units.h"
#include "common/language.h"

#define KEY_SHOWN 8 /* characters of a key that nobody has a name for */

static char *cell_device(const WattlePeerStatus *peer, G_GNUC_UNUSED const WattleScreen *screen,
                         WattleStyle *style)
{
        char key[WATTLE_KEY_TEXT_MAX];

        if (peer->device)
                return g_strdup(peer->device);
        *style = WATTLE_STYLE_RED;
        wattle_key_format(&peer->public_key, key);
        return g_strdup_printf(_("key %.*s..."), KEY_SHOWN, key);
}

/* The first: one line a peer. 'wattle show' has all. */
static char *cell_address(const WattlePeerStatus *peer, G_GNUC_UNUSED const WattleScreen *screen,
                          G_GNUC_UNUSED WattleStyle *style)
{
        char text[WATTLE_ADDR_TEXT_MAX] = "";

        if (peer->n_addresses > 0)
                wattle_addr_format(&peer->addresses[0], text);
        return g_strdup(text);
}

static char *cell_path(const WattlePeerStatus *peer, G_GNUC_UNUSED const WattleScreen *screen,
                       WattleStyle *style)
{
        static const WattleStyle styles[WATTLE_N_PATHS] = {
                [WATTLE_PATH_NONE] = WATTLE_STYLE_DIM,
                [WATTLE_PATH_LAN] = WATTLE_STYLE_GREEN,
                [WATTLE_PATH_PUBLIC] = WATTLE_STYLE_CYAN,
                [WATTLE_PATH_ROAMED] = WATTLE_STYLE_YELLOW,
                [WATTLE_PATH_DIRECT] = WATTLE_STYLE_CYAN,
                [WATTLE_PATH_RELAYED] = WATTLE_STYLE_YELLOW,
        };
        gboolean is_wrong = !peer->device || peer->revoked || peer->missing;

        *style = is_wrong ? WATTLE_STYLE_RED : styles[peer->path];
        if (peer->missing)
                return g_strdup(_("not applied"));
        if (peer->revoked)
                return g_strdup(_("revoked"));
        if (peer->relay)
                return g_strdup_printf(_("relayed by %s"), peer->relay);
        if (peer->introduced_by)
                return g_strdup_printf(_("direct, introduced by %s"), peer->introduced_by);
        return g_strdup(peer->device ? _(wattle_path_name(peer->path)) : _("no device"));
}

static char *cell_endpoint(const WattlePeerStatus *peer, G_GNUC_UNUSED const WattleScreen *screen,
                           G_GNUC_UNUSED WattleStyle *style)
{
        char text[WATTLE_SOCKET_ADDR_TEXT_MAX];

        wattle_socket_addr_format(&peer->endpoint, text);
        return g_strdup(text);
}

static char *cell_handshake(const WattlePeerStatus *peer, const WattleScreen *screen,
                            WattleStyle *style)
{
        gint64 age_s = screen->now_us / G_USEC_PER_SEC - peer->last_handshake_s;
        g_autofree char *age = wattle_format_age(age_s);

        if (peer->last_handshake_s == 0 || age_s > WATTLE_STATUS_SESSION_S)
                *style = WATTLE_STYLE_DIM;
        return peer->last_handshake_s == 0 ? g_strdup(_("never"))
                                           : g_strdup_printf(_("%s ago"), age);
}

/* Of the signed profile that it runs, as it says. */
static char *cell_serial(const WattlePeerStatus *peer, G_GNUC_UNUSED const WattleScreen *screen,
                         G_GNUC_UNUSED WattleStyle *style)
{
        return peer->serial == 0 ? g_strdup("")
                                 : g_strdup_printf("%" G_GUINT64_FORMAT, peer->serial);
}

static char *cell_received(const WattlePeerStatus *peer, G_GNUC_UNUSED const WattleScreen *screen,
                           G_GNUC_UNUSED WattleStyle *style)
{
        return wattle_format_bytes(peer->rx_bytes);
}

static char *cell_sent(const WattlePeerStatus *peer, G_GNUC_UNUSED const WattleScreen *screen,
                       G_GNUC_UNUSED WattleStyle *style)
{
        return wattle_format_bytes(peer->tx_bytes);
}

static char *cell_rtt(const WattlePeerStatus *peer, G_GNUC_UNUSED const WattleScreen *screen,
                      G_GNUC_UNUSED WattleStyle *style)
{
        return peer->has_rtt ? wattle_format_duration(peer->rtt_us) : g_strdup("");
}

static char *cell_since(const WattlePeerStatus *peer, const WattleScreen *screen,
                        G_GNUC_UNUSED WattleStyle *style)
{
        return peer->has_since
                       ? wattle_format_age((screen->now_us - peer->since_us) / G_USEC_PER_SEC)
                       : g_strdup("");
}

static char *cell_reason(const WattlePeerStatus *peer, G_GNUC_UNUSED const WattleScreen *screen,
                         WattleStyle *style)
{
        *style = WATTLE_STYLE_DIM;
        if (peer->why_relayed)
                return g_strdup(_(peer->why_relayed));
        return g_strdup(peer->reason ? _(peer->reason) : "");
}

/* In a narrow terminal the columns with the highest rank go first; those of rank 0 stay. */
static const struct {
        const char *heading;
        guint rank;
        char *(*cell)(const WattlePeerStatus *peer, const WattleScreen *screen, WattleStyle *style);
} columns[] = {
        { N_("DEVICE"), 0, cell_device },
        { N_("ADDRESS"), 3, cell_address },
        { N_("PATH"), 0, cell_path },
        { N_("ENDPOINT"), 1, cell_endpoint },
        { N_("HANDSHAKE"), 2, cell_handshake },
        { N_("SERIAL"), 5, cell_serial },
        { N_("RECEIVED"), 6, cell_received },
        { N_("SENT"), 7, cell_sent },
        { "RTT", 4, cell_rtt },
        { N_("SINCE"), 8, cell_since },
        { N_("REASON"), 9, cell_reason },
};
#define RANK_MAX 9

/* headings has room for all columns and a NULL, and lives as long as the table. */
static WattleTable *make_table(const GArray *peers, guint n_rows, guint rank,
                               const WattleScreen *screen, const char **headings)
{
        WattleTable *table;
        guint n = 0;

        for (guint i = 0; i < G_N_ELEMENTS(columns); i++)
                if (columns[i].rank <= rank)
                        headings[n++] = columns[i].heading;
        headings[n] = NULL;
        table = wattle_table_new(headings);
        for (guint row = 0; row < n_rows; row++)
                for (guint i = 0; i < G_N_ELEMENTS(columns); i++) {
                        WattleStyle style = WATTLE_STYLE_PLAIN;
                        char *text;

                        if (columns[i].rank > rank)
                                continue;
                        text = columns[i].cell(&g_array_index(peers, WattlePeerStatus, row), screen,
                                               &style);
                        wattle_table_add_styled(table, style, text);
                }
        return table;
}

static void print_peers(const GArray *peers, const WattleScreen *screen, FILE *stream)
{
        const char *headings[G_N_ELEMENTS(columns) + 1];
        guint n = peers->len, rank = RANK_MAX;
        g_autoptr(WattleTable) table = NULL;

        if (screen->max_rows > 0)
                n = MIN(n, screen->max_rows);
        table = make_table(peers, n, rank, screen, headings);
        while (screen->width > 0 && rank > 0 && wattle_table_width(table) > screen->width) {
                wattle_table_free(table);
                table = make_table(peers, n, --rank, screen, headings);
        }
        wattle_table_print(table, stream);
        if (n < peers->len)
                wattle_print(stream, "... and %u more\n", peers->len - n);
}

static void print_head(const WattleStatus *status, FILE *stream)
{
        char mapped[WATTLE_SOCKET_ADDR_TEXT_MAX];
        static const WattleStyle styles[WATTLE_N_LINK_STATES] = {
                [WATTLE_LINK_ABSENT] = WATTLE_STYLE_RED,
                [WATTLE_LINK_DOWN] = WATTLE_STYLE_YELLOW,
                [WATTLE_LINK_UP] = WATTLE_STYLE_GREEN,
        };

        wattle_socket_addr_format(&status->mapped, mapped);
        wattle_print_styled(stream, WATTLE_STYLE_BOLD, status->mesh);
        wattle_print(stream, ": ");
        wattle_print_styled(stream, styles[status->link], _(wattle_link_state_name(status->link)));
        if (status->device)
                wattle_print(stream, ", %s", status->device);
        for (guint i = 0; i < status->n_addresses; i++) {
                char text[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&status->addresses[i], text);
                wattle_print(stream, " %s", text);
        }
        if (status->interface && strcmp(status->interface, status->mesh) != 0)
                wattle_print(stream, ", interface %s", status->interface);
        if (status->serial > 0)
                wattle_print(stream, ", serial %ju", status->serial);
        if (status->listen_port > 0)
                wattle_print(stream, ", port %u", status->listen_port);
        if (wattle_socket_addr_is_set(&status->mapped))
                wattle_print(stream, ", called at %s", mapped);
        wattle_print(stream, ", %s\n", wattle_status_owner_name(status));
}

static void print_relayed(const WattleStatus *status, FILE *stream)
{
        const WattleRelayCounters *relayed = &status->relayed;
        g_autofree char *bytes = wattle_format_bytes(relayed->bytes);

        if (status->has_relayed)
                wattle_print(
                        stream,
                        "relay: %u of %u ports have a pair, %ju packets passed on, %s, %ju dropped\n",
                        relayed->pairs, relayed->ports, relayed->packets, bytes, relayed->dropped);
}

void wattle_status_print(const WattleStatus *status, const GPtrArray *notes,
                         const WattleScreen *screen, FILE *stream)
{
        print_head(status, stream);
        print_relayed(status, stream);
        if (status->link == WATTLE_LINK_UP && status->peers->len > 0)
                print_peers(status->peers, screen, stream);
        for (guint i = 0; i < notes->len; i++) {
                wattle_print_styled(stream, WATTLE_STYLE_YELLOW, g_ptr_array_index(notes, i));
                wattle_print(stream, "\n");
        }
}
