/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/import/format.h"
#include "cli/import/join.h"
#include "cli/import/netplan.h"
#include "cli/print.h"
#include "cli/tailnet/import.h"
#include "common/language.h"
#include "common/sys/file.h"

/* How messages call what goes to standard output. */
#define NO_FILE "imported.mesh"

/* file is path, or what messages call it. */
static void read_file(WattleImport *import, const char *path, const char *file,
                      WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        GBytes *bytes = wattle_read_file(AT_FDCWD, path, WATTLE_IMPORT_MAX_BYTES, &error);
        char *data;
        gsize size;

        if (!bytes) {
                wattle_report_error(report, (WattlePlace){ file, 0, 0 }, "%s", error->message);
                return;
        }
        data = g_malloc(g_bytes_get_size(bytes) + 1);
        size = g_bytes_get_size(bytes);
        if (size > 0)
                memcpy(data, g_bytes_get_data(bytes, NULL), size);
        wattle_import_read(import, data, size, file, report);
        sodium_memzero(data, size);
        g_free(data);
        if (size > 0)
                sodium_memzero((gpointer)g_bytes_get_data(bytes, NULL), size);
        g_bytes_unref(bytes);
}

static GBytes *open_key_file(const char *path)
{
        return wattle_read_file(AT_FDCWD, path, 4096, NULL);
}

/* Its parts are called as if the file were a folder. */
static void read_netplan(WattleImport *import, const char *path, WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) files = NULL;
        char *folder = wattle_netplan_generate(path, &files, &error);

        if (!folder) {
                wattle_report_error(report, (WattlePlace){ path, 0, 0 }, "%s", error->message);
                return;
        }
        for (guint i = 0; files[i]; i++) {
                g_autofree char *name = g_path_get_basename(files[i]);
                g_autofree char *file = g_build_filename(path, name, NULL);

                read_file(import, files[i], file, report);
        }
        wattle_netplan_remove(folder);
}

static void read_files(WattleImport *import, char *const *files, WattleReport *report)
{
        for (guint pass = 0; pass < 2; pass++)
                for (guint i = 0; files[i]; i++)
                        if (wattle_import_comes_after(files[i]) != (pass == 1))
                                continue;
                        else if (wattle_netplan_has(files[i]))
                                read_netplan(import, files[i], report);
                        else
                                read_file(import, files[i], files[i], report);
}

/* Whether what was made is good; else it says what is left to do. */
static gboolean check_text(const char *text, const char *file)
{
        g_auto(WattleReport) report = { 0 };
        g_autoptr(WattleProfile) profile = NULL;

        wattle_report_init(&report);
        profile = wattle_profile_load(text, strlen(text), file, &report);
        wattle_print_report(&report);
        if (!profile)
                wattle_print_error("%s is made, and these lines are left for you to fill in", file);
        return profile != NULL;
}

static void tell_keys(const WattleImport *import, const char *file)
{
        g_autofree char *mesh = wattle_mesh_name_of_path(file);

        for (guint i = 0; i < import->hosts->len; i++) {
                const WattleImportHost *host = g_ptr_array_index(import->hosts, i);

                wattle_print(
                        stderr,
                        "%s: its private key is in no file made here: on %s write it, alone, to %s/%s.key, mode 0600\n",
                        host->place.file, host->name, WATTLE_CONFDIR, mesh);
        }
}

static gboolean put_text(const char *text, const char *output, WattleReport *report)
{
        if (output)
                return wattle_cli_write_new(AT_FDCWD, output, text, (WattlePlace){ output, 0, 0 },
                                            report);
        wattle_print(stdout, "%s", text);
        return TRUE;
}

static gboolean import(char *const *files, const char *output)
{
        g_auto(WattleImport) import = { 0 };
        g_auto(WattleReport) report = { 0 };
        g_autofree char *text = NULL;
        const char *file = output ? output : NO_FILE;
        gboolean ok;

        wattle_import_init(&import);
        wattle_report_init(&report);
        import.open = open_key_file;
        read_files(&import, files, &report);
        if (report.n_errors == 0)
                text = wattle_import_join(&import, &report);
        ok = text && put_text(text, output, &report);
        wattle_print_report(&report);
        if (!ok) {
                wattle_print_error("no mesh was made");
                return FALSE;
        }
        tell_keys(&import, file);
        return check_text(text, file);
}

/* All devices lack their keys, which the check says. */
static gboolean import_tailnet(const char *file, const char *output, const WattleTailnetImport *how)
{
        g_auto(WattleReport) report = { 0 };
        g_autoptr(GError) error = NULL;
        g_autofree char *text = wattle_tailnet_import(file, how, &error);
        gboolean ok;

        wattle_report_init(&report);
        if (error)
                wattle_report_error(&report, WATTLE_NO_PLACE, "%s", error->message);
        ok = text && put_text(text, output, &report);
        wattle_print_report(&report);
        if (!ok) {
                wattle_print_error("no mesh was made");
                return FALSE;
        }
        return check_text(text, output ? output : NO_FILE);
}

typedef struct {
        char *output, **subnets;
        gboolean addresses;
} Options;

static int run_either(char *const *operands, const Options *options)
{
        const WattleTailnetImport how = { options->subnets, options->addresses };
        gboolean is_tailnet = strcmp(operands[0], "tailnet") == 0;

        if (!is_tailnet && (options->addresses || options->subnets))
                return wattle_cli_usage(&wattle_verb_import,
                                        "--subnet= and --addresses are for a tailnet");
        if (options->addresses && options->subnets)
                return wattle_cli_usage(&wattle_verb_import,
                                        "--addresses keeps those of the tailnet, --subnet= gives "
                                        "new ones");
        if (is_tailnet && operands[1] && operands[2])
                return wattle_cli_usage(&wattle_verb_import, "tailnet takes one FILE or none");
        return (is_tailnet ? import_tailnet(operands[1], options->output, &how)
                           : import(operands, options->output))
                       ? EXIT_SUCCESS
                       : EXIT_FAILURE;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL;
        Options options = { 0 };
        const GOptionEntry entries[] = {
                { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output,
                  N_("write to FILE, which must not be there, instead of standard output"),
                  "FILE" },
                { "subnet", 's', 0, G_OPTION_ARG_FILENAME_ARRAY, &options.subnets,
                  N_("of a tailnet: new addresses of this; one chosen by chance without it"),
                  "PREFIX" },
                { "addresses", 0, 0, G_OPTION_ARG_NONE, &options.addresses,
                  N_("of a tailnet: keep its addresses"), NULL },
                { 0 },
        };
        int status = wattle_cli_parse(cli, &wattle_verb_import, entries, argv, &operands)
                             ? run_either(operands, &options)
                             : cli->status;

        g_free(options.output);
        g_strfreev(options.subnets);
        return status;
}

const WattleVerb wattle_verb_import = {
        .name = "import",
        .operands = "FILE...|tailnet [FILE]",
        .n_min = 1,
        .n_max = 16384,
        .summary = N_("make a mesh of other tools' files, or of a tailnet"),
        .description = N_(
                "Makes a profile of what several hosts have: files of wg-quick(8), .netdev and .network of\n"
                "systemd-networkd, keyfiles of NetworkManager, netplan's YAML, or what\n"
                "'wg show all dump' prints. Hosts and peers are joined by their keys. No private key is in\n"
                "what is made. What has no place in a mesh is said with its line. 'tailnet' makes one of\n"
                "the devices of a tailnet, without keys: of the tailscaled here, or of a FILE that\n"
                "'tailscale status --json' printed."),
        .example = "wattle import --output=home.mesh laptop.conf desktop.conf",
        .run = run,
};
