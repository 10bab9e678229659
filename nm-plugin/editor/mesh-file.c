/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/editor/mesh-file.h"

#include <fcntl.h>
#include <string.h>

#include "common/error.h"
#include "common/ini.h"
#include "common/invitation.h"
#include "common/language.h"
#include "common/paths.h"
#include "common/scalar.h"
#include "common/sys/file.h"
#include "nm-plugin/vpn-data.h"

#define FILE_MODE 0644

char *wattle_mesh_file_explain(WattleReport *report)
{
        g_autoptr(GString) text = g_string_new(NULL);
        guint n = 0;

        if (report->n_errors == 0)
                return NULL;
        wattle_report_sort(report);
        for (guint i = 0; i < report->faults->len && n < WATTLE_MESH_FILE_MAX_FAULTS; i++) {
                const WattleFault *fault = &g_array_index(report->faults, WattleFault, i);
                g_autofree char *line = wattle_fault_format(fault);

                if (fault->kind == WATTLE_FAULT_ERROR)
                        g_string_append_printf(text, "%s%s", n++ == 0 ? "" : "\n", line);
        }
        if (report->n_errors > n) {
                g_string_append_c(text, '\n');
                g_string_append_printf(text, _("and %u more"), report->n_errors - n);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

void wattle_mesh_file_clear(WattleMeshFile *file)
{
        g_clear_pointer(&file->mesh, wattle_profile_free);
        g_clear_pointer(&file->profile, g_free);
        g_clear_pointer(&file->invitation, g_free);
        wattle_key_clear(&file->private_key);
}

/* Importers offer every file to every plugin, so one that was never meant for us is told apart from
 * a mesh with faults. */
static gboolean refuse_other(gsize size, const char *name, GError **error)
{
        if (size == 0)
                return wattle_error_refuse(error, "%s: is empty", name);
        return wattle_error_refuse(
                error,
                "%s: is no mesh of wattle's: it has no section [Mesh], nor is it "
                "an invitation",
                name);
}

static gboolean is_profile(const char *data, gsize size)
{
        static const char header[] = "[Mesh]";

        return size > 0 && memmem(data, size, header, strlen(header));
}

/* What a connection carries has no local settings that could call the interface otherwise. */
static void check_interface(const WattleProfile *profile, WattleReport *report)
{
        g_autoptr(GError) error = NULL;

        if (!wattle_interface_name_check(profile->name, &error))
                wattle_report_error(report, wattle_profile_place(profile, profile->place),
                                    "the interface is called as the mesh, but %s", error->message);
}

static WattleProfile *load_invitation(const char *data, gsize size, const char *name,
                                      WattleMeshFile *ret, WattleReport *report)
{
        g_auto(WattleInvitation) invitation = { 0 };
        g_autoptr(GError) error = NULL;

        if (!wattle_invitation_parse(data, size, &invitation, &error)) {
                wattle_report_error(report, (WattlePlace){ name, 0, 0 }, "%s", error->message);
                return NULL;
        }
        ret->has_key = invitation.has_private_key;
        ret->private_key = invitation.private_key;
        invitation.has_private_key = FALSE;
        ret->invitation = wattle_invitation_format(&invitation);
        return wattle_invitation_load(&invitation, NULL, name, NULL, report);
}

static gboolean load(const char *data, gsize size, const char *name, WattleMeshFile *ret,
                     GError **error)
{
        g_auto(WattleReport) report = { 0 };
        g_autofree char *faults = NULL;

        wattle_report_init(&report);
        if (is_profile(data, size)) {
                ret->profile = g_strndup(data, size);
                ret->mesh = wattle_profile_load(data, size, name, &report);
        } else {
                ret->mesh = load_invitation(data, size, name, ret, &report);
        }
        if (ret->mesh)
                check_interface(ret->mesh, &report);
        faults = wattle_mesh_file_explain(&report);
        return !faults || wattle_error_refuse(error, "%s", faults);
}

gboolean wattle_mesh_file_read(const char *path, WattleMeshFile *ret, GError **error)
{
        g_autofree char *name = g_filename_display_basename(path);
        g_autoptr(GBytes) bytes = wattle_read_file(AT_FDCWD, path, WATTLE_VPN_PROFILE_MAX, error);
        const char *data;
        gsize size;

        if (!bytes) {
                g_prefix_error(error, "%s: ", name);
                return FALSE;
        }
        data = g_bytes_get_data(bytes, &size);
        if (!is_profile(data, size) && !wattle_invitation_is_whole(data, size))
                return refuse_other(size, name, error);
        if (load(data, size, name, ret, error))
                return TRUE;
        wattle_mesh_file_clear(ret);
        return FALSE;
}

static char *device_of_host(const WattleProfile *profile, const char *host_name)
{
        const WattleDevice *device = wattle_profile_find_device(profile, host_name);

        return device && device->state == WATTLE_DEVICE_ACTIVE && device->managed
                       ? g_strdup(device->name)
                       : NULL;
}

static NMSetting *make_connection_setting(const char *id)
{
        NMSetting *setting = nm_setting_connection_new();
        g_autofree char *uuid = nm_utils_uuid_generate();

        g_object_set(setting, NM_SETTING_CONNECTION_ID, id, NM_SETTING_CONNECTION_UUID, uuid,
                     NM_SETTING_CONNECTION_TYPE, NM_SETTING_VPN_SETTING_NAME, NULL);
        return setting;
}

/* The addresses and routes are those of the connection that the service has made for the mesh. */
static NMSetting *make_ip_setting(NMSetting *setting)
{
        g_object_set(setting, NM_SETTING_IP_CONFIG_METHOD, NM_SETTING_IP4_CONFIG_METHOD_AUTO,
                     NM_SETTING_IP_CONFIG_NEVER_DEFAULT, TRUE, NULL);
        return setting;
}

/* persistent: a mesh stays while its host changes from one network to another. */
NMConnection *wattle_mesh_file_import(const char *path, const char *host_name, GError **error)
{
        g_auto(WattleMeshFile) file = { 0 };
        g_auto(WattleVpnData) data = { 0 };
        NMConnection *connection;
        NMSetting *vpn;

        if (!wattle_mesh_file_read(path, &file, error))
                return NULL;
        data = (WattleVpnData){ .mesh = g_strdup(file.mesh->name),
                                .profile = g_steal_pointer(&file.profile),
                                .invitation = g_steal_pointer(&file.invitation),
                                .device = file.mesh->invited ? g_strdup(file.mesh->invited)
                                                             : device_of_host(file.mesh, host_name),
                                .has_key = file.has_key,
                                .private_key = file.private_key };
        vpn = nm_setting_vpn_new();
        wattle_vpn_data_write(&data, NM_SETTING_VPN(vpn));
        g_object_set(vpn, NM_SETTING_VPN_PERSISTENT, TRUE, NULL);
        connection = nm_simple_connection_new();
        nm_connection_add_setting(connection, make_connection_setting(file.mesh->name));
        nm_connection_add_setting(connection, vpn);
        nm_connection_add_setting(connection, make_ip_setting(nm_setting_ip4_config_new()));
        nm_connection_add_setting(connection, make_ip_setting(nm_setting_ip6_config_new()));
        return connection;
}

static gboolean read_data(NMConnection *connection, WattleVpnData *data, GError **error)
{
        NMSettingVpn *vpn = nm_connection_get_setting_vpn(connection);

        if (vpn && g_strcmp0(nm_setting_vpn_get_service_type(vpn), WATTLE_VPN_SERVICE) == 0)
                return wattle_vpn_data_read(vpn, data, error);
        return wattle_error_refuse(error, "the connection is not of type wattle");
}

/* Installed meshes may be larger than what a connection carries. */
static GBytes *read_installed(const char *name, int root_fd, GError **error)
{
        g_autofree char *path = wattle_mesh_find(root_fd, name);
        GBytes *bytes;

        if (!path) {
                wattle_error_refuse(error,
                                    "there is no mesh %s on this host: %s/%s%s"
                                    " is missing",
                                    name, WATTLE_CONFDIR, name, WATTLE_MESH_SUFFIX);
                return NULL;
        }
        bytes = wattle_read_file(root_fd, path + 1, WATTLE_INI_MAX_BYTES, error);
        if (!bytes)
                g_prefix_error(error, "%s: ", path);
        return bytes;
}

gboolean wattle_mesh_file_export(NMConnection *connection, int root_fd, const char *path,
                                 GError **error)
{
        g_auto(WattleVpnData) data = { 0 };
        g_autoptr(GBytes) bytes = NULL;
        const char *carried;
        gconstpointer content;
        gsize size;

        if (!read_data(connection, &data, error))
                return FALSE;
        carried = data.profile ? data.profile : data.invitation;
        bytes = carried ? g_bytes_new(carried, strlen(carried))
                        : read_installed(data.mesh, root_fd, error);
        if (!bytes)
                return FALSE;
        content = g_bytes_get_data(bytes, &size);
        return g_file_set_contents_full(
                path, content, (gssize)size,
                G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, FILE_MODE, error);
}

char *wattle_mesh_file_name(NMConnection *connection)
{
        g_auto(WattleVpnData) data = { 0 };
        const char *id = nm_connection_get_id(connection);
        gboolean is_invitation;

        if (read_data(connection, &data, NULL))
                id = data.mesh;
        is_invitation = !data.profile && data.invitation;
        return g_strconcat(id ? id : "wattle",
                           is_invitation ? WATTLE_INVITATION_SUFFIX : WATTLE_MESH_SUFFIX, NULL);
}
