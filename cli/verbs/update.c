/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/managers/bus.h"
#include "cli/managers/wattled.h"
#include "cli/print.h"
#include "cli/units.h"
#include "cli/update/find-sources.h"
#include "cli/update/hands.h"
#include "cli/update/take.h"
#include "common/language.h"

typedef struct {
        const WattleCli *cli;
        WattleApplier applier;
        const char *from; /* or NULL */
        WattleTakeOptions options;
} Host;

static void say(const WattleUpdater *updater, const char *line)
{
        wattle_print(stdout, "%s: %s\n", updater->mesh, line);
        (void)fflush(stdout);
}

static gboolean fail(const char *mesh, const GError *error)
{
        wattle_print_error("%s: %s", mesh, error->message);
        return FALSE;
}

/* Where to ask; NULL if that was told to be nowhere. */
static GArray *find_sources(const Host *host, const char *name)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleStatus) status = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(GArray) sources = NULL;
        gboolean has_status;

        wattle_report_init(&report);
        wattle_status_init(&status);
        if (!wattle_mesh_load(&mesh, host->cli->root_fd, name, WATTLE_LOAD_OR_LAST_GOOD, &report)) {
                wattle_print_report(&report);
                return NULL;
        }
        has_status = wattle_wattled_is_running(host->applier.bus) &&
                     wattle_wattled_load(host->applier.bus, name, &status, NULL);
        sources = wattle_update_find_sources(&mesh, name, has_status ? &status : NULL,
                                             g_get_real_time() / G_USEC_PER_SEC);
        if (sources->len > 0)
                return g_steal_pointer(&sources);
        wattle_print_error(
                "%s: there is nobody to ask: no member was heard in the last minutes, and "
                "neither UpdateURL= nor UpdateFrom= is given. --from=URL|FILE says where "
                "the profile is",
                name);
        return NULL;
}

static gboolean conclude(const WattleUpdater *updater, const WattleOffer *offer,
                         const WattleTaken *taken, const Host *host)
{
        guint64 serial = offer->lineage.serial;

        if (host->options.only_check) {
                if (taken->verdict == WATTLE_OFFER_TAKE)
                        wattle_updater_say(updater, "serial %ju is to be had from %s", serial,
                                           offer->name);
                return TRUE;
        }
        if (taken->is_kept)
                wattle_updater_say(updater, "serial %ju is in force", serial);
        else
                wattle_print_error(
                        "%s: serial %ju is not confirmed; 'wattle status %s' says how it stands",
                        updater->mesh, serial, updater->mesh);
        return taken->is_kept;
}

/* A transfer that takes its time says so, once a second, to somebody who waits. */
#define PROGRESS_US G_USEC_PER_SEC

typedef struct {
        const char *name;
        gint64 told_us; /* CLOCK_MONOTONIC */
} Progress;

static void show_progress(guint64 done, guint64 total, gpointer data)
{
        Progress *progress = data;
        gint64 now_us = g_get_monotonic_time();
        g_autofree char *got = wattle_format_bytes(done), *all = wattle_format_bytes(total);

        if (now_us - progress->told_us < PROGRESS_US || !isatty(STDERR_FILENO))
                return;
        progress->told_us = now_us;
        if (total > 0)
                wattle_print(stderr, "%s: %s of %s\n", progress->name, got, all);
        else
                wattle_print(stderr, "%s: %s\n", progress->name, got);
}

typedef enum {
        ASKED_FAILED,  /* and said why */
        ASKED_NOTHING, /* it has nothing newer */
        ASKED_TOOK,
        ASKED_NOT_KEPT,
} Asked;

static Asked ask(const Host *host, const WattleUpdater *updater, const WattleUpdateSource *source)
{
        WattleTakeOptions options = host->options;
        g_auto(WattleOffer) offer = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_autoptr(GError) error = NULL;
        Progress progress = { source->name, g_get_monotonic_time() };
        WattleTaken taken;

        options.peer = source->kind == WATTLE_UPDATE_SOURCE_PEER ? source->name : NULL;
        wattle_report_init(&report);
        if (!wattle_update_source_get(source, &offer, show_progress, &progress, &error)) {
                fail(source->name, error);
                return ASKED_FAILED;
        }
        if (!wattle_update_take(updater, &offer, &options, &taken, &report)) {
                wattle_print_report(&report);
                return ASKED_FAILED;
        }
        wattle_print_report(&report);
        if (taken.verdict != WATTLE_OFFER_TAKE && !taken.is_kept)
                return taken.verdict == WATTLE_OFFER_HAVE || taken.verdict == WATTLE_OFFER_OLDER
                               ? ASKED_NOTHING
                               : ASKED_FAILED;
        return conclude(updater, &offer, &taken, host) ? ASKED_TOOK : ASKED_NOT_KEPT;
}

/* The first that has a newer one is enough; one that has none or fails is no reason to give up. */
static gboolean ask_all(const Host *host, const WattleUpdater *updater, const GArray *sources)
{
        gboolean any = FALSE;

        for (guint i = 0; i < sources->len; i++) {
                Asked asked = ask(host, updater, &g_array_index(sources, WattleUpdateSource, i));

                if (asked == ASKED_TOOK || asked == ASKED_NOT_KEPT)
                        return asked == ASKED_TOOK;
                any = any || asked == ASKED_NOTHING;
        }
        return any;
}

static GArray *given_source(const Host *host, const char *mesh)
{
        GArray *sources = g_array_new(FALSE, FALSE, sizeof(WattleUpdateSource));
        g_autoptr(GError) error = NULL;
        WattleUpdateSource source = { 0 };

        g_array_set_clear_func(sources, (GDestroyNotify)wattle_update_source_clear);
        if (wattle_update_source_parse(host->from, mesh, &source, &error)) {
                g_array_append_val(sources, source);
                return sources;
        }
        fail("--from", error);
        g_array_unref(sources);
        return NULL;
}

/* A run that was killed may have left a profile that is neither kept nor taken back, and there need
 * be no service here that goes on with it. */
static gboolean go_on(const WattleUpdater *updater)
{
        g_auto(WattleUpdateState) state = { 0 };
        g_autoptr(GError) error = NULL;
        gboolean kept;

        return (wattle_update_state_load(updater->root_fd, updater->mesh, &state, &error) &&
                wattle_update_settle(updater, &state, &kept, &error)) ||
               fail(updater->mesh, error);
}

static gboolean update_mesh(const Host *host, const char *mesh)
{
        WattleHands hands = { &host->applier };
        const WattleUpdater updater = {
                .root_fd = host->cli->root_fd,
                .mesh = mesh,
                .apply = wattle_hands_apply,
                .wait = wattle_hands_wait,
                .guard = wattle_hands_guard,
                .say = say,
                .data = &hands,
        };
        g_autoptr(GArray) sources = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(WattleFd) lock = -1;

        if (!wattle_update_lock(&updater, &lock, &error))
                return fail(mesh, error);
        if (!host->options.only_check && !go_on(&updater))
                return FALSE;
        sources = host->from ? given_source(host, mesh) : find_sources(host, mesh);
        return sources && ask_all(host, &updater, sources);
}

/* Whether a mesh is signed; one that cannot be looked at is asked for too, and says why. */
static gboolean is_signed(const Host *host, const char *mesh)
{
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattleTrust) trust = { 0 };

        wattle_report_init(&unheard);
        return !wattle_mesh_read_trust(&trust, host->cli->root_fd, mesh, &unheard) || trust.path;
}

static gboolean update_all(const Host *host)
{
        g_auto(GStrv) meshes = wattle_cli_meshes(host->cli, NULL);
        gboolean ok = meshes != NULL, any = FALSE;

        for (guint i = 0; meshes && meshes[i]; i++)
                if (is_signed(host, meshes[i])) {
                        ok = update_mesh(host, meshes[i]) && ok;
                        any = TRUE;
                }
        if (ok && !any)
                wattle_print(stdout,
                             "no mesh of this host is signed: there is nothing to update\n");
        return ok;
}

static int update_as_root(Host *host, char **operands)
{
        gboolean ok;

        if (!wattle_cli_open_applier(host->cli, &wattle_verb_update, &host->applier))
                return EXIT_FAILURE;
        ok = operands[0] ? update_mesh(host, operands[0]) : update_all(host);
        sd_bus_flush_close_unref(host->applier.bus);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* polkit may have something against it. *ret is the Serial= of the profile before and after. */
static gboolean ask_wattled(sd_bus *bus, const char *mesh, guint64 ret[2], GError **error)
{
        g_auto(WattleStatus) before = { 0 }, after = { 0 };

        wattle_status_init(&before);
        wattle_status_init(&after);
        if (!wattle_wattled_load(bus, mesh, &before, error) ||
            !wattle_wattled_call(bus, mesh, "Update", NULL, NULL, error) ||
            !wattle_wattled_load(bus, mesh, &after, error))
                return FALSE;
        ret[0] = before.serial;
        ret[1] = after.serial;
        return TRUE;
}

/* As the timer of wattle-update does: members tell of newer profiles by themselves. */
static int update_as_user(const char *mesh)
{
        g_autoptr(GError) error = NULL;
        sd_bus *bus = NULL;
        guint64 serials[2];
        gboolean ok = wattle_bus_open(&bus, &error) && ask_wattled(bus, mesh, serials, &error);

        if (!ok)
                wattle_print_error(_("%s: %s; root may do it without: 'sudo wattle update %s'"),
                                   mesh, error->message, mesh);
        else if (serials[1] > serials[0])
                wattle_print(stdout, _("%s: serial %ju is in force\n"), mesh, serials[1]);
        else
                wattle_print(stdout, _("%s: there is nothing newer than serial %ju\n"), mesh,
                             serials[1]);
        sd_bus_flush_close_unref(bus);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_autofree char *from = NULL;
        Host host = { .cli = cli, .options.find_witnesses = wattle_hands_find_witnesses };
        const GOptionEntry options[] = {
                { "check", 'c', 0, G_OPTION_ARG_NONE, &host.options.only_check,
                  N_("say whether there is a newer profile, and take nothing"), NULL },
                { "from", 'f', 0, G_OPTION_ARG_FILENAME, &from,
                  N_("where the profile is, with MESH.mesh.minisig beside it"), "URL|FILE" },
                { "jump", 0, 0, G_OPTION_ARG_NONE, &host.options.may_jump,
                  N_("take a Serial= that is more than 1000000 ahead"), NULL },
                { "leave", 0, 0, G_OPTION_ARG_NONE, &host.options.may_leave,
                  N_("take a profile without this device, and switch the mesh off here"), NULL },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_update, options, argv, &operands))
                return cli->status;
        if (strcmp(cli->root, "/") != 0)
                return wattle_cli_usage(
                        &wattle_verb_update,
                        "--root= is of no use here: a network that runs is changed");
        if (from && !operands[0])
                return wattle_cli_usage(&wattle_verb_update, "--from= is for one MESH: say which");
        host.from = from;
        if (geteuid() != 0 && operands[0] && !from && !host.options.only_check &&
            !host.options.may_jump && !host.options.may_leave)
                return update_as_user(operands[0]);
        return update_as_root(&host, operands);
}

const WattleVerb wattle_verb_update = {
        .name = "update",
        .operands = "[MESH]",
        .n_min = 0,
        .n_max = 1,
        .summary = N_("get a newer signed profile, and run it"),
        .description = N_(
                "Asks UpdateFrom=, UpdateURL= and members of the mesh for a newer profile. One that is "
                "signed\n"
                "by whom this host trusts is installed and applied; a peer has to answer under it "
                "within\n"
                "30 seconds, or the one before comes back. Without MESH, all signed meshes."),
        .example = "wattle update home",
        .run = run,
};
