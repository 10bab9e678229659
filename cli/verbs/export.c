/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/export/code.h"
#include "cli/export/compare.h"
#include "cli/export/files.h"
#include "cli/export/folder.h"
#include "cli/export/memory.h"
#include "cli/export/output.h"
#include "cli/export/via.h"
#include "cli/export/view.h"
#include "cli/keyfile.h"
#include "cli/print.h"
#include "cli/signing.h"
#include "common/error.h"
#include "common/language.h"
#include "common/sys/secret.h"

typedef struct {
        char *exit_node, *peers, *endpoint_family, *dns,
                *format; /* of the recipe, as they were given */
        gboolean accept_routes;
        char *key_file, *output, *all, *check;
        char *via, *signing_key;
        gboolean with_managed;
        WattleRecipe recipe;
} Options;

/* Not in the options: GLib hands its own words to the reader of an option alone. */
static struct {
        gboolean wanted;
        char *picture; /* NULL: on the terminal */
} code;

static void options_clear(Options *options)
{
        g_free(options->exit_node);
        g_free(options->peers);
        g_free(options->endpoint_family);
        g_free(options->dns);
        g_free(options->format);
        g_free(options->key_file);
        g_free(options->output);
        g_free(options->all);
        g_free(options->check);
        g_free(options->via);
        g_free(options->signing_key);
        wattle_recipe_clear(&options->recipe);
        g_clear_pointer(&code.picture, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean parse_code(G_GNUC_UNUSED const char *name, const char *text,
                           G_GNUC_UNUSED gpointer data, GError **error)
{
        if (*text && !g_str_has_suffix(text, ".svg") && !g_str_has_suffix(text, ".png"))
                return wattle_error_refuse(error,
                                           "--qr: '%s' is of no kind that can be drawn: name it "
                                           ".png or .svg",
                                           text);
        code.wanted = TRUE;
        g_free(code.picture);
        code.picture = *text ? g_strdup(text) : NULL;
        return TRUE;
}

static gboolean make_recipe(Options *options, GError **error)
{
        const struct {
                const char *option, *value;
        } given[] = {
                { "accept-routes", options->accept_routes ? "" : NULL },
                { "exit-node", options->exit_node },
                { "peers", options->peers },
                { "endpoint-family", options->endpoint_family },
                { "dns", options->dns },
                { "format", options->format },
        };

        for (guint i = 0; i < G_N_ELEMENTS(given); i++)
                if (given[i].value &&
                    !wattle_recipe_set(&options->recipe, given[i].option, given[i].value, error))
                        return FALSE;
        return TRUE;
}

/* FALSE if nothing is remembered: below another root, or where there is no place for it. */
static gboolean open_memory(const WattleCli *cli, WattleExportMemory *memory)
{
        g_autoptr(GError) error = NULL;
        char *path = strcmp(cli->root, "/") == 0 ? wattle_export_memory_path() : NULL;

        if (!path)
                return FALSE;
        if (wattle_export_memory_load(memory, path, &error))
                return TRUE;
        wattle_print_error("warning: 'wattle status' will not tell when a new file is due: %s",
                           error->message);
        return FALSE;
}

static void save_memory(const WattleExportMemory *memory)
{
        g_autoptr(GError) error = NULL;

        if (!wattle_export_memory_save(memory, &error))
                wattle_print_error("warning: 'wattle status' will not tell when a new file is due: "
                                   "%s",
                                   error->message);
}

static void remember(const WattleCli *cli, const WattleView *view, guint64 serial,
                     const WattleRecipe *recipe)
{
        g_auto(WattleExportMemory) memory = { 0 };
        g_auto(WattleExportFiles) files = { 0 };

        if (!open_memory(cli, &memory))
                return;
        wattle_export_files_make(view, recipe->format, NULL, &files);
        wattle_export_memory_set(&memory, wattle_export_line(view, serial, recipe, &files));
        save_memory(&memory);
}

/* A key of another device would give a tunnel that never comes up, and nobody would know why. */
static gboolean read_key(const char *file, const WattleView *view, WattleKey *ret)
{
        g_autoptr(GError) error = NULL;
        WattleKey public_key;
        gboolean ok =
                strcmp(file, "-") == 0
                        ? wattle_secret_read_fd(STDIN_FILENO, _("standard input"), ret, &error)
                        : wattle_secret_read(AT_FDCWD, file, ret, &error);

        if (!ok) {
                wattle_print_error("%s", error->message);
                return FALSE;
        }
        wattle_key_derive_public(ret, &public_key);
        if (wattle_key_equal(&public_key, &view->public_key))
                return TRUE;
        wattle_print_error("the private key in %s is not that of device %s: its public half is not "
                           "the PublicKey= there",
                           strcmp(file, "-") == 0 ? _("standard input") : file, view->self.name);
        return FALSE;
}

static gboolean print_text(const char *text, gboolean is_secret)
{
        if (is_secret)
                return fflush(stdout) == 0 && wattle_print_secret(text);
        wattle_print(stdout, "%s", text);
        return !ferror(stdout);
}

/* With more than one file, each with its name above it, as 'wattle render' has them. */
static gboolean print_files(const WattleView *view, const WattleExportFiles *files,
                            const WattleKey *private_key)
{
        gboolean ok = TRUE;

        for (guint i = 0; ok && i < files->n; i++) {
                char *text = wattle_keyed_file_join(&files->files[i].file, private_key);

                if (files->n > 1)
                        wattle_print(stdout, "%s==> %s%s <==\n", i > 0 ? "\n" : "", view->interface,
                                     files->files[i].suffix);
                ok = print_text(text, private_key != NULL);
                sodium_free(text);
        }
        return ok;
}

static gboolean write_files(const WattleView *view, const WattleExportFiles *files,
                            const WattleKey *private_key, const char *output)
{
        g_auto(WattleFileBatch) batch = { 0 };
        WattleExportOutcome outcome;
        gboolean ok = TRUE;

        wattle_file_batch_init(&batch, AT_FDCWD);
        for (guint i = 0; i < files->n; i++) {
                g_autofree char *name = wattle_export_files_name(files, i, output);

                if (!wattle_export_update(name, &files->files[i].file, private_key,
                                          &view->public_key, &batch, &outcome))
                        return FALSE;
        }
        wattle_file_batch_finish(&batch);
        for (guint i = 0; i < batch.n; i++)
                if (batch.files[i].error) {
                        wattle_print_error("%s", batch.files[i].error->message);
                        ok = FALSE;
                }
        return ok;
}

static gboolean export_files(const WattleView *view, const WattleKey *private_key,
                             const Options *options)
{
        g_auto(WattleExportFiles) files = { 0 };

        wattle_export_files_make(view, options->recipe.format, NULL, &files);
        return options->output && strcmp(options->output, "-") != 0
                       ? write_files(view, &files, private_key, options->output)
                       : print_files(view, &files, private_key);
}

static gboolean compare(const WattleView *view, const WattleKey *private_key,
                        const Options *options)
{
        g_auto(WattleExportFiles) files = { 0 };
        const WattleExportCompare how = { view, &files, private_key != NULL };

        wattle_export_files_make(view, options->recipe.format, NULL, &files);
        return wattle_export_compare(&how, options->check);
}

static gboolean export(const WattleView *view, const Options *options)
{
        g_auto(WattleKey) key = { 0 };
        const WattleKey *private_key = options->key_file ? &key : NULL;

        if (options->key_file && !read_key(options->key_file, view, &key))
                return FALSE;
        if (options->check)
                return compare(view, private_key, options);
        if (view->self.managed)
                wattle_print_error("warning: device %s runs wattle as far as the mesh knows: two "
                                   "programs must not share one key; Managed=no says that it does "
                                   "not",
                                   view->self.name);
        return code.wanted ? wattle_export_code(view, private_key, code.picture)
                           : export_files(view, private_key, options);
}

/* The only mesh that is installed; NULL, and said, if there is not just one. */
static char *only_mesh(const WattleCli *cli)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(GStrv) meshes = NULL;

        wattle_report_init(&report);
        meshes = wattle_mesh_list(cli->root_fd, &report);
        wattle_print_report(&report);
        if (g_strv_length(meshes) == 1)
                return g_strdup(meshes[0]);
        if (meshes[0]) {
                g_autofree char *names = g_strjoinv(", ", meshes);

                wattle_cli_usage(&wattle_verb_export, "which mesh? Here are %s", names);
        } else {
                wattle_cli_usage(&wattle_verb_export, "no mesh is installed: name its file");
        }
        return NULL;
}

/* GLib would take the next word for the value of --qr, be it the mesh. */
static char **mark_code(char **argv)
{
        char **marked = g_strdupv(argv);

        for (guint i = 0; marked[i] && strcmp(marked[i], "--") != 0; i++)
                if (strcmp(marked[i], "--qr") == 0) {
                        g_free(marked[i]);
                        marked[i] = g_strdup("--qr=");
                }
        return marked;
}

static gboolean parse(WattleCli *cli, char **argv, Options *options, char ***ret_operands)
{
        g_auto(GStrv) marked = mark_code(argv);
        const GOptionEntry entries[] = {
                { "accept-routes", 0, 0, G_OPTION_ARG_NONE, &options->accept_routes,
                  N_("use the networks behind other devices"), NULL },
                { "exit-node", 0, 0, G_OPTION_ARG_FILENAME, &options->exit_node,
                  N_("send all traffic through this one"), "DEVICE" },
                { "peers", 0, 0, G_OPTION_ARG_FILENAME, &options->peers,
                  N_("all, or with Relay=yes or PublicEndpoint= alone: all, relays, public"),
                  "WHICH" },
                { "endpoint-family", 0, 0, G_OPTION_ARG_FILENAME, &options->endpoint_family,
                  N_("which addresses are called: 4 or 6 alone, or auto; names stay"), "FAMILY" },
                { "dns", 0, 0, G_OPTION_ARG_FILENAME, &options->dns,
                  N_("who answers all its questions for names"), "ADDRESS[,...]" },
                { "format", 0, 0, G_OPTION_ARG_FILENAME, &options->format,
                  N_("who reads it: wg-quick, networkd, nm, openwrt"), "FORMAT" },
                { "private-key", 0, 0, G_OPTION_ARG_FILENAME, &options->key_file,
                  N_("put in the private key from FILE, - for standard input"), "FILE" },
                { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output,
                  N_("write to FILE, mode 0600, instead of standard output (-)"), "FILE" },
                { "all", 0, 0, G_OPTION_ARG_FILENAME, &options->all,
                  N_("the files of all devices with Managed=no into DIR; no DEVICE"), "DIR" },
                { "managed", 0, 0, G_OPTION_ARG_NONE, &options->with_managed,
                  N_("into that DIR: of those that run wattle, too"), NULL },
                { "check", 0, 0, G_OPTION_ARG_FILENAME, &options->check,
                  N_("is FILE, - for standard input, still what would be written? 1 if not"),
                  "FILE" },
                { "via", 0, 0, G_OPTION_ARG_FILENAME, &options->via,
                  N_("write Via= into the mesh first"), "RELAY" },
                { "signing-key", 0, 0, G_OPTION_ARG_FILENAME, &options->signing_key,
                  WATTLE_SIGNING_OPTION_TEXT, "FILE" },
                { "qr", 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, (gpointer)parse_code,
                  N_("a code for a camera: on the terminal, or into a picture"), "FILE.png|svg" },
                { 0 },
        };

        return wattle_cli_parse(cli, &wattle_verb_export, entries, marked, ret_operands);
}

/* What does not go together. */
static gboolean check_options(const Options *options, guint n_operands, GError **error)
{
        const char *file = options->check ? options->check : options->output;

        if (code.wanted && options->recipe.format != WATTLE_EXPORT_WG_QUICK)
                return wattle_error_refuse(error, "a code, --qr, is for the WireGuard apps, which "
                                                  "read --format=wg-quick alone");
        if (code.wanted && options->output)
                return wattle_error_refuse(error, "a code, --qr, is no file, --output=: "
                                                  "--qr=FILE.png is a picture");
        if (options->recipe.format == WATTLE_EXPORT_NETWORKD && file &&
            !g_str_has_suffix(file, ".netdev") && (options->check || strcmp(file, "-") != 0))
                return wattle_error_refuse(error,
                                           "--%s: networkd wants two files: name the first "
                                           ".netdev, and the .network is beside it",
                                           options->check ? "check" : "output");
        if (options->check && (code.wanted || options->output || options->all))
                return wattle_error_refuse(error, "--check= writes nothing: it goes not with "
                                                  "--output=, --qr or --all=");
        if (g_strcmp0(options->check, "-") == 0 && g_strcmp0(options->key_file, "-") == 0)
                return wattle_error_refuse(error, "standard input is not both, the file and the "
                                                  "private key");
        if (options->all && (code.wanted || options->output || options->key_file))
                return wattle_error_refuse(error, "--all= goes not with --output=, --qr or "
                                                  "--private-key=, which are of one device");
        if (options->via && (options->all || options->check))
                return wattle_error_refuse(error,
                                           "--via= goes not with --all= or --check=: 'wattle "
                                           "set MESH DEVICE Via=' says it of each");
        if (options->signing_key && !options->via)
                return wattle_error_refuse(error, "--signing-key= is for --via=, which changes the "
                                                  "mesh");
        if (options->with_managed && !options->all)
                return wattle_error_refuse(error, "--managed is for --all=");
        if (options->all ? n_operands > 1 : n_operands == 0)
                return wattle_error_refuse(error, "it takes %s",
                                           options->all
                                                   ? _("[FILE|MESH] with --all=, and no DEVICE")
                                                   : wattle_verb_export.operands);
        return TRUE;
}

static gboolean export_one(const WattleCli *cli, WattleMesh *mesh, const char *device,
                           const Options *options)
{
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleView) view = NULL;

        wattle_report_init(&report);
        view = wattle_export_view(cli->root_fd, mesh, device, &options->recipe, &report);
        wattle_print_report(&report);
        if (!view || !export(view, options))
                return FALSE;
        if (!options->check) {
                wattle_export_via_advise(mesh->profile, device);
                remember(cli, view, mesh->profile->serial, &options->recipe);
        }
        return TRUE;
}

static gboolean load(const WattleCli *cli, const char *operand, WattleMesh *mesh)
{
        g_auto(WattleReport) report = { 0 };
        gboolean ok;

        wattle_report_init(&report);
        ok = wattle_cli_load(cli, operand, mesh, &report);
        wattle_print_report(&report);
        return ok;
}

static gboolean export_all(const WattleCli *cli, WattleMesh *mesh, const Options *options)
{
        g_auto(WattleExportMemory) memory = { 0 };
        gboolean has_memory = open_memory(cli, &memory);
        WattleExportFolder folder = {
                .path = options->all,
                .recipe = &options->recipe,
                .with_managed = options->with_managed,
                .memory = has_memory ? &memory : NULL,
        };

        if (!wattle_export_folder_make(&folder))
                return FALSE;
        wattle_export_folder_update(&folder, cli->root_fd, mesh);
        wattle_export_folder_sum_up(&folder, mesh);
        if (has_memory)
                save_memory(&memory);
        return !folder.failed && fflush(stdout) == 0;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_auto(Options) options = { 0 };
        g_autoptr(GError) error = NULL;
        g_autofree char *operand = NULL;
        g_auto(WattleMesh) mesh = { 0 };
        guint n_devices;
        gboolean ok;

        if (!parse(cli, argv, &options, &operands))
                return cli->status;
        if (!make_recipe(&options, &error) ||
            !check_options(&options, g_strv_length(operands), &error))
                return wattle_cli_usage(&wattle_verb_export, "%s", error->message);
        n_devices = options.all ? 0 : 1;
        operand = operands[n_devices] ? g_strdup(operands[n_devices]) : only_mesh(cli);
        if (!operand)
                return WATTLE_EXIT_USAGE;
        if ((options.via && !wattle_export_via_write(cli, operand, operands[0], options.via,
                                                     options.signing_key)) ||
            !load(cli, operand, &mesh))
                return EXIT_FAILURE;
        ok = options.all ? export_all(cli, &mesh, &options)
                         : export_one(cli, &mesh, operands[0], &options);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_export = {
        .name = "export",
        .operands = "DEVICE [FILE|MESH]",
        .n_min = 0, /* one without --all= */
        .n_max = 2,
        .summary = N_("make the file of a device that runs no wattle"),
        .description = N_(
                "Makes a file for wg-quick(8) and the WireGuard apps, for a device with Managed=no, or by\n"
                "--format= for another program. The private key is in it only with --private-key. The\n"
                "mesh may be left out if just one is installed."),
        .example = "wattle export --private-key=phone.key --output=phone.conf phone home.mesh",
        .run = run,
};
