/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/export/memory.h"
#include "cli/keyfile.h"
#include "cli/print.h"
#include "cli/status/inline-mesh.h"
#include "cli/status/load.h"
#include "cli/status/prometheus.h"
#include "cli/status/screen.h"
#include "cli/status/state.h"
#include "cli/tailnet/load.h"
#include "cli/tailnet/operand.h"
#include "common/language.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/tailnet/tailnets.h"

/* Of the terminal (ECMA-48, and xterm's second screen). */

#define WATCH_PERIOD_S 1

typedef enum {
        FORM_SCREEN,
        FORM_JSON,
        FORM_PROMETHEUS,
} Form;

/* All meshes that are asked for, at one time. */
typedef struct {
        guint n;
        WattleStatus *statuses;
        GPtrArray **notes;
        gboolean complete; /* of each all was to be had */
} Overview;

static void overview_clear(Overview *overview)
{
        for (guint i = 0; i < overview->n; i++) {
                wattle_status_clear(&overview->statuses[i]);
                g_ptr_array_unref(overview->notes[i]);
        }
        g_free(overview->statuses);
        g_free(overview->notes);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Overview, overview_clear)

/* Of devices whose files were made from this account. */
static void note_exports(const WattleCli *cli, const char *mesh, GPtrArray *notes)
{
        char *note = wattle_export_memory_note(cli->root_fd, mesh);

        if (note)
                g_ptr_array_add(notes, note);
}

static gboolean load_one(WattleStatusSource *source, const char *name, WattleStatus *status,
                         GPtrArray *notes, gboolean *ret_complete, WattleReport *report)
{
        if (wattle_cli_is_tailnet(source->cli, name))
                return wattle_tailnet_status_load(source->cli, name, status, notes, ret_complete,
                                                  report);
        if (!wattle_status_load(source, name, status, notes, ret_complete, report))
                return FALSE;
        note_exports(source->cli, name, notes);
        return TRUE;
}

/* What could be had of every mesh; FALSE if one of them has nothing to show. */
static gboolean overview_load(Overview *overview, WattleStatusSource *source, char **meshes)
{
        g_auto(WattleReport) report = { 0 };
        guint n = g_strv_length(meshes);

        wattle_report_init(&report);
        overview->statuses = g_new0(WattleStatus, n);
        overview->notes = g_new0(GPtrArray *, n);
        overview->complete = TRUE;
        for (guint i = 0; i < n; i++) {
                WattleStatus *status = &overview->statuses[overview->n];
                g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
                gboolean complete = FALSE;

                wattle_status_init(status);
                if (!load_one(source, meshes[i], status, notes, &complete, &report)) {
                        wattle_status_clear(status);
                        continue;
                }
                overview->complete = overview->complete && complete;
                overview->notes[overview->n++] = g_steal_pointer(&notes);
        }
        wattle_print_report(&report);
        return report.n_errors == 0;
}

static void overview_print(const Overview *overview, const WattleScreen *screen)
{
        for (guint i = 0; i < overview->n; i++) {
                if (i > 0)
                        wattle_print(stdout, "\n");
                wattle_status_print(&overview->statuses[i], overview->notes[i], screen, stdout);
        }
}

static const WattleStatus **overview_list(const Overview *overview)
{
        const WattleStatus **statuses = g_new(const WattleStatus *, overview->n + 1);

        for (guint i = 0; i < overview->n; i++)
                statuses[i] = &overview->statuses[i];
        return statuses;
}

static void overview_print_json(const Overview *overview)
{
        g_autofree const WattleStatus **statuses = overview_list(overview);

        wattle_status_json(statuses, overview->notes, overview->n, stdout);
}

/* All or nothing: what is not known of the peers would be zeros. */
static void overview_print_prometheus(const Overview *overview)
{
        g_autofree const WattleStatus **statuses = overview_list(overview);

        if (overview->complete) {
                wattle_status_prometheus(statuses, overview->n, g_get_real_time(), stdout);
                return;
        }
        for (guint i = 0; i < overview->n; i++)
                for (guint j = 0; j < overview->notes[i]->len; j++)
                        wattle_print_error("%s: %s", overview->statuses[i].mesh,
                                           (char *)g_ptr_array_index(overview->notes[i], j));
}

/* 0 where there is no terminal. */
static struct winsize terminal_size(void)
{
        struct winsize size = { 0 };

        if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
                return (struct winsize){ 0 };
        return size;
}

static int show_once(WattleStatusSource *source, char **meshes, Form form)
{
        g_auto(Overview) overview = { 0 };
        gboolean ok = overview_load(&overview, source, meshes);

        switch (form) {
        case FORM_JSON:
                overview_print_json(&overview);
                break;
        case FORM_PROMETHEUS:
                overview_print_prometheus(&overview);
                break;
        case FORM_SCREEN:
                overview_print(&overview,
                               &(WattleScreen){ terminal_size().ws_col, 0, g_get_real_time() });
                break;
        }
        return ok && overview.complete ? EXIT_SUCCESS : EXIT_FAILURE;
}

static volatile sig_atomic_t is_over;

static void on_signal(int number)
{
        /* A terminal of another size is drawn anew at once, for it ends the wait. */
        if (number != SIGWINCH)
                is_over = 1;
}

/* Signals come during the wait alone, so that none is missed; returns the mask for it. */
static sigset_t catch_signals(void)
{
        static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH };
        struct sigaction action = { .sa_handler = on_signal };
        sigset_t blocked, before;

        sigemptyset(&blocked);
        for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
                sigaction(numbers[i], &action, NULL);
                sigaddset(&blocked, numbers[i]);
        }
        sigprocmask(SIG_BLOCK, &blocked, &before);
        for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
                sigdelset(&before, numbers[i]);
        return before;
}

/* As many rows as the terminal has left beside each mesh's head, headings, notes and blank line. */
static guint rows_for(const Overview *overview, guint height)
{
        guint taken = 1, n = MAX(overview->n, 1);

        for (guint i = 0; i < overview->n; i++)
                taken += 4 + overview->notes[i]->len;
        return height > taken + n ? (height - taken) / n : 1;
}

static gboolean draw(WattleStatusSource *source, char **meshes)
{
        g_auto(Overview) overview = { 0 };
        struct winsize size = terminal_size();
        WattleScreen screen = { .width = size.ws_col, .now_us = g_get_real_time() };

        if (!overview_load(&overview, source, meshes))
                return FALSE;
        screen.max_rows = rows_for(&overview, size.ws_row);
        wattle_print_order(stdout, WATTLE_ORDER_CLEAR);
        overview_print(&overview, &screen);
        return fflush(stdout) == 0;
}

static int watch(WattleStatusSource *source, char **meshes)
{
        static char buffer[64 * 1024]; /* a screen at a time, so that it does not flicker */
        sigset_t waiting = catch_signals();
        gboolean ok = TRUE;

        setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
        wattle_print_order(stdout, WATTLE_ORDER_ENTER);
        while (!is_over && (ok = draw(source, meshes)))
                wattle_status_wait(source, WATCH_PERIOD_S, &waiting);
        wattle_print_order(stdout, WATTLE_ORDER_LEAVE);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* For who may not read the key: that it is there. */
static gboolean has_key(const WattleCli *cli, const char *mesh)
{
        g_auto(WattleReport) unheard = { 0 };
        g_autofree char *file = NULL;

        wattle_report_init(&unheard);
        file = wattle_key_file_of_mesh(cli, mesh, &unheard);
        return !file || wattle_path_exists(cli->root_fd, file + 1) ||
               wattle_host_has_key_credential(cli->root_fd, mesh);
}

/* Of what does not run: why is for 'wattle status' itself to say. */
static void print_state(WattleStatusSource *source, const char *mesh)
{
        const WattleCli *cli = source->cli;
        g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattleStatus) status = { 0 };
        g_auto(WattleMesh) loaded = { 0 };
        WattleStateFacts facts = { .exists = wattle_mesh_exists(cli->root_fd, mesh),
                                   .has_key = has_key(cli, mesh),
                                   .status = &status };
        gboolean complete;

        wattle_report_init(&unheard);
        wattle_status_init(&status);
        facts.is_good =
                wattle_mesh_load(&loaded, cli->root_fd, mesh, WATTLE_LOAD_OR_LAST_GOOD, &unheard);
        facts.is_member = facts.is_good && facts.has_key &&
                          wattle_status_load(source, mesh, &status, notes, &complete, &unheard);
        facts.is_invited = loaded.is_invitation;
        facts.is_troubled = loaded.is_last_good ||
                            (loaded.local.migrate && (!status.wattled || status.problem));
        wattle_print(stdout, "%s\n", wattle_state_word(&facts));
}

static void print_word(WattleStatusSource *source, const char *name)
{
        if (wattle_cli_is_tailnet(source->cli, name))
                wattle_print(stdout, "%s\n", wattle_tailnet_load_word(source->cli, name));
        else
                print_state(source, name);
}

static int show_state(WattleStatusSource *source, const char *mesh)
{
        g_auto(WattleReport) unheard = { 0 };
        g_auto(GStrv) meshes = NULL;
        g_autofree char *tailnet = NULL;

        wattle_report_init(&unheard);
        if (!mesh) {
                meshes = wattle_mesh_list(source->cli->root_fd, &unheard);
                tailnet = wattle_tailnet_first_enabled(source->cli->root_fd);
                mesh = meshes[0] ? meshes[0] : tailnet;
                if (meshes[0] && (meshes[1] || tailnet))
                        return wattle_cli_usage(&wattle_verb_status,
                                                "--state is one word, and there are several "
                                                "networks here: say which");
        }
        if (mesh)
                print_word(source, mesh);
        else
                wattle_print(stdout, "%s\n", wattle_state_word(&(WattleStateFacts){ 0 }));
        return EXIT_SUCCESS;
}

/* What was asked for. */
typedef struct {
        gboolean json, prometheus, state, watch;
} Wanted;

static gboolean check_usage(const WattleCli *cli, const Wanted *wanted, const char *mesh)
{
        g_autoptr(GError) error = NULL;

        if (strcmp(cli->root, "/") != 0)
                wattle_cli_usage(&wattle_verb_status,
                                 "--root= is of no use here: a network that runs is shown");
        else if (mesh && !wattle_identifier_check(mesh, WATTLE_MESH_NAME_MAX, &error))
                wattle_cli_usage(&wattle_verb_status, "MESH: %s", error->message);
        else if (wanted->json && wanted->prometheus)
                wattle_cli_usage(&wattle_verb_status, "--json and --prometheus are two forms");
        else if (wanted->watch && (wanted->json || wanted->prometheus || !isatty(STDOUT_FILENO)))
                wattle_cli_usage(&wattle_verb_status, "--watch is for a terminal%s",
                                 wanted->json         ? _(", and --json for programs")
                                 : wanted->prometheus ? _(", and --prometheus for programs")
                                                      : "");
        else if (wanted->state && (wanted->json || wanted->prometheus || wanted->watch))
                wattle_cli_usage(&wattle_verb_status, "--state is one word, and no more");
        else
                return TRUE;
        return FALSE;
}

static int show_meshes(WattleStatusSource *source, const Wanted *wanted, const char *mesh)
{
        g_auto(GStrv) meshes = wattle_cli_networks(source->cli, mesh);
        int status = EXIT_FAILURE;

        if (meshes && wanted->watch)
                return watch(source, meshes);
        if (meshes)
                status = show_once(source, meshes,
                                   wanted->json         ? FORM_JSON
                                   : wanted->prometheus ? FORM_PROMETHEUS
                                                        : FORM_SCREEN);
        wattle_inline_mesh_print(mesh);
        return status;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        WattleStatusSource source = { .cli = cli };
        Wanted wanted = { 0 };
        const GOptionEntry options[] = {
                { "json", 0, 0, G_OPTION_ARG_NONE, &wanted.json,
                  N_("for programs; wattle(1) has the schema"), NULL },
                { "prometheus", 0, 0, G_OPTION_ARG_NONE, &wanted.prometheus,
                  N_("for Prometheus, by a file of node_exporter's"), NULL },
                { "state", 0, 0, G_OPTION_ARG_NONE, &wanted.state, N_("one word, for scripts"),
                  NULL },
                { "watch", 'w', 0, G_OPTION_ARG_NONE, &wanted.watch,
                  N_("stay, and show every change; Ctrl-C leaves"), NULL },
                { 0 },
        };
        int status;

        if (!wattle_cli_parse(cli, &wattle_verb_status, options, argv, &operands))
                return cli->status;
        if (!check_usage(cli, &wanted, *operands))
                return WATTLE_EXIT_USAGE;
        status = wanted.state ? show_state(&source, *operands)
                              : show_meshes(&source, &wanted, *operands);
        wattle_status_source_clear(&source);
        return status;
}

const WattleVerb wattle_verb_status = {
        .name = "status",
        .operands = "[MESH|TAILNET]",
        .n_min = 0,
        .n_max = 1,
        .summary = N_("show how the peers of a mesh or tailnet are reached now"),
        .description = N_(
                "Shows each peer's path, endpoint, last handshake and traffic: of all meshes, or of one.\n"
                "wattled tells everybody. Without it the kernel tells root alone, and the path is that of\n"
                "the profile's endpoint which the kernel uses. Of a tailnet, tailscaled tells all of it."),
        .example = "wattle status --watch home",
        .run = run,
};
