/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tailnet/apply.h"

#include <fcntl.h>
#include <string.h>

#include "cli/managers/nm.h"
#include "cli/managers/systemd.h"
#include "cli/print.h"
#include "cli/tailnet/operand.h"
#include "cli/tailnet/plan.h"
#include "common/error.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/render-tailnet.h"
#include "common/scalar.h"
#include "common/sys/deploy.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/tailnet/tailnets.h"

#define GENERATOR_DIR "run/systemd/generator"
#define MAX_BYTES     (1024 * 1024)

typedef struct {
        const WattleApplier *applier;
        const char *operand;
        char *name;
        gboolean is_there; /* else it is gone, and has left files */
        WattleTailnet tailnet;
        GBytes *bytes; /* of a file that is to be installed; NULL: it is in its place */
        WattleFileset files;
        WattleTailnetFacts facts;
        WattleTailnetPlan plan;
        WattleChanges changes; /* that were made */
} Apply;

static void apply_clear(Apply *apply)
{
        g_free(apply->name);
        wattle_tailnet_clear(&apply->tailnet);
        g_clear_pointer(&apply->bytes, g_bytes_unref);
        wattle_fileset_clear(&apply->files);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Apply, apply_clear)

static char *path_of(const char *name)
{
        return g_strdup_printf(WATTLE_CONFDIR "/%s" WATTLE_TAILNET_SUFFIX, name);
}

static gboolean has_files(int root_fd, const char *name)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_TAILNET_ENVIRONMENT, name);

        return wattle_path_exists(root_fd, path);
}

gboolean wattle_tailnet_is_to_apply(const WattleCli *cli, const char *operand)
{
        if (wattle_cli_is_tailnet(cli, operand))
                return TRUE;
        return wattle_identifier_check(operand, WATTLE_MESH_NAME_MAX, NULL) &&
               !wattle_mesh_exists(cli->root_fd, operand) && has_files(cli->root_fd, operand);
}

char **wattle_tailnet_list_to_apply(int root_fd)
{
        g_autofree char *enabled = wattle_tailnet_first_enabled(root_fd);
        g_auto(GStrv) left = wattle_install_list_meshes(root_fd, WATTLE_FILE_TAILNET_ENVIRONMENT);
        g_autoptr(GStrvBuilder) names = g_strv_builder_new();

        /* What goes is out of the way first. */
        for (guint i = 0; left[i]; i++)
                if (wattle_identifier_check(left[i], WATTLE_MESH_NAME_MAX, NULL) &&
                    g_strcmp0(left[i], enabled) != 0)
                        g_strv_builder_add(names, left[i]);
        if (enabled)
                g_strv_builder_add(names, enabled);
        return g_strv_builder_end(names);
}

/* A file elsewhere is checked as what it is to become. */
static gboolean load_file(Apply *apply, WattleReport *report)
{
        int root_fd = apply->applier->root_fd;
        g_autofree char *path = path_of(apply->name);
        g_autoptr(GBytes) installed = NULL;
        g_autoptr(GError) error = NULL;

        if (wattle_path_is_masked(root_fd, path + 1))
                wattle_report_error(report, (WattlePlace){ path, 0, 0 },
                                    "is masked by a link to /dev/null: remove that first");
        apply->bytes = wattle_read_file(AT_FDCWD, apply->operand, MAX_BYTES, &error);
        if (!apply->bytes)
                wattle_report_error(report, (WattlePlace){ apply->operand, 0, 0 }, "%s",
                                    error->message);
        if (report->n_errors > 0 ||
            !wattle_tailnet_load_file(&apply->tailnet, apply->operand, report) ||
            !wattle_tailnet_check_beside(&apply->tailnet, root_fd, apply->name, apply->operand,
                                         report))
                return FALSE;
        installed = wattle_read_file(root_fd, path + 1, MAX_BYTES, NULL);
        apply->facts.is_new = !installed || !g_bytes_equal(installed, apply->bytes);
        return TRUE;
}

static gboolean load(Apply *apply, const WattleCli *cli)
{
        gboolean is_path = g_str_has_suffix(apply->operand, WATTLE_TAILNET_SUFFIX);
        g_auto(WattleReport) report = { 0 };
        g_autoptr(GError) error = NULL;
        gboolean ok;

        wattle_report_init(&report);
        wattle_tailnet_init(&apply->tailnet);
        wattle_fileset_init_tailnet(&apply->files);
        apply->name =
                is_path ? wattle_tailnet_name_of_path(apply->operand) : g_strdup(apply->operand);
        apply->is_there = is_path || wattle_cli_is_tailnet(cli, apply->operand);
        if (!wattle_identifier_check(apply->name, WATTLE_MESH_NAME_MAX, &error)) {
                wattle_print_error("%s: cannot be a tailnet's name: %s", apply->operand,
                                   error->message);
                return FALSE;
        }
        ok = is_path ? load_file(apply, &report)
                     : !apply->is_there || wattle_tailnet_load(&apply->tailnet, cli->root_fd,
                                                               apply->name, &report);
        apply->facts.wanted = ok && apply->is_there && apply->tailnet.enable;
        if (apply->facts.wanted) {
                wattle_render_tailnet(&apply->tailnet, wattle_host_systemd_version(cli->root_fd),
                                      &apply->files);
                wattle_cli_advise_tailnet(cli, &apply->tailnet, &report);
        }
        wattle_print_report(&report);
        if (!ok)
                wattle_print_error("%s: keeping the previous configuration", apply->name);
        return ok;
}

/* Its unit is bound to the interface, and would wait for one without end. */
static gboolean look_at_filter(Apply *apply, GError **error)
{
        const char *interface = apply->tailnet.interface.value;
        g_autofree char *filter = wattle_paths_unit(WATTLE_UNIT_FILTER, apply->name);
        g_autofree char *device = interface ? wattle_device_unit(interface) : NULL;
        WattleTailnetFacts *facts = &apply->facts;

        return wattle_systemd_is_active(apply->applier->bus, filter, &facts->filter_runs, error) &&
               (!device ||
                wattle_systemd_is_active(apply->applier->bus, device, &facts->has_device, error));
}

static gboolean look(Apply *apply, GError **error)
{
        WattleTailnetFacts *facts = &apply->facts;
        sd_bus *bus = apply->applier->bus;
        int root_fd = apply->applier->root_fd;
        g_autofree char *writer = wattle_paths_unit(WATTLE_UNIT_TAILNET, apply->name);
        g_autofree char *unit = wattle_tailnet_find_unit(root_fd);
        g_autofree char *link = g_strdup_printf(GENERATOR_DIR "/sysinit.target.wants/%s", writer);

        wattle_install_compare(root_fd, apply->name, &apply->files, NULL, &facts->files);
        facts->is_pending = wattle_pending_get(root_fd, apply->name);
        facts->is_linked = wattle_path_exists(root_fd, link);
        facts->has_daemon = unit != NULL;
        facts->has_filter = wattle_host_has_filter(root_fd);
        facts->wants_filter = wattle_fileset_find(&apply->files, WATTLE_FILE_TAILNET_FILTER) ||
                              wattle_fileset_find(&apply->files, WATTLE_FILE_TAILNET_FIREWALL);
        facts->has_login = wattle_host_has_tailscale(root_fd);
        return wattle_systemd_is_active(bus, writer, &facts->writer_runs, error) &&
               wattle_systemd_is_active(bus, WATTLE_UNIT_NETWORKD, &facts->networkd_runs, error) &&
               wattle_systemd_is_active(bus, WATTLE_UNIT_TAILSCALED, &facts->daemon_runs, error) &&
               wattle_nm_is_running(bus, &facts->nm_runs, error) && look_at_filter(apply, error);
}

static gboolean copy(const Apply *apply, GError **error)
{
        g_autofree char *path = path_of(apply->name);
        gsize size;
        const char *data = g_bytes_get_data(apply->bytes, &size);

        return wattle_make_folders(apply->applier->root_fd, path + 1, error) &&
               wattle_write_file(apply->applier->root_fd, path + 1, 0644, data ? data : "", size,
                                 error);
}

static gboolean run_unit(const Apply *apply, const char *method, WattleUnitKind kind,
                         GError **error)
{
        g_autofree char *unit = wattle_paths_unit(kind, apply->name);

        return wattle_systemd_run_job(apply->applier->bus, method, unit, error);
}

/* From here on it is systemd's, should we be killed as the way to us ends. */
static void forget(gpointer data)
{
        const Apply *apply = data;

        wattle_pending_clear(apply->applier->root_fd, apply->name);
}

static gboolean run_step(Apply *apply, WattleTailnetStep step, GError **error)
{
        sd_bus *bus = apply->applier->bus;

        switch (step) {
        case WATTLE_TAILNET_STEP_COPY:
                return copy(apply, error);
        case WATTLE_TAILNET_STEP_INSTALL:
                return wattle_install(apply->applier->root_fd, apply->name, &apply->files, NULL,
                                      &apply->changes, error);
        case WATTLE_TAILNET_STEP_RELOAD_SYSTEMD:
                return wattle_systemd_reload(bus, error);
        case WATTLE_TAILNET_STEP_START_WRITER:
                return run_unit(apply, "StartUnit", WATTLE_UNIT_TAILNET, error);
        case WATTLE_TAILNET_STEP_STOP_WRITER:
                return run_unit(apply, "StopUnit", WATTLE_UNIT_TAILNET, error);
        case WATTLE_TAILNET_STEP_RELOAD_NM:
                return wattle_nm_reload_config(bus, error);
        case WATTLE_TAILNET_STEP_RELOAD_NETWORKD:
                return wattle_networkd_reload(bus, error);
        case WATTLE_TAILNET_STEP_RESTART_NETWORKD:
                return wattle_systemd_run_job(bus, "RestartUnit", WATTLE_UNIT_NETWORKD, error);
        case WATTLE_TAILNET_STEP_APPLY_SYSCTLS:
                return wattle_systemd_apply_sysctls(apply->tailnet.interface.value, error);
        case WATTLE_TAILNET_STEP_START_FILTER:
                return run_unit(apply, "StartUnit", WATTLE_UNIT_FILTER, error);
        case WATTLE_TAILNET_STEP_RELOAD_FILTER:
                return run_unit(apply, "ReloadOrRestartUnit", WATTLE_UNIT_FILTER, error);
        case WATTLE_TAILNET_STEP_STOP_FILTER:
                return run_unit(apply, "StopUnit", WATTLE_UNIT_FILTER, error);
        case WATTLE_TAILNET_STEP_START_DAEMON:
                return wattle_systemd_run_job(bus, "StartUnit", WATTLE_UNIT_TAILSCALED, error);
        case WATTLE_TAILNET_STEP_RESTART_DAEMON:
                return wattle_systemd_run_job_then(bus, "RestartUnit", WATTLE_UNIT_TAILSCALED,
                                                   forget, apply, error);
        case WATTLE_TAILNET_STEP_START_LOGIN:
                return run_unit(apply, "StartUnit", WATTLE_UNIT_TAILSCALE, error);
        case WATTLE_TAILNET_STEP_RESTART_LOGIN:
                return run_unit(apply, "RestartUnit", WATTLE_UNIT_TAILSCALE, error);
        case WATTLE_TAILNET_N_STEPS:
                break;
        }
        g_assert_not_reached();
}

static gboolean run(Apply *apply, GError **error)
{
        int root_fd = apply->applier->root_fd;

        if (apply->plan.n > 0 && !wattle_pending_set(root_fd, apply->name, error))
                return FALSE;
        for (guint i = 0; i < apply->plan.n; i++)
                if (!run_step(apply, apply->plan.steps[i], error))
                        return FALSE;
        wattle_pending_clear(root_fd, apply->name);
        return TRUE;
}

static const struct {
        const char *plan, *done; /* done NULL: not worth a word */
} words[WATTLE_TAILNET_N_STEPS] = {
        [WATTLE_TAILNET_STEP_COPY] = { N_("write the file to its place"), N_("installed") },
        [WATTLE_TAILNET_STEP_INSTALL] = { N_("write what is made of it, below /run"), NULL },
        [WATTLE_TAILNET_STEP_RELOAD_SYSTEMD] = { N_("have systemd run its generators"), NULL },
        [WATTLE_TAILNET_STEP_START_WRITER] = { N_("start its wattle-tailnet@"), NULL },
        [WATTLE_TAILNET_STEP_STOP_WRITER] = { N_("stop its wattle-tailnet@"), NULL },
        [WATTLE_TAILNET_STEP_RELOAD_NM] = { N_("have NetworkManager read its configuration"),
                                            NULL },
        [WATTLE_TAILNET_STEP_RELOAD_NETWORKD] = { N_("have systemd-networkd read its files"),
                                                  N_("systemd-networkd reloaded") },
        [WATTLE_TAILNET_STEP_RESTART_NETWORKD] = { N_("restart systemd-networkd"),
                                                   N_("systemd-networkd restarted") },
        [WATTLE_TAILNET_STEP_APPLY_SYSCTLS] = { N_("have systemd-sysctl set the kernel's settings"),
                                                NULL },
        [WATTLE_TAILNET_STEP_START_FILTER] = { N_("start its wattle-filter@"), NULL },
        [WATTLE_TAILNET_STEP_RELOAD_FILTER] = { N_("reload its wattle-filter@"), NULL },
        [WATTLE_TAILNET_STEP_STOP_FILTER] = { N_("stop its wattle-filter@"), NULL },
        [WATTLE_TAILNET_STEP_START_DAEMON] = { N_("start tailscaled"), N_("tailscaled started") },
        [WATTLE_TAILNET_STEP_RESTART_DAEMON] = { N_("restart tailscaled, as one job"),
                                                 N_("tailscaled restarted") },
        [WATTLE_TAILNET_STEP_START_LOGIN] = { N_("start its wattle-tailscale@"), NULL },
        [WATTLE_TAILNET_STEP_RESTART_LOGIN] = { N_("have wattle-tailscale@ set what is declared"),
                                                N_("settings handed to Tailscale") },
};

static void print_plan(const Apply *apply)
{
        if (apply->plan.n == 0)
                wattle_print(stdout, "%s: nothing to change\n", apply->name);
        else
                wattle_print(stdout, "%s: these steps are to be done:\n", apply->name);
        for (guint i = 0; i < apply->plan.n; i++)
                wattle_print(stdout, "  %s\n", _(words[apply->plan.steps[i]].plan));
}

static void print_done(const Apply *apply)
{
        g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *text = NULL;
        guint n_changed = wattle_file_bits_count(apply->changes.changed);
        guint n_removed = wattle_file_bits_count(apply->changes.removed);

        if (n_changed > 0)
                g_ptr_array_add(
                        parts, g_strdup_printf(P_("%u file changed", "%u files changed", n_changed),
                                               n_changed));
        if (n_removed > 0)
                g_ptr_array_add(
                        parts, g_strdup_printf(P_("%u file removed", "%u files removed", n_removed),
                                               n_removed));
        for (guint i = 0; i < apply->plan.n; i++)
                if (words[apply->plan.steps[i]].done)
                        g_ptr_array_add(parts, g_strdup(_(words[apply->plan.steps[i]].done)));
        g_ptr_array_add(parts, NULL);
        text = g_strjoinv(", ", (char **)parts->pdata);
        wattle_print(stdout, "%s: %s\n", apply->name, *text ? text : _("nothing to change"));
        if (!apply->facts.wanted && apply->facts.daemon_runs)
                wattle_print(stdout,
                             "%s: tailscaled runs on as it was started: 'systemctl restart "
                             "tailscaled' gives it the distribution's settings, 'systemctl stop "
                             "tailscaled' ends it\n",
                             apply->name);
}

gboolean wattle_tailnet_apply(const WattleCli *cli, const WattleApplier *applier,
                              const char *operand, gboolean dry_run)
{
        g_auto(Apply) apply = { .applier = applier, .operand = operand };
        g_autoptr(GError) error = NULL;

        if (!load(&apply, cli))
                return FALSE;
        if (look(&apply, &error)) {
                wattle_tailnet_plan(&apply.facts, &apply.plan);
                if (dry_run || run(&apply, &error)) {
                        (dry_run ? print_plan : print_done)(&apply);
                        return TRUE;
                }
        }
        wattle_print_error("%s: %s", apply.name, error->message);
        return FALSE;
}
