/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 'wattle apply' of a mesh whose interface is there, for a test that kills it: apply-swap MESH. A
 * kernel without WireGuard has no such interface, so what the plan would say of one is said here,
 * but for its peers. */
#include <fcntl.h>
#include <grp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/apply/apply.h"
#include "cli/managers/bus.h"

static void plan(WattleApply *apply)
{
        const WattleStepKind kinds[] = { WATTLE_STEP_KEEP_NETDEV, WATTLE_STEP_INSTALL,
                                         WATTLE_STEP_RELOAD_NETWORKD };
        gboolean is_new = apply->facts.files.changed & WATTLE_FILE_BIT(WATTLE_FILE_NETDEV);

        apply->plan.n = 0;
        for (guint i = is_new ? 0 : 1; i < G_N_ELEMENTS(kinds); i++)
                apply->plan.steps[apply->plan.n++] = (WattleStep){ .kind = kinds[i] };
}

static gboolean run(const WattleApplier *applier, const char *mesh, GError **error)
{
        g_auto(WattleApply) apply = { .applier = applier, .mesh = mesh };
        g_auto(WattleReport) report = { 0 };
        g_auto(WattleFd) lock = -1;
        WattleApplied applied = { 0 };

        wattle_report_init(&report);
        if (!wattle_apply_lock(applier, &lock, error) ||
            !wattle_deployment_load(&apply.deployment, applier->root_fd, mesh,
                                    &applier->networkd_gid, WATTLE_LOAD_PRESENT, &report) ||
            !wattle_apply_plan(&apply, error))
                return FALSE;
        if (apply.plan.n > 0)
                plan(&apply);
        if (!wattle_apply_run(&apply, &applied, error))
                return FALSE;
        wattle_apply_done(&apply);
        return TRUE;
}

int main(int argc, char **argv)
{
        const struct group *group = getgrnam("systemd-network");
        WattleApplier applier = { .root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) };
        g_autoptr(GError) error = NULL;
        gboolean ok;

        if (argc != 2 || !group || sodium_init() < 0 || !wattle_bus_open(&applier.bus, &error))
                return EXIT_FAILURE;
        applier.networkd_gid = group->gr_gid;
        ok = run(&applier, argv[1], &error);
        if (!ok)
                fprintf(stderr, "%s\n", error ? error->message : "the mesh is bad");
        sd_bus_flush_close_unref(applier.bus);
        return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
