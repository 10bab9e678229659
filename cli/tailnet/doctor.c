/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tailnet/doctor.h"

#include <string.h>

#include "common/language.h"

static void clear_overlap(gpointer data)
{
        g_free(((WattleOverlap *)data)->mesh);
}

void wattle_tailnet_doctor_init(WattleTailnetDoctorFacts *facts)
{
        *facts = (WattleTailnetDoctorFacts){
                .sysctls = g_array_new(FALSE, FALSE, sizeof(WattleSysctlFact)),
                .missing = g_ptr_array_new_with_free_func(g_free),
                .overlaps = g_array_new(FALSE, FALSE, sizeof(WattleOverlap)),
        };
        g_array_set_clear_func(facts->overlaps, clear_overlap);
        wattle_tailnet_status_init(&facts->said);
}

void wattle_tailnet_doctor_clear(WattleTailnetDoctorFacts *facts)
{
        g_clear_pointer(&facts->sysctls, g_array_unref);
        g_clear_pointer(&facts->missing, g_ptr_array_unref);
        g_clear_pointer(&facts->overlaps, g_array_unref);
        g_free(facts->unanswered);
        g_free(facts->networkd_state);
        g_free(facts->drops);
        g_free(facts->drops_command);
        g_free(facts->mesh_exit_node);
        wattle_tailnet_status_clear(&facts->said);
}

static void add_overlap(WattleTailnetDoctorFacts *facts, const char *mesh,
                        const WattlePrefix *prefix, const WattlePrefix *other, const char *device)
{
        const WattleOverlap overlap = { g_strdup(mesh), *prefix, *other, device };

        g_array_append_val(facts->overlaps, overlap);
}

static gboolean meets(const WattlePrefix *a, const WattlePrefix *b)
{
        return wattle_prefix_contains(a, b) || wattle_prefix_contains(b, a);
}

void wattle_tailnet_doctor_add_prefix(WattleTailnetDoctorFacts *facts, const char *mesh,
                                      const WattlePrefix *prefix)
{
        const WattleTailnetSwitch *accept = &facts->tailnet->accept_routes;

        for (guint i = 0; i < WATTLE_TAILNET_N_RANGES; i++)
                if (meets(prefix, &wattle_tailnet_ranges[i]))
                        add_overlap(facts, mesh, prefix, &wattle_tailnet_ranges[i], NULL);
        for (guint i = 0; accept->value && i < facts->said.devices->len; i++) {
                const WattleTailnetDevice *device =
                        &g_array_index(facts->said.devices, WattleTailnetDevice, i);

                for (guint j = 0; j < device->routes.n && !device->is_self; j++)
                        if (meets(prefix, &device->routes.prefixes[j]))
                                add_overlap(facts, mesh, prefix, &device->routes.prefixes[j],
                                            device->name);
        }
}

/* A check's findings, by the name of its row. */
typedef struct {
        GArray *findings;
        const char *check;
} Findings;

static void problem(const Findings *findings, char *text, char *command)
{
        wattle_findings_add(findings->findings, findings->check, WATTLE_FINDING_PROBLEM, text,
                            command);
}

static void note(const Findings *findings, char *text, char *command)
{
        wattle_findings_add(findings->findings, findings->check, WATTLE_FINDING_NOTE, text,
                            command);
}

static void check_applied(const WattleTailnetDoctorFacts *facts, const Findings *findings)
{
        guint n = wattle_file_bits_count(facts->stale);

        if (n > 0)
                problem(findings,
                        g_strdup_printf(P_("%u file is not as the tailnet says",
                                           "%u files are not as the tailnet says", n),
                                        n),
                        g_strdup_printf("wattle apply %s", facts->name));
}

static void check_daemon(const WattleTailnetDoctorFacts *facts, const Findings *findings)
{
        if (!facts->has_daemon)
                problem(findings,
                        g_strdup(_("Tailscale is not installed: there is no "
                                   "tailscaled.service")),
                        NULL);
        else if (!facts->daemon_runs)
                problem(findings, g_strdup(_("tailscaled does not run")),
                        g_strdup_printf("wattle up %s", facts->name));
        else if (facts->unanswered)
                note(findings,
                     g_strdup_printf(_("what tailscaled says is not known: %s"), facts->unanswered),
                     NULL);
}

static void check_login(const WattleTailnetDoctorFacts *facts, const Findings *findings)
{
        if (facts->unanswered)
                return;
        switch (facts->said.state) {
        case WATTLE_TAILNET_NEEDS_LOGIN:
                problem(findings, g_strdup(_("this host is not logged in")),
                        g_strdup_printf("journalctl -u wattle-tailscale@%s", facts->name));
                break;
        case WATTLE_TAILNET_NEEDS_MACHINE_AUTH:
                problem(findings,
                        g_strdup(_("somebody has to approve this device, at the login "
                                   "server")),
                        NULL);
                break;
        case WATTLE_TAILNET_STOPPED:
                note(findings, g_strdup(_("it was stopped, and stays so")),
                     g_strdup_printf("wattle up %s", facts->name));
                break;
        case WATTLE_TAILNET_IN_USE_OTHER_USER:
                problem(findings, g_strdup(_("tailscaled is in use by another user")), NULL);
                break;
        case WATTLE_TAILNET_NO_STATE:
        case WATTLE_TAILNET_STARTING:
        case WATTLE_TAILNET_RUNNING:
        case WATTLE_TAILNET_N_STATES:
                break;
        }
        for (guint i = 0; i < facts->said.n_health && facts->said.state == WATTLE_TAILNET_RUNNING;
             i++)
                note(findings, g_strdup(facts->said.health[i]), NULL);
}

static void check_fight(const WattleTailnetDoctorFacts *facts, const Findings *findings)
{
        const char *interface = facts->tailnet->interface.value;
        const char *state = facts->networkd_state;

        if (facts->networkd_is_older)
                problem(findings,
                        g_strdup(_("systemd-networkd was started before it was told to leave the "
                                   "rules and routes of others alone, and removes Tailscale's when "
                                   "it reads its files")),
                        g_strdup("systemctl restart systemd-networkd"));
        if (state && strcmp(state, "unmanaged") != 0 && strcmp(state, "initialized") != 0)
                problem(findings,
                        g_strdup_printf(
                                _("systemd-networkd manages the interface %s (%s), which is "
                                  "tailscaled's"),
                                interface, state),
                        g_strdup_printf("networkctl status %s", interface));
        if (facts->nm_manages)
                problem(findings,
                        g_strdup_printf(_("NetworkManager manages the interface %s, which is "
                                          "tailscaled's"),
                                        interface),
                        g_strdup_printf("nmcli device set %s managed no", interface));
        if (facts->dhcpcd_takes)
                problem(findings,
                        g_strdup_printf(
                                _("dhcpcd runs, and takes the interface %s, too; it reads no "
                                  "drop-ins"),
                                interface),
                        g_strdup_printf("echo 'denyinterfaces %s' >>/etc/dhcpcd.conf; systemctl "
                                        "restart dhcpcd",
                                        interface));
}

/* What happens while a setting is not so. */
static void check_sysctls(const WattleTailnetDoctorFacts *facts, const Findings *findings,
                          gboolean is_forwarding, const char *what)
{
        for (guint i = 0; i < facts->sysctls->len; i++) {
                const WattleSysctlFact *fact = &g_array_index(facts->sysctls, WattleSysctlFact, i);
                const WattleSysctl *wanted = &fact->wanted;

                if ((wanted->kind == WATTLE_SYSCTL_FORWARDING) == is_forwarding &&
                    wanted->value != fact->actual)
                        problem(findings,
                                g_strdup_printf(_("%s is %u and not %u: %s"), wanted->name,
                                                fact->actual, wanted->value, what),
                                g_strdup_printf("sysctl -w %s=%u", wanted->name, wanted->value));
        }
}

static void check_rp_filter(const WattleTailnetDoctorFacts *facts, const Findings *findings)
{
        check_sysctls(facts, findings, FALSE,
                      _("the kernel drops answers that come by another way"));
}

static void check_forwarding(const WattleTailnetDoctorFacts *facts, const Findings *findings)
{
        check_sysctls(facts, findings, TRUE, _("this device does not forward for the others"));
}

/* Behind a firewall tailscaled still finds its ways, by relays at worst. */
static void check_firewall(const WattleTailnetDoctorFacts *facts, const Findings *findings)
{
        if (facts->drops)
                note(findings,
                     g_strdup_printf(
                             _("the firewall drops what comes to the UDP port %u (%s), so that "
                               "others may have to reach this host by a relay%s"),
                             facts->tailnet->port, facts->drops,
                             facts->filter_installed && !facts->firewall_wanted &&
                                             facts->tailnet->interface.value
                                     ? _(": Firewall=auto below [Local] opens it too")
                                     : ""),
                     g_strdup(facts->drops_command));
}

static void check_filter(const WattleTailnetDoctorFacts *facts, const Findings *findings)
{
        const char *what = facts->filter_wanted
                                   ? _("with ExitNode=, a strict reverse path filter of another "
                                       "interface drops what comes to tailscaled")
                                   : _("Firewall= is of no effect");

        if (!facts->filter_wanted && !facts->firewall_wanted)
                return;
        if (!facts->filter_installed)
                note(findings, g_strdup_printf(_("wattle-filter is not installed: %s"), what),
                     NULL);
        else if (!facts->filter_runs && facts->said.state == WATTLE_TAILNET_RUNNING)
                problem(findings,
                        g_strdup_printf(_("wattle-filter@%s does not run: %s"), facts->name, what),
                        g_strdup_printf("wattle apply %s", facts->name));
}

static void check_programs(const WattleTailnetDoctorFacts *facts, const Findings *findings)
{
        for (guint i = 0; i < facts->missing->len; i++)
                note(findings,
                     g_strdup_printf(_("there is no %s, which tailscaled calls"),
                                     (const char *)g_ptr_array_index(facts->missing, i)),
                     NULL);
}

static void tell_overlap(const WattleOverlap *overlap, const Findings *findings)
{
        char ours[WATTLE_PREFIX_TEXT_MAX], theirs[WATTLE_PREFIX_TEXT_MAX];

        wattle_prefix_format(&overlap->prefix, ours);
        wattle_prefix_format(&overlap->other, theirs);
        problem(findings,
                overlap->device
                        ? g_strdup_printf(
                                  _("%s of the mesh %s meets %s, which is accepted from %s: "
                                    "tailscaled's rules come first"),
                                  ours, overlap->mesh, theirs, overlap->device)
                        : g_strdup_printf(_("%s of the mesh %s meets %s, the addresses of every "
                                            "tailnet: give the mesh another Subnet="),
                                          ours, overlap->mesh, theirs),
                NULL);
}

static void check_overlap(const WattleTailnetDoctorFacts *facts, const Findings *findings)
{
        for (guint i = 0; i < facts->overlaps->len; i++)
                tell_overlap(&g_array_index(facts->overlaps, WattleOverlap, i), findings);
        if (facts->tailnet->exit_node.value && facts->mesh_exit_node)
                problem(findings,
                        g_strdup_printf(
                                _("the mesh %s has an ExitNode= as well, and one of the two "
                                  "wins: take one away"),
                                facts->mesh_exit_node),
                        NULL);
}

static const struct {
        const char *name;
        void (*check)(const WattleTailnetDoctorFacts *facts, const Findings *findings);
} checks[] = {
        { "applied", check_applied },     { "daemon", check_daemon },
        { "login", check_login },         { "fight", check_fight },
        { "rp_filter", check_rp_filter }, { "forwarding", check_forwarding },
        { "firewall", check_firewall },   { "filter", check_filter },
        { "programs", check_programs },   { "overlap", check_overlap },
};

void wattle_tailnet_doctor_check(const WattleTailnetDoctorFacts *facts, GArray *findings)
{
        for (guint i = 0; i < G_N_ELEMENTS(checks); i++)
                checks[i].check(facts, &(Findings){ findings, checks[i].name });
}

/* Words of a line behind its first one, as glob patterns. */
static gboolean names(char *const *words, const char *interface)
{
        for (; *words; words++)
                if (**words && g_pattern_match_simple(*words, interface))
                        return TRUE;
        return FALSE;
}

/* dhcpcd-run-hooks aside, a line is an option and its words; after "interface" or "ssid" they are
 * of that alone, where these two have no meaning. */
gboolean wattle_tailnet_doctor_dhcpcd_denies(const char *text, const char *interface)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        gboolean allows = TRUE;

        for (guint i = 0; lines[i]; i++) {
                g_auto(GStrv) words = g_strsplit_set(g_strstrip(lines[i]), " \t,", -1);

                if (!words[0])
                        continue;
                if (strcmp(words[0], "denyinterfaces") == 0 && names(words + 1, interface))
                        return TRUE;
                if (strcmp(words[0], "allowinterfaces") == 0)
                        allows = names(words + 1, interface);
        }
        return !allows;
}
