/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/apply/facts.h"

#include <linux/netlink.h>
#include <net/if.h>

#include "cli/managers/link.h"
#include "cli/managers/systemd.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/kernel/route.h"

#define GENERATOR_DIR  "run/systemd/generator"
#define WRITERS_TARGET "sysinit.target"

void wattle_apply_clear(WattleApply *apply)
{
        wattle_deployment_clear(&apply->deployment);
        wattle_before_clear(&apply->before);
        wattle_nm_facts_clear(&apply->facts.nm);
        wattle_foreign_clear(&apply->facts.foreign);
}

/* The admin's own word on the .netdev: another file of its name, a mask, or additions. What the
 * kernel has then is not what the mesh says, and is left to networkd. */
static gboolean is_overridden(const WattleApply *apply)
{
        static const struct {
                const char *folder, *suffix;
        } words[] = {
                { "etc", "" },       { "etc", ".d" }, { "run", ".d" }, { "usr/local/lib", ".d" },
                { "usr/lib", ".d" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
                g_autofree char *path =
                        g_strdup_printf("%s/systemd/network/" WATTLE_FILE_PREFIX "%s.netdev%s",
                                        words[i].folder, apply->mesh, words[i].suffix);

                if (wattle_path_exists(apply->applier->root_fd, path))
                        return TRUE;
        }
        return FALSE;
}

static gboolean is_linked(const WattleApply *apply, const char *target, WattleUnitKind unit)
{
        g_autofree char *name = wattle_paths_unit(unit, apply->mesh);
        g_autofree char *path = g_strdup_printf(GENERATOR_DIR "/%s.wants/%s", target, name);

        return wattle_path_exists(apply->applier->root_fd, path);
}

static void look_at_files(WattleApply *apply)
{
        WattleApplyFacts *facts = &apply->facts;
        const WattleFileset *files = &apply->deployment.files;
        int root_fd = apply->applier->root_fd;

        for (guint i = 0; i < files->files->len; i++)
                facts->wanted_files |=
                        WATTLE_FILE_BIT(((WattleFile *)g_ptr_array_index(files->files, i))->kind);
        wattle_install_compare(root_fd, apply->mesh, files, &apply->applier->networkd_gid,
                               &facts->files);
        if (facts->wanted_files & ~facts->files.changed & WATTLE_FILE_BIT(WATTLE_FILE_NETDEV))
                wattle_before_init(&apply->before, apply->deployment.view->interface);
        else
                wattle_before_read(&apply->before, root_fd, WATTLE_FILE_NETDEV, apply->mesh);
        facts->systemd_version = apply->deployment.systemd_version;
        facts->is_pending = wattle_pending_get(root_fd, apply->mesh);
        facts->is_overridden = (!apply->deployment.view ||
                                apply->deployment.view->owner == WATTLE_OWNER_NETWORKD) &&
                               is_overridden(apply);
        facts->is_linked[WATTLE_UNIT_NETWORKD_WRITER] =
                is_linked(apply, WRITERS_TARGET, WATTLE_UNIT_NETWORKD_WRITER);
        facts->is_linked[WATTLE_UNIT_NM_WRITER] =
                is_linked(apply, WRITERS_TARGET, WATTLE_UNIT_NM_WRITER);
}

static gboolean look_at_units(WattleApply *apply, GError **error)
{
        static const WattleUnitKind kinds[] = { WATTLE_UNIT_NETWORKD_WRITER, WATTLE_UNIT_NM_WRITER,
                                                WATTLE_UNIT_FILTER };
        sd_bus *bus = apply->applier->bus;

        for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
                g_autofree char *name = wattle_paths_unit(kinds[i], apply->mesh);

                if (!wattle_systemd_is_active(bus, name, &apply->facts.is_active[kinds[i]], error))
                        return FALSE;
        }
        apply->facts.foreign.systemd_version = apply->facts.systemd_version;
        return wattle_systemd_is_active(bus, WATTLE_UNIT_NETWORKD, &apply->facts.networkd_runs,
                                        error) &&
               wattle_systemd_is_active(bus, WATTLE_UNIT_RESOLVED, &apply->facts.resolved_runs,
                                        error) &&
               wattle_foreign_look(apply->applier->root_fd, bus, &apply->facts.foreign, error);
}

/* The filter's unit is bound to the interface, and would wait for one without end. */
static gboolean look_at_filter(WattleApply *apply, GError **error)
{
        g_autofree char *device = wattle_device_unit(apply->deployment.view->interface);
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_FILTER, apply->mesh);
        WattleApplyFacts *facts = &apply->facts;
        gboolean is_loaded;

        facts->has_lookup = wattle_host_has_lookup(apply->applier->root_fd);
        facts->has_filter = wattle_host_has_filter(apply->applier->root_fd);
        facts->is_linked[WATTLE_UNIT_FILTER] = is_linked(apply, device, WATTLE_UNIT_FILTER);
        if (!wattle_systemd_is_active(apply->applier->bus, device, &facts->has_device, error) ||
            !wattle_systemd_is_loaded(apply->applier->bus, unit, &is_loaded, error))
                return FALSE;
        facts->has_device = facts->has_device && is_loaded;
        return TRUE;
}

/* After a run that did not end nobody knows what the kernel was given: the files count then. */
static gboolean endpoint_changed(const WattlePeer *peer, gpointer data)
{
        const WattleApply *apply = data;
        const WattleBefore *before = apply->deployment.view->owner == WATTLE_OWNER_NETWORKD
                                             ? &apply->before
                                             : &apply->facts.nm.before;

        return apply->facts.is_pending ||
               wattle_before_differs(before, &peer->public_key, peer->endpoint);
}

void wattle_apply_diff(const WattleApply *apply, const WattleWgDevice *device, WattleWgChange *ret)
{
        const WattleView *wanted = apply->deployment.view;

        wattle_wg_diff(device, wanted, endpoint_changed, (gpointer)apply, ret);
        /* A key that is a credential is networkd's alone; a new one needs its restart. */
        ret->set_private_key = ret->set_private_key && wanted->private_key_file;
}

/* The mesh's interface by the name that it has still. */
static gboolean is_ours(const WattleApply *apply, const char *interface)
{
        return g_strcmp0(interface, apply->before.interface) == 0 ||
               g_strcmp0(interface, apply->facts.nm.interface) == 0;
}

static gboolean look_at_table(WattleApply *apply, GError **error)
{
        const WattleView *view = apply->deployment.view;
        g_auto(WattleNetlink) netlink = { 0 };
        char name[IF_NAMESIZE];
        guint32 other;

        if (view->exit_table == 0)
                return TRUE;
        if (!wattle_netlink_open(&netlink, NETLINK_ROUTE, error) ||
            !wattle_route_find_other(&netlink, view->exit_table, if_nametoindex(view->interface),
                                     &other, error))
                return FALSE;
        if (other != 0 && if_indextoname(other, name) && !is_ours(apply, name))
                g_strlcpy(apply->facts.table_taker, name, sizeof apply->facts.table_taker);
        return TRUE;
}

static gboolean look_at_links(WattleApply *apply, GError **error)
{
        WattleApplyFacts *facts = &apply->facts;
        g_auto(WattleWgDevice) device = { 0 };
        g_auto(WattleWgChange) change = { 0 };

        wattle_wg_device_init(&device);
        facts->old_link_exists =
                apply->before.interface && if_nametoindex(apply->before.interface) != 0;
        if (!apply->deployment.view)
                return TRUE;
        if (!wattle_link_get(apply->deployment.view->interface, &device, &facts->link_exists,
                             error))
                return FALSE;
        if (facts->link_exists) {
                wattle_apply_diff(apply, &device, &change);
                wattle_wg_summary_add(&facts->device, &change);
                facts->device_differs = !wattle_wg_change_is_empty(&change);
        }
        return look_at_table(apply, error) && look_at_filter(apply, error);
}

gboolean wattle_apply_look(WattleApply *apply, GError **error)
{
        const WattleNmMesh mesh = { apply->applier->root_fd, apply->applier->bus, apply->mesh };
        const WattleNmFacts *nm = &apply->facts.nm;

        look_at_files(apply);
        if (!wattle_nm_apply_look(&mesh, &apply->facts.nm, error) || !look_at_units(apply, error) ||
            !look_at_links(apply, error))
                return FALSE;
        apply->is_known = apply->deployment.mesh.path || apply->before.interface ||
                          apply->facts.files.removed || apply->facts.is_pending ||
                          nm->has_profile || nm->files[WATTLE_CONNECTION_NATIVE] ||
                          nm->files[WATTLE_CONNECTION_VPN];
        return TRUE;
}
