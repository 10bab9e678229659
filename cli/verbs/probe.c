/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/managers/bus.h"
#include "cli/managers/wattled.h"
#include "cli/print.h"
#include "cli/units.h"
#include "common/error.h"
#include "common/language.h"
#include "common/said.h"
#include "common/scalar.h"
#include "common/sys/bus-status.h"

/* wattled gives up before. */
#define ANSWER_US (30 * G_USEC_PER_SEC)

typedef struct {
        sd_bus *bus;
        const char *mesh, *device;
        WattleArena *arena;
        gint64 began_us; /* CLOCK_MONOTONIC */
        gboolean ended, answered;
        guint64 rtt_us;
        char *why;  /* there is no answer */
        char *step; /* the last that was printed */
} Probe;

static char *place_text(const WattlePeerStatus *peer)
{
        char endpoint[WATTLE_SOCKET_ADDR_TEXT_MAX];

        wattle_socket_addr_format(&peer->endpoint, endpoint);
        if (!*endpoint)
                return g_strdup(_("nowhere yet"));
        if (peer->relay)
                return g_strdup_printf(_("%s, relayed by %s"), endpoint, peer->relay);
        if (peer->introduced_by)
                return g_strdup_printf(_("%s, direct, introduced by %s"), endpoint,
                                       peer->introduced_by);
        return g_strdup_printf("%s, %s", endpoint,
                               peer->path == WATTLE_PATH_NONE ? _("no answer yet")
                                                              : _(wattle_path_name(peer->path)));
}

static int on_answer(sd_bus_message *reply, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Probe *probe = data;
        const sd_bus_error *failed = sd_bus_message_get_error(reply);

        probe->ended = TRUE;
        probe->answered = !failed && sd_bus_message_read(reply, "t", &probe->rtt_us) > 0;
        if (!probe->answered)
                probe->why = failed && failed->message ? wattle_said_translate(failed->message)
                                                       : g_strdup(_("wattled gave no answer"));
        return 0;
}

/* A step of wattled's is printed as it happens. */
static int on_change(sd_bus_message *signal, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Probe *probe = data;
        WattlePeerStatus peer;
        g_autofree char *place = NULL, *step = NULL;

        if (!sd_bus_message_is_signal(signal, NULL, "PeerChanged") ||
            wattle_bus_read_peer(signal, probe->arena, &peer) <= 0 ||
            g_strcmp0(peer.device, probe->device) != 0)
                return 0;
        place = place_text(&peer);
        step = g_strdup_printf("%s%s%s", place, peer.reason ? ": " : "",
                               peer.reason ? _(peer.reason) : "");
        if (g_strcmp0(step, probe->step) == 0)
                return 0;
        wattle_print(stdout, "%6.2f s  at %s\n",
                     (double)(g_get_monotonic_time() - probe->began_us) / G_USEC_PER_SEC, step);
        g_free(probe->step);
        probe->step = g_steal_pointer(&step);
        return 0;
}

static gboolean wait_for_answer(Probe *probe, GError **error)
{
        while (!probe->ended) {
                gint64 left_us = probe->began_us + ANSWER_US - g_get_monotonic_time();
                int result = sd_bus_process(probe->bus, NULL);

                if (result == 0 && left_us > 0)
                        result = sd_bus_wait(probe->bus, (guint64)left_us);
                if (result < 0)
                        return wattle_bus_fail(error, "wattled", NULL, result);
                if (left_us <= 0) {
                        probe->ended = TRUE;
                        probe->why = g_strdup(_("wattled gave no answer"));
                }
        }
        return TRUE;
}

static void print_ways(const GArray *ways, const WattlePeerStatus *peer)
{
        static const char *const headings[] = { N_("WAY"), N_("LEARNT"), N_("REACHED"), N_("TRIED"),
                                                NULL };
        g_autoptr(WattleTable) table = wattle_table_new(headings);

        for (guint i = 0; i < ways->len; i++) {
                const WattleWay *way = &g_array_index(ways, WattleWay, i);
                char endpoint[WATTLE_SOCKET_ADDR_TEXT_MAX];
                g_autofree char *held = wattle_format_age((gint64)way->held_s);
                gboolean in_use = wattle_socket_addr_equal(&way->at, &peer->endpoint);

                wattle_socket_addr_format(&way->at, endpoint);
                wattle_table_add(table, g_strdup(endpoint));
                wattle_table_add(table, g_strdup(_(way->learnt)));
                wattle_table_add(table, g_strdup(_(way->reached)));
                wattle_table_add_styled(table, in_use ? WATTLE_STYLE_GREEN : WATTLE_STYLE_PLAIN,
                                        in_use ? g_strdup(_("in use"))
                                        : way->held_s == 0
                                                ? g_strdup("")
                                                : g_strdup_printf(_("in vain, again in %s"), held));
        }
        if (ways->len > 0)
                wattle_table_print(table, stdout);
        else
                wattle_print(stdout, "no way to it is known\n");
}

static gboolean ask(Probe *probe, GError **error)
{
        g_autoptr(GArray) ways = g_array_new(FALSE, FALSE, sizeof(WattleWay));
        g_autofree char *place = NULL;
        WattlePeerStatus peer;
        int result;

        if (!wattle_wattled_watch(probe->bus, on_change, probe, error))
                return FALSE;
        probe->began_us = g_get_monotonic_time();
        result = wattle_wattled_probe(probe->bus, NULL, probe->mesh, probe->device, on_answer,
                                      probe);
        if (result < 0)
                return wattle_bus_fail(error, "wattled", NULL, result);
        if (!wait_for_answer(probe, error) ||
            !wattle_wattled_get_peer(probe->bus, probe->mesh, probe->device, probe->arena, &peer,
                                     error) ||
            !wattle_wattled_list_ways(probe->bus, probe->mesh, probe->device, probe->arena, ways,
                                      error))
                return FALSE;
        place = place_text(&peer);
        if (probe->answered) {
                g_autofree char *rtt = wattle_format_duration(probe->rtt_us);

                wattle_print(stdout, "%s answered after %s: %s\n", probe->device, rtt, place);
        } else {
                wattle_print(stdout, "%s: %s: %s\n", probe->device, probe->why, place);
        }
        print_ways(ways, &peer);
        return TRUE;
}

static int run_probe(char **operands)
{
        g_autoptr(WattleArena) arena = wattle_arena_new();
        g_autoptr(GError) error = NULL;
        Probe probe = { .mesh = operands[0], .device = operands[1], .arena = arena };

        if (wattle_bus_open(&probe.bus, &error)) {
                (void)ask(&probe, &error);
                sd_bus_flush_close_unref(probe.bus);
        }
        if (error)
                wattle_print_error("%s", error->message);
        g_free(probe.why);
        g_free(probe.step);
        return probe.answered && !error ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_autoptr(GError) error = NULL;
        const GOptionEntry options[] = { { 0 } };

        if (!wattle_cli_parse(cli, &wattle_verb_probe, options, argv, &operands))
                return cli->status;
        if (strcmp(cli->root, "/") != 0)
                return wattle_cli_usage(&wattle_verb_probe, "--root= is of no use here: a network "
                                                            "that runs is asked");
        if (!wattle_identifier_check(operands[0], WATTLE_MESH_NAME_MAX, &error))
                return wattle_cli_usage(&wattle_verb_probe, "MESH: %s", error->message);
        if (!wattle_label_check(operands[1], &error))
                return wattle_cli_usage(&wattle_verb_probe, "DEVICE: %s", error->message);
        return run_probe(operands);
}

const WattleVerb wattle_verb_probe = {
        .name = "probe",
        .operands = "MESH DEVICE",
        .n_min = 2,
        .n_max = 2,
        .summary = N_("ask a peer, and show the ways to it"),
        .description = N_(
                "Has wattled ask a peer through the tunnel, and shows each step until there is an answer:\n"
                "where the peer is looked for, and why. Then all ways to it that are known, how each was\n"
                "learnt, and whether it was tried in vain. The exit code is 1 if there is no answer."),
        .example = "wattle probe home desktop",
        .run = run,
};
