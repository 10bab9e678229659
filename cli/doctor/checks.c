/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "cli/doctor/doctor.h"
#include "cli/update/witness.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/reach.h"

/* What is written here is younger: a clock before it was never set. */
#define OLDEST_CLOCK_S G_GINT64_CONSTANT(1704067200) /* 2024-01-01 */

/* Clocks of hosts between which a profile is copied differ a little. */
#define CLOCK_SLACK_S 300

#define SHOWN 3 /* of many of a kind */

static void clear_route(gpointer data)
{
        WattleRouteFact *fact = data;

        g_free(fact->interface);
}

static void clear_lan(gpointer data)
{
        WattleLanFact *fact = data;

        g_free(fact->interface);
}

static void clear_closed(gpointer data)
{
        WattleClosedFact *fact = data;

        g_free(fact->where);
        g_free(fact->command);
}

void wattle_facts_init(WattleFacts *facts)
{
        *facts = (WattleFacts){
                .notes = g_ptr_array_new_with_free_func(g_free),
                .sysctls = g_array_new(FALSE, FALSE, sizeof(WattleSysctlFact)),
                .routes = g_array_new(FALSE, FALSE, sizeof(WattleRouteFact)),
                .lans = g_array_new(FALSE, FALSE, sizeof(WattleLanFact)),
                .no_zones = g_ptr_array_new_with_free_func(g_free),
                .closed = g_array_new(FALSE, FALSE, sizeof(WattleClosedFact)),
                .unreachable = g_ptr_array_new_with_free_func(g_free),
                .rivals = g_ptr_array_new_with_free_func(g_free),
                .takers = g_ptr_array_new_with_free_func(g_free),
                .stale = g_ptr_array_new_with_free_func(g_free),
                .resolved_runs = TRUE,
                .unresolved = g_ptr_array_new_with_free_func(g_free),
        };
        wattle_status_init(&facts->status);
        g_array_set_clear_func(facts->routes, clear_route);
        g_array_set_clear_func(facts->lans, clear_lan);
        g_array_set_clear_func(facts->closed, clear_closed);
}

void wattle_facts_clear(WattleFacts *facts)
{
        wattle_status_clear(&facts->status);
        g_ptr_array_unref(facts->notes);
        g_array_unref(facts->sysctls);
        g_array_unref(facts->routes);
        g_array_unref(facts->lans);
        g_ptr_array_unref(facts->unreachable);
        g_ptr_array_unref(facts->rivals);
        g_ptr_array_unref(facts->takers);
        wattle_foreign_clear(&facts->foreign);
        g_free(facts->wg_quick);
        g_ptr_array_unref(facts->stale);
        g_ptr_array_unref(facts->unresolved);
        g_free(facts->nsswitch_service);
        g_free(facts->nsswitch_command);
        g_free(facts->silent_record);
        g_free(facts->name_server);
        g_free(facts->port_holder);
        g_free(facts->stands_in);
        g_free(facts->etc_fault);
        g_free(facts->managed_path);
        g_free(facts->fork_from);
        g_free(facts->ahead);
        g_free(facts->key_fault);
        g_free(facts->key_command);
        g_free(facts->networkd_state);
        g_array_unref(facts->closed);
        g_ptr_array_unref(facts->no_zones);
        g_free(facts->drops_forward);
        g_free(facts->forward_command);
}

static void clear_finding(gpointer data)
{
        WattleFinding *finding = data;

        g_free(finding->text);
        g_free(finding->command);
}

GArray *wattle_findings_new(void)
{
        GArray *findings = g_array_new(FALSE, FALSE, sizeof(WattleFinding));

        g_array_set_clear_func(findings, clear_finding);
        return findings;
}

void wattle_findings_add(GArray *findings, const char *check, WattleFindingKind kind, char *text,
                         char *command)
{
        const WattleFinding finding = { check, kind, text, command };

        g_array_append_val(findings, finding);
}

/* A check's findings; its name is that of its row. */
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

/* "a, b, c and 7 more" */
static char *join(const GPtrArray *texts)
{
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < MIN(texts->len, SHOWN); i++)
                g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                                       (const char *)g_ptr_array_index(texts, i));
        if (texts->len > SHOWN)
                g_string_append_printf(text, _(" and %u more"), texts->len - SHOWN);
        return g_string_free(text, FALSE);
}

static const char *mesh_of(const WattleFacts *facts)
{
        return facts->view->mesh;
}

static void check_signature(const WattleFacts *facts, const Findings *findings)
{
        if (facts->stands_in)
                problem(findings,
                        g_strdup_printf(_("the last good profile stands in for the one that is "
                                          "installed: %s"),
                                        facts->stands_in),
                        g_strdup_printf("wattle check %s", mesh_of(facts)));
        else if (facts->is_signed && !facts->has_last_good && !facts->etc_fault)
                note(findings,
                     g_strdup(_("no last good profile is kept yet: a stray edit of this one would "
                                "take the host off at its next boot")),
                     g_strdup_printf("wattle apply %s", mesh_of(facts)));
}

static void check_phase(const WattleFacts *facts, const Findings *findings)
{
        switch (facts->update_phase) {
        case WATTLE_CONFIRM_DONE:
        case WATTLE_N_CONFIRM_PHASES:
                break;
        case WATTLE_CONFIRM_TRYING:
        case WATTLE_CONFIRM_BACK:
                note(findings, g_strdup(_("a newer profile is just being tried")), NULL);
                break;
        case WATTLE_CONFIRM_HELD:
                problem(findings,
                        g_strdup_printf(
                                _("a newer profile was taken back, for no peer answered under "
                                  "it or it could not be applied: %s/%s.next has it"),
                                WATTLE_CONFDIR, mesh_of(facts)),
                        g_strdup_printf("journalctl -u wattle-update@%s", mesh_of(facts)));
                break;
        case WATTLE_CONFIRM_BLIND:
                problem(findings,
                        g_strdup(_("no peer has answered since a newer profile came, nor under the "
                                   "one before: it is the network")),
                        NULL);
                break;
        }
}

/* Members tell of newer profiles by themselves; these have to be asked. */
static void check_sources(const WattleFacts *facts, const Findings *findings)
{
        if (!facts->update_installed || facts->n_sources == 0)
                return;
        if (facts->sources_failed)
                problem(findings,
                        g_strdup(_(
                                "UpdateFrom= and UpdateURL= gave no profile when they were last asked")),
                        g_strdup_printf("journalctl -u wattle-update-sources@%s", mesh_of(facts)));
        if (facts->status.link == WATTLE_LINK_UP && facts->wattled_runs && facts->n_witnesses == 0)
                note(findings,
                     g_strdup_printf(
                             _("no peer was heard in the last %d seconds: a newer profile from there would stay without one "
                               "that confirms it"),
                             WATTLE_WITNESS_HEARD_S),
                     NULL);
}

static void check_update(const WattleFacts *facts, const Findings *findings)
{
        if (!facts->is_signed)
                return;
        check_phase(facts, findings);
        if (facts->fork_from)
                problem(findings,
                        g_strdup_printf(
                                _("two people changed the mesh at once: serial %ju of %s does not follow on what was here; look for the "
                                  "change that is lost, and sign both with a higher Serial="),
                                facts->fork_serial, facts->fork_from),
                        NULL);
        if (facts->serial > 0 && facts->serial < facts->floor)
                problem(findings,
                        g_strdup_printf(
                                _("serial %ju is older than %ju, which this host has had: nothing up to that comes by itself; put the "
                                  "newer one back, or sign this with a higher Serial="),
                                facts->serial, facts->floor),
                        g_strdup_printf("wattle update %s", mesh_of(facts)));
        check_sources(facts, findings);
        if (facts->ahead && facts->update_phase == WATTLE_CONFIRM_DONE)
                problem(findings,
                        g_strdup_printf(
                                _("%s runs serial %ju, which is newer than what this host has"),
                                facts->ahead, facts->ahead_serial),
                        g_strdup_printf("wattle update %s", mesh_of(facts)));
        if (!facts->update_installed)
                note(findings,
                     g_strdup(
                             _("newer profiles do not come by themselves, for wattle-update is not "
                               "installed")),
                     NULL);
}

/* Not wrong as such: but who edits there is surprised, and a signed mesh has nothing to fall back
 * to. */
static void check_etc(const WattleFacts *facts, const Findings *findings)
{
        if (facts->etc_fault)
                note(findings,
                     g_strdup_printf(_("%s cannot be written (%s): change the mesh where "
                                       "that is made%s"),
                                     WATTLE_CONFDIR, facts->etc_fault,
                                     facts->is_signed && !facts->has_last_good
                                             ? _(", and put its .last folder there too, for none "
                                                 "can be kept here")
                                             : ""),
                     NULL);
        else if (facts->managed_path)
                note(findings,
                     g_strdup_printf(_("the profile is a link to %s: what manages that may write "
                                       "over what is changed here, so change the mesh there"),
                                     facts->managed_path),
                     NULL);
}

/* Errors are told before there are facts. The boot does not tell warnings: where the causes are in
 * the files, as an endpoint that few can call, this is the place. */
static void check_profile(const WattleFacts *facts, const Findings *findings)
{
        guint n = facts->n_warnings;

        if (n > 0)
                note(findings,
                     g_strdup_printf(P_("there is %u warning about what is written",
                                        "there are %u warnings about what is written", n),
                                     n),
                     g_strdup_printf("wattle check %s", mesh_of(facts)));
}

static void check_owner(const WattleFacts *facts, const Findings *findings)
{
        gboolean is_nm = facts->view->owner == WATTLE_OWNER_NETWORK_MANAGER;
        const char *unit = is_nm ? "NetworkManager" : "systemd-networkd";

        if (facts->owner_known && !(is_nm ? facts->nm_runs : facts->networkd_runs))
                problem(findings,
                        g_strdup_printf(_("%s owns the interface %s, and does not run"), unit,
                                        facts->view->interface),
                        g_strdup_printf("systemctl start %s", unit));
}

static void check_applied(const WattleFacts *facts, const Findings *findings)
{
        guint n_missing = 0, n_more = 0;
        g_autofree char *names = NULL;

        if (facts->stale->len > 0) {
                names = join(facts->stale);
                problem(findings, g_strdup_printf(_("not as the profile says: %s"), names),
                        g_strdup_printf("wattle apply %s", mesh_of(facts)));
                return;
        }
        for (guint i = 0; facts->kernel_known && i < facts->status.peers->len; i++) {
                const WattlePeerStatus *peer =
                        &g_array_index(facts->status.peers, WattlePeerStatus, i);

                n_missing += peer->missing;
                n_more += peer->revoked || !peer->device;
        }
        if (n_missing > 0 || n_more > 0)
                problem(findings,
                        g_strdup_printf(
                                _("the kernel lacks %u peers of the mesh, and has %u that are "
                                  "not of it"),
                                n_missing, n_more),
                        g_strdup_printf("wattle apply %s", mesh_of(facts)));
}

static void check_interface(const WattleFacts *facts, const Findings *findings)
{
        const char *interface = facts->view->interface;
        gboolean wanted = facts->view->activation != WATTLE_ACTIVATION_MANUAL;

        if (facts->link_is_other) {
                problem(findings,
                        g_strdup_printf(_("the interface %s is there, and is none of WireGuard's"),
                                        interface),
                        g_strdup_printf("ip -d link show dev %s", interface));
        } else if (facts->status.link == WATTLE_LINK_UP) {
                return;
        } else if (facts->no_wireguard) {
                problem(findings,
                        g_strdup(
                                _("this kernel has no WireGuard, and no module of it: Linux has it "
                                  "since 5.6, unless who built it left it out")),
                        g_strdup("modprobe wireguard"));
        } else if (facts->status.link == WATTLE_LINK_ABSENT &&
                   facts->view->owner == WATTLE_OWNER_NETWORKD) {
                problem(findings, g_strdup_printf(_("there is no interface %s"), interface),
                        g_strdup_printf("wattle apply %s", mesh_of(facts)));
        } else {
                (wanted ? problem : note)(
                        findings,
                        g_strdup_printf(_("the interface %s is down%s"), interface,
                                        wanted ? _(", and ActivationPolicy= wants it up") : ""),
                        g_strdup_printf("wattle up %s", mesh_of(facts)));
        }
}

static void check_key(const WattleFacts *facts, const Findings *findings)
{
        if (facts->key_fault)
                problem(findings, g_strdup(facts->key_fault), g_strdup(facts->key_command));
}

/* Behind ours a file takes what is left, as it is meant to. One of a package is not moved. */
static char *move_behind(const char *path)
{
        const char *name = strrchr(path, '/') + 1;

        if (g_str_has_prefix(path, "/usr/"))
                return g_strdup_printf("cp %s /etc/systemd/network/90-%s; ln -s /dev/null "
                                       "/etc/systemd/network/%s; networkctl reload",
                                       path, name, name);
        return g_strdup_printf("mv %s %.*s90-%s; networkctl reload", path, (int)(name - path), path,
                               name);
}

static void check_rivals(const WattleFacts *facts, const Findings *findings)
{
        const char *interface = facts->view->interface;

        for (guint i = 0; i < facts->rivals->len; i++)
                problem(findings,
                        g_strdup_printf(_("%s is for the interface %s too"),
                                        (const char *)g_ptr_array_index(facts->rivals, i),
                                        interface),
                        NULL);
        for (guint i = 0; i < facts->takers->len; i++) {
                const char *path = g_ptr_array_index(facts->takers, i);

                problem(findings,
                        g_strdup_printf(_("%s matches the interface %s, and systemd-networkd reads "
                                          "it before ours"),
                                        path, interface),
                        move_behind(path));
        }
        if (facts->wg_quick)
                problem(findings,
                        g_strdup_printf(_("%s is enabled, and makes the interface %s too"),
                                        facts->wg_quick, interface),
                        g_strdup_printf("systemctl disable --now %s", facts->wg_quick));
}

/* networkd does so when it starts, and when it sets up a link of its own anew. */
static void check_vpns(const WattleFacts *facts, const Findings *findings)
{
        g_autofree char *command = NULL, *names = NULL, *units = NULL;

        if (facts->view->owner != WATTLE_OWNER_NETWORKD || !wattle_foreign_is_lost(&facts->foreign))
                return;
        command = wattle_foreign_command(&facts->foreign);
        names = wattle_foreign_names(&facts->foreign);
        units = g_strjoinv(" ", facts->foreign.vpns);
        problem(findings,
                facts->networkd_runs
                        ? g_strdup_printf(_("systemd-networkd takes away the routing rules of %s "
                                            "whenever it sets up a link of its own"),
                                          names)
                        : g_strdup_printf(_("systemd-networkd takes away the routing rules of %s "
                                            "as soon as it starts"),
                                          names),
                facts->networkd_runs
                        ? g_strdup_printf("%s; systemctl restart systemd-networkd; systemctl "
                                          "restart %s",
                                          command, units)
                        : g_steal_pointer(&command));
}

/* Others that want the interface for themselves, or an owner that does not want it. */
static void check_fight(const WattleFacts *facts, const Findings *findings)
{
        const char *interface = facts->view->interface;
        gboolean is_nm = facts->view->owner == WATTLE_OWNER_NETWORK_MANAGER;

        check_rivals(facts, findings);
        if (facts->status.link == WATTLE_LINK_ABSENT)
                return;
        if (!is_nm && facts->nm_knows && facts->nm_manages)
                problem(findings,
                        g_strdup_printf(_("NetworkManager manages the interface %s, which "
                                          "systemd-networkd owns"),
                                        interface),
                        g_strdup_printf("nmcli device set %s managed no", interface));
        if (is_nm && facts->networkd_state && strcmp(facts->networkd_state, "unmanaged") != 0 &&
            strcmp(facts->networkd_state, "initialized") != 0)
                problem(findings,
                        g_strdup_printf(_("systemd-networkd manages the interface %s (%s), which "
                                          "NetworkManager owns"),
                                        interface, facts->networkd_state),
                        g_strdup_printf("networkctl status %s", interface));
        if (!is_nm && facts->networkd_state &&
            (strcmp(facts->networkd_state, "unmanaged") == 0 ||
             strcmp(facts->networkd_state, "failed") == 0))
                problem(findings,
                        g_strdup_printf(_("systemd-networkd's state of the interface %s is '%s'"),
                                        interface, facts->networkd_state),
                        g_strdup_printf("networkctl status %s", interface));
}

static void check_port(const WattleFacts *facts, const Findings *findings)
{
        if (facts->port_holder)
                problem(findings,
                        g_strdup_printf(_("the UDP port %u is taken: %s"), facts->view->listen_port,
                                        facts->port_holder),
                        g_strdup_printf("ss -lunp sport = :%u", facts->view->listen_port));
}

/* What happens while a setting is not so. */
static void check_sysctls(const WattleFacts *facts, const Findings *findings, WattleSysctlKind kind,
                          const char *what)
{
        for (guint i = 0; i < facts->sysctls->len; i++) {
                const WattleSysctlFact *fact = &g_array_index(facts->sysctls, WattleSysctlFact, i);
                const WattleSysctl *wanted = &fact->wanted;

                if (wanted->kind == kind && wanted->value != fact->actual)
                        problem(findings,
                                g_strdup_printf(_("%s is %u and not %u: %s"), wanted->name,
                                                fact->actual, wanted->value, what),
                                g_strdup_printf("sysctl -w %s=%u", wanted->name, wanted->value));
        }
}

static void check_rp_filter(const WattleFacts *facts, const Findings *findings)
{
        check_sysctls(facts, findings, WATTLE_SYSCTL_RP_FILTER,
                      _("the kernel drops answers that come by another way"));
        check_sysctls(facts, findings, WATTLE_SYSCTL_SRC_VALID_MARK,
                      _("the kernel drops answers to what WireGuard itself sends"));
}

static void check_forwarding(const WattleFacts *facts, const Findings *findings)
{
        check_sysctls(facts, findings, WATTLE_SYSCTL_FORWARDING,
                      _("this device does not forward for the others"));
        check_sysctls(facts, findings, WATTLE_SYSCTL_FORCE_FORWARDING,
                      _("this device does not pass on IPv6 for those that have it in Via="));
        check_sysctls(
                facts, findings, WATTLE_SYSCTL_SEND_REDIRECTS,
                _("the kernel tells those that have this device in Via= of a nearer way, which "
                  "there is not"));
}

static void check_lans(const WattleFacts *facts, const Findings *findings)
{
        for (guint i = 0; i < facts->lans->len; i++) {
                const WattleLanFact *fact = &g_array_index(facts->lans, WattleLanFact, i);
                char network[WATTLE_PREFIX_TEXT_MAX];

                wattle_prefix_format(&fact->network, network);
                problem(findings,
                        g_strdup_printf(
                                _("packets for %s, which %s is in itself, go into the mesh: "
                                  "a route of %s to it with a metric below %d would win"),
                                network, fact->interface, fact->interface,
                                WATTLE_ACCEPTED_ROUTE_METRIC),
                        g_strdup_printf("ip route show table all | grep -e %s -e %s",
                                        facts->view->interface, fact->interface));
        }
}

static char *wrong_way(const WattleFacts *facts, const char *address, const WattleRouteFact *fact)
{
        const char *ours = facts->view->interface;

        if (!fact->interface)
                return g_strdup_printf(_("there is no route to %s (%s)"), address, fact->device);
        if (g_str_has_prefix(fact->interface, "tailscale") &&
            facts->view->coexist != WATTLE_COEXIST_TAILSCALE)
                return g_strdup_printf(
                        _("packets for %s (%s) go out by %s and not by %s: beside an exit node of "
                          "Tailscale's write Coexist=tailscale below [Local]"),
                        address, fact->device, fact->interface, ours);
        return g_strdup_printf(_("packets for %s (%s) go out by %s and not by %s"), address,
                               fact->device, fact->interface, ours);
}

/* One finding for each interface that takes them, however many devices it takes. */
static void check_routes(const WattleFacts *facts, const Findings *findings)
{
        g_autoptr(GHashTable) done = g_hash_table_new(g_str_hash, g_str_equal);

        for (guint i = 0; i < facts->routes->len; i++) {
                const WattleRouteFact *fact = &g_array_index(facts->routes, WattleRouteFact, i);
                const char *through = fact->interface ? fact->interface : "";
                char address[WATTLE_ADDR_TEXT_MAX];

                if (!g_hash_table_add(done, (gpointer)through))
                        continue;
                wattle_addr_format(&fact->addr, address);
                problem(findings, wrong_way(facts, address, fact),
                        g_strdup_printf("ip route get %s", address));
        }
        check_lans(facts, findings);
}

/* Such a peer has to call first, as one with an endpoint of IPv6 has where there is no IPv6. */
static void check_endpoints(const WattleFacts *facts, const Findings *findings)
{
        g_autofree char *names = join(facts->unreachable);

        if (facts->unreachable->len > 0)
                note(findings,
                     g_strdup_printf(
                             _("this host has no way to any endpoint of %s: their family of "
                               "addresses is missing here, so they have to call"),
                             names),
                     g_strdup("ip -br address; ip route; ip -6 route"));
}

static void check_clock(const WattleFacts *facts, const Findings *findings)
{
        if (facts->now_s < OLDEST_CLOCK_S || facts->now_s < facts->profile_s - CLOCK_SLACK_S)
                problem(findings,
                        g_strdup(_(
                                "the clock is in the past: peers refuse handshakes that are older "
                                "than the last")),
                        g_strdup("timedatectl set-ntp true"));
        else if (facts->clock_unsynchronized)
                note(findings,
                     g_strdup(_(
                             "nothing keeps the clock right: one that is set back stops handshakes")),
                     g_strdup("timedatectl set-ntp true"));
}

/* What is there, by WattlePortKind. */
static const char *const port_uses[] = {
        "",
        N_(" of RelayPorts="),
        N_(", where devices on the LAN tell of themselves"),
        N_(", where peers ask for this host and tell of newer profiles"),
        N_(", where members get the profile"),
};

/* "firewalld drops what comes by home to the TCP port 21823, where members get the profile (...)"
 */
static char *tell_closed(const WattleFacts *facts, const WattleClosedFact *fact)
{
        const WattlePort *port = &fact->port;
        gboolean by_mesh = port->side == WATTLE_PORT_BY_MESH;
        gboolean is_ours = facts->filter_installed && fact->can_be_asked &&
                           facts->view->firewall.kind == WATTLE_FIREWALL_NO;
        char numbers[WATTLE_PORT_TEXT_MAX];
        g_autofree char *protocol = g_ascii_strup(wattle_port_protocol_name(port->protocol), -1);
        const char *use = _(port_uses[port->kind]);
        g_autofree char *to = NULL, *what = NULL;

        wattle_port_format(port, "-", numbers);
        to = port->first == port->last
                     ? g_strdup_printf(_("the %s port %s%s"), protocol, numbers, use)
                     : g_strdup_printf(_("the %s ports %s%s"), protocol, numbers, use);
        what = by_mesh ? g_strdup_printf(_("%s drops what comes by %s to %s (%s)"), fact->who,
                                         facts->view->interface, to, fact->where)
                       : g_strdup_printf(_("%s drops what comes to %s (%s)"), fact->who, to,
                                         fact->where);
        return g_strconcat(what, is_ours ? _(": Firewall=auto below [Local] opens it too") : "",
                           NULL);
}

/* The relay's, or all others. A host that nobody calls can do without its port, and inside the mesh
 * peers ask by ICMP too. */
static void check_closed(const WattleFacts *facts, const Findings *findings, gboolean of_relay)
{
        for (guint i = 0; i < facts->closed->len; i++) {
                const WattleClosedFact *fact = &g_array_index(facts->closed, WattleClosedFact, i);
                WattlePortKind kind = fact->port.kind;
                gboolean counts = kind == WATTLE_PORT_RELAY ||
                                  (kind == WATTLE_PORT_WIREGUARD && facts->has_endpoint);

                if ((kind == WATTLE_PORT_RELAY) == of_relay && !wattle_mullvad_owns(fact->where))
                        (counts ? problem : note)(findings, tell_closed(facts, fact),
                                                  g_strdup(fact->command));
        }
}

static void check_firewall(const WattleFacts *facts, const Findings *findings)
{
        g_autofree char *zones = join(facts->no_zones);

        if (facts->no_zones->len > 0)
                problem(findings,
                        g_strdup_printf(
                                _("firewalld has not all zones of Firewall= and Trust=: %s"),
                                zones),
                        g_strdup("firewall-cmd --get-zones"));
        check_closed(facts, findings, FALSE);
        if (facts->drops_forward)
                problem(findings,
                        g_strdup_printf(_("the firewall drops what this device passes on for the "
                                          "others (%s)"),
                                        facts->drops_forward),
                        g_strdup(facts->forward_command));
}

/* A mesh that forwards for others cannot be had beside it, and is not told to. */
static void check_mullvad(const WattleFacts *facts, const Findings *findings)
{
        const WattleView *view = facts->view;

        if (facts->mullvad == WATTLE_MULLVAD_ABSENT)
                return;
        if (view->coexist == WATTLE_COEXIST_MULLVAD) {
                if (facts->mullvad == WATTLE_MULLVAD_DROPS)
                        problem(findings,
                                g_strdup(
                                        _("Mullvad's kill switch drops the mesh, for it lacks the "
                                          "rule that accepts its own mark: its app makes that only "
                                          "where it can mount the control group net_cls; the "
                                          "command does until Mullvad connects anew")),
                                g_strdup(WATTLE_MULLVAD_COMMAND));
        } else if (!view->exit_node && !view->routing_server && !view->routing_via &&
                   !view->relay) {
                note(findings,
                     g_strdup(_("Mullvad's kill switch is on, and drops what comes to the mesh: "
                                "write Coexist=mullvad below [Local]")),
                     NULL);
        }
}

static const WattlePeer *find_exit_node(const WattleView *view)
{
        for (guint i = 0; i < view->n_peers && view->exit_node; i++)
                if (strcmp(view->peers[i].device.name, view->exit_node) == 0)
                        return &view->peers[i];
        return NULL;
}

/* While the interface is down, nobody knows how name servers will be reached. systemd-resolved asks
 * the server of a link by that link (IP_UNICAST_IF), past the rules of an exit node; and what is on
 * a LAN of the host is reached past them too. */
static void check_exit_node(const WattleFacts *facts, const Findings *findings)
{
        gboolean is_up = facts->status.link == WATTLE_LINK_UP;
        const WattlePeer *peer = find_exit_node(facts->view);
        const char *name;

        if (!peer || peer->endpoint || !peer->named_endpoint || (is_up && !facts->name_server) ||
            facts->lookup == WATTLE_LOOKUP_WORKS)
                return;
        name = peer->named_endpoint->name;
        note(findings,
             g_strdup_printf(_("the exit node %s is known by name alone, and the look-up of "
                               "%s %s%s: give its PublicEndpoint= an address too, or have "
                               "systemd-resolved or wattle-lookup ask the name server of a link"),
                             peer->device.name, name,
                             is_up ? _("goes through the tunnel that waits for it, to ")
                                   : _("may have to go through the tunnel that waits for it"),
                             is_up ? facts->name_server : ""),
             g_strdup_printf("getent ahosts %s", name));
}

static void check_names(const WattleFacts *facts, const Findings *findings)
{
        g_autofree char *names = join(facts->unresolved);

        check_exit_node(facts, findings);
        if (facts->unresolved->len > 0)
                problem(findings, g_strdup_printf(_("names of endpoints are not found: %s"), names),
                        g_strdup_printf("getent ahosts %s",
                                        (const char *)g_ptr_array_index(facts->unresolved, 0)));
}

/* NetworkManager writes resolv.conf(5) without systemd-resolved; and then it takes wattle-lookup to
 * ask past the tunnel. */
static void note_unfound(const WattleFacts *facts, const char *name, const Findings *findings)
{
        switch (facts->lookup) {
        case WATTLE_LOOKUP_MISSING:
                note(findings,
                     g_strdup_printf(
                             _("a new address of %s, the exit node, will not be found, for all "
                               "names are looked up through it: install wattle-lookup or "
                               "systemd-resolved, or write DNS=none below [Local]"),
                             name),
                     g_strdup("systemctl enable --now systemd-resolved"));
                return;
        case WATTLE_LOOKUP_STOPPED:
                note(findings,
                     g_strdup_printf(_("a new address of %s, the exit node, will not be found, for "
                                       "all names are looked up through it, and wattle-lookup, "
                                       "which would not, does not run"),
                                     name),
                     g_strdup("systemctl start " WATTLE_UNIT_LOOKUP_SOCKET));
                return;
        case WATTLE_LOOKUP_NO_SERVERS:
                note(findings,
                     g_strdup_printf(
                             _("a new address of %s, the exit node, will not be found, for all "
                               "names are looked up through it: NetworkManager has no name server "
                               "of the uplink, which wattle-lookup would ask; install "
                               "systemd-resolved, or write DNS=none below [Local]"),
                             name),
                     g_strdup("nmcli device show"));
                return;
        case WATTLE_LOOKUP_WORKS:
                return;
        }
}

/* An exit node that is known by name alone has a row of its own. */
static void check_dns(const WattleFacts *facts, const Findings *findings)
{
        const WattlePeer *exit_node = find_exit_node(facts->view);
        const char *name =
                exit_node && exit_node->endpoint
                        ? wattle_reach_name(exit_node->candidates, exit_node->n_candidates)
                        : NULL;

        if (facts->view->n_dns == 0 || facts->resolved_runs)
                return;
        if (facts->view->owner == WATTLE_OWNER_NETWORK_MANAGER && name)
                note_unfound(facts, name, findings);
        if (facts->view->owner == WATTLE_OWNER_NETWORKD)
                problem(findings,
                        g_strdup(_(
                                "the exit node's name servers are not asked, for systemd-resolved "
                                "does not run: install it")),
                        g_strdup("systemctl enable --now systemd-resolved"));
}

static void check_nsswitch(const WattleFacts *facts, const Findings *findings)
{
        if (!facts->names_wanted)
                return;
        switch (facts->nsswitch) {
        case WATTLE_NSSWITCH_RIGHT:
                return;
        case WATTLE_NSSWITCH_MISSING:
                note(findings,
                     g_strdup(_("programs do not find the devices by name: 'wattle' is missing "
                                "behind 'files' in the line 'hosts' of /etc/nsswitch.conf")),
                     g_strdup(facts->nsswitch_command));
                return;
        case WATTLE_NSSWITCH_BEFORE_FILES:
                note(findings,
                     g_strdup(_("'wattle' stands before 'files' in the line 'hosts' of "
                                "/etc/nsswitch.conf: /etc/hosts has no say in the devices' names")),
                     g_strdup(facts->nsswitch_command));
                return;
        case WATTLE_NSSWITCH_BEHIND:
                problem(findings,
                        g_strdup_printf(_("'wattle' stands behind '%s' in the line 'hosts' of "
                                          "/etc/nsswitch.conf, and may never be asked: it belongs "
                                          "right behind 'files'"),
                                        facts->nsswitch_service),
                        g_strdup(facts->nsswitch_command));
                return;
        }
}

static void check_records(const WattleFacts *facts, const Findings *findings)
{
        if (facts->records_closed)
                problem(findings,
                        g_strdup(_("the folder of systemd-resolved's records is not root's: at "
                                   "boot they stay as they are, though the mesh changes")),
                        g_strdup("systemctl restart systemd-resolved"));
        if (facts->silent_record)
                note(findings,
                     g_strdup_printf(_("systemd-resolved has records of the devices and does not "
                                       "go by them: see ReadStaticRecords= in resolved.conf(5), "
                                       "and /etc/systemd/resolve/static.d")),
                     g_strdup_printf("resolvectl query %s", facts->silent_record));
}

static void check_wattled(const WattleFacts *facts, const Findings *findings)
{
        if (facts->wattled_wanted && !facts->wattled_runs)
                problem(findings,
                        g_strdup(_("wattled does not run: endpoints do not follow the network")),
                        g_strdup("systemctl start wattled"));
        else if (facts->wattled_runs && facts->status.problem &&
                 facts->status.link == WATTLE_LINK_UP)
                problem(findings,
                        g_strdup_printf(_("wattled does not look after the peers: %s"),
                                        facts->status.problem),
                        NULL);
}

/* Without it an exit node's user is deaf behind a strict filter, and an exit node lets private
 * addresses out. */
static void check_filter(const WattleFacts *facts, const Findings *findings)
{
        const WattleView *view = facts->view;
        const char *what = NULL;

        if (view->exit_node)
                what = _("strict reverse path filters drop answers to what goes to the exit node");
        else if (view->coexist == WATTLE_COEXIST_MULLVAD)
                what = _("Mullvad's kill switch drops the mesh");
        else if (view->coexist == WATTLE_COEXIST_TAILSCALE)
                what = _("strict reverse path filters drop answers to what goes past Tailscale's "
                         "exit node");
        else if (view->masquerade)
                what = _("not all that leaves here has this device's address");
        else if (view->via_ipv6 == WATTLE_VIA_IPV6_OF_ALL)
                what = _(
                        "for the sake of who has it in Via= this host forwards IPv6 between all its "
                        "interfaces");
        if (!facts->filter_known || !what)
                return;
        if (!facts->filter_installed)
                (view->exit_node || view->coexist == WATTLE_COEXIST_TAILSCALE ? note : problem)(
                        findings, g_strdup_printf(_("wattle-filter is not installed: %s"), what),
                        NULL);
        else if (!facts->filter_runs && facts->status.link == WATTLE_LINK_UP)
                problem(findings,
                        g_strdup_printf(_("wattle-filter@%s does not run: %s"), view->mesh, what),
                        g_strdup_printf("systemctl restart wattle-filter@%s", view->mesh));
}

static gboolean is_same_way(const WattlePeerStatus *one, const WattlePeerStatus *other)
{
        return one->path == other->path && g_strcmp0(one->why_relayed, other->why_relayed) == 0;
}

/* All of the same path and reason; NULL: one before is so, too. */
static char *join_same_way(const GArray *peers, guint index)
{
        const WattlePeerStatus *peer = &g_array_index(peers, WattlePeerStatus, index);
        g_autoptr(GPtrArray) names = g_ptr_array_new();

        for (guint i = 0; i < peers->len; i++) {
                const WattlePeerStatus *other = &g_array_index(peers, WattlePeerStatus, i);

                if (!is_same_way(peer, other))
                        continue;
                if (i < index)
                        return NULL;
                g_ptr_array_add(names, (gpointer)other->device);
        }
        return join(names);
}

/* Works, and is slower than it could be, or is nothing that can be mended here: no problem. */
static void note_relayed(const WattleFacts *facts, const Findings *findings)
{
        const GArray *peers = facts->status.peers;

        for (guint i = 0; i < peers->len; i++) {
                const WattlePeerStatus *peer = &g_array_index(peers, WattlePeerStatus, i);
                g_autofree char *all = peer->why_relayed ? join_same_way(peers, i) : NULL;

                if (all && peer->path == WATTLE_PATH_RELAYED)
                        note(findings,
                             g_strdup_printf(_("what goes to %s is relayed: %s"), all,
                                             _(peer->why_relayed)),
                             g_strdup_printf("wattle probe %s %s", facts->view->mesh,
                                             peer->device));
                else if (all)
                        note(findings,
                             g_strdup_printf(_("there is no way to %s: %s"), all,
                                             _(peer->why_relayed)),
                             g_strdup(_("give a device that both can call Relay=yes")));
        }
}

static void check_relay(const WattleFacts *facts, const Findings *findings)
{
        const WattleView *view = facts->view;

        note_relayed(facts, findings);
        if (!view->relay)
                return;
        if (!facts->relay_installed)
                problem(findings,
                        g_strdup(_(
                                "wattle-relay is not installed: this device has Relay=, and nobody "
                                "can meet here")),
                        NULL);
        else
                check_closed(facts, findings, TRUE);
}

static void check_portmap(const WattleFacts *facts, const Findings *findings)
{
        if (!facts->portmap_wanted)
                return;
        if (!facts->portmap_installed)
                problem(findings,
                        g_strdup(_("wattle-portmap is not installed: the settings have "
                                   "PortMapping=auto, and nobody asks the router")),
                        NULL);
        else if (facts->status.mapping_problem)
                note(findings,
                     g_strdup_printf(_("the router is asked for a port, and there is none: %s"),
                                     facts->status.mapping_problem),
                     g_strdup_printf("journalctl -u wattle-portmap@%s", facts->view->mesh));
}

/* wattle(1) describes each. */
static const struct {
        const char *name;
        void (*check)(const WattleFacts *facts, const Findings *findings);
} checks[] = {
        { "signature", check_signature },
        { "update", check_update },
        { "etc", check_etc },
        { "profile", check_profile },
        { "owner", check_owner },
        { "applied", check_applied },
        { "interface", check_interface },
        { "key", check_key },
        { "fight", check_fight },
        { "vpn", check_vpns },
        { "port", check_port },
        { "rp_filter", check_rp_filter },
        { "forwarding", check_forwarding },
        { "routes", check_routes },
        { "endpoints", check_endpoints },
        { "clock", check_clock },
        { "firewall", check_firewall },
        { "mullvad", check_mullvad },
        { "names", check_names },
        { "dns", check_dns },
        { "nsswitch", check_nsswitch },
        { "records", check_records },
        { "filter", check_filter },
        { "relay", check_relay },
        { "portmap", check_portmap },
        { "wattled", check_wattled },
};

void wattle_doctor_check(const WattleFacts *facts, GArray *findings)
{
        for (guint i = 0; i < G_N_ELEMENTS(checks); i++)
                checks[i].check(facts, &(Findings){ findings, checks[i].name });
}
