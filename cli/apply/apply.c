/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/apply/apply.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/apply/before.h"
#include "cli/apply/filter.h"
#include "cli/apply/nm.h"
#include "cli/apply/swap.h"
#include "cli/managers/link.h"
#include "cli/managers/nm.h"
#include "cli/managers/systemd.h"
#include "common/error.h"
#include "common/paths.h"
#include "common/render.h"
#include "common/scalar.h"
#include "common/sys/deploy.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "common/sys/kernel/wireguard.h"
#include "common/sys/secret.h"

#define NETWORK_DIR    "run/systemd/network"
#define GENERATOR_DIR  "run/systemd/generator"
#define WRITERS_TARGET "sysinit.target"
#define LOCK_PATH      WATTLE_RUN_DIR "/lock"

/* What Debian calls the part that has wattle-nm and the VPN plugin; others' names are close. */
#define NM_PACKAGE "network-manager-wattle"

/* One run of wattle_apply(). */
typedef struct {
        const WattleApplier *applier;
        const char *mesh;
        WattleDeployment deployment;
        WattleBefore before; /* the .netdev file as it was */
        WattleNmApply nm;
        WattleChanges changes;
        gboolean link_exists; /* the interface that we are to have is there already */
        gboolean networkd_active;
        gboolean pending; /* what runs may be older than the files, however these compare */
        WattleApplied *applied;
} Run;

void wattle_applied_clear(WattleApplied *applied)
{
        g_clear_pointer(&applied->removed_interface, g_free);
}

static void run_clear(Run *run)
{
        wattle_deployment_clear(&run->deployment);
        wattle_before_clear(&run->before);
        wattle_nm_apply_clear(&run->nm);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static gboolean exists(const Run *run, const char *path)
{
        struct stat st;

        return fstatat(run->applier->root_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static gboolean owned_by_networkd(const Run *run)
{
        return run->deployment.view && run->deployment.view->owner == WATTLE_OWNER_NETWORKD;
}

static gboolean owned_by_nm(const Run *run)
{
        return run->deployment.view && run->deployment.view->owner == WATTLE_OWNER_NETWORK_MANAGER;
}

/* An interface that neither our files made nor NetworkManager of our connection is somebody else's,
 * whatever its name. */
static gboolean look_for_link(Run *run, GError **error)
{
        const char *interface = run->deployment.view->interface;
        g_auto(WattleWgDevice) device = { 0 };

        wattle_wg_device_init(&device);
        if (!wattle_link_get(interface, &device, &run->link_exists, error))
                return FALSE;
        if (!run->link_exists || run->applied->overridden ||
            g_strcmp0(run->before.interface, interface) == 0 ||
            g_strcmp0(run->nm.interface, interface) == 0)
                return TRUE;
        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                    "there is an interface %s already, and wattle did not make it: remove it, or "
                    "write Interface= below [Local]",
                    interface);
        return FALSE;
}

/* The admin's own word on the .netdev: another file of its name, a mask, or additions. What the
 * kernel has then is not what the mesh says, and is left to networkd. */
static gboolean is_overridden(const Run *run)
{
        static const char *const before[] = { "etc/systemd/network/" };
        static const char *const additions[] = { "etc/systemd/network/", "run/systemd/network/",
                                                 "usr/local/lib/systemd/network/",
                                                 "usr/lib/systemd/network/" };

        for (guint i = 0; i < G_N_ELEMENTS(before); i++) {
                g_autofree char *path =
                        g_strconcat(before[i], WATTLE_FILE_PREFIX, run->mesh, ".netdev", NULL);

                if (exists(run, path))
                        return TRUE;
        }
        for (guint i = 0; i < G_N_ELEMENTS(additions); i++) {
                g_autofree char *path =
                        g_strconcat(additions[i], WATTLE_FILE_PREFIX, run->mesh, ".netdev.d", NULL);

                if (exists(run, path))
                        return TRUE;
        }
        return FALSE;
}

static gboolean install_files(Run *run, GError **error)
{
        int root_fd = run->applier->root_fd;

        if (!wattle_install(root_fd, run->mesh, &run->deployment.files, &run->applier->networkd_gid,
                            &run->changes, error))
                return FALSE;
        wattle_swap_tidy(root_fd, run->mesh);
        run->applied->n_changed_files = wattle_file_bits_count(run->changes.changed);
        run->applied->n_removed_files = wattle_file_bits_count(run->changes.removed);
        return TRUE;
}

/* An interface that the files made before and make no more; nobody else would remove it, networkd
 * least of all. */
static gboolean remove_old_link(Run *run, GError **error)
{
        const char *old = run->before.interface;
        gboolean removed;

        if (!old || run->applied->overridden ||
            (owned_by_networkd(run) && strcmp(old, run->deployment.view->interface) == 0))
                return TRUE;
        if (!wattle_link_remove(old, &removed, error))
                return FALSE;
        if (removed && !run->applied->removed_interface)
                run->applied->removed_interface = g_strdup(old);
        return TRUE;
}

/* NetworkManager's profile and interface go, for a mesh that is not its own any more. It may be
 * done with the connection and not have removed the link yet, which networkd would take for its
 * own. */
static gboolean take_from_nm(Run *run, GError **error)
{
        WattleApplied *applied = run->applied;
        const char *interface = run->nm.interface;
        gboolean removed, link_removed;

        if (owned_by_nm(run))
                return TRUE;
        if (!wattle_nm_apply_remove(&run->nm, run->pending, &removed, error))
                return FALSE;
        applied->n_removed_files += removed;
        if (!interface || g_strcmp0(interface, run->before.interface) == 0)
                return TRUE;
        if (!wattle_link_remove(interface, &link_removed, error))
                return FALSE;
        applied->removed_interface = g_strdup(interface);
        if (owned_by_networkd(run))
                run->link_exists = if_nametoindex(run->deployment.view->interface) != 0;
        return TRUE;
}

/* Before networkd makes an interface, NetworkManager must know that it is not its own. */
static gboolean reload_nm(const Run *run, GError **error)
{
        if (!run->nm.running ||
            !(run->pending || run->changes.changed & WATTLE_FILE_BIT(WATTLE_FILE_UNMANAGED) ||
              run->changes.removed & WATTLE_FILE_BIT(WATTLE_FILE_UNMANAGED)))
                return TRUE;
        return wattle_nm_reload_config(run->applier->bus, error);
}

/* After a run that did not end nobody knows what the kernel was given: the files count then. */
static gboolean endpoint_changed(const WattlePeer *peer, gpointer data)
{
        const Run *run = data;
        const WattleBefore *before = owned_by_nm(run) ? &run->nm.before : &run->before;

        return run->pending || wattle_before_differs(before, &peer->public_key, peer->endpoint);
}

static void count_peers(const WattleWgChange *change, WattleApplied *applied)
{
        for (guint i = 0; i < change->peers->len; i++) {
                const WattleWgPeerChange *peer =
                        &g_array_index(change->peers, WattleWgPeerChange, i);

                applied->n_removed_peers += peer->remove;
                applied->n_new_peers += peer->is_new;
                applied->n_changed_peers += !peer->remove && !peer->is_new;
        }
}

static gboolean update_device(Run *run, GError **error)
{
        const WattleView *view = run->deployment.view;
        g_auto(WattleWireguard) wireguard = { 0 };
        g_auto(WattleWgDevice) device = { 0 };
        g_auto(WattleWgChange) change = { 0 };
        g_auto(WattleKey) private_key = { 0 };

        wattle_wg_device_init(&device);
        if (!wattle_wireguard_open(&wireguard, error) ||
            !wattle_wireguard_get(&wireguard, view->interface, &device, error))
                return FALSE;
        wattle_wg_diff(&device, view, endpoint_changed, run, &change);
        /* A key that is a credential is networkd's alone; a new one needs its restart. */
        change.set_private_key = change.set_private_key && view->private_key_file;
        if (change.set_private_key &&
            !wattle_secret_read(run->applier->root_fd, view->private_key_file + 1, &private_key,
                                error))
                return FALSE;
        count_peers(&change, run->applied);
        run->applied->device_changed |=
                change.set_private_key || change.set_listen_port || change.set_fwmark;
        return wattle_wg_change_is_empty(&change) ||
               wattle_wireguard_set(&wireguard, device.ifindex, &change, &private_key, error);
}

/* udev has systemd-sysctl apply a new interface's lines; for one that is there already we ask it
 * the same. The tool knows which file of the admin's wins. */
static gboolean apply_sysctls(Run *run, GError **error)
{
        g_autofree char *interface = NULL;
        const char *argv[] = { WATTLE_SYSTEMD_UTILDIR "/systemd-sysctl", NULL,
                               "--prefix=/net/ipv4/conf/all", "--prefix=/net/ipv6/conf/all", NULL };
        int status;

        if (!run->deployment.view ||
            !(run->pending || run->changes.changed & WATTLE_FILE_BIT(WATTLE_FILE_SYSCTL)))
                return TRUE;
        interface = g_strdup_printf("--prefix=/net/ipv4/conf/%s", run->deployment.view->interface);
        argv[1] = interface;
        if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL,
                          &status, error))
                return FALSE;
        return g_spawn_check_wait_status(status, error);
}

static gboolean is_linked(const Run *run, const char *target, const char *unit)
{
        g_autofree char *path = g_strdup_printf(GENERATOR_DIR "/%s.wants/%s", target, unit);

        return exists(run, path);
}

/* To the interface that it has now; also where the package has come since. */
static gboolean is_filter_linked(const Run *run)
{
        const WattleView *view = run->deployment.view;
        g_autofree char *unit = wattle_paths_unit(WATTLE_UNIT_FILTER, run->mesh);
        g_autofree char *device = view ? wattle_device_unit(view->interface) : NULL;

        return !view || !wattle_host_has_filter(run->applier->root_fd) ||
               is_linked(run, device, unit);
}

/* What the generator would link, and what it linked last. */
static gboolean is_generated(const Run *run)
{
        g_autofree char *writer = wattle_paths_unit(WATTLE_UNIT_NETWORKD_WRITER, run->mesh);
        g_autofree char *nm_writer = wattle_paths_unit(WATTLE_UNIT_NM_WRITER, run->mesh);

        return is_linked(run, WRITERS_TARGET, writer) == (run->deployment.view != NULL) &&
               is_linked(run, WRITERS_TARGET, nm_writer) == owned_by_nm(run) &&
               is_filter_linked(run);
}

/* A unit that failed over a bad mesh is mended with it. */
static gboolean switch_unit(const Run *run, const char *unit, gboolean wanted, GError **error)
{
        gboolean active;

        if (!wattle_systemd_is_active(run->applier->bus, unit, &active, error))
                return FALSE;
        return active == wanted ||
               wattle_systemd_run_job(run->applier->bus, wanted ? "StartUnit" : "StopUnit", unit,
                                      error);
}

/* Only if the generator would do something else is there something new for systemd. The writer of
 * NetworkManager's profile is started by update_nm(). */
static gboolean tell_systemd(Run *run, GError **error)
{
        g_autofree char *writer = wattle_paths_unit(WATTLE_UNIT_NETWORKD_WRITER, run->mesh);
        g_autofree char *nm_writer = wattle_paths_unit(WATTLE_UNIT_NM_WRITER, run->mesh);
        gboolean wanted = run->deployment.view != NULL;
        sd_bus *bus = run->applier->bus;

        if (!is_generated(run) && !wattle_systemd_reload(bus, error))
                return FALSE;
        if (!switch_unit(run, writer, wanted, error) ||
            (!owned_by_nm(run) && !switch_unit(run, nm_writer, FALSE, error)))
                return FALSE;
        if (!owned_by_networkd(run) || run->networkd_active)
                return TRUE;
        run->applied->networkd_started = TRUE;
        return wattle_systemd_run_job(bus, "StartUnit", WATTLE_UNIT_NETWORKD, error);
}

/* Before the routes that need it; a mesh that is without one now loses it when they are gone. */
static gboolean switch_filter(const Run *run, gboolean wanted, GError **error)
{
        const WattleView *view = run->deployment.view;

        if (wanted != (wattle_fileset_find(&run->deployment.files, WATTLE_FILE_FILTER) != NULL))
                return TRUE;
        return wattle_filter_apply(
                run->applier->bus, run->mesh, view ? view->interface : NULL, wanted,
                run->pending || run->changes.changed & WATTLE_FILE_BIT(WATTLE_FILE_FILTER), error);
}

static gboolean update_nm(Run *run, GError **error)
{
        WattleNmApplied nm = { 0 };

        if (!wattle_nm_apply_update(&run->nm, run->deployment.view, run->pending, &nm, error))
                return FALSE;
        run->applied->n_changed_files += nm.written;
        run->applied->nm_reapplied = nm.reapplied;
        run->applied->nm_zone = nm.zone;
        run->applied->nm_restarted = nm.restarted;
        return !nm.active || update_device(run, error);
}

static gboolean reload_networkd(Run *run, GError **error)
{
        run->applied->networkd_reloaded = TRUE;
        return wattle_swap_reload(run->applier->root_fd, run->applier->bus, error);
}

static gboolean needs_networkd(const Run *run)
{
        if (!run->networkd_active)
                return FALSE;
        if (run->pending || run->changes.changed & WATTLE_FILE_BIT(WATTLE_FILE_NETWORK) ||
            run->changes.removed &
                    (WATTLE_FILE_BIT(WATTLE_FILE_NETDEV) | WATTLE_FILE_BIT(WATTLE_FILE_NETWORK)))
                return TRUE;
        return owned_by_networkd(run) && !run->link_exists;
}

static gboolean updates_device(const Run *run)
{
        return owned_by_networkd(run) && run->link_exists && !run->applied->overridden;
}

static gboolean look_at_host(Run *run, GError **error)
{
        run->applied->overridden = !owned_by_nm(run) && is_overridden(run);
        return wattle_systemd_is_active(run->applier->bus, WATTLE_UNIT_NETWORKD,
                                        &run->networkd_active, error) &&
               (!run->deployment.view || look_for_link(run, error)) &&
               (!owned_by_nm(run) ||
                wattle_nm_apply_check(&run->nm, run->deployment.view->connection, error));
}

/* Only of an interface that networkd has from it already, and only where a reload would replace its
 * peers. */
static gboolean keep_loaded_netdev(const Run *run, GError **error)
{
        gboolean is_needed = run->networkd_active && run->link_exists &&
                             run->deployment.systemd_version >= WATTLE_NETDEV_RELOADED_SINCE;

        return wattle_swap_keep(run->applier->root_fd, run->applier->bus, run->mesh, is_needed,
                                error);
}

/* Links go before the files: with them, nobody would know one for ours. */
static gboolean change_files(Run *run, GError **error)
{
        return keep_loaded_netdev(run, error) && take_from_nm(run, error) &&
               remove_old_link(run, error) && install_files(run, error) && reload_nm(run, error);
}

/* Peers first, for a route is of no use without its peer; and after a reload again, should networkd
 * have read more than .network files. */
static gboolean change_network(Run *run, GError **error)
{
        if ((updates_device(run) && !update_device(run, error)) || !tell_systemd(run, error) ||
            !switch_filter(run, TRUE, error) || (owned_by_nm(run) && !update_nm(run, error)))
                return FALSE;
        if (needs_networkd(run) &&
            (!reload_networkd(run, error) || (updates_device(run) && !update_device(run, error))))
                return FALSE;
        return switch_filter(run, FALSE, error) && apply_sysctls(run, error);
}

static gboolean change_host(Run *run, GError **error)
{
        int root_fd = run->applier->root_fd;

        if (!look_at_host(run, error))
                return FALSE;
        run->pending = wattle_pending_get(root_fd, run->mesh);
        if (!wattle_pending_set(root_fd, run->mesh, error) || !change_files(run, error) ||
            !change_network(run, error))
                return FALSE;
        wattle_pending_clear(root_fd, run->mesh);
        return TRUE;
}

static void close_fd(int *fd)
{
        if (*fd >= 0)
                close(*fd);
}

/* One at a time: two would take each other's files for networkd's. */
static gboolean lock(int root_fd, int *ret_fd, GError **error)
{
        if (!wattle_make_folders(root_fd, LOCK_PATH, error))
                return FALSE;
        *ret_fd = openat(root_fd, LOCK_PATH, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        return (*ret_fd >= 0 && flock(*ret_fd, LOCK_EX) == 0) ||
               wattle_error_set_errno(error, errno, LOCK_PATH);
}

/* What wattle-nm@.service would fail over, before anything has changed. */
static gboolean check_nm(const Run *run, WattleReport *report)
{
        const WattleView *view = run->deployment.view;
        g_auto(WattleKey) private_key = { 0 };
        g_autoptr(GError) error = NULL;
        int root_fd = run->applier->root_fd;

        if (view->connection == WATTLE_CONNECTION_VPN && !wattle_host_has_vpn_plugin(root_fd))
                wattle_report_error(report, WATTLE_NO_PLACE,
                                    "Connection=vpn needs wattle's VPN plugin for NetworkManager: "
                                    "install the package " NM_PACKAGE);
        else if (!wattle_host_has_nm_writer(root_fd))
                wattle_report_error(report, WATTLE_NO_PLACE,
                                    "the mesh belongs to NetworkManager, and wattle-nm is not "
                                    "installed here: install the package " NM_PACKAGE
                                    ", or write Owner=networkd below [Local]");
        else if (!wattle_private_key_read(root_fd, run->deployment.view, &private_key, &error))
                wattle_report_error(report, WATTLE_NO_PLACE, "%s", error->message);
        return report->n_errors == 0;
}

gboolean wattle_apply(const WattleApplier *applier, const char *mesh, WattleApplied *applied,
                      WattleReport *report, GError **error)
{
        g_auto(Run) run = { .applier = applier, .mesh = mesh, .applied = applied };
        __attribute__((cleanup(close_fd))) int lock_fd = -1;
        g_autofree char *path = NULL;

        if (!lock(applier->root_fd, &lock_fd, error) ||
            !wattle_swap_recover(applier->root_fd, error))
                return FALSE;
        path = wattle_mesh_find(applier->root_fd, mesh);
        wattle_before_read(&run.before, applier->root_fd, mesh);
        if (!wattle_deployment_load(&run.deployment, applier->root_fd, mesh, &applier->networkd_gid,
                                    report))
                return FALSE;
        if (owned_by_nm(&run) && !check_nm(&run, report))
                return FALSE;
        if (!wattle_nm_apply_init(&run.nm, applier->root_fd, applier->bus, mesh, error))
                return FALSE;
        applied->known = path || run.before.interface || run.nm.before.interface;
        if (!change_host(&run, error))
                return FALSE;
        applied->known |= applied->n_removed_files > 0;
        return TRUE;
}

static gboolean is_leftover(int root_fd, const char *file_name, char **ret_mesh)
{
        g_autofree char *mesh = NULL, *path = NULL;
        const char *dot = strrchr(file_name, '.');

        if (!g_str_has_prefix(file_name, WATTLE_FILE_PREFIX) || g_strcmp0(dot, ".network") != 0)
                return FALSE;
        mesh = g_strndup(file_name + strlen(WATTLE_FILE_PREFIX),
                         (gsize)(dot - file_name) - strlen(WATTLE_FILE_PREFIX));
        path = wattle_mesh_find(root_fd, mesh);
        if (path || !wattle_identifier_check(mesh, WATTLE_MESH_NAME_MAX, NULL))
                return FALSE;
        *ret_mesh = g_steal_pointer(&mesh);
        return TRUE;
}

char **wattle_apply_list_leftovers(int root_fd)
{
        GPtrArray *list = g_ptr_array_new();
        int fd = openat(root_fd, NETWORK_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd < 0 ? NULL : fdopendir(fd);
        const struct dirent *entry;
        char *mesh;

        while (dir && (entry = readdir(dir)))
                if (is_leftover(root_fd, entry->d_name, &mesh))
                        g_ptr_array_add(list, mesh);
        if (dir)
                closedir(dir);
        else if (fd >= 0)
                close(fd);
        g_ptr_array_add(list, NULL);
        return (char **)g_ptr_array_free(list, FALSE);
}
