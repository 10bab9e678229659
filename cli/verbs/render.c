/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/print.h"
#include "cli/tailnet/operand.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/render-tailnet.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/install.h"

typedef struct {
        char *as, *owner_text, *systemd_text, *output;
        char **local_files;
        WattleOwner owner;
        guint systemd_version;
} Options;

static void options_clear(Options *options)
{
        g_free(options->as);
        g_free(options->owner_text);
        g_free(options->systemd_text);
        g_free(options->output);
        g_strfreev(options->local_files);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean parse_values(const WattleCli *cli, Options *options, GError **error)
{
        guint64 version = 0;

        if (options->owner_text &&
            !wattle_owner_parse(options->owner_text, &options->owner, error)) {
                g_prefix_error(error, "--owner: ");
                return FALSE;
        }
        if (options->systemd_text &&
            !wattle_uint_parse(options->systemd_text, 1, G_MAXUINT16, &version, error)) {
                g_prefix_error(error, "--systemd: ");
                return FALSE;
        }
        options->systemd_version =
                options->systemd_text ? (guint)version : wattle_host_systemd_version(cli->root_fd);
        return TRUE;
}

static gboolean load_local_files(WattleMesh *mesh, char **files, WattleReport *report)
{
        gboolean ok = TRUE;

        for (guint i = 0; files && files[i]; i++)
                ok = wattle_local_load_file(&mesh->local, files[i], report) && ok;
        return ok;
}

static gboolean check_systemd(guint version, WattleReport *report)
{
        if (version >= WATTLE_SYSTEMD_MIN)
                return TRUE;
        wattle_report_error(report, WATTLE_NO_PLACE,
                            "systemd %u is too old: its networkd lacks what these files use; %d or "
                            "newer is needed",
                            version, WATTLE_SYSTEMD_MIN);
        return FALSE;
}

/* What files cannot be made for, with the way out. */
static gboolean check_view(const WattleView *view, const WattleMesh *mesh, guint systemd_version,
                           WattleReport *report)
{
        WattlePlace place = { mesh->profile->file, 0, 0 };

        if (!view->self.managed)
                wattle_report_error(report, place,
                                    "device %s runs no wattle (Managed=no): 'wattle export %s %s' "
                                    "makes the file for it",
                                    view->self.name, view->self.name, mesh->path);
        else if (check_systemd(systemd_version, report) && view->owner == WATTLE_OWNER_NETWORKD &&
                 !view->private_key_file && !wattle_networkd_takes_credentials(systemd_version))
                wattle_report_error(report, place,
                                    "the key is a credential, which networkd %u does not take: put "
                                    "it in %s/%s.key",
                                    systemd_version, WATTLE_CONFDIR, view->mesh);
        return report->n_errors == 0;
}

static WattleView *make_view(const WattleCli *cli, const char *operand, const Options *options,
                             WattleReport *report)
{
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = NULL;

        if (!wattle_cli_load_as(cli, operand, options->as, &mesh, report) ||
            !load_local_files(&mesh, options->local_files, report))
                return NULL;
        view = wattle_cli_view(cli, operand, &mesh, options->as, options->owner, report);
        if (!view || !check_view(view, &mesh, options->systemd_version, report))
                return NULL;
        return g_steal_pointer(&view);
}

static void print_files(const WattleFileset *files)
{
        for (guint i = 0; i < files->files->len; i++) {
                const WattleFile *file = g_ptr_array_index(files->files, i);
                g_autofree char *heading = g_strdup_printf("==> %s <==", file->path);

                if (i > 0)
                        wattle_print(stdout, "\n");
                wattle_print_styled(stdout, WATTLE_STYLE_BOLD, heading);
                wattle_print(stdout, "\n");
                if (file->binary)
                        wattle_print(stdout, "%zu bytes, not of text\n", file->content->len);
                else
                        wattle_print_styled(stdout, WATTLE_STYLE_PLAIN, file->content->str);
        }
}

static gboolean write_files(const char *folder, const char *name, const WattleFileset *files)
{
        WattleChanges changes;
        g_autoptr(GError) error = NULL;
        gboolean ok;
        int fd;

        if (g_mkdir_with_parents(folder, 0755) < 0) {
                wattle_print_error("%s: %s", folder, g_strerror(errno));
                return FALSE;
        }
        fd = wattle_root_open(folder, &error);
        if (fd < 0) {
                wattle_print_error("%s", error->message);
                return FALSE;
        }
        ok = wattle_install(fd, name, files, NULL, &changes, &error);
        close(fd);
        if (ok)
                wattle_print(stdout, "%s: %u files, %u changed, %u removed\n", folder,
                             files->files->len, wattle_file_bits_count(changes.changed),
                             wattle_file_bits_count(changes.removed));
        else
                wattle_print_error("%s/%s", folder, error->message);
        return ok;
}

static gboolean is_to_print(const Options *options)
{
        return !options->output || strcmp(options->output, "-") == 0;
}

static gboolean write_mesh(const char *folder, const WattleView *view, const WattleFileset *files)
{
        if (!write_files(folder, view->mesh, files))
                return FALSE;
        if (view->owner == WATTLE_OWNER_NETWORK_MANAGER)
                wattle_print(stdout,
                             "without NetworkManager's connection, which has the key in it: "
                             "'wattle render' prints it, without --output\n");
        return TRUE;
}

static gboolean render_tailnet(const WattleCli *cli, const char *operand, const Options *options)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleTailnet) tailnet = { 0 };
        g_auto(WattleFileset) files = { 0 };
        g_autofree char *name = NULL;
        gboolean ok;

        wattle_report_init(&report);
        wattle_tailnet_init(&tailnet);
        ok = wattle_cli_load_tailnet(cli, operand, &tailnet, &report) &&
             check_systemd(options->systemd_version, &report);
        wattle_print_report(&report);
        if (!ok)
                return FALSE;
        wattle_fileset_init_tailnet(&files);
        wattle_render_tailnet(&tailnet, options->systemd_version, &files);
        name = wattle_tailnet_name_of_path(tailnet.file);
        if (!is_to_print(options))
                return write_files(options->output, name, &files);
        print_files(&files);
        return TRUE;
}

static gboolean render(const WattleCli *cli, const char *operand, const Options *options)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleFileset) files = { 0 };
        g_autoptr(WattleView) view = NULL;

        wattle_report_init(&report);
        view = make_view(cli, operand, options, &report);
        wattle_print_report(&report);
        if (!view)
                return FALSE;
        wattle_fileset_init(&files);
        wattle_render_host(view, options->systemd_version, &files);
        if (!is_to_print(options))
                return write_mesh(options->output, view, &files);
        wattle_render_nm_connection(view, &files);
        print_files(&files);
        return TRUE;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_auto(Options) options = { 0 };
        g_autoptr(GError) error = NULL;
        const GOptionEntry entries[] = {
                { "as", 0, 0, G_OPTION_ARG_FILENAME, &options.as,
                  N_("for this device, with all settings at their defaults; else for this host"),
                  "DEVICE" },
                { "owner", 0, 0, G_OPTION_ARG_FILENAME, &options.owner_text,
                  N_("networkd or NetworkManager; auto: what this host has"), "OWNER" },
                { "systemd", 0, 0, G_OPTION_ARG_FILENAME, &options.systemd_text,
                  N_("version of systemd there; else this host's"), "VERSION" },
                { "local", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.local_files,
                  N_("settings of the host, as in MESH.mesh.d; may be repeated"), "FILE" },
                { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output,
                  N_("write them below DIR, which stands for /; else they are printed"), "DIR" },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_render, entries, argv, &operands))
                return cli->status;
        if (!parse_values(cli, &options, &error))
                return wattle_cli_usage(&wattle_verb_render, "%s", error->message);
        if (wattle_cli_is_tailnet(cli, operands[0])) {
                if (options.as || options.owner_text || options.local_files)
                        return wattle_cli_usage(
                                &wattle_verb_render,
                                "--as, --owner and --local are for a mesh: a "
                                "tailnet has one file, and no owner but tailscaled");
                return render_tailnet(cli, operands[0], &options) ? EXIT_SUCCESS : EXIT_FAILURE;
        }
        return render(cli, operands[0], &options) ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_render = {
        .name = "render",
        .operands = "FILE|MESH|TAILNET",
        .n_min = 1,
        .n_max = 1,
        .summary = N_("make the files that a host of the mesh or tailnet gets"),
        .description = N_(
                "Makes what the boot of a host makes of the mesh: files for networkd or NetworkManager,\n"
                "sysctl.d and hosts(5). It needs no privilege and no key; NetworkManager's connection is\n"
                "printed without the key, and not written."),
        .example = "wattle render --as vps --owner networkd --systemd 257 --output tree home.mesh",
        .run = run,
};
