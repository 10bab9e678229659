/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/managers/bus.h"
#include "cli/managers/wattled.h"
#include "cli/print.h"
#include "common/error.h"
#include "common/language.h"
#include "common/scalar.h"

/* A move is proved or taken back within a second or two. */
#define OUTCOME_US (8 * G_USEC_PER_SEC)
#define QUIET_US   (2 * G_USEC_PER_SEC)

typedef struct {
        sd_bus *bus;
        const char *mesh, *device;
        const char *endpoint; /* "": the best */
        WattleArena *arena;
        gint64 changed_us; /* CLOCK_MONOTONIC of the last change that was told; 0: none */
} Move;

static char *place_text(const WattlePeerStatus *peer)
{
        char endpoint[WATTLE_SOCKET_ADDR_TEXT_MAX];

        wattle_socket_addr_format(&peer->endpoint, endpoint);
        if (!*endpoint)
                return g_strdup(_("without an endpoint"));
        return g_strdup_printf("%s, %s", endpoint,
                               peer->path == WATTLE_PATH_NONE ? _("no answer yet")
                                                              : wattle_path_name(peer->path));
}

static int on_change(sd_bus_message *signal, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Move *move = data;

        if (sd_bus_message_is_signal(signal, NULL, "PeerChanged"))
                move->changed_us = g_get_monotonic_time();
        return 0;
}

/* Until nothing has changed for a while. */
static gboolean is_settled(gpointer data)
{
        const Move *move = data;

        return move->changed_us != 0 && g_get_monotonic_time() - move->changed_us > QUIET_US;
}

/* Other than wattle_bus_wait(), it is no failure if nothing happens at all. */
static gboolean wait_for_outcome(Move *move, GError **error)
{
        gint64 end_us = g_get_monotonic_time() + OUTCOME_US;

        while (!is_settled(move) && g_get_monotonic_time() < end_us) {
                int result = sd_bus_process(move->bus, NULL);

                if (result == 0)
                        result = sd_bus_wait(move->bus, QUIET_US / 10);
                if (result < 0)
                        return wattle_bus_fail(error, "wattled", NULL, result);
        }
        return TRUE;
}

static gboolean same_place(const WattlePeerStatus *a, const WattlePeerStatus *b)
{
        return wattle_socket_addr_equal(&a->endpoint, &b->endpoint);
}

/* Whether the peer is where it should be now. */
static gboolean has_moved(const Move *move, const WattlePeerStatus *before,
                          const WattlePeerStatus *after)
{
        WattleSocketAddr wanted;

        if (after->path == WATTLE_PATH_NONE)
                return FALSE;
        if (!*move->endpoint)
                return !same_place(before, after);
        return wattle_socket_addr_parse(move->endpoint, &wanted, NULL) &&
               wattle_socket_addr_equal(&wanted, &after->endpoint);
}

static gboolean migrate(Move *move, GError **error)
{
        WattlePeerStatus before, after;
        g_autofree char *from = NULL, *to = NULL;
        gboolean moved;

        if (!wattle_wattled_get_peer(move->bus, move->mesh, move->device, move->arena, &before,
                                     error) ||
            !wattle_wattled_watch(move->bus, on_change, move, error) ||
            !wattle_wattled_call(move->bus, move->mesh, "Migrate", move->device, move->endpoint,
                                 error) ||
            !wait_for_outcome(move, error) ||
            !wattle_wattled_get_peer(move->bus, move->mesh, move->device, move->arena, &after,
                                     error))
                return FALSE;
        moved = has_moved(move, &before, &after);
        from = place_text(&before);
        to = place_text(&after);
        if (moved && same_place(&before, &after)) {
                wattle_print(stdout, "%s: already at %s\n", move->device, to);
        } else if (moved) {
                wattle_print(stdout, "%s: now at %s; it was at %s\n", move->device, to, from);
        } else {
                g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED, _("%s: stays at %s%s%s"),
                            move->device, to, after.reason ? ": " : "",
                            after.reason ? after.reason : "");
                return FALSE;
        }
        return TRUE;
}

static gboolean run_migration(char **operands, GError **error)
{
        g_autoptr(WattleArena) arena = wattle_arena_new();
        Move move = { .mesh = operands[0],
                      .device = operands[1],
                      .endpoint = operands[2] ? operands[2] : "",
                      .arena = arena };
        gboolean ok;

        if (!wattle_bus_open(&move.bus, error))
                return FALSE;
        ok = migrate(&move, error);
        sd_bus_flush_close_unref(move.bus);
        return ok;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_autoptr(GError) error = NULL;
        WattleSocketAddr endpoint;
        const GOptionEntry options[] = { { 0 } };

        if (!wattle_cli_parse(cli, &wattle_verb_migrate, options, argv, &operands))
                return cli->status;
        if (strcmp(cli->root, "/") != 0)
                return wattle_cli_usage(&wattle_verb_migrate, "--root= is of no use here: a "
                                                              "network that runs is changed");
        if (!wattle_identifier_check(operands[0], WATTLE_MESH_NAME_MAX, &error))
                return wattle_cli_usage(&wattle_verb_migrate, "MESH: %s", error->message);
        if (!wattle_label_check(operands[1], &error))
                return wattle_cli_usage(&wattle_verb_migrate, "DEVICE: %s", error->message);
        if (operands[2] && !wattle_socket_addr_parse(operands[2], &endpoint, &error))
                return wattle_cli_usage(&wattle_verb_migrate, "ENDPOINT: %s", error->message);
        if (run_migration(operands, &error))
                return EXIT_SUCCESS;
        wattle_print_error("%s", error->message);
        return EXIT_FAILURE;
}

const WattleVerb wattle_verb_migrate = {
        .name = "migrate",
        .operands = "MESH DEVICE [ENDPOINT]",
        .n_min = 2,
        .n_max = 3,
        .summary = N_("move a peer to another endpoint now"),
        .description = N_(
                "Has wattled send a peer's packets elsewhere: to ENDPOINT, an address with port, or to\n"
                "the best one that it does not use now. If the peer does not answer there, it goes back.\n"
                "wattled does this by itself when the network changes; polkit decides who may ask."),
        .example = "wattle migrate home desktop 192.168.1.10:51820",
        .run = run,
};
