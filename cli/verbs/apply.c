/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/apply/apply.h"
#include "cli/cli.h"
#include "cli/managers/systemd.h"
#include "cli/managers/update-units.h"
#include "cli/managers/wattled-reload.h"
#include "cli/print.h"
#include "cli/prompt.h"
#include "cli/tailnet/apply.h"
#include "cli/update/hands.h"
#include "common/error.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/scalar.h"

/* For the word that all is well: long enough for a look from another terminal. */
#define CONFIRM_S 60

typedef struct {
        const WattleCli *cli;
        WattleApplier applier;
        gboolean dry_run;
        gint64 confirm_s; /* how long to wait for the word that all is well; 0: it is not asked for
                           */
} Host;

/* "1 peer added", unless there is none; takes over text. */
static void add_count(GPtrArray *parts, guint n, char *text)
{
        if (n > 0)
                g_ptr_array_add(parts, text);
        else
                g_free(text);
}

static void add_peers(GPtrArray *parts, const WattleWgSummary *change)
{
        guint n_new = change->n_new_peers, n_changed = change->n_changed_peers;
        guint n_removed = change->n_removed_peers;

        add_count(parts, n_new,
                  g_strdup_printf(P_("%u peer added", "%u peers added", n_new), n_new));
        add_count(parts, n_changed,
                  g_strdup_printf(P_("%u peer changed", "%u peers changed", n_changed), n_changed));
        add_count(parts, n_removed,
                  g_strdup_printf(P_("%u peer removed", "%u peers removed", n_removed), n_removed));
}

static void add_files(GPtrArray *parts, guint n_changed, guint n_removed)
{
        add_count(parts, n_changed,
                  g_strdup_printf(P_("%u file changed", "%u files changed", n_changed), n_changed));
        add_count(parts, n_removed,
                  g_strdup_printf(P_("%u file removed", "%u files removed", n_removed), n_removed));
}

static char *join(GPtrArray *parts, const char *separator)
{
        g_ptr_array_add(parts, NULL);
        return g_strjoinv(separator, (char **)parts->pdata);
}

/* "2 files changed, 1 peer added, 1 removed, networkd reloaded", or "nothing to change". */
static char *describe(const WattleApply *apply, const WattleApplied *applied)
{
        const WattlePlan *plan = &apply->plan;
        const WattleStep *removal = wattle_plan_find(plan, WATTLE_STEP_REMOVE_LINK);
        g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);

        add_files(parts, applied->n_changed_files, applied->n_removed_files);
        add_peers(parts, &applied->device);
        if (apply->facts.is_overridden)
                g_ptr_array_add(parts,
                                g_strdup(_("its .netdev file is overridden, so that the peers "
                                           "are left to systemd-networkd")));
        if (applied->device.is_set)
                g_ptr_array_add(parts, g_strdup(_("key, port or mark set")));
        if (removal)
                g_ptr_array_add(parts,
                                g_strdup_printf(_("interface %s removed"), removal->interface));
        if (wattle_plan_find(plan, WATTLE_STEP_START_NETWORKD))
                g_ptr_array_add(parts, g_strdup(_("systemd-networkd started")));
        else if (wattle_plan_find(plan, WATTLE_STEP_RELOAD_NETWORKD))
                g_ptr_array_add(parts, g_strdup(_("systemd-networkd reloaded")));
        if (applied->nm_restarted)
                g_ptr_array_add(parts, g_strdup(_("interface made anew by NetworkManager")));
        else if (applied->nm_reapplied)
                g_ptr_array_add(parts, g_strdup(_("addresses and routes set by NetworkManager")));
        if (applied->nm_zone)
                g_ptr_array_add(parts, g_strdup(_("zone set by NetworkManager")));
        return parts->len == 0 ? g_strdup(_("nothing to change")) : join(parts, ", ");
}

static void print_files(const WattleApply *apply, guint kinds, const char *verb)
{
        for (WattleFileKind kind = 0; kind < WATTLE_N_FILES; kind++) {
                g_autofree char *path = wattle_paths_file(kind, apply->mesh);

                if (kinds & WATTLE_FILE_BIT(kind))
                        wattle_print(stdout, "  %s /%s\n", verb, path);
        }
}

/* "change the peers of home (1 peer added)" */
static void print_device(const WattleApply *apply)
{
        g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *text = NULL;

        add_peers(parts, &apply->facts.device);
        if (apply->facts.device.is_set)
                g_ptr_array_add(parts, g_strdup(_("key, port or mark set")));
        text = join(parts, ", ");
        wattle_print(stdout, "  change the interface %s: %s\n", apply->deployment.view->interface,
                     text);
}

static void print_step(const WattleApply *apply, const WattleStep *step)
{
        static const char *const words[] = {
                [WATTLE_STEP_TAKE_FROM_NM] = N_("take the connection from NetworkManager"),
                [WATTLE_STEP_KEEP_NETDEV] =
                        N_("keep the .netdev file that systemd-networkd has loaded"),
                [WATTLE_STEP_RELOAD_NM] = N_("have NetworkManager read its configuration"),
                [WATTLE_STEP_RELOAD_SYSTEMD] = N_("have systemd run its generators"),
                [WATTLE_STEP_START_UNIT] = N_("start"),
                [WATTLE_STEP_STOP_UNIT] = N_("stop"),
                [WATTLE_STEP_RELOAD_UNIT] = N_("reload"),
                [WATTLE_STEP_START_NETWORKD] = N_("start systemd-networkd"),
                [WATTLE_STEP_RELOAD_NETWORKD] = N_("have systemd-networkd read its files"),
                [WATTLE_STEP_CHECK_DEVICE] = N_("see that the peers are still as the mesh says"),
                [WATTLE_STEP_WRITE_PROFILE] =
                        N_("write NetworkManager's profile, if it is not as the mesh says"),
                [WATTLE_STEP_LOAD_PROFILE] =
                        N_("have NetworkManager read the profile, if it is new"),
                [WATTLE_STEP_FOLLOW_PROFILE] =
                        N_("bring what NetworkManager has up to what the profile says"),
                [WATTLE_STEP_NM_DOWN] = N_("take the connection of NetworkManager down"),
                [WATTLE_STEP_NM_UP] = N_("bring the connection of NetworkManager up"),
                [WATTLE_STEP_APPLY_SYSCTLS] = N_("have systemd-sysctl set the kernel's settings"),
        };
        gboolean has_unit = step->kind == WATTLE_STEP_START_UNIT ||
                            step->kind == WATTLE_STEP_STOP_UNIT ||
                            step->kind == WATTLE_STEP_RELOAD_UNIT;

        if (step->kind == WATTLE_STEP_INSTALL) {
                print_files(apply, apply->facts.files.changed, _("write"));
                print_files(apply, apply->facts.files.removed, _("remove"));
        } else if (step->kind == WATTLE_STEP_UPDATE_DEVICE) {
                print_device(apply);
        } else if (step->kind == WATTLE_STEP_REMOVE_LINK) {
                wattle_print(stdout, "  remove the interface %s\n", step->interface);
        } else {
                g_autofree char *unit =
                        has_unit ? wattle_paths_unit(step->unit, apply->mesh) : g_strdup("");

                wattle_print(stdout, "  %s%s%s\n", _(words[step->kind]), has_unit ? " " : "", unit);
        }
}

static void print_plan(const WattleApply *apply)
{
        if (apply->plan.n == 0) {
                wattle_print(stdout, "%s: nothing to change\n", apply->mesh);
                return;
        }
        wattle_print(stdout, "%s: these steps are to be done:\n", apply->mesh);
        for (guint i = 0; i < apply->plan.n; i++)
                print_step(apply, &apply->plan.steps[i]);
}

static gboolean load(WattleApply *apply)
{
        const WattleApplier *applier = apply->applier;
        g_auto(WattleReport) report = { 0 };
        gboolean ok;

        wattle_report_init(&report);
        ok = wattle_deployment_load(&apply->deployment, applier->root_fd, apply->mesh,
                                    &applier->networkd_gid, WATTLE_LOAD_PRESENT, &report) &&
             wattle_deployment_check_nm(&apply->deployment, applier->root_fd, &report);
        wattle_print_report(&report);
        if (!ok)
                wattle_print_error("%s: keeping the previous configuration", apply->mesh);
        return ok;
}

static gboolean carry_out(const WattleApply *apply, GError **error)
{
        WattleApplied applied = { 0 };
        g_autofree char *text = NULL;

        if (!wattle_apply_run(apply, &applied, error))
                return FALSE;
        text = describe(apply, &applied);
        if (apply->is_known)
                wattle_print(stdout, "%s: %s\n", apply->mesh, text);
        return TRUE;
}

/* Told before anything is done, and with --dry-run too. */
static void warn(const WattleApply *apply)
{
        g_autofree char *warning = wattle_plan_warning(&apply->plan, &apply->facts);

        if (warning)
                wattle_print_error("%s: warning: %s", apply->mesh, warning);
}

static gboolean plan_and_run(const Host *host, WattleApply *apply, GError **error)
{
        if (!wattle_apply_plan(apply, error))
                return FALSE;
        warn(apply);
        return host->dry_run || carry_out(apply, error);
}

/* What is applied ran well: a stray edit then takes this host off no more, and 'apply --confirm'
 * has something to go back to. */
static void keep_last_good(const WattleApply *apply)
{
        const WattleProfile *profile = apply->deployment.mesh.profile;
        g_autoptr(GError) error = NULL;

        if (profile && !wattle_update_keep_installed(apply->applier->root_fd, apply->mesh,
                                                     profile->serial, &error))
                wattle_print_error("warning: %s: applied, but not kept as the last good profile, "
                                   "which would stand in for one that does not do: %s",
                                   apply->mesh, error->message);
}

/* A failure is told and no more: the mesh runs, and newer profiles can be had by 'wattle update'.
 */
static void follow_units(const WattleApply *apply)
{
        const WattleDeployment *deployment = &apply->deployment;
        g_autofree char *relay = wattle_paths_unit(WATTLE_UNIT_RELAY_SOCKET, apply->mesh);
        g_autofree char *portmap = wattle_paths_unit(WATTLE_UNIT_PORTMAP_SOCKET, apply->mesh);
        g_autoptr(GError) error = NULL;

        if (!wattle_update_units_follow(
                    apply->applier->bus, apply->mesh, deployment->mesh.is_signed,
                    deployment->view ? deployment->view->interface : NULL, &error))
                wattle_print_error("warning: %s: newer profiles do not come by themselves: %s",
                                   apply->mesh, error->message);
        g_clear_error(&error);
        if (!wattle_systemd_follow(apply->applier->bus, portmap,
                                   deployment->view && deployment->mesh.local.port_mapping, &error))
                wattle_print_error("warning: %s: the router is asked for no port: %s", apply->mesh,
                                   error->message);
        g_clear_error(&error);
        if (!wattle_systemd_follow(apply->applier->bus, relay,
                                   deployment->view && deployment->view->relay, &error))
                wattle_print_error("warning: %s: this device is no relay yet: %s", apply->mesh,
                                   error->message);
        g_clear_error(&error);
        /* Another mesh may want it still. */
        if (deployment->view && deployment->view->exit_node &&
            !wattle_systemd_follow(apply->applier->bus, WATTLE_UNIT_LOOKUP_SOCKET, TRUE, &error))
                wattle_print_error("warning: %s: endpoints are not looked up past the tunnel: %s",
                                   apply->mesh, error->message);
}

static gboolean apply_one(const Host *host, const char *mesh)
{
        g_auto(WattleApply) apply = { .applier = &host->applier, .mesh = mesh };
        g_autoptr(GError) error = NULL;

        if (!load(&apply))
                return FALSE;
        if (!plan_and_run(host, &apply, &error)) {
                wattle_print_error("%s: %s", mesh, error->message);
                return FALSE;
        }
        if (!host->dry_run) {
                keep_last_good(&apply);
                follow_units(&apply);
                wattle_apply_done(&apply);
        }
        if (!apply.is_known)
                wattle_print_error("no mesh %s: there is no %s/%s.mesh", mesh, WATTLE_CONFDIR,
                                   mesh);
        else if (host->dry_run)
                print_plan(&apply);
        return apply.is_known;
}

/* The name of an installed mesh, of a name or of its path; NULL if that was told to be none. */
static char *mesh_of_operand(const Host *host, const char *operand)
{
        gboolean is_path = strchr(operand, '/') || g_str_has_suffix(operand, WATTLE_MESH_SUFFIX);
        g_autofree char *name = is_path ? wattle_mesh_name_of_path(operand) : g_strdup(operand);
        g_autofree char *installed = NULL;
        g_autoptr(GError) error = NULL;
        struct stat given, found;

        if (!wattle_identifier_check(name, WATTLE_MESH_NAME_MAX, &error)) {
                wattle_print_error("%s", error->message);
                return NULL;
        }
        if (!is_path)
                return g_steal_pointer(&name);
        installed = wattle_mesh_find(host->applier.root_fd, name);
        if (installed && stat(operand, &given) == 0 && stat(installed, &found) == 0 &&
            given.st_dev == found.st_dev && given.st_ino == found.st_ino)
                return g_steal_pointer(&name);
        wattle_print_error(
                "%s is not the mesh %s that is installed: copy it to %s/%s%s, and apply that",
                operand, name, WATTLE_CONFDIR, name, WATTLE_MESH_SUFFIX);
        return NULL;
}

static gboolean apply_tailnet(const Host *host, const char *operand)
{
        return wattle_tailnet_apply(host->cli, &host->applier, operand, host->dry_run);
}

static gboolean apply_operands(const Host *host, char **operands)
{
        gboolean ok = TRUE;

        for (guint i = 0; operands[i]; i++) {
                gboolean is_tailnet = wattle_tailnet_is_to_apply(host->cli, operands[i]);
                g_autofree char *mesh = is_tailnet ? NULL : mesh_of_operand(host, operands[i]);

                if (is_tailnet)
                        ok = apply_tailnet(host, operands[i]) && ok;
                else
                        ok = mesh && apply_one(host, mesh) && ok;
        }
        return ok;
}

static void say(const WattleUpdater *updater, const char *line)
{
        wattle_print(stdout, "%s: %s\n", updater->mesh, line);
        (void)fflush(stdout);
}

/* Of the updater whose hands are these. */
typedef struct {
        WattleHands hands;
        gint64 limit_s;
} Asking;

static gboolean ask(const WattleUpdater *updater, G_GNUC_UNUSED gint64 limit_s)
{
        const Asking *asking = updater->data;
        g_autofree char *question = g_strdup_printf(
                _("%s is applied. Is all well? The profile before comes back in %jd s. [y/N] "),
                updater->mesh, asking->limit_s);

        return wattle_prompt_confirm(question, asking->limit_s);
}

/* What is installed, as a candidate that a person confirms. FALSE if it was taken back, too. */
static gboolean try_installed(const WattleUpdater *updater, const WattlePair *candidate,
                              GError **error)
{
        g_auto(WattleUpdateState) state = { 0 };
        g_autofree char *path = wattle_paths_candidate(updater->mesh);
        gboolean kept = FALSE;

        if (!wattle_update_state_load(updater->root_fd, updater->mesh, &state, error))
                return FALSE;
        g_clear_pointer(&state.witnesses, g_strfreev);
        state.asks_person = TRUE;
        if (!wattle_update_begin(updater, &state, candidate, error) ||
            !wattle_update_settle(updater, &state, &kept, error))
                return FALSE;
        if (!kept)
                return wattle_error_refuse(error, "it was taken back; the text is in %s", path);
        wattle_updater_say(updater, "stays");
        return TRUE;
}

static gboolean read_installed(const WattleUpdater *updater, WattlePair *installed,
                               WattlePair *last_good, GError **error)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleTrust) trust = { 0 };
        g_autofree char *path = wattle_mesh_find(updater->root_fd, updater->mesh);
        g_autofree char *last = wattle_paths_last_good(updater->mesh);

        wattle_report_init(&report);
        if (!path)
                return wattle_error_refuse(error, "no such mesh is installed");
        if (!wattle_mesh_read_trust(&trust, updater->root_fd, updater->mesh, &report)) {
                wattle_print_report(&report);
                return wattle_error_refuse(error, "keeping the previous configuration");
        }
        return wattle_pair_read(installed, updater->root_fd, path, &trust, error) &&
               (wattle_pair_read(last_good, updater->root_fd, last, &trust, NULL) ||
                wattle_error_refuse(error,
                                    "there is no profile to come back to: one that is applied "
                                    "without --confirm first is kept as such"));
}

static gboolean apply_and_ask(const Host *host, const char *mesh)
{
        Asking asking = { { &host->applier }, host->confirm_s };
        const WattleUpdater updater = {
                .root_fd = host->applier.root_fd,
                .mesh = mesh,
                .apply = wattle_hands_apply,
                .ask = ask,
                .guard = wattle_hands_guard,
                .say = say,
                .data = &asking,
        };
        g_auto(WattlePair) installed = { 0 }, last_good = { 0 };
        g_autoptr(GError) error = NULL;
        g_auto(WattleFd) lock = -1;

        if (!wattle_update_lock(&updater, &lock, &error) ||
            !read_installed(&updater, &installed, &last_good, &error)) {
                wattle_print_error("%s: %s", mesh, error->message);
                return FALSE;
        }
        if (wattle_pair_equal(&installed, &last_good)) {
                say(&updater, _("is as it was applied last: there is nothing to confirm"));
                return TRUE;
        }
        if (!try_installed(&updater, &installed, &error)) {
                wattle_print_error("%s: %s", mesh, error->message);
                return FALSE;
        }
        return TRUE;
}

static gboolean apply_list(const Host *host, char **meshes)
{
        gboolean ok = TRUE;

        for (guint i = 0; meshes[i]; i++)
                ok = apply_one(host, meshes[i]) && ok;
        return ok;
}

static gboolean apply_all(const Host *host)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(GStrv) meshes = NULL, leftovers = NULL, tailnets = NULL;
        gboolean ok;

        wattle_report_init(&report);
        meshes = wattle_mesh_list(host->applier.root_fd, &report);
        leftovers = wattle_deployment_list_leftovers(host->applier.root_fd);
        tailnets = wattle_tailnet_list_to_apply(host->applier.root_fd);
        wattle_print_report(&report);
        if (!meshes[0] && !leftovers[0] && !tailnets[0])
                wattle_print(stdout, "no mesh is installed: 'wattle init' makes one\n");
        ok = apply_list(host, meshes) && report.n_errors == 0;
        for (guint i = 0; leftovers[i]; i++)
                if (!g_strv_contains((const char *const *)tailnets, leftovers[i]))
                        ok = apply_one(host, leftovers[i]) && ok;
        for (guint i = 0; tailnets[i]; i++)
                ok = apply_tailnet(host, tailnets[i]) && ok;
        return ok;
}

static gboolean apply(const Host *host, char **operands, GError **error)
{
        g_auto(WattleFd) lock = -1;

        if (host->confirm_s > 0) {
                g_autofree char *mesh = mesh_of_operand(host, operands[0]);

                return mesh && apply_and_ask(host, mesh);
        }
        /* A dry run changes nothing, not even what a killed run has left. */
        if (!host->dry_run && !wattle_apply_lock(&host->applier, &lock, error))
                return FALSE;
        return operands[0] ? apply_operands(host, operands) : apply_all(host);
}

/* A failure is told and no more: no interface depends on wattled. */
static void reload_wattled(const WattleApplier *applier)
{
        g_autoptr(GError) error = NULL;

        if (!wattle_wattled_reload(applier->root_fd, applier->bus, &error))
                wattle_print_error("the peers' endpoints are not looked after: %s", error->message);
}

static int apply_as_root(const WattleCli *cli, Host *host, char **operands)
{
        g_autoptr(GError) error = NULL;
        gboolean ok;

        if (!wattle_cli_open_applier(cli, &wattle_verb_apply, &host->applier))
                return EXIT_FAILURE;
        ok = apply(host, operands, &error);
        if (error)
                wattle_print_error("%s", error->message);
        if (!host->dry_run && host->confirm_s == 0)
                reload_wattled(&host->applier);
        sd_bus_flush_close_unref(host->applier.bus);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static gint64 confirm_s;

static gboolean parse_confirm(G_GNUC_UNUSED const char *name, const char *text,
                              G_GNUC_UNUSED gpointer data, GError **error)
{
        guint64 value = CONFIRM_S;

        if (text && !wattle_uint_parse(text, 5, 3600, &value, error)) {
                g_prefix_error(error, "--confirm: ");
                return FALSE;
        }
        confirm_s = (gint64)value;
        return TRUE;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        Host host = { 0 };
        const GOptionEntry options[] = {
                { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &host.dry_run,
                  N_("say what would be done, and do nothing"), NULL },
                { "confirm", 'c', G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK,
                  (gpointer)parse_confirm,
                  N_("ask whether all is well, and go back without a yes (60)"), "SECONDS" },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_apply, options, argv, &operands))
                return cli->status;
        if (strcmp(cli->root, "/") != 0)
                return wattle_cli_usage(&wattle_verb_apply,
                                        "--root= is of no use here: a network that runs is "
                                        "changed; 'wattle render' writes files elsewhere");
        host.cli = cli;
        host.confirm_s = confirm_s;
        if (host.confirm_s > 0 && (host.dry_run || !operands[0] || operands[1]))
                return wattle_cli_usage(&wattle_verb_apply,
                                        "--confirm is for one MESH, and not with --dry-run");
        return apply_as_root(cli, &host, operands);
}

const WattleVerb wattle_verb_apply = {
        .name = "apply",
        .operands = "[MESH|TAILNET...]",
        .n_min = 0,
        .n_max = G_MAXUINT,
        .summary = N_("bring this host to what its meshes and tailnet say now"),
        .description = N_(
                "Writes the files that changed, and changes the running interface as little as "
                "possible:\n"
                "peers that stay keep their session and the endpoint that was learnt. A bad mesh "
                "changes\n"
                "nothing. A mesh that is gone or disabled goes away with its interface. Without MESH, "
                "all."),
        .example = "wattle apply home",
        .run = run,
};
