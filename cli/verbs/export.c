/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/keyfile.h"
#include "cli/print.h"
#include "common/render.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/secret.h"

typedef struct {
        char *exit_node, *key_file, *output;
        gboolean accept_routes;
} Options;

static void options_clear(Options *options)
{
        g_free(options->exit_node);
        g_free(options->key_file);
        g_free(options->output);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

/* The settings of the device, which has none of its own. */
static void set_local(WattleLocal *local, const Options *options)
{
        local->accept_routes = options->accept_routes;
        local->exit_node.value = options->exit_node;
        /* wg-quick(8) calls the interface as the file, so the length of the mesh's name does not
         * matter. */
        local->interface.value = "wg0";
}

static WattleView *make_view(const WattleCli *cli, const char *mesh_operand, const char *device,
                             const Options *options, WattleReport *report)
{
        g_auto(WattleMesh) mesh = { 0 };

        if (!wattle_cli_load_as(cli, mesh_operand, device, &mesh, report))
                return NULL;
        set_local(&mesh.local, options);
        return wattle_host_view(cli->root_fd, &mesh, device, WATTLE_OWNER_NETWORKD, report);
}

/* A key of another device would give a tunnel that never comes up, and nobody would know why. */
static gboolean read_key(const char *file, const WattleView *view, WattleKey *ret)
{
        g_autoptr(GError) error = NULL;
        WattleKey public_key;
        gboolean ok = strcmp(file, "-") == 0
                              ? wattle_secret_read_fd(STDIN_FILENO, "standard input", ret, &error)
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
                           strcmp(file, "-") == 0 ? "standard input" : file, view->self.name);
        return FALSE;
}

/* Whether nothing is lost: no such file can be seen, or it begins as those that were made here. */
static gboolean may_replace(const char *output)
{
        static const char begin[] = "# " WATTLE_RENDER_ORIGIN_WORDS;
        char found[sizeof begin - 1];
        struct stat st;
        int fd;
        gboolean ours;

        if (lstat(output, &st) < 0)
                return TRUE; /* writing says what is wrong, if that is not all */
        fd = open(output, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return FALSE;
        ours = S_ISREG(st.st_mode) && read(fd, found, sizeof found) == sizeof found &&
               memcmp(found, begin, sizeof found) == 0;
        close(fd);
        return ours;
}

static gboolean write_text(const char *text, const char *output, gboolean is_secret)
{
        g_autoptr(GError) error = NULL;

        if (output && strcmp(output, "-") == 0)
                output = NULL;
        if (!output && !is_secret) {
                wattle_print(stdout, "%s", text);
                return !ferror(stdout);
        }
        if (!output)
                return wattle_print_secret(text);
        if (!may_replace(output)) {
                wattle_print_error("%s exists already, was not made by export, and is left as it "
                                   "is: name another file",
                                   output);
                return FALSE;
        }
        if (wattle_write_file(AT_FDCWD, output, 0600, text, strlen(text), &error))
                return TRUE;
        wattle_print_error("%s", error->message);
        return FALSE;
}

static gboolean export(const WattleView *view, const Options *options)
{
        g_auto(WattleKey) private_key = { 0 };
        char *text;
        gboolean ok;

        if (options->key_file && !read_key(options->key_file, view, &private_key))
                return FALSE;
        if (view->self.managed)
                wattle_print_error("warning: device %s runs wattle as far as the mesh knows: two "
                                   "programs must not share one key; Managed=no says that it does "
                                   "not",
                                   view->self.name);
        text = wattle_render_wg_quick(view, options->key_file ? &private_key : NULL);
        ok = write_text(text, options->output, options->key_file != NULL);
        sodium_free(text);
        return ok;
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

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        g_auto(Options) options = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleView) view = NULL;
        g_autofree char *mesh = NULL;
        const GOptionEntry entries[] = {
                { "accept-routes", 0, 0, G_OPTION_ARG_NONE, &options.accept_routes,
                  "use the networks behind other devices", NULL },
                { "exit-node", 0, 0, G_OPTION_ARG_FILENAME, &options.exit_node,
                  "send all traffic through this one", "DEVICE" },
                { "private-key", 0, 0, G_OPTION_ARG_FILENAME, &options.key_file,
                  "put in the private key from FILE, - for standard input", "FILE" },
                { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output,
                  "write to FILE, mode 0600, instead of standard output (-)", "FILE" },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_export, entries, argv, &operands))
                return cli->status;
        mesh = operands[1] ? g_strdup(operands[1]) : only_mesh(cli);
        if (!mesh)
                return WATTLE_EXIT_USAGE;
        wattle_report_init(&report);
        view = make_view(cli, mesh, operands[0], &options, &report);
        wattle_print_report(&report);
        return view && export(view, &options) ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_export = {
        .name = "export",
        .operands = "DEVICE [FILE|MESH]",
        .n_min = 1,
        .n_max = 2,
        .summary = "make the wg-quick file of a device that runs no wattle",
        .description =
                "Makes a file for wg-quick(8) and the WireGuard apps, for a device with Managed=no. The\n"
                "private key is in it only with --private-key. The mesh may be left out if just one is\n"
                "installed.",
        .example = "wattle export --private-key=phone.key --output=phone.conf phone home.mesh",
        .run = run,
};
