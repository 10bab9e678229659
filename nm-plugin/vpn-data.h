/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a VPN connection of type wattle carries: the keys of vpn.data and the one secret, as a plain
 * struct. A mesh is carried whole, or named if it is installed on the host; never by path, for the
 * service is root and a connection may be any user's. nm-wattle-service(8) lists the keys. */
#pragma once

#include <NetworkManager.h>

#include "common/key.h"
#include "common/nm-profile.h"
#include "common/sys/load.h"
#include "common/view.h"

#define WATTLE_VPN_KEY_PROFILE       "profile"
#define WATTLE_VPN_KEY_INVITATION    "invitation"
#define WATTLE_VPN_KEY_DEVICE        "device"
#define WATTLE_VPN_KEY_EXIT_NODE     "exit-node"
#define WATTLE_VPN_KEY_ACCEPT_ROUTES "accept-routes"
#define WATTLE_VPN_KEY_FIREWALL      "firewall"
#define WATTLE_VPN_KEY_COEXIST       "coexist"
#define WATTLE_VPN_KEY_DNS           "dns"
#define WATTLE_VPN_SECRET_KEY        "private-key"

#define WATTLE_VPN_PROFILE_MAX (1024 * 1024)

typedef struct {
        gboolean given;
        gboolean value;
} WattleOptionalBoolean;

/* Zeroed it is empty. All text is its own. */
typedef struct {
        char *mesh;    /* always there: a mesh's name */
        char *profile; /* its whole text, or NULL */
        /* By which this device came into the mesh, as people carry it, without a private key; or
         * NULL. Without a profile its tiny mesh is what the connection carries. */
        char *invitation;
        char *device;    /* which of its devices this is; NULL: find out */
        char *exit_node; /* a device; NULL: what the host's settings say, or none */
        WattleOptionalBoolean accept_routes;
        /* Firewall=, Coexist= and DNS= of wattle.mesh(5), of a mesh that is carried; NULL: as where
         * they are not written. */
        char *firewall, *coexist, *dns;
        gboolean has_key;
        WattleKey private_key; /* only of a mesh that is carried */
} WattleVpnData;

void wattle_vpn_data_clear(WattleVpnData *data);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleVpnData, wattle_vpn_data_clear)

/* Whether the connection has the mesh in it; else it is one that is installed on the host. */
gboolean wattle_vpn_data_is_carried(const WattleVpnData *data);

/* ret must be zeroed, and is so after an error. An optional key that is empty is not given; keys of
 * others are passed over; a private key that is not there is no error, nor is a profile that is
 * bad: that is found when it is loaded. An error never has the private key in it. */
gboolean wattle_vpn_data_read(NMSettingVpn *setting, WattleVpnData *ret,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether the setting has keys of ours alone. The error names the first other one, and the nearest
 * of ours. */
gboolean wattle_vpn_data_check_keys(NMSettingVpn *setting,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes the setting say what data says, the private key included: what data does not have is
 * removed. The service type is set, and keys of others stay. */
void wattle_vpn_data_write(const WattleVpnData *data, NMSettingVpn *setting);

/* The mesh that data carries or names, checked, with data's choices over the local settings of the
 * host, if it is installed. Faults of a carried one are at "MESH.mesh:LINE:COLUMN", or MESH.invite.
 * root_fd stands for "/". ret must be zeroed, and may point into data. */
gboolean wattle_vpn_data_load(const WattleVpnData *data, int root_fd, WattleMesh *ret,
                              WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* What this host configures of a mesh that wattle_vpn_data_load() gave. NULL with errors in the
 * report. A private key that is missing is no error yet; one of another device is. Of a carried
 * mesh the view knows no key file. */
WattleView *wattle_vpn_data_view(const WattleVpnData *data, int root_fd, const WattleMesh *mesh,
                                 WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* The private key for the view: of a carried mesh that of the connection and no other, for whoever
 * may carry a mesh may write peers of his own into it. The error says where to put one. */
gboolean wattle_vpn_data_read_key(const WattleVpnData *data, int root_fd, const WattleView *view,
                                  WattleKey *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
