/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/doctor/facts.h"
#include "cli/json.h"
#include "cli/managers/nm.h"
#include "cli/print.h"
#include "cli/status/inline-mesh.h"
#include "cli/tailnet/examine.h"
#include "cli/tailnet/operand.h"
#include "common/language.h"
#include "common/scalar.h"
#include "common/sys/host.h"

#define FORMAT 1

static guint count_problems(const GArray *findings)
{
        guint n = 0;

        for (guint i = 0; i < findings->len; i++)
                n += g_array_index(findings, WattleFinding, i).kind == WATTLE_FINDING_PROBLEM;
        return n;
}

/* What cannot be read is what has to be mended first: the rest hangs on it. */
static void add_report(GArray *findings, WattleReport *report)
{
        wattle_report_sort(report);
        for (guint i = 0; i < report->faults->len; i++) {
                const WattleFault *fault = &g_array_index(report->faults, WattleFault, i);

                if (fault->kind != WATTLE_FAULT_WARNING)
                        wattle_findings_add(findings, "profile", WATTLE_FINDING_PROBLEM,
                                            wattle_fault_format(fault), NULL);
        }
}

static void examine(const WattleCli *cli, const char *name, GArray *findings)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_auto(WattleFacts) facts = { 0 };
        g_autoptr(WattleView) view = NULL;

        wattle_report_init(&report);
        wattle_facts_init(&facts);
        if (wattle_mesh_load(&mesh, cli->root_fd, name, WATTLE_LOAD_OR_LAST_GOOD, &report))
                view = wattle_host_view(cli->root_fd, &mesh, NULL, WATTLE_OWNER_AUTO, &report);
        if (!view) {
                add_report(findings, &report);
        } else if (!mesh.local.enable) {
                wattle_findings_add(findings, "profile", WATTLE_FINDING_NOTE,
                                    g_strdup(_("its local settings have Enable=no")), NULL);
        } else {
                wattle_facts_gather(&facts, cli, &mesh, view);
                facts.n_warnings = report.n_warnings;
                wattle_doctor_check(&facts, findings);
        }
}

static void print_findings(const char *mesh, const GArray *findings)
{
        wattle_print_styled(stdout, WATTLE_STYLE_BOLD, mesh);
        if (findings->len == 0)
                wattle_print(stdout, ": nothing wrong was found\n");
        else if (count_problems(findings) == 0)
                wattle_print(stdout, ": nothing wrong was found, but\n");
        else
                wattle_print(stdout, ":\n");
        for (guint i = 0; i < findings->len; i++) {
                const WattleFinding *finding = &g_array_index(findings, WattleFinding, i);
                gboolean is_note = finding->kind == WATTLE_FINDING_NOTE;

                wattle_print(stdout, "  ");
                wattle_print_styled(stdout, is_note ? WATTLE_STYLE_YELLOW : WATTLE_STYLE_RED,
                                    finding->check);
                wattle_print(stdout, ": %s%s\n", is_note ? _("note: ") : "", finding->text);
                if (finding->command)
                        wattle_print(stdout, "      %s\n", finding->command);
        }
}

static void print_json(WattleJson *json, const char *mesh, const GArray *findings)
{
        wattle_json_begin(json, NULL, '{');
        wattle_json_string(json, "mesh", mesh);
        wattle_json_uint(json, "problems", count_problems(findings));
        wattle_json_begin(json, "findings", '[');
        for (guint i = 0; i < findings->len; i++) {
                const WattleFinding *finding = &g_array_index(findings, WattleFinding, i);

                wattle_json_begin(json, NULL, '{');
                wattle_json_string(json, "check", finding->check);
                wattle_json_string(json, "kind",
                                   finding->kind == WATTLE_FINDING_NOTE ? "note" : "problem");
                wattle_json_string(json, "text", finding->text);
                wattle_json_string(json, "command", finding->command);
                wattle_json_end(json, '}');
        }
        wattle_json_end(json, ']');
        wattle_json_end(json, '}');
}

/* What was found of all meshes goes to one place. */
typedef struct {
        gboolean json;
        WattleJson writer;
        guint n_problems;
} Result;

static void tell(Result *result, const char *mesh, const GArray *findings)
{
        result->n_problems += count_problems(findings);
        if (result->json)
                print_json(&result->writer, mesh, findings);
        else
                print_findings(mesh, findings);
}

static void tell_carried(Result *result, const WattleNmInlineMesh *carried)
{
        g_autoptr(GArray) findings = wattle_findings_new();

        wattle_findings_add(findings, "wattled", WATTLE_FINDING_NOTE,
                            wattle_inline_mesh_text(carried->connection), NULL);
        tell(result, carried->mesh, findings);
}

/* meshes NULL: none is installed. */
static gboolean examine_all(const WattleCli *cli, char **meshes, const GPtrArray *carried,
                            gboolean json)
{
        Result result = { .json = json, .writer = { .stream = stdout } };

        if (json) {
                wattle_json_begin(&result.writer, NULL, '{');
                wattle_json_uint(&result.writer, "format", FORMAT);
                wattle_json_begin(&result.writer, "meshes", '[');
        }
        for (char **mesh = meshes; mesh && *mesh; mesh++) {
                g_autoptr(GArray) findings = wattle_findings_new();

                if (wattle_cli_is_tailnet(cli, *mesh))
                        wattle_tailnet_examine(cli, *mesh, findings);
                else
                        examine(cli, *mesh, findings);
                tell(&result, *mesh, findings);
        }
        for (guint i = 0; i < carried->len; i++)
                tell_carried(&result, g_ptr_array_index(carried, i));
        if (json) {
                wattle_json_end(&result.writer, ']');
                wattle_json_end(&result.writer, '}');
        } else if (meshes && geteuid() != 0) {
                wattle_print(
                        stdout,
                        "Not looked at, for that takes root: the private key, the firewall, and files "
                        "that others may not read.\n");
        }
        return meshes && result.n_problems == 0;
}

static int run(WattleCli *cli, char **argv)
{
        g_auto(GStrv) operands = NULL, meshes = NULL;
        g_autoptr(GPtrArray) carried = NULL;
        g_autoptr(GError) error = NULL;
        gboolean json = FALSE;
        const GOptionEntry options[] = {
                { "json", 0, 0, G_OPTION_ARG_NONE, &json,
                  N_("for programs; wattle(1) has the schema"), NULL },
                { 0 },
        };

        if (!wattle_cli_parse(cli, &wattle_verb_doctor, options, argv, &operands))
                return cli->status;
        if (strcmp(cli->root, "/") != 0)
                return wattle_cli_usage(&wattle_verb_doctor, "--root= is of no use here: a network "
                                                             "that runs is looked at");
        if (*operands && !wattle_identifier_check(*operands, WATTLE_MESH_NAME_MAX, &error))
                return wattle_cli_usage(&wattle_verb_doctor, "MESH: %s", error->message);
        meshes = wattle_cli_networks(cli, *operands);
        carried = wattle_inline_mesh_find(*operands);
        if (!meshes && carried->len == 0)
                return EXIT_FAILURE;
        return examine_all(cli, meshes, carried, json) ? EXIT_SUCCESS : EXIT_FAILURE;
}

const WattleVerb wattle_verb_doctor = {
        .name = "doctor",
        .operands = "[MESH|TAILNET]",
        .n_min = 0,
        .n_max = 1,
        .summary = N_("look for what keeps a mesh or tailnet from working here"),
        .description = N_(
                "Looks at what can go wrong on a host though the profile is good: the interface and its\n"
                "owner, the key, the port, kernel settings, routes, the clock, the firewall. Says what is\n"
                "wrong, and the command that mends it or shows more; the exit status is 1 then."),
        .example = "wattle doctor home",
        .run = run,
};
