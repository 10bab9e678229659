/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tailnet/examine.h"

#include <net/if.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/doctor/inquiry.h"
#include "cli/doctor/nft.h"
#include "cli/managers/bus.h"
#include "cli/managers/systemd.h"
#include "cli/tailnet/ask.h"
#include "cli/tailnet/doctor.h"
#include "cli/tailnet/load.h"
#include "cli/tailnet/operand.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/install.h"
#include "common/sys/tailnet/tailnets.h"

#define DHCPCD_CONF "etc/dhcpcd.conf"
#define FILE_MAX    (1024 * 1024)

static void gather_files(WattleTailnetDoctorFacts *facts, int root_fd)
{
        g_auto(WattleFileset) files = { 0 };
        WattleChanges changes;

        wattle_fileset_init_tailnet(&files);
        wattle_render_tailnet(facts->tailnet, wattle_host_systemd_version(root_fd), &files);
        wattle_install_compare(root_fd, facts->name, &files, NULL, &changes);
        facts->filter_wanted = wattle_fileset_find(&files, WATTLE_FILE_TAILNET_FILTER) != NULL;
        facts->firewall_wanted = wattle_fileset_find(&files, WATTLE_FILE_TAILNET_FIREWALL) != NULL;
        facts->filter_installed = wattle_host_has_filter(root_fd);
        facts->stale = changes.changed | changes.removed;
}

static void gather_sysctls(WattleTailnetDoctorFacts *facts)
{
        WattleSysctl wanted[WATTLE_MAX_SYSCTLS];
        guint n = facts->tailnet->interface.value ? wattle_tailnet_sysctls(facts->tailnet, wanted)
                                                  : 0;

        for (guint i = 0; i < n; i++) {
                WattleSysctlFact fact = { .wanted = wanted[i] };

                if (wattle_doctor_read_sysctl(&wanted[i], &fact.actual))
                        g_array_append_val(facts->sysctls, fact);
        }
}

/* It reads networkd.conf.d when it starts. A clock that was set meanwhile may hide that, or have it
 * restarted once more. */
static void gather_age(WattleTailnetDoctorFacts *facts, sd_bus *bus)
{
        g_autofree char *path = wattle_paths_file(WATTLE_FILE_TAILNET_NETWORKD_CONF, facts->name);
        g_autofree char *absolute = g_strconcat("/", path, NULL);
        guint64 started_us;
        struct stat st;

        if (facts->networkd_runs && stat(absolute, &st) == 0 &&
            wattle_systemd_changed_at(bus, WATTLE_UNIT_NETWORKD, &started_us, NULL))
                facts->networkd_is_older =
                        started_us / G_USEC_PER_SEC < (guint64)MAX(st.st_mtim.tv_sec, 0);
}

static void gather_dhcpcd(WattleTailnetDoctorFacts *facts, int root_fd, sd_bus *bus)
{
        static const char *const globs[] = { "dhcpcd.service", "dhcpcd@*.service", NULL };
        g_autoptr(GBytes) bytes = NULL;
        g_autofree char *text = NULL;
        g_auto(GStrv) active = NULL;
        gsize size = 0;
        gconstpointer data;

        if (!wattle_systemd_list_active(bus, globs, &active, NULL) || !active[0])
                return;
        bytes = wattle_read_file(root_fd, DHCPCD_CONF, FILE_MAX, NULL);
        data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
        text = g_strndup(data ? data : "", size);
        facts->dhcpcd_takes =
                !wattle_tailnet_doctor_dhcpcd_denies(text, facts->tailnet->interface.value);
}

static void gather_managers(WattleTailnetDoctorFacts *facts, int root_fd, sd_bus *bus)
{
        const char *interface = facts->tailnet->interface.value;
        g_autofree char *filter = wattle_paths_unit(WATTLE_UNIT_FILTER, facts->name);
        gboolean known =
                wattle_systemd_is_active(bus, WATTLE_UNIT_NETWORKD, &facts->networkd_runs, NULL) &&
                wattle_systemd_is_active(bus, WATTLE_UNIT_NM, &facts->nm_runs, NULL) &&
                wattle_systemd_is_active(bus, filter, &facts->filter_runs, NULL);

        if (!known || !interface)
                return;
        gather_age(facts, bus);
        gather_dhcpcd(facts, root_fd, bus);
        if (if_nametoindex(interface) == 0)
                return;
        if (facts->nm_runs && !wattle_doctor_ask_nm(bus, interface, &facts->nm_manages))
                facts->nm_manages = FALSE;
        if (facts->networkd_runs)
                facts->networkd_state = wattle_doctor_ask_networkd(bus, interface);
}

/* Any port is another after each start of tailscaled's. */
static void gather_firewall(WattleTailnetDoctorFacts *facts)
{
        const WattlePort port = { .protocol = WATTLE_PORT_UDP,
                                  .side = WATTLE_PORT_BY_UPLINK,
                                  .first = facts->tailnet->port,
                                  .last = facts->tailnet->port };
        const char *interface = facts->tailnet->interface.value;
        g_autofree char *ruleset = port.first > 0 ? wattle_doctor_list_ruleset() : NULL;
        g_autofree char *where = NULL;

        if (!interface)
                interface = "";
        if (!ruleset || wattle_nft_judge(ruleset, &port, interface, &where) != WATTLE_NFT_DROPS)
                return;
        facts->drops_command = wattle_nft_open_port(ruleset, where, &port, interface);
        facts->drops = g_steal_pointer(&where);
}

/* As tailscaled's unit finds them; what is a built-in of a shell does not help it. */
static void gather_programs(WattleTailnetDoctorFacts *facts)
{
        static const char *const programs[] = { "getent", "modprobe", "sysctl" };

        for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
                g_autofree char *path = g_find_program_in_path(programs[i]);
                g_autofree char *sbin = g_strconcat("/usr/sbin/", programs[i], NULL);

                if (!path && !g_file_test(sbin, G_FILE_TEST_IS_EXECUTABLE))
                        g_ptr_array_add(facts->missing, g_strdup(programs[i]));
        }
}

static void gather_mesh(WattleTailnetDoctorFacts *facts, int root_fd, const char *name)
{
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = NULL;

        wattle_report_init(&unheard);
        if (wattle_mesh_load(&mesh, root_fd, name, WATTLE_LOAD_OR_LAST_GOOD, &unheard) &&
            mesh.local.enable)
                view = wattle_host_view(root_fd, &mesh, NULL, WATTLE_OWNER_AUTO, &unheard);
        if (!view)
                return;
        for (guint i = 0; i < view->n_addresses; i++) {
                WattlePrefix subnet =
                        wattle_prefix_around(&view->addresses[i].addr, view->addresses[i].length);

                wattle_tailnet_doctor_add_prefix(facts, name, &subnet);
        }
        for (guint i = 0; i < view->n_subnets; i++)
                wattle_tailnet_doctor_add_prefix(facts, name, &view->subnets[i]);
        for (guint i = 0; i < view->n_routes; i++)
                wattle_tailnet_doctor_add_prefix(facts, name, &view->routes[i]);
        if (view->exit_node && !facts->mesh_exit_node)
                facts->mesh_exit_node = g_strdup(name);
}

static void gather_meshes(WattleTailnetDoctorFacts *facts, int root_fd)
{
        g_auto(WattleReport) unheard = { 0 };
        g_auto(GStrv) meshes = NULL;

        wattle_report_init(&unheard);
        meshes = wattle_mesh_list(root_fd, &unheard);
        for (guint i = 0; meshes[i]; i++)
                gather_mesh(facts, root_fd, meshes[i]);
}

static void gather(WattleTailnetDoctorFacts *facts, int root_fd)
{
        g_autofree char *unit = wattle_tailnet_find_unit(root_fd);
        g_autoptr(GError) error = NULL;
        WattleTailnetAnswer answer = wattle_tailnet_ask(NULL, &facts->said, &error);
        sd_bus *bus = NULL;

        facts->has_daemon = unit != NULL;
        facts->daemon_runs = answer == WATTLE_TAILNET_ANSWERED;
        facts->unanswered = wattle_tailnet_explain(answer, facts->name, error);
        gather_files(facts, root_fd);
        gather_sysctls(facts);
        gather_firewall(facts);
        gather_programs(facts);
        gather_meshes(facts, root_fd);
        if (wattle_bus_open(&bus, NULL)) {
                gboolean runs;

                if (wattle_systemd_is_active(bus, WATTLE_UNIT_TAILSCALED, &runs, NULL))
                        facts->daemon_runs = runs;
                gather_managers(facts, root_fd, bus);
        }
        sd_bus_flush_close_unref(bus);
}

static void add_report(GArray *findings, WattleReport *report)
{
        wattle_report_sort(report);
        for (guint i = 0; i < report->faults->len; i++)
                wattle_findings_add(
                        findings, "profile", WATTLE_FINDING_PROBLEM,
                        wattle_fault_format(&g_array_index(report->faults, WattleFault, i)), NULL);
}

void wattle_tailnet_examine(const WattleCli *cli, const char *name, GArray *findings)
{
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleTailnet) tailnet = { 0 };
        g_auto(WattleTailnetDoctorFacts) facts = { 0 };

        wattle_report_init(&report);
        wattle_tailnet_init(&tailnet);
        wattle_tailnet_doctor_init(&facts);
        facts.tailnet = &tailnet;
        facts.name = name;
        if (!wattle_cli_load_tailnet(cli, name, &tailnet, &report)) {
                add_report(findings, &report);
        } else if (!tailnet.enable) {
                wattle_findings_add(findings, "profile", WATTLE_FINDING_NOTE,
                                    g_strdup(_("it has Enable=no below [Local]")), NULL);
        } else {
                gather(&facts, cli->root_fd);
                wattle_tailnet_doctor_check(&facts, findings);
        }
}
