/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/managers/bus.h"
#include "cli/print.h"
#include "common/language.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/language/catalogue.h"
#include "common/sys/tailnet/tailnets.h"

static char *option_text(const GOptionEntry *option)
{
        const char *equals = option->arg_description ? "=" : "";
        const char *argument = option->arg_description ? option->arg_description : "";

        if (option->short_name)
                return g_strdup_printf("-%c, --%s%s%s", option->short_name, option->long_name,
                                       equals, argument);
        return g_strdup_printf("    --%s%s%s", option->long_name, equals, argument);
}

static gboolean is_shown(const GOptionEntry *option)
{
        return option->long_name && *option->long_name;
}

static gsize options_width(const GOptionEntry *options)
{
        gsize width = 0;

        for (; is_shown(options); options++) {
                g_autofree char *text = option_text(options);

                width = MAX(width, strlen(text));
        }
        return width;
}

static void print_options(const GOptionEntry *options, gsize width)
{
        for (; is_shown(options); options++) {
                g_autofree char *text = option_text(options);

                wattle_print(stdout, "  %-*s  %s\n", (int)width, text, _(options->description));
        }
}

/* CONFDIR in it stands for the folder, which is another in another build. */
static char *description_of(const WattleVerb *verb)
{
        g_auto(GStrv) parts = g_strsplit(_(verb->description), "CONFDIR", -1);

        return g_strjoinv(WATTLE_CONFDIR, parts);
}

static void print_help(const WattleVerb *verb, const GOptionEntry *options,
                       const GOptionEntry *common)
{
        gsize width = MAX(options_width(options), options_width(common));
        g_autofree char *description = description_of(verb);

        wattle_print(stdout, "Usage: wattle %s [OPTIONS]%s%s\n\n%s\n\n", verb->name,
                     *verb->operands ? " " : "", verb->operands, description);
        print_options(options, width);
        print_options(common, width);
        wattle_print(stdout, "\nExample:\n  %s\n", verb->example);
}

int wattle_cli_usage(const WattleVerb *verb, const char *format, ...)
{
        va_list args;

        wattle_print(stderr, "wattle %s: ", verb->name);
        va_start(args, format);
        wattle_print_va(stderr, format, args);
        va_end(args);
        wattle_print(stderr, "; see 'wattle %s --help'\n", verb->name);
        return WATTLE_EXIT_USAGE;
}

static gboolean fail(WattleCli *cli, int status)
{
        cli->status = status;
        return FALSE;
}

static gboolean has_empty(const GOptionEntry *option)
{
        if (option->arg == G_OPTION_ARG_FILENAME) {
                const char *text = *(char **)option->arg_data;

                return text && !*text;
        }
        if (option->arg == G_OPTION_ARG_FILENAME_ARRAY) {
                char **texts = *(char ***)option->arg_data;

                return texts && g_strv_contains((const char *const *)texts, "");
        }
        return FALSE;
}

/* What programs read is the same in all languages, and so is what is said beside it. */
static gboolean is_for_programs(const GOptionEntry *options)
{
        static const char *const names[] = { "graph", "json", "prometheus", "state", NULL };

        for (; options->long_name; options++)
                if (options->arg == G_OPTION_ARG_NONE && *(gboolean *)options->arg_data &&
                    g_strv_contains(names, options->long_name))
                        return TRUE;
        return FALSE;
}

/* Nothing of ours is called by an empty text. */
static gboolean check_options(WattleCli *cli, const WattleVerb *verb, const GOptionEntry *options)
{
        for (; options->long_name; options++)
                if (has_empty(options))
                        return fail(cli, *options->long_name
                                                 ? wattle_cli_usage(verb, "--%s= is empty",
                                                                    options->long_name)
                                                 : wattle_cli_usage(verb, "%s is empty",
                                                                    verb->operands));
        return TRUE;
}

static gboolean check_operands(WattleCli *cli, const WattleVerb *verb, char **operands)
{
        guint n = g_strv_length(operands);

        if (n < verb->n_min)
                return fail(cli, wattle_cli_usage(verb, "it takes %s", verb->operands));
        if (n > verb->n_max)
                return fail(cli, wattle_cli_usage(verb, "'%s' is too many", operands[verb->n_max]));
        return TRUE;
}

static gboolean open_root(WattleCli *cli)
{
        g_autoptr(GError) error = NULL;

        cli->root_fd = wattle_root_open(cli->root, &error);
        if (cli->root_fd >= 0)
                return TRUE;
        wattle_print_error("%s", error->message);
        return fail(cli, EXIT_FAILURE);
}

gboolean wattle_cli_parse(WattleCli *cli, const WattleVerb *verb, const GOptionEntry *options,
                          char **argv, char ***ret_operands)
{
        g_autoptr(GOptionContext) context = g_option_context_new(NULL);
        g_auto(GStrv) arguments = g_strdupv(argv), operands = NULL;
        g_autofree char *root = NULL;
        g_autoptr(GError) error = NULL;
        gboolean help = FALSE;
        const GOptionEntry common[] = {
                { "root", 0, 0, G_OPTION_ARG_FILENAME, &root,
                  N_("look for installed meshes below DIR"), "DIR" },
                { "help", 'h', 0, G_OPTION_ARG_NONE, &help, N_("show this"), NULL },
                { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &operands, NULL, NULL },
                { 0 },
        };

        g_option_context_set_help_enabled(context, FALSE);
        g_option_context_add_main_entries(context, options, NULL);
        g_option_context_add_main_entries(context, common, NULL);
        if (!g_option_context_parse_strv(context, &arguments, &error))
                return fail(cli, wattle_cli_usage(verb, "%s", error->message));
        if (is_for_programs(options))
                wattle_language_end();
        if (help) {
                print_help(verb, options, common);
                return fail(cli, EXIT_SUCCESS);
        }
        if (!check_options(cli, verb, options) || !check_options(cli, verb, common))
                return FALSE;
        if (!operands)
                operands = g_new0(char *, 1);
        if (!check_operands(cli, verb, operands))
                return FALSE;
        if (root)
                cli->root = g_intern_string(root);
        if (!*cli->root)
                return fail(cli, wattle_cli_usage(verb, "--root= is empty"));
        if (!open_root(cli))
                return FALSE;
        *ret_operands = g_steal_pointer(&operands);
        return TRUE;
}

int wattle_cli_run(const WattleCli *cli, const WattleVerb *verb, const char *operand)
{
        WattleCli own = { .root = cli->root, .root_fd = -1 };
        int status = verb->run(&own, (char *[]){ (char *)verb->name, (char *)operand, NULL });

        wattle_fd_clear(&own.root_fd);
        return status;
}

gboolean wattle_cli_is_mesh_name(const WattleCli *cli, const char *operand)
{
        struct stat st;

        if (strchr(operand, '/') || g_str_has_suffix(operand, WATTLE_MESH_SUFFIX) ||
            !wattle_identifier_check(operand, WATTLE_MESH_NAME_MAX, NULL))
                return FALSE;
        return wattle_mesh_exists(cli->root_fd, operand) || stat(operand, &st) < 0 ||
               S_ISDIR(st.st_mode);
}

char *wattle_cli_find(const WattleCli *cli, const char *mesh, WattleReport *report)
{
        g_autofree char *profile = wattle_mesh_find(cli->root_fd, mesh);
        g_autofree char *path = profile ? g_steal_pointer(&profile)
                                        : wattle_mesh_find_invitation(cli->root_fd, mesh);
        g_autofree char *here = g_strconcat(mesh, WATTLE_MESH_SUFFIX, NULL);
        g_autofree char *tailnet = path ? NULL : wattle_tailnet_find(cli->root_fd, mesh);

        if (tailnet)
                wattle_report_error(report, (WattlePlace){ tailnet, 0, 0 },
                                    "is a tailnet and no mesh, and this is about meshes alone: see "
                                    "wattle.tailnet(5)");
        else if (!path && access(here, F_OK) == 0)
                wattle_report_error(report, WATTLE_NO_PLACE,
                                    "no mesh %s is installed; the file here is called %s", mesh,
                                    here);
        else if (!path)
                wattle_report_error(
                        report, WATTLE_NO_PLACE,
                        "no mesh %s: there is no %s/%s, or it is masked, and no such file here",
                        mesh, WATTLE_CONFDIR, here);
        return g_steal_pointer(&path);
}

char **wattle_cli_meshes(const WattleCli *cli, const char *mesh)
{
        g_auto(WattleReport) report = { 0 };
        g_autofree char *path = NULL;
        g_auto(GStrv) meshes = NULL;

        wattle_report_init(&report);
        if (mesh) {
                path = wattle_cli_find(cli, mesh, &report);
                meshes = path ? g_strdupv((char *[]){ (char *)mesh, NULL }) : NULL;
        } else {
                meshes = wattle_mesh_list(cli->root_fd, &report);
        }
        wattle_print_report(&report);
        if (!meshes || report.n_errors > 0)
                return NULL;
        if (!*meshes) {
                wattle_print_error(
                        "no mesh is installed: %s has no .mesh file; 'wattle init' makes one",
                        WATTLE_CONFDIR);
                return NULL;
        }
        return g_steal_pointer(&meshes);
}

gboolean wattle_cli_load(const WattleCli *cli, const char *operand, WattleMesh *mesh,
                         WattleReport *report)
{
        g_autofree char *path = NULL;

        if (!wattle_cli_is_mesh_name(cli, operand))
                return wattle_mesh_load_file(mesh, operand, report);
        path = wattle_cli_find(cli, operand, report);
        return path &&
               wattle_mesh_load(mesh, cli->root_fd, operand, WATTLE_LOAD_OR_LAST_GOOD, report);
}

gboolean wattle_cli_load_as(const WattleCli *cli, const char *operand, const char *as,
                            WattleMesh *mesh, WattleReport *report)
{
        if (!wattle_cli_load(cli, operand, mesh, report))
                return FALSE;
        if (as) {
                wattle_local_clear(&mesh->local);
                wattle_local_init(&mesh->local);
        }
        return TRUE;
}

WattleView *wattle_cli_view(const WattleCli *cli, const char *operand, const WattleMesh *mesh,
                            const char *as, WattleOwner owner, WattleReport *report)
{
        WattleView *view = wattle_host_view(cli->root_fd, mesh, as, owner, report);

        if (!view && !as && !wattle_cli_is_mesh_name(cli, operand))
                wattle_report_error(report, WATTLE_NO_PLACE,
                                    "--as=DEVICE takes the view of one of them");
        return view;
}

static FILE *open_file(int root_fd, const char *path)
{
        int fd = wattle_below_open(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

        if (fd >= 0 && !file)
                close(fd);
        return file;
}

static const struct group *next_group(const char *name, FILE *file)
{
        const struct group *group;

        while ((group = fgetgrent(file)) && strcmp(group->gr_name, name) != 0)
                ;
        return group;
}

gboolean wattle_cli_open_applier(const WattleCli *cli, const WattleVerb *verb, WattleApplier *ret)
{
        g_autoptr(GError) error = NULL;

        if (geteuid() != 0) {
                wattle_print_error("%s changes this host's network: run it as root", verb->name);
                return FALSE;
        }
        if (!wattle_cli_networkd_gid(cli, &ret->networkd_gid)) {
                wattle_print_error(
                        "there is no group systemd-network: is systemd-networkd installed?");
                return FALSE;
        }
        if (!wattle_bus_open(&ret->bus, &error)) {
                wattle_print_error("%s", error->message);
                return FALSE;
        }
        ret->root_fd = cli->root_fd;
        return TRUE;
}

gboolean wattle_cli_networkd_gid(const WattleCli *cli, gid_t *ret)
{
        static const char name[] = "systemd-network";
        gboolean is_here = strcmp(cli->root, "/") == 0;
        FILE *file = is_here ? NULL : open_file(cli->root_fd, "etc/group");
        const struct group *group = is_here ? getgrnam(name) : file ? next_group(name, file) : NULL;

        if (group)
                *ret = group->gr_gid;
        if (file)
                fclose(file);
        return group != NULL;
}

gboolean wattle_cli_write_new(int dir_fd, const char *path, const char *text, WattlePlace place,
                              WattleReport *report)
{
        g_autoptr(GError) error = NULL;
        struct stat st;

        if (wattle_below_lstat(dir_fd, path, &st) == 0)
                wattle_report_error(report, place, "exists already, and is left as it is");
        else if (errno != ENOENT)
                wattle_report_error(report, place, "%s", g_strerror(errno));
        else if (!wattle_write_file(dir_fd, path, 0644, text, strlen(text), &error))
                wattle_report_error(report, WATTLE_NO_PLACE, "%s", error->message);
        return report->n_errors == 0;
}
