/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/update/hands.h"

#include "cli/apply/apply.h"
#include "cli/managers/systemd.h"
#include "cli/managers/wattled-reload.h"
#include "cli/managers/wattled.h"
#include "cli/update/witness.h"
#include "common/error.h"
#include "common/paths.h"

static const WattleApplier *applier_of(const WattleUpdater *updater)
{
        return ((const WattleHands *)updater->data)->applier;
}

/* A failure is told and no more: the mesh runs. */
static void follow_relay(const WattleUpdater *updater, const WattleDeployment *deployment)
{
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_RELAY_SOCKET, updater->mesh);
        g_autoptr(GError) error = NULL;

        if (!wattle_systemd_follow(applier_of(updater)->bus, unit,
                                   deployment->view && deployment->view->relay, &error))
                wattle_updater_say(updater, "this device is no relay yet: %s", error->message);
}

static gboolean apply_mesh(const WattleUpdater *updater, GError **error)
{
        const WattleApplier *applier = applier_of(updater);
        const char *mesh = updater->mesh;
        g_auto(WattleApply) apply = { .applier = applier, .mesh = mesh };
        g_auto(WattleReport) report = { 0 };
        g_autofree char *fault = NULL;
        WattleApplied applied = { 0 };

        wattle_report_init(&report);
        if (wattle_deployment_load(&apply.deployment, applier->root_fd, mesh,
                                   &applier->networkd_gid, WATTLE_LOAD_PRESENT, &report) &&
            wattle_deployment_check_nm(&apply.deployment, applier->root_fd, &report)) {
                if (!wattle_apply_plan(&apply, error) || !wattle_apply_run(&apply, &applied, error))
                        return FALSE;
                follow_relay(updater, &apply.deployment);
                wattle_apply_done(&apply);
                return TRUE;
        }
        fault = wattle_report_first_error(&report);
        return wattle_error_refuse(error, "%s", fault);
}

/* wattled is no condition for an interface to work, but it asks the witnesses. */
static void reload_wattled(const WattleUpdater *updater)
{
        const WattleApplier *applier = applier_of(updater);
        g_autoptr(GError) error = NULL;

        if (!wattle_wattled_reload(applier->root_fd, applier->bus, &error))
                wattle_updater_say(updater, "the peers' endpoints are not looked after: %s",
                                   error->message);
}

gboolean wattle_hands_apply(const WattleUpdater *updater, GError **error)
{
        const WattleApplier *applier = applier_of(updater);
        g_auto(WattleFd) lock = -1;

        if (!wattle_apply_lock(applier, &lock, error) || !apply_mesh(updater, error))
                return FALSE;
        reload_wattled(updater);
        return TRUE;
}

gboolean wattle_hands_wait(const WattleUpdater *updater, const char *const *peers, gint64 limit_s,
                           char **ret_who, GError **error)
{
        return wattle_witness_wait(applier_of(updater)->bus, updater->mesh, peers, limit_s, ret_who,
                                   error);
}

void wattle_hands_guard(const WattleUpdater *updater)
{
        sd_bus *bus = applier_of(updater)->bus;
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_UPDATE, updater->mesh);
        g_autoptr(GError) error = NULL;
        gboolean loaded;

        if (!wattle_systemd_is_loaded(bus, unit, &loaded, &error) ||
            (loaded && !wattle_systemd_run_job(bus, "StartUnit", unit, &error)))
                wattle_updater_say(updater, "should this be interrupted, nobody goes on: %s",
                                   error->message);
}

char **wattle_hands_find_witnesses(const WattleUpdater *updater, const WattleProfile *old,
                                   const WattleProfile *new, const char *peer)
{
        g_auto(WattleStatus) status = { 0 };

        wattle_status_init(&status);
        if (!wattle_wattled_load(applier_of(updater)->bus, updater->mesh, &status, NULL))
                return NULL;
        return wattle_witness_choose(&status, old, new, peer, g_get_real_time() / G_USEC_PER_SEC);
}
