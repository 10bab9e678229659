/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/apply/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "cli/apply/nm.h"
#include "cli/apply/swap.h"
#include "cli/managers/link.h"
#include "cli/managers/systemd.h"
#include "common/error.h"
#include "common/sys/file.h"
#include "common/sys/kernel/wireguard.h"
#include "common/sys/secret.h"

#define LOCK_PATH WATTLE_RUN_DIR "/lock"

typedef struct {
        const WattleApply *apply;
        const WattleApplier *applier;
        const WattleView *wanted;
        WattleNmMesh nm;
        gboolean written; /* NetworkManager's profile is new */
        char *connection; /* the object that NetworkManager has read from it */
        WattleApplied *applied;
} Run;

static gboolean run_plan(Run *run, const WattlePlan *plan, GError **error);

static gboolean install_files(Run *run, GError **error)
{
        const WattleApplier *applier = run->applier;
        WattleChanges changes;

        if (!wattle_install(applier->root_fd, run->apply->mesh, &run->apply->deployment.files,
                            &applier->networkd_gid, &changes, error))
                return FALSE;
        wattle_swap_tidy(applier->root_fd, run->apply->mesh);
        run->applied->n_changed_files += wattle_file_bits_count(changes.changed);
        run->applied->n_removed_files += wattle_file_bits_count(changes.removed);
        return TRUE;
}

static gboolean take_from_nm(Run *run, GError **error)
{
        gboolean removed;

        if (!wattle_nm_apply_remove(&run->nm, &run->apply->facts.nm, run->apply->facts.is_pending,
                                    &removed, error))
                return FALSE;
        run->applied->n_removed_files += removed;
        return TRUE;
}

static gboolean update_device(Run *run, GError **error)
{
        const WattleView *view = run->wanted;
        g_auto(WattleWireguard) wireguard = { 0 };
        g_auto(WattleWgDevice) device = { 0 };
        g_auto(WattleWgChange) change = { 0 };
        g_auto(WattleKey) private_key = { 0 };

        wattle_wg_device_init(&device);
        if (!wattle_wireguard_open(&wireguard, error) ||
            !wattle_wireguard_get(&wireguard, view->interface, &device, error))
                return FALSE;
        wattle_apply_diff(run->apply, &device, &change);
        if (change.set_private_key &&
            !wattle_secret_read(run->applier->root_fd, view->private_key_file + 1, &private_key,
                                error))
                return FALSE;
        wattle_wg_summary_add(&run->applied->device, &change);
        return wattle_wg_change_is_empty(&change) ||
               wattle_wireguard_set(&wireguard, device.ifindex, &change, &private_key, error);
}

static gboolean switch_unit(const Run *run, const WattleStep *step, GError **error)
{
        g_autofree char *unit = wattle_paths_unit(step->unit, run->apply->mesh);
        const char *method = step->kind == WATTLE_STEP_START_UNIT  ? "StartUnit"
                             : step->kind == WATTLE_STEP_STOP_UNIT ? "StopUnit"
                                                                   : "ReloadOrRestartUnit";

        return wattle_systemd_run_job(run->applier->bus, method, unit, error);
}

static gboolean write_profile(Run *run, GError **error)
{
        if (!wattle_nm_apply_write(&run->nm, &run->written, error))
                return FALSE;
        run->applied->n_changed_files += run->written;
        return TRUE;
}

static gboolean activate(Run *run, const char *connection, GError **error)
{
        run->applied->nm_restarted = TRUE;
        return wattle_nm_activate(run->applier->bus, connection, error);
}

/* Only a written profile can be compared with what runs. */
static gboolean follow_profile(Run *run, GError **error)
{
        WattleNmDifference difference = { 0 };
        WattlePlan plan = { 0 };

        if (run->wanted->connection == WATTLE_CONNECTION_NATIVE &&
            !wattle_nm_compare(run->applier->bus, run->connection, run->apply->facts.nm.active,
                               &difference, error))
                return FALSE;
        wattle_plan_follow(run->wanted, &run->apply->facts, run->written, &difference, &plan);
        run->applied->nm_reapplied = difference.addresses || difference.routing;
        run->applied->nm_zone = difference.zone && !difference.link;
        return run_plan(run, &plan, error);
}

static gboolean run_step(Run *run, const WattleStep *step, GError **error)
{
        const WattleApplier *applier = run->applier;
        const WattleNmFacts *nm = &run->apply->facts.nm;
        gboolean removed;

        switch (step->kind) {
        case WATTLE_STEP_TAKE_FROM_NM:
                return take_from_nm(run, error);
        case WATTLE_STEP_REMOVE_LINK:
                return wattle_link_remove(step->interface, &removed, error);
        case WATTLE_STEP_KEEP_NETDEV:
                return wattle_swap_keep(applier->root_fd, applier->bus, run->apply->mesh, error);
        case WATTLE_STEP_INSTALL:
                return install_files(run, error);
        case WATTLE_STEP_RELOAD_NM:
                return wattle_nm_reload_config(applier->bus, error);
        case WATTLE_STEP_UPDATE_DEVICE:
        case WATTLE_STEP_CHECK_DEVICE:
                return update_device(run, error);
        case WATTLE_STEP_RELOAD_SYSTEMD:
                return wattle_systemd_reload(applier->bus, error);
        case WATTLE_STEP_START_UNIT:
        case WATTLE_STEP_STOP_UNIT:
        case WATTLE_STEP_RELOAD_UNIT:
                return switch_unit(run, step, error);
        case WATTLE_STEP_START_NETWORKD:
                return wattle_systemd_run_job(applier->bus, "StartUnit", WATTLE_UNIT_NETWORKD,
                                              error);
        case WATTLE_STEP_RELOAD_NETWORKD:
                return wattle_swap_reload(applier->root_fd, applier->bus, error);
        case WATTLE_STEP_WRITE_PROFILE:
                return write_profile(run, error);
        case WATTLE_STEP_LOAD_PROFILE:
                return wattle_nm_apply_load(&run->nm, run->wanted->connection,
                                            run->written || run->apply->facts.is_pending,
                                            &run->connection, error);
        case WATTLE_STEP_FOLLOW_PROFILE:
                return follow_profile(run, error);
        case WATTLE_STEP_REAPPLY:
                return wattle_nm_apply_reapply(&run->nm, nm, run->wanted,
                                               run->apply->facts.is_pending, run->connection,
                                               error);
        case WATTLE_STEP_NM_DOWN:
                return wattle_nm_deactivate(applier->bus, nm->active, error);
        case WATTLE_STEP_NM_UP:
                return activate(run, run->connection, error);
        case WATTLE_STEP_NM_UP_THEIRS:
                return activate(run, nm->theirs, error);
        case WATTLE_STEP_APPLY_SYSCTLS:
                return wattle_systemd_apply_sysctls(run->wanted->interface, error);
        }
        g_assert_not_reached();
}

static gboolean run_plan(Run *run, const WattlePlan *plan, GError **error)
{
        for (guint i = 0; i < plan->n; i++)
                if (!run_step(run, &plan->steps[i], error))
                        return FALSE;
        return TRUE;
}

/* One at a time: two would take each other's files for networkd's. */
gboolean wattle_apply_lock(const WattleApplier *applier, WattleFd *ret, GError **error)
{
        if (!wattle_make_folders(applier->root_fd, LOCK_PATH, error))
                return FALSE;
        *ret = wattle_below_open(applier->root_fd, LOCK_PATH,
                                 O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (*ret < 0 || flock(*ret, LOCK_EX) < 0)
                return wattle_error_set_errno(error, errno, LOCK_PATH);
        return wattle_swap_recover(applier->root_fd, error);
}

gboolean wattle_apply_plan(WattleApply *apply, GError **error)
{
        return wattle_apply_look(apply, error) &&
               wattle_plan(&apply->before, apply->deployment.view, &apply->facts, &apply->plan,
                           error);
}

gboolean wattle_apply_run(const WattleApply *apply, WattleApplied *applied, GError **error)
{
        int root_fd = apply->applier->root_fd;
        Run run = {
                .apply = apply,
                .applier = apply->applier,
                .wanted = apply->deployment.view,
                .nm = { root_fd, apply->applier->bus, apply->mesh },
                .applied = applied,
        };
        gboolean ok;

        if (apply->plan.n == 0)
                return TRUE;
        if (!wattle_pending_set(root_fd, apply->mesh, error))
                return FALSE;
        ok = run_plan(&run, &apply->plan, error);
        g_free(run.connection);
        return ok;
}

void wattle_apply_done(const WattleApply *apply)
{
        wattle_pending_clear(apply->applier->root_fd, apply->mesh);
}
