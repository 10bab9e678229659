/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/apply/plan.h"

#include <string.h>

#include "cli/apply/swap.h"
#include "common/error.h"
#include "common/language.h"

#define BIT WATTLE_FILE_BIT

/* What wattle-filter reads. */
#define FILTER_FILES (BIT(WATTLE_FILE_FILTER) | BIT(WATTLE_FILE_FIREWALL))

typedef struct {
        const WattleBefore *before;
        const WattleView *wanted;
        const WattleApplyFacts *facts;
        gboolean is_networkds, is_nms; /* the mesh, from now on */
        gboolean link_stays;           /* the wanted interface is there, and is not removed */
        WattlePlan *plan;
} Planner;

static WattleStep *add(WattlePlan *plan, WattleStepKind kind)
{
        WattleStep *step = &plan->steps[plan->n++];

        g_assert(plan->n <= WATTLE_MAX_STEPS);
        *step = (WattleStep){ .kind = kind };
        return step;
}

static void add_unit(WattlePlan *plan, WattleStepKind kind, WattleUnitKind unit)
{
        add(plan, kind)->unit = unit;
}

static gboolean is_same(const char *a, const char *b)
{
        return a && b && strcmp(a, b) == 0;
}

/* An interface that neither our files made nor NetworkManager of our connection is somebody else's,
 * whatever its name. */
static gboolean check_link(const Planner *p, GError **error)
{
        const char *interface = p->wanted->interface;

        if (!p->facts->link_exists || p->facts->is_overridden ||
            is_same(p->before->interface, interface) || is_same(p->facts->nm.interface, interface))
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    _("there is an interface %s already, and wattle did not make it: remove it, or "
                      "write Interface= below [Local]"),
                    interface);
        return FALSE;
}

/* Whoever edits the connection at NetworkManager makes it move our profile to a copy below /etc.
 * What is written now would win over it, and the edits be lost without a word. */
static gboolean check_copy(const Planner *p, GError **error)
{
        const char *file = p->facts->nm.files[p->wanted->connection];
        g_autofree char *ours = wattle_paths_file(WATTLE_FILE_NM_PROFILE, p->wanted->mesh);

        if (!p->is_nms || !file || (*file == '/' && strcmp(file + 1, ours) == 0))
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    _("NetworkManager has an edited copy in %s, which hides the mesh: remove it "
                      "with 'nmcli connection delete %s', and apply again"),
                    file, p->wanted->mesh);
        return FALSE;
}

/* A table of its own could hardly be somebody's. That of NetworkManager has the number of the mark,
 * and a wg-quick that is up may have taken it. */
static gboolean check_table(const Planner *p, GError **error)
{
        if (!*p->facts->table_taker)
                return TRUE;
        g_set_error(
                error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                _("the routing table %u, which is to lead to the exit node %s, has routes by %s: "
                  "%s"),
                p->wanted->exit_table, p->wanted->exit_node, p->facts->table_taker,
                p->is_nms ? _("write another FirewallMark= below [Local]")
                          : _("take them out of it"));
        return FALSE;
}

static gboolean is_known_by_name_alone(const WattleView *view, const char *device)
{
        for (guint i = 0; i < view->n_peers; i++)
                if (strcmp(view->peers[i].device.name, device) == 0)
                        return !view->peers[i].endpoint && view->peers[i].named_endpoint;
        return FALSE;
}

/* networkd hands name servers to systemd-resolved. NetworkManager writes resolv.conf(5) without it;
 * but then all look-ups go through the tunnel, that of the exit node itself too, unless there is
 * wattle-lookup. */
static gboolean check_dns(const Planner *p, GError **error)
{
        const WattleView *wanted = p->wanted;
        const char *why = NULL;

        if (wanted->n_dns == 0 || p->facts->resolved_runs)
                return TRUE;
        if (p->is_networkds)
                why = _("systemd-networkd sets name servers by it");
        else if (!p->facts->has_lookup && is_known_by_name_alone(wanted, wanted->exit_node))
                why = _("without it the name of the exit node is looked up through the tunnel that "
                        "waits for it");
        if (!why)
                return TRUE;
        g_set_error(
                error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                _("DNS= of the exit node %s needs systemd-resolved, which does not run, for %s: "
                  "install the package %s, or write DNS=none below [Local]"),
                wanted->exit_node, why,
                p->is_networkds ? "systemd-resolved" : _("systemd-resolved or wattle-lookup"));
        return FALSE;
}

static void remove_link(Planner *p, const char *interface)
{
        add(p->plan, WATTLE_STEP_REMOVE_LINK)->interface = interface;
        if (p->wanted && is_same(interface, p->wanted->interface))
                p->link_stays = FALSE;
}

/* NetworkManager may be done with a connection and not have removed the link yet, which networkd
 * would take for its own. */
static void plan_taking(Planner *p)
{
        const WattleNmFacts *nm = &p->facts->nm;
        gboolean is_stored = nm->has_profile || nm->files[WATTLE_CONNECTION_NATIVE] ||
                             nm->files[WATTLE_CONNECTION_VPN];

        if (nm->active || is_stored || (nm->is_running && p->facts->is_pending))
                add(p->plan, WATTLE_STEP_TAKE_FROM_NM);
        if (nm->interface && !is_same(nm->interface, p->before->interface))
                remove_link(p, nm->interface);
}

/* An interface that the files made before and make no more; nobody else would remove it, networkd
 * least of all. */
static void plan_old_link(Planner *p)
{
        const char *old = p->before->interface;

        if (p->facts->old_link_exists && !p->facts->is_overridden &&
            !(p->is_networkds && is_same(old, p->wanted->interface)))
                remove_link(p, old);
}

/* Before networkd makes an interface, NetworkManager must know that it is not its own. */
static void plan_files(Planner *p)
{
        const WattleApplyFacts *facts = p->facts;
        const WattleChanges *files = &facts->files;

        if (files->changed & BIT(WATTLE_FILE_NETDEV) && facts->networkd_runs && p->link_stays &&
            facts->systemd_version >= WATTLE_NETDEV_RELOADED_SINCE)
                add(p->plan, WATTLE_STEP_KEEP_NETDEV);
        if (facts->is_pending || files->changed || files->removed)
                add(p->plan, WATTLE_STEP_INSTALL);
        if (facts->nm.is_running &&
            (facts->is_pending || (files->changed | files->removed) & BIT(WATTLE_FILE_UNMANAGED)))
                add(p->plan, WATTLE_STEP_RELOAD_NM);
}

/* What the generator would do is compared with what it did last. The filter is linked to the
 * interface; and its package may have come since. */
static void plan_systemd(Planner *p)
{
        const WattleApplyFacts *facts = p->facts;
        gboolean wanted = p->wanted != NULL;

        if (facts->is_linked[WATTLE_UNIT_NETWORKD_WRITER] != wanted ||
            facts->is_linked[WATTLE_UNIT_NM_WRITER] != p->is_nms ||
            (wanted && facts->has_filter && !facts->is_linked[WATTLE_UNIT_FILTER]))
                add(p->plan, WATTLE_STEP_RELOAD_SYSTEMD);
        /* A unit that failed over a bad mesh is mended with it. */
        if (facts->is_active[WATTLE_UNIT_NETWORKD_WRITER] != wanted)
                add_unit(p->plan, wanted ? WATTLE_STEP_START_UNIT : WATTLE_STEP_STOP_UNIT,
                         WATTLE_UNIT_NETWORKD_WRITER);
        /* It is started to write the profile. */
        if (facts->is_active[WATTLE_UNIT_NM_WRITER] && !p->is_nms)
                add_unit(p->plan, WATTLE_STEP_STOP_UNIT, WATTLE_UNIT_NM_WRITER);
        if (p->is_networkds && !facts->networkd_runs)
                add(p->plan, WATTLE_STEP_START_NETWORKD);
}

/* An interface that comes later starts the filter itself; and so does one that is made anew. */
static void plan_filter(Planner *p)
{
        const WattleApplyFacts *facts = p->facts;

        if (!(facts->wanted_files & FILTER_FILES) || !p->link_stays)
                return;
        if (!facts->is_active[WATTLE_UNIT_FILTER] && facts->has_device)
                add_unit(p->plan, WATTLE_STEP_START_UNIT, WATTLE_UNIT_FILTER);
        if (facts->is_active[WATTLE_UNIT_FILTER] &&
            (facts->is_pending || (facts->files.changed | facts->files.removed) & FILTER_FILES))
                add_unit(p->plan, WATTLE_STEP_RELOAD_UNIT, WATTLE_UNIT_FILTER);
}

/* What is up as a connection of the other kind goes down before its profile does, and comes up
 * again. What is new may become active by itself, and is up to date then. */
static void plan_profile(Planner *p)
{
        const WattleNmFacts *nm = &p->facts->nm;
        gboolean is_other = nm->active && nm->active_kind != p->wanted->connection;

        if (is_other)
                add(p->plan, WATTLE_STEP_NM_DOWN);
        add(p->plan, WATTLE_STEP_WRITE_PROFILE);
        if (nm->is_running)
                add(p->plan, WATTLE_STEP_LOAD_PROFILE);
        if (is_other)
                add(p->plan, WATTLE_STEP_NM_UP);
        else if (nm->active)
                add(p->plan, WATTLE_STEP_FOLLOW_PROFILE);
}

static gboolean needs_networkd(const Planner *p)
{
        const WattleChanges *files = &p->facts->files;

        return p->facts->networkd_runs &&
               (p->facts->is_pending || files->changed & BIT(WATTLE_FILE_NETWORK) ||
                files->removed & (BIT(WATTLE_FILE_NETDEV) | BIT(WATTLE_FILE_NETWORK)) ||
                (p->is_networkds && !p->link_stays));
}

/* Peers first, for a route is of no use without its peer; and after a reload again, should networkd
 * have read more than .network files. The filter comes before the routes that need it, and goes
 * after them. */
static void plan_network(Planner *p)
{
        const WattleApplyFacts *facts = p->facts;
        gboolean has_peers = p->is_networkds && p->link_stays && !facts->is_overridden;

        if (has_peers && facts->device_differs)
                add(p->plan, WATTLE_STEP_UPDATE_DEVICE);
        plan_systemd(p);
        plan_filter(p);
        if (p->is_nms)
                plan_profile(p);
        if (needs_networkd(p)) {
                add(p->plan, WATTLE_STEP_RELOAD_NETWORKD);
                if (has_peers)
                        add(p->plan, WATTLE_STEP_CHECK_DEVICE);
        }
        if (facts->is_active[WATTLE_UNIT_FILTER] && !(facts->wanted_files & FILTER_FILES))
                add_unit(p->plan, WATTLE_STEP_STOP_UNIT, WATTLE_UNIT_FILTER);
        if (p->wanted && (facts->is_pending || facts->files.changed & BIT(WATTLE_FILE_SYSCTL)))
                add(p->plan, WATTLE_STEP_APPLY_SYSCTLS);
}

gboolean wattle_plan(const WattleBefore *before, const WattleView *wanted,
                     const WattleApplyFacts *facts, WattlePlan *plan, GError **error)
{
        Planner p = {
                .before = before,
                .wanted = wanted,
                .facts = facts,
                .is_networkds = wanted && wanted->owner == WATTLE_OWNER_NETWORKD,
                .is_nms = wanted && wanted->owner == WATTLE_OWNER_NETWORK_MANAGER,
                .link_stays = facts->link_exists,
                .plan = plan,
        };

        if (wanted && (!check_link(&p, error) || !check_copy(&p, error) ||
                       !check_table(&p, error) || !check_dns(&p, error)))
                return FALSE;
        /* Links go before the files: with them, nobody would know one for ours. */
        if (!p.is_nms)
                plan_taking(&p);
        plan_old_link(&p);
        plan_files(&p);
        plan_network(&p);
        return TRUE;
}

const WattleStep *wattle_plan_find(const WattlePlan *plan, WattleStepKind kind)
{
        for (guint i = 0; i < plan->n; i++)
                if (plan->steps[i].kind == kind)
                        return &plan->steps[i];
        return NULL;
}

char *wattle_plan_warning(const WattlePlan *plan, const WattleApplyFacts *facts)
{
        g_autofree char *command = NULL, *names = NULL;

        if (!wattle_plan_find(plan, WATTLE_STEP_START_NETWORKD) ||
            !wattle_foreign_is_lost(&facts->foreign))
                return NULL;
        command = wattle_foreign_command(&facts->foreign);
        names = wattle_foreign_names(&facts->foreign);
        return g_strdup_printf(_("systemd-networkd starts, and takes away the routing rules of %s "
                                 "(restart it then), unless this is done before: %s"),
                               names, command);
}

/* A VPN has what its service read when it started. A user's comes up again as it was, and not as
 * ours: it may choose another exit node. */
void wattle_plan_follow(const WattleView *wanted, const WattleApplyFacts *facts, gboolean written,
                        const WattleNmDifference *difference, WattlePlan *plan)
{
        gboolean is_vpn = wanted->connection == WATTLE_CONNECTION_VPN;

        if (is_vpn ? written || facts->is_pending : difference->link) {
                add(plan, WATTLE_STEP_NM_DOWN);
                add(plan, facts->nm.theirs ? WATTLE_STEP_NM_UP_THEIRS : WATTLE_STEP_NM_UP);
                return;
        }
        if (is_vpn)
                return;
        if (difference->addresses || difference->routing || difference->zone)
                add(plan, WATTLE_STEP_REAPPLY);
        add(plan, WATTLE_STEP_CHECK_DEVICE);
}
