/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/service/blueprint.h"

#include "common/nm-profile.h"
#include "common/sys/file.h"
#include "common/sys/host.h"
#include "nm-plugin/connection.h"
#include "nm-plugin/service/vpn-mesh.h"
#include "nm-plugin/service/vpn-names.h"
#include "nm-plugin/vpn-data.h"

void wattle_blueprint_clear(WattleBlueprint *blueprint)
{
        g_clear_object(&blueprint->link);
        wattle_fileset_clear(&blueprint->files);
        wattle_fileset_clear(&blueprint->names);
        wattle_fileset_clear(&blueprint->mesh);
}

static gboolean refuse(WattleReport *report, const char *text)
{
        wattle_report_error(report, WATTLE_NO_PLACE, "%s", text);
        return FALSE;
}

static gboolean read_data(NMConnection *vpn, WattleVpnData *ret, WattleReport *report)
{
        NMSettingVpn *setting = nm_connection_get_setting_vpn(vpn);
        g_autoptr(GError) error = NULL;

        if (!setting)
                return refuse(report, "this is no VPN connection");
        if (!wattle_vpn_data_read(setting, ret, &error))
                return refuse(report, error->message);
        /* The editor keeps keys of others, and of a wattle to come. */
        if (!wattle_vpn_data_check_keys(setting, &error))
                wattle_report_warning(report, WATTLE_NO_PLACE, "%s", error->message);
        return TRUE;
}

/* What the admin installed is the admin's: a connection of any user's may name it only if the
 * admin said so, and an interface has one owner. */
static gboolean may_be_named(const WattleMesh *mesh, const WattleView *view, WattleReport *report)
{
        const char *name = view->mesh;
        g_autofree char *why = NULL;

        if (!mesh->local.enable)
                why = g_strdup_printf("mesh %s has Enable=no below [Local]", name);
        else if (view->owner != WATTLE_OWNER_NETWORK_MANAGER)
                why = g_strdup_printf("mesh %s is networkd's on this host: 'wattle up %s' takes it "
                                      "up, Owner=NetworkManager below [Local] would move it",
                                      name, name);
        else if (view->connection != WATTLE_CONNECTION_VPN)
                why = g_strdup_printf(
                        "mesh %s has a connection of its own here, '%s': take that one up, or write "
                        "Connection=vpn below [Local] in " WATTLE_CONFDIR
                        "/%s.mesh.d/local.conf to have it by VPN connections instead",
                        name, name, name);
        return !why || refuse(report, why);
}

/* Forwarding and masquerading are files of the host's, which a carried mesh brings none of. */
static void warn_of_routing(const WattleVpnData *data, const WattleView *view, WattleReport *report)
{
        if (wattle_vpn_data_is_carried(data) && (view->routing_server || view->routing_via))
                wattle_report_warning(report, WATTLE_NO_PLACE,
                                      "device %s is to forward for others, which a mesh inside a "
                                      "connection does not set up: install the mesh for that",
                                      view->self.name);
}

/* NetworkManager shows the secrets of a connection to the one user who may use it, if there is but
 * one. */
static void copy_permissions(NMSettingConnection *from, NMSettingConnection *to)
{
        for (guint i = 0; i < nm_setting_connection_get_num_permissions(from); i++) {
                const char *type, *name, *detail;

                if (nm_setting_connection_get_permission(from, i, &type, &name, &detail))
                        nm_setting_connection_add_permission(to, type, name, detail);
        }
}

/* The link of a carried mesh is its user's like the VPN connection. That of an installed one stays
 * the admin's whoever switches it on: in it is the key of root's file. NetworkManager puts the
 * interface of a VPN into the zone of the VPN connection, too. */
static void follow(NMConnection *link, NMConnection *vpn, gboolean is_carried)
{
        NMSettingConnection *from = nm_connection_get_setting_connection(vpn);
        NMSettingConnection *to = nm_connection_get_setting_connection(link);
        const char *zone = nm_setting_connection_get_zone(from);
        g_autofree char *id = g_strdup_printf("%s (link)", nm_connection_get_id(vpn));
        g_autofree char *uuid = wattle_nm_link_uuid(nm_connection_get_uuid(vpn));

        g_object_set(to, NM_SETTING_CONNECTION_ID, id, NM_SETTING_CONNECTION_UUID, uuid,
                     NM_SETTING_CONNECTION_AUTOCONNECT, FALSE, NM_SETTING_CONNECTION_METERED,
                     nm_setting_connection_get_metered(from), NULL);
        if (zone)
                g_object_set(to, NM_SETTING_CONNECTION_ZONE, zone, NULL);
        if (is_carried)
                copy_permissions(from, to);
}

/* An installed mesh has its files, which know of no exit node but the admin's. */
static gboolean needs_filter(const WattleVpnData *data, int root_fd, const WattleView *view)
{
        g_autofree char *installed = wattle_paths_file(WATTLE_FILE_FILTER, view->mesh);

        return wattle_vpn_data_is_carried(data) ||
               (data->exit_node && !wattle_path_exists(root_fd, installed));
}

static void plan_filter(const WattleVpnData *data, int root_fd, WattleView *view,
                        WattleBlueprint *ret)
{
        wattle_fileset_init_carried(&ret->files);
        if (!needs_filter(data, root_fd, view))
                return;
        ret->n_sysctls = wattle_sysctls(view, ret->sysctls);
        if (!wattle_vpn_data_is_carried(data))
                view->firewall.kind = WATTLE_FIREWALL_NO; /* its own file says it */
        if (wattle_host_has_filter(root_fd))
                wattle_render_carried(view, nm_connection_get_uuid(ret->link), &ret->files);
}

/* An installed mesh has its names by its files. */
static void plan_names(NMConnection *vpn, const WattleVpnData *data, int root_fd,
                       const WattleView *view, WattleBlueprint *ret)
{
        wattle_fileset_init_carried_names(&ret->names);
        if (wattle_vpn_data_is_carried(data))
                wattle_vpn_names_plan(vpn, root_fd, view, nm_connection_get_uuid(ret->link),
                                      &ret->names);
}

/* An installed one wattled finds itself. Behind an invitation there are but a few, and for a
 * moment.
 */
static void plan_mesh(const WattleVpnData *data, const WattleMesh *mesh, int root_fd,
                      WattleReport *report, WattleBlueprint *ret)
{
        wattle_fileset_init_carried_mesh(&ret->mesh);
        if (!data->profile)
                return;
        wattle_vpn_mesh_plan(data->profile, mesh, nm_connection_get_uuid(ret->link), report,
                             &ret->mesh);
        ret->looks_up = data->exit_node && wattle_host_has_lookup(root_fd);
}

static gboolean make(NMConnection *vpn, const WattleVpnData *data, const WattleMesh *mesh,
                     int root_fd, WattleReport *report, WattleBlueprint *ret,
                     gboolean *ret_lacks_key)
{
        g_autoptr(WattleView) view = wattle_vpn_data_view(data, root_fd, mesh, report);
        g_auto(WattleKey) private_key = { 0 };
        g_autoptr(GError) error = NULL;

        if (!view || (!wattle_vpn_data_is_carried(data) && !may_be_named(mesh, view, report)))
                return FALSE;
        if (!wattle_vpn_data_read_key(data, root_fd, view, &private_key, &error)) {
                *ret_lacks_key = TRUE;
                return refuse(report, error->message);
        }
        warn_of_routing(data, view, report);
        ret->link = wattle_connection_new(view, &private_key);
        follow(ret->link, vpn, wattle_vpn_data_is_carried(data));
        plan_filter(data, root_fd, view, ret);
        plan_names(vpn, data, root_fd, view, ret);
        plan_mesh(data, mesh, root_fd, report, ret);
        return TRUE;
}

gboolean wattle_blueprint_make(NMConnection *vpn, int root_fd, WattleReport *report,
                               WattleBlueprint *ret, gboolean *ret_lacks_key)
{
        g_auto(WattleVpnData) data = { 0 };
        g_auto(WattleMesh) mesh = { 0 };

        *ret_lacks_key = FALSE;
        return read_data(vpn, &data, report) &&
               wattle_vpn_data_load(&data, root_fd, &mesh, report) &&
               make(vpn, &data, &mesh, root_fd, report, ret, ret_lacks_key);
}
