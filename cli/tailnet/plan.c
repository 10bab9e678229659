/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tailnet/plan.h"

static void add(WattleTailnetPlan *plan, WattleTailnetStep step)
{
        plan->steps[plan->n++] = step;
}

/* networkd reads what it shall leave alone when it starts. What is taken back waits for its next
 * start: one now would have it remove the rules of a tailscaled that runs on. */
static void plan_networkd(const WattleTailnetFacts *facts, WattleTailnetPlan *plan)
{
        const WattleChanges *files = &facts->files;

        if (!facts->networkd_runs)
                return;
        if (files->changed & WATTLE_FILE_BIT(WATTLE_FILE_TAILNET_NETWORKD_CONF) ||
            (facts->wanted && facts->is_pending))
                add(plan, WATTLE_TAILNET_STEP_RESTART_NETWORKD);
        else if ((files->changed | files->removed) & WATTLE_FILE_BIT(WATTLE_FILE_TAILNET_NETWORK))
                add(plan, WATTLE_TAILNET_STEP_RELOAD_NETWORKD);
}

/* The interface starts it when it appears; one that is there has done so. */
static void plan_filter(const WattleTailnetFacts *facts, WattleTailnetPlan *plan)
{
        const guint kinds = WATTLE_FILE_BIT(WATTLE_FILE_TAILNET_FILTER) |
                            WATTLE_FILE_BIT(WATTLE_FILE_TAILNET_FIREWALL);
        gboolean differs =
                facts->is_pending || (facts->files.changed | facts->files.removed) & kinds;

        if (facts->filter_runs && !(facts->wanted && facts->wants_filter))
                add(plan, WATTLE_TAILNET_STEP_STOP_FILTER);
        else if (facts->filter_runs && differs)
                add(plan, WATTLE_TAILNET_STEP_RELOAD_FILTER);
        else if (facts->wanted && facts->wants_filter && facts->has_filter && facts->has_device &&
                 !facts->filter_runs)
                add(plan, WATTLE_TAILNET_STEP_START_FILTER);
}

static void plan_daemon(const WattleTailnetFacts *facts, WattleTailnetPlan *plan)
{
        gboolean differs =
                facts->files.changed & WATTLE_FILE_BIT(WATTLE_FILE_TAILNET_ENVIRONMENT) ||
                !facts->is_linked || facts->is_pending;

        if (!facts->daemon_runs)
                add(plan, WATTLE_TAILNET_STEP_START_DAEMON);
        else if (differs)
                add(plan, WATTLE_TAILNET_STEP_RESTART_DAEMON);
        if (!facts->has_login)
                return;
        /* With tailscaled the login starts again by itself, if it ran. */
        add(plan, facts->daemon_runs && !differs ? WATTLE_TAILNET_STEP_RESTART_LOGIN
                                                 : WATTLE_TAILNET_STEP_START_LOGIN);
}

void wattle_tailnet_plan(const WattleTailnetFacts *facts, WattleTailnetPlan *plan)
{
        guint touched = facts->files.changed | facts->files.removed;

        if (facts->is_new)
                add(plan, WATTLE_TAILNET_STEP_COPY);
        if (touched || facts->is_pending)
                add(plan, WATTLE_TAILNET_STEP_INSTALL);
        if (facts->wanted != facts->is_linked)
                add(plan, WATTLE_TAILNET_STEP_RELOAD_SYSTEMD);
        if (facts->wanted != facts->writer_runs)
                add(plan, facts->wanted ? WATTLE_TAILNET_STEP_START_WRITER
                                        : WATTLE_TAILNET_STEP_STOP_WRITER);
        if (facts->nm_runs && touched & WATTLE_FILE_BIT(WATTLE_FILE_TAILNET_UNMANAGED))
                add(plan, WATTLE_TAILNET_STEP_RELOAD_NM);
        plan_networkd(facts, plan);
        if (facts->files.changed & WATTLE_FILE_BIT(WATTLE_FILE_TAILNET_SYSCTL))
                add(plan, WATTLE_TAILNET_STEP_APPLY_SYSCTLS);
        plan_filter(facts, plan);
        if (facts->wanted && facts->has_daemon)
                plan_daemon(facts, plan);
}

gboolean wattle_tailnet_plan_has(const WattleTailnetPlan *plan, WattleTailnetStep step)
{
        for (guint i = 0; i < plan->n; i++)
                if (plan->steps[i] == step)
                        return TRUE;
        return FALSE;
}
