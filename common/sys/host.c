/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/host.h"

#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/identity.h"
#include "common/paths.h"
#include "common/sys/file.h"
#include "common/sys/secret.h"

char *wattle_host_name(void)
{
        char name[256] = "";

        if (gethostname(name, sizeof name - 1) < 0)
                name[0] = '\0';
        name[strcspn(name, ".")] = '\0';
        return g_ascii_strdown(name, -1);
}

static gboolean any_exists(int root_fd, const char *const *folders, guint n, const char *name)
{
        for (guint i = 0; i < n; i++) {
                g_autofree char *path = g_build_filename(folders[i], name, NULL);

                if (wattle_path_exists(root_fd, path))
                        return TRUE;
        }
        return FALSE;
}

WattleOwner wattle_host_owner(int root_fd)
{
        static const char *const installed[] = { "etc/systemd/system", "usr/lib/systemd/system",
                                                 "lib/systemd/system" };
        static const char *const enabled[] = { "etc/systemd/system/multi-user.target.wants",
                                               "run/systemd/system/multi-user.target.wants",
                                               "usr/lib/systemd/system/multi-user.target.wants",
                                               "lib/systemd/system/multi-user.target.wants" };
        static const char *const masks[] = { "etc/systemd/system", "run/systemd/system" };

        for (guint i = 0; i < G_N_ELEMENTS(masks); i++) {
                g_autofree char *path = g_build_filename(masks[i], WATTLE_UNIT_NM, NULL);

                if (wattle_path_is_masked(root_fd, path))
                        return WATTLE_OWNER_NETWORKD;
        }
        if (any_exists(root_fd, installed, G_N_ELEMENTS(installed), WATTLE_UNIT_NM) &&
            any_exists(root_fd, enabled, G_N_ELEMENTS(enabled), WATTLE_UNIT_NM))
                return WATTLE_OWNER_NETWORK_MANAGER;
        return WATTLE_OWNER_NETWORKD;
}

static gboolean has_unit(int root_fd, WattleUnitKind kind)
{
        g_autofree char *unit = wattle_paths_unit(kind, "");
        g_autofree char *path = g_build_filename(WATTLE_UNITDIR, unit, NULL);

        return wattle_path_exists(root_fd, path + 1);
}

gboolean wattle_host_has_nm_writer(int root_fd)
{
        return has_unit(root_fd, WATTLE_UNIT_NM_WRITER);
}

/* As systemd.unit(5) escapes it: of what a name may have, the hyphen alone is not plain. */
char *wattle_device_unit(const char *interface)
{
        g_auto(GStrv) parts = g_strsplit(interface, "-", -1);
        g_autofree char *escaped = g_strjoinv("\\x2d", parts);

        return g_strconcat("sys-subsystem-net-devices-", escaped, ".device", NULL);
}

gboolean wattle_host_has_resolved(int root_fd)
{
        static const char *const installed[] = { "etc/systemd/system", "usr/lib/systemd/system",
                                                 "lib/systemd/system" };

        return any_exists(root_fd, installed, G_N_ELEMENTS(installed), WATTLE_UNIT_RESOLVED);
}

gboolean wattle_host_has_ufw(int root_fd)
{
        return wattle_path_exists(root_fd, "etc/ufw/ufw.conf") &&
               has_unit(root_fd, WATTLE_UNIT_UFW);
}

gboolean wattle_host_has_filter(int root_fd)
{
        return has_unit(root_fd, WATTLE_UNIT_FILTER);
}

gboolean wattle_host_has_force_forwarding(int root_fd)
{
        return wattle_path_exists(root_fd, "proc/sys/net/ipv6/conf/all/force_forwarding");
}

gboolean wattle_host_has_update(int root_fd)
{
        return has_unit(root_fd, WATTLE_UNIT_UPDATE);
}

gboolean wattle_host_has_tailscale(int root_fd)
{
        return has_unit(root_fd, WATTLE_UNIT_TAILSCALE);
}

gboolean wattle_host_has_lookup(int root_fd)
{
        return wattle_path_exists(root_fd, WATTLE_UNITDIR "/" WATTLE_UNIT_LOOKUP_SOCKET + 1);
}

gboolean wattle_host_has_portmap(int root_fd)
{
        return has_unit(root_fd, WATTLE_UNIT_PORTMAP);
}

gboolean wattle_host_has_relay(int root_fd)
{
        return has_unit(root_fd, WATTLE_UNIT_RELAY);
}

gboolean wattle_host_has_nss_module(int root_fd)
{
        return wattle_path_exists(root_fd, WATTLE_NSS_MODULEDIR "/libnss_wattle.so.2" + 1);
}

gboolean wattle_host_has_vpn_plugin(int root_fd)
{
        /* NetworkManager looks nowhere else. */
        static const char *const files[] = { "etc/NetworkManager/VPN/nm-wattle-service.name",
                                             WATTLE_NM_VPNDIR "/nm-wattle-service.name" + 1 };

        for (guint i = 0; i < G_N_ELEMENTS(files); i++)
                if (wattle_path_exists(root_fd, files[i]))
                        return TRUE;
        return FALSE;
}

/* "libsystemd-shared-252.so", "libsystemd-shared-257.13-1~deb13u1.so" */
static guint newest_version_in(int root_fd, const char *folder)
{
        static const char prefix[] = "libsystemd-shared-";
        g_auto(GStrv) names = wattle_list_folder(root_fd, folder, prefix, ".so", NULL);
        guint newest = 0;

        for (guint i = 0; names && names[i]; i++)
                newest = MAX(newest, (guint)g_ascii_strtoull(names[i] + strlen(prefix), NULL, 10));
        return newest;
}

guint wattle_host_systemd_version(int root_fd)
{
        /* The last one is NixOS's. */
        static const char *const folders[] = { WATTLE_LIBDIR "/systemd", "/usr/lib/systemd",
                                               "/usr/lib64/systemd", "/lib/systemd",
                                               "/run/current-system/systemd/lib/systemd" };
        guint newest = 0;

        for (guint i = 0; i < G_N_ELEMENTS(folders); i++)
                newest = MAX(newest, newest_version_in(root_fd, folders[i] + 1));
        return newest > 0 ? newest : WATTLE_BUILD_SYSTEMD_VERSION;
}

char *wattle_host_key_file(const WattleMesh *mesh)
{
        return wattle_paths_key(mesh->local.private_key_file, mesh->profile->name);
}

gboolean wattle_host_has_key_credential(int root_fd, const char *mesh_name)
{
        static const char *const stores[] = { "etc/credstore",     "etc/credstore.encrypted",
                                              "run/credstore",     "run/credstore.encrypted",
                                              "usr/lib/credstore", "usr/lib/credstore.encrypted" };
        g_autofree char *name = wattle_paths_credential(mesh_name);

        return any_exists(root_fd, stores, G_N_ELEMENTS(stores), name);
}

/* The public half of this host's key into *ret. A key that we may not read says nothing about who
 * we are, and one that is missing neither; a bad one is an error. */
static gboolean read_public_key(int root_fd, const char *key_file, WattleKey *ret,
                                gboolean *ret_found, WattleReport *report)
{
        g_auto(WattleKey) private_key = { 0 };
        g_autoptr(GError) error = NULL;

        *ret_found = wattle_secret_read(root_fd, key_file + 1, &private_key, &error);
        if (*ret_found) {
                wattle_key_derive_public(&private_key, ret);
                return TRUE;
        }
        if (g_error_matches(error, WATTLE_ERROR, WATTLE_ERROR_NOT_FOUND) ||
            g_error_matches(error, WATTLE_ERROR, WATTLE_ERROR_FAILED))
                return TRUE;
        wattle_report_error(report, WATTLE_NO_PLACE, "/%s", error->message);
        return FALSE;
}

static const WattleDevice *identify(int root_fd, const WattleMesh *mesh, const char *as,
                                    WattleReport *report)
{
        g_autofree char *key_file = wattle_host_key_file(mesh);
        g_autofree char *host_name = NULL;
        WattleEvidence evidence = { .device = as, .device_place = { mesh->profile->file, 0, 0 } };
        WattleKey public_key;
        gboolean found;

        if (!as) {
                if (!read_public_key(root_fd, key_file, &public_key, &found, report))
                        return NULL;
                evidence.device = mesh->local.device.value;
                evidence.device_place = mesh->local.device.place;
                evidence.public_key = found ? &public_key : NULL;
                evidence.key_file = key_file;
                evidence.host_name = host_name = wattle_host_name();
        }
        return wattle_identify(mesh->profile, &evidence, report);
}

WattleView *wattle_host_view(int root_fd, const WattleMesh *mesh, const char *as, WattleOwner owner,
                             WattleReport *report)
{
        const WattleDevice *self = identify(root_fd, mesh, as, report);
        g_autofree char *key_file = wattle_host_key_file(mesh);
        WattleHost host = { .local = &mesh->local, .asked_owner = owner };

        if (!self)
                return NULL;
        if (owner == WATTLE_OWNER_AUTO)
                host.owner = wattle_host_owner(root_fd);
        host.no_filter = !as && !wattle_host_has_filter(root_fd);
        host.no_resolved = !as && !wattle_host_has_resolved(root_fd);
        host.has_lookup = !as && wattle_host_has_lookup(root_fd);
        host.serves = !as && mesh->is_signed && wattle_host_has_update(root_fd);
        host.force_forwarding = !as && wattle_host_has_force_forwarding(root_fd);
        host.key_credential = !as && !wattle_path_exists(root_fd, key_file + 1) &&
                              wattle_host_has_key_credential(root_fd, mesh->profile->name);
        return wattle_resolve(mesh->profile, self, &host, report);
}

gboolean wattle_host_check_managed(const WattleMesh *mesh, const WattleView *view,
                                   WattleReport *report)
{
        const WattleDevice *device;

        if (view->self.managed)
                return TRUE;
        device = wattle_profile_find_device(mesh->profile, view->self.name);
        wattle_report_error(report, wattle_profile_place(mesh->profile, device->place),
                            "device %s has Managed=no, but here wattle runs: remove that line",
                            device->name);
        return FALSE;
}
