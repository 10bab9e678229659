/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What apply does for a tailnet, and what its doctor finds: in rows, facts by words beside what
 * comes of them. */
#include <string.h>
#include <sys/socket.h>

#include "cli/tailnet/doctor.h"
#include "cli/tailnet/plan.h"
#include "tests/unit/fixture.h"

static const char *const step_names[WATTLE_TAILNET_N_STEPS] = {
        [WATTLE_TAILNET_STEP_COPY] = "copy",
        [WATTLE_TAILNET_STEP_INSTALL] = "install",
        [WATTLE_TAILNET_STEP_RELOAD_SYSTEMD] = "reload-systemd",
        [WATTLE_TAILNET_STEP_START_WRITER] = "start-writer",
        [WATTLE_TAILNET_STEP_STOP_WRITER] = "stop-writer",
        [WATTLE_TAILNET_STEP_RELOAD_NM] = "reload-nm",
        [WATTLE_TAILNET_STEP_RELOAD_NETWORKD] = "reload-networkd",
        [WATTLE_TAILNET_STEP_RESTART_NETWORKD] = "restart-networkd",
        [WATTLE_TAILNET_STEP_APPLY_SYSCTLS] = "sysctls",
        [WATTLE_TAILNET_STEP_START_FILTER] = "start-filter",
        [WATTLE_TAILNET_STEP_RELOAD_FILTER] = "reload-filter",
        [WATTLE_TAILNET_STEP_STOP_FILTER] = "stop-filter",
        [WATTLE_TAILNET_STEP_START_DAEMON] = "start-daemon",
        [WATTLE_TAILNET_STEP_RESTART_DAEMON] = "restart-daemon",
        [WATTLE_TAILNET_STEP_START_LOGIN] = "start-login",
        [WATTLE_TAILNET_STEP_RESTART_LOGIN] = "restart-login",
};

/* "env" of a file that changes, "-env" of one that goes. */
static const struct {
        const char *word;
        WattleFileKind kind;
} files_by_word[] = {
        { "env", WATTLE_FILE_TAILNET_ENVIRONMENT },
        { "network", WATTLE_FILE_TAILNET_NETWORK },
        { "conf", WATTLE_FILE_TAILNET_NETWORKD_CONF },
        { "unmanaged", WATTLE_FILE_TAILNET_UNMANAGED },
        { "sysctl", WATTLE_FILE_TAILNET_SYSCTL },
        { "nft", WATTLE_FILE_TAILNET_FILTER },
        { "firewall", WATTLE_FILE_TAILNET_FIREWALL },
};

#define FACT(word, member)                                                                         \
        {                                                                                          \
                word, G_STRUCT_OFFSET(WattleTailnetFacts, member)                                  \
        }
static const struct {
        const char *word;
        gsize offset; /* of a gboolean */
} facts_by_word[] = {
        FACT("wanted", wanted),
        FACT("new", is_new),
        FACT("pending", is_pending),
        FACT("linked", is_linked),
        FACT("writer", writer_runs),
        FACT("networkd", networkd_runs),
        FACT("nm", nm_runs),
        FACT("has-daemon", has_daemon),
        FACT("daemon", daemon_runs),
        FACT("has-filter", has_filter),
        FACT("filter", filter_runs),
        FACT("device", has_device),
        FACT("wants-filter", wants_filter),
        FACT("has-login", has_login),
};

static void set_fact(WattleTailnetFacts *facts, const char *word)
{
        guint *bits = *word == '-' ? &facts->files.removed : &facts->files.changed;

        for (guint i = 0; i < G_N_ELEMENTS(facts_by_word); i++)
                if (strcmp(word, facts_by_word[i].word) == 0) {
                        *(gboolean *)((char *)facts + facts_by_word[i].offset) = TRUE;
                        return;
                }
        for (guint i = 0; i < G_N_ELEMENTS(files_by_word); i++)
                if (strcmp(word + (*word == '-'), files_by_word[i].word) == 0) {
                        *bits |= WATTLE_FILE_BIT(files_by_word[i].kind);
                        return;
                }
        g_error("no fact is called %s", word);
}

#define RUNS "wanted linked writer networkd has-daemon daemon has-login "
static const struct plan_row {
        const char *name, *facts, *steps;
} plan_rows[] = {
        { "as-it-was", RUNS, "restart-login" },
        { "settings-alone", RUNS "new", "copy restart-login" },
        { "environment", RUNS "new env", "copy install restart-daemon start-login" },
        { "interface", RUNS "env network unmanaged nm",
          "install reload-nm reload-networkd restart-daemon start-login" },
        { "sysctl", RUNS "sysctl", "install sysctls restart-login" },
        { "first", "wanted new env network conf unmanaged networkd has-daemon daemon has-login",
          "copy install reload-systemd start-writer restart-networkd restart-daemon start-login" },
        { "first-without-managers", "wanted env network conf unmanaged has-daemon has-login",
          "install reload-systemd start-writer start-daemon start-login" },
        { "daemon-was-stopped", "wanted linked writer has-daemon has-login",
          "start-daemon start-login" },
        { "no-login-service", "wanted linked writer has-daemon daemon", "" },
        { "no-tailscale", "wanted linked writer env", "install" },
        { "unlinked", "wanted writer has-daemon daemon", "reload-systemd restart-daemon" },
        { "exit-node", RUNS "new nft has-filter device wants-filter",
          "copy install start-filter restart-login" },
        { "another-port", RUNS "env nft has-filter device wants-filter filter",
          "install reload-filter restart-daemon start-login" },
        { "no-exit-node", RUNS "-nft has-filter device filter",
          "install stop-filter restart-login" },
        { "no-filter-installed", RUNS "nft device wants-filter", "install restart-login" },
        { "interface-is-to-come", RUNS "nft has-filter wants-filter", "install restart-login" },
        /* What an apply that was killed has left undone. */
        { "pending", RUNS "pending", "install restart-networkd restart-daemon start-login" },
        /* One that goes cuts nobody off, and networkd does not take its rules. */
        { "gone",
          "linked writer -env -network -conf -unmanaged networkd nm has-daemon daemon has-login",
          "install reload-systemd stop-writer reload-nm reload-networkd" },
        { "gone-already", "networkd has-daemon daemon has-login", "" },
        { "gone-pending", "pending networkd has-daemon daemon", "install" },
};

static void plan(gconstpointer data)
{
        const struct plan_row *row = data;
        g_auto(GStrv) words = g_strsplit(row->facts, " ", -1);
        g_autoptr(GString) steps = g_string_new(NULL);
        WattleTailnetFacts facts = { 0 };
        WattleTailnetPlan made = { 0 };

        for (guint i = 0; words[i]; i++)
                if (*words[i])
                        set_fact(&facts, words[i]);
        wattle_tailnet_plan(&facts, &made);
        for (guint i = 0; i < made.n; i++)
                g_string_append_printf(steps, "%s%s", i > 0 ? " " : "", step_names[made.steps[i]]);
        g_assert_cmpstr(steps->str, ==, row->steps);
}

static void ill_none(G_GNUC_UNUSED WattleTailnetDoctorFacts *facts)
{
}

static void ill_stale(WattleTailnetDoctorFacts *facts)
{
        facts->stale = 3;
}

static void ill_absent(WattleTailnetDoctorFacts *facts)
{
        facts->has_daemon = facts->daemon_runs = FALSE;
}

static void ill_stopped_daemon(WattleTailnetDoctorFacts *facts)
{
        facts->daemon_runs = FALSE;
}

static void ill_unanswered(WattleTailnetDoctorFacts *facts)
{
        facts->unanswered = g_strdup("why");
        facts->said.state = WATTLE_TAILNET_NEEDS_LOGIN;
}

static void ill_login(WattleTailnetDoctorFacts *facts)
{
        facts->said.state = WATTLE_TAILNET_NEEDS_LOGIN;
}

static void ill_approval(WattleTailnetDoctorFacts *facts)
{
        facts->said.state = WATTLE_TAILNET_NEEDS_MACHINE_AUTH;
}

static void ill_stopped(WattleTailnetDoctorFacts *facts)
{
        facts->said.state = WATTLE_TAILNET_STOPPED;
}

static void ill_health(WattleTailnetDoctorFacts *facts)
{
        wattle_tailnet_status_add_health(&facts->said, "no DNS");
}

static void ill_networkd(WattleTailnetDoctorFacts *facts)
{
        facts->networkd_state = g_strdup("configured");
}

static void well_networkd(WattleTailnetDoctorFacts *facts)
{
        facts->networkd_state = g_strdup("unmanaged");
}

static void ill_old_networkd(WattleTailnetDoctorFacts *facts)
{
        facts->networkd_is_older = TRUE;
}

static void ill_nm(WattleTailnetDoctorFacts *facts)
{
        facts->nm_manages = TRUE;
}

static void ill_dhcpcd(WattleTailnetDoctorFacts *facts)
{
        facts->dhcpcd_takes = TRUE;
}

static void add_sysctl(WattleTailnetDoctorFacts *facts, WattleSysctlKind kind, const char *name,
                       guint wanted, guint actual)
{
        WattleSysctlFact fact = { .wanted = { .kind = kind, .value = wanted }, .actual = actual };

        g_strlcpy(fact.wanted.name, name, sizeof fact.wanted.name);
        g_array_append_val(facts->sysctls, fact);
}

static void ill_rp_filter(WattleTailnetDoctorFacts *facts)
{
        add_sysctl(facts, WATTLE_SYSCTL_RP_FILTER, "rp", 2, 1);
        add_sysctl(facts, WATTLE_SYSCTL_FORWARDING, "fw", 1, 1);
}

static void ill_forwarding(WattleTailnetDoctorFacts *facts)
{
        add_sysctl(facts, WATTLE_SYSCTL_RP_FILTER, "rp", 2, 2);
        add_sysctl(facts, WATTLE_SYSCTL_FORWARDING, "fw", 1, 0);
}

static void ill_firewall(WattleTailnetDoctorFacts *facts)
{
        facts->drops = g_strdup("inet filter input");
        facts->drops_command = g_strdup("open it");
}

static void ill_no_filter(WattleTailnetDoctorFacts *facts)
{
        facts->filter_wanted = TRUE;
}

static void ill_firewall_with_filter(WattleTailnetDoctorFacts *facts)
{
        ill_firewall(facts);
        facts->filter_installed = TRUE;
}

static void ill_firewall_wanted(WattleTailnetDoctorFacts *facts)
{
        facts->firewall_wanted = TRUE;
}

static void ill_filter(WattleTailnetDoctorFacts *facts)
{
        facts->filter_wanted = facts->filter_installed = TRUE;
}

static void ill_programs(WattleTailnetDoctorFacts *facts)
{
        g_ptr_array_add(facts->missing, g_strdup("getent"));
}

static void meet(WattleTailnetDoctorFacts *facts, const char *text)
{
        WattlePrefix prefix;

        g_assert_true(wattle_prefix_parse(text, &prefix, NULL));
        wattle_tailnet_doctor_add_prefix(facts, "home", &prefix);
}

static void add_router(WattleTailnetDoctorFacts *facts, gboolean accept)
{
        static WattlePrefix route = { { AF_INET, { 192, 0, 2 } }, 24 };
        const WattleTailnetDevice device = { .name = "gw", .routes = { &route, 1 } };

        ((WattleTailnet *)facts->tailnet)->accept_routes.value = accept;
        g_array_append_val(facts->said.devices, device);
}

static void ill_addresses(WattleTailnetDoctorFacts *facts)
{
        meet(facts, "100.100.0.0/16");
        meet(facts, "fd7a:115c:a1e0:1::/64");
}

static void ill_routes(WattleTailnetDoctorFacts *facts)
{
        add_router(facts, TRUE);
        meet(facts, "192.0.0.0/16");
}

static void well_routes(WattleTailnetDoctorFacts *facts)
{
        add_router(facts, FALSE);
        meet(facts, "192.0.2.0/24");
        meet(facts, "10.42.0.0/16");
        meet(facts, "fd42::/64");
}

static void ill_exit_nodes(WattleTailnetDoctorFacts *facts)
{
        ((WattleTailnet *)facts->tailnet)->exit_node.value = "gw";
        facts->mesh_exit_node = g_strdup("home");
}

static void well_exit_node(WattleTailnetDoctorFacts *facts)
{
        facts->mesh_exit_node = g_strdup("home");
}

/* Findings as "check: text | command", a note with "note" before it. */
static const struct doctor_row {
        const char *name;
        void (*ill)(WattleTailnetDoctorFacts *facts);
        const char *found;
} doctor_rows[] = {
        { "healthy", ill_none, "" },
        { "stale", ill_stale,
          "applied: 2 files are not as the tailnet says | wattle apply work\n" },
        { "no-tailscale", ill_absent,
          "daemon: Tailscale is not installed: there is no tailscaled.service | \n" },
        { "not-running", ill_stopped_daemon, "daemon: tailscaled does not run | wattle up work\n" },
        { "unanswered", ill_unanswered,
          "note daemon: what tailscaled says is not known: why | \n" },
        { "login", ill_login,
          "login: this host is not logged in | journalctl -u wattle-tailscale@work\n" },
        { "approval", ill_approval,
          "login: somebody has to approve this device, at the login server | \n" },
        { "stopped", ill_stopped, "note login: it was stopped, and stays so | wattle up work\n" },
        { "health", ill_health, "note login: no DNS | \n" },
        { "networkd", ill_networkd,
          "fight: systemd-networkd manages the interface tailscale0 (configured), which is "
          "tailscaled's | networkctl status tailscale0\n" },
        { "networkd-lets-it-be", well_networkd, "" },
        { "networkd-is-older", ill_old_networkd,
          "fight: systemd-networkd was started before it was told to leave the rules and routes of "
          "others alone, and removes Tailscale's when it reads its files | systemctl restart "
          "systemd-networkd\n" },
        { "nm", ill_nm,
          "fight: NetworkManager manages the interface tailscale0, which is tailscaled's | nmcli "
          "device set tailscale0 managed no\n" },
        { "dhcpcd", ill_dhcpcd,
          "fight: dhcpcd runs, and takes the interface tailscale0, too; it reads no drop-ins | echo "
          "'denyinterfaces tailscale0' >>/etc/dhcpcd.conf; systemctl restart dhcpcd\n" },
        { "rp_filter", ill_rp_filter,
          "rp_filter: rp is 1 and not 2: the kernel drops answers that come by another way | sysctl "
          "-w rp=2\n" },
        { "forwarding", ill_forwarding,
          "forwarding: fw is 0 and not 1: this device does not forward for the others | sysctl -w "
          "fw=1\n" },
        { "firewall", ill_firewall,
          "note firewall: the firewall drops what comes to the UDP port 41641 (inet filter input), "
          "so that others may have to reach this host by a relay | open it\n" },
        { "firewall-and-filter", ill_firewall_with_filter,
          "note firewall: the firewall drops what comes to the UDP port 41641 (inet filter input), "
          "so that others may have to reach this host by a relay: Firewall=auto below [Local] opens "
          "it too | open it\n" },
        { "firewall-without-filter", ill_firewall_wanted,
          "note filter: wattle-filter is not installed: Firewall= is of no effect | \n" },
        { "no-filter", ill_no_filter,
          "note filter: wattle-filter is not installed: with ExitNode=, a strict reverse path filter of "
          "another interface drops what comes to tailscaled | \n" },
        { "filter-is-down", ill_filter,
          "filter: wattle-filter@work does not run: with ExitNode=, a strict reverse path filter of "
          "another interface drops what comes to tailscaled | wattle apply work\n" },
        { "programs", ill_programs,
          "note programs: there is no getent, which tailscaled calls | \n" },
        { "addresses", ill_addresses,
          "overlap: 100.100.0.0/16 of the mesh home meets 100.64.0.0/10, the addresses of every "
          "tailnet: give the mesh another Subnet= | \n"
          "overlap: fd7a:115c:a1e0:1::/64 of the mesh home meets fd7a:115c:a1e0::/48, the addresses "
          "of every tailnet: give the mesh another Subnet= | \n" },
        { "routes", ill_routes,
          "overlap: 192.0.0.0/16 of the mesh home meets 192.0.2.0/24, which is accepted from gw: "
          "tailscaled's rules come first | \n" },
        { "routes-not-accepted", well_routes, "" },
        { "exit-nodes", ill_exit_nodes,
          "overlap: the mesh home has an ExitNode= as well, and one of the two wins: take one away "
          "| \n" },
        { "one-exit-node", well_exit_node, "" },
};

static void doctor(gconstpointer data)
{
        const struct doctor_row *row = data;
        g_autoptr(GArray) findings = wattle_findings_new();
        g_autoptr(GString) found = g_string_new(NULL);
        g_auto(WattleTailnet) tailnet = { 0 };
        g_auto(WattleTailnetDoctorFacts) facts = { 0 };

        wattle_tailnet_init(&tailnet);
        wattle_tailnet_doctor_init(&facts);
        facts.tailnet = &tailnet;
        facts.name = "work";
        facts.has_daemon = facts.daemon_runs = TRUE;
        facts.said.state = WATTLE_TAILNET_RUNNING;
        row->ill(&facts);
        wattle_tailnet_doctor_check(&facts, findings);
        for (guint i = 0; i < findings->len; i++) {
                const WattleFinding *finding = &g_array_index(findings, WattleFinding, i);

                g_string_append_printf(found, "%s%s: %s | %s\n",
                                       finding->kind == WATTLE_FINDING_NOTE ? "note " : "",
                                       finding->check, finding->text,
                                       finding->command ? finding->command : "");
        }
        g_assert_cmpstr(found->str, ==, row->found);
}

static void dhcpcd(void)
{
        static const struct {
                const char *text;
                gboolean denies;
        } rows[] = {
                { "", FALSE },
                { "# denyinterfaces tailscale0\nhostname\n", FALSE },
                { "denyinterfaces veth* tailscale0\n", TRUE },
                { "  denyinterfaces\ttail*", TRUE },
                { "denyinterfaces eth0\n", FALSE },
                { "allowinterfaces eth0 wlan0\n", TRUE },
                { "allowinterfaces *\n", FALSE },
        };

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
                g_assert_cmpint(wattle_tailnet_doctor_dhcpcd_denies(rows[i].text, "tailscale0"), ==,
                                rows[i].denies);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/cli-tailnet/plan", plan_rows, plan);
        add_rows("/cli-tailnet/doctor", doctor_rows, doctor);
        g_test_add_func("/cli-tailnet/dhcpcd", dhcpcd);
        return g_test_run();
}
