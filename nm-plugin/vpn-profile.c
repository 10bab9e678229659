/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nm-plugin/vpn-profile.h"

#include "common/nm-profile.h"
#include "nm-plugin/connection.h"
#include "nm-plugin/vpn-data.h"

static char *make_digest(const WattleView *view)
{
        g_autoptr(NMConnection) link = wattle_connection_new(view, NULL);
        g_autoptr(GError) error = NULL;
        gsize size;
        g_autofree char *text = wattle_connection_format(link, view, &size, &error);
        g_autofree char *all = NULL;
        char key[WATTLE_KEY_TEXT_MAX];

        if (!text)
                g_critical("connection of mesh %s: %s", view->mesh, error->message);
        wattle_key_format(&view->public_key, key);
        all = g_strconcat(key, "\n", text, NULL);
        return g_compute_checksum_for_string(G_CHECKSUM_SHA256, all, -1);
}

static NMSetting *make_connection_setting(const WattleView *view)
{
        NMSetting *setting = nm_setting_connection_new();
        g_autofree char *uuid = wattle_nm_vpn_uuid(view->mesh);

        g_object_set(setting, NM_SETTING_CONNECTION_ID, view->mesh, NM_SETTING_CONNECTION_UUID,
                     uuid, NM_SETTING_CONNECTION_TYPE, NM_SETTING_VPN_SETTING_NAME,
                     NM_SETTING_CONNECTION_AUTOCONNECT, FALSE, NM_SETTING_CONNECTION_ZONE,
                     view->trust, NULL);
        return setting;
}

/* persistent: else the mesh goes with the card that it was started on. */
static NMSetting *make_vpn_setting(const WattleView *view)
{
        NMSetting *setting = nm_setting_vpn_new();

        g_object_set(setting, NM_SETTING_VPN_SERVICE_TYPE, WATTLE_VPN_SERVICE,
                     NM_SETTING_VPN_PERSISTENT, TRUE, NULL);
        nm_setting_vpn_add_data_item(NM_SETTING_VPN(setting), WATTLE_VPN_KEY_MESH, view->mesh);
        return setting;
}

/* Addresses and routes are the interface's; nothing of the VPN is to come on top. */
static NMSetting *make_ip_setting(NMSetting *setting, const char *method)
{
        g_object_set(setting, NM_SETTING_IP_CONFIG_METHOD, method,
                     NM_SETTING_IP_CONFIG_NEVER_DEFAULT, TRUE, NULL);
        return setting;
}

static NMSetting *make_user_setting(const WattleView *view)
{
        NMSetting *setting = nm_setting_user_new();
        g_autofree char *digest = make_digest(view);
        g_autoptr(GError) error = NULL;

        if (!nm_setting_user_set_data(NM_SETTING_USER(setting), WATTLE_VPN_PROFILE_DIGEST, digest,
                                      &error))
                g_critical("connection of mesh %s: %s", view->mesh, error->message);
        return setting;
}

NMConnection *wattle_vpn_profile_new(const WattleView *view)
{
        NMConnection *connection = nm_simple_connection_new();
        g_autoptr(GError) error = NULL;

        nm_connection_add_setting(connection, make_connection_setting(view));
        nm_connection_add_setting(connection, make_vpn_setting(view));
        nm_connection_add_setting(connection, make_ip_setting(nm_setting_ip4_config_new(),
                                                              NM_SETTING_IP4_CONFIG_METHOD_AUTO));
        nm_connection_add_setting(connection, make_ip_setting(nm_setting_ip6_config_new(),
                                                              NM_SETTING_IP6_CONFIG_METHOD_AUTO));
        nm_connection_add_setting(connection, make_user_setting(view));
        if (!nm_connection_normalize(connection, NULL, NULL, &error))
                g_critical("connection of mesh %s: %s", view->mesh, error->message);
        return connection;
}
