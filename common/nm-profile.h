/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the profile of a mesh is called at NetworkManager: programs that never meet must say the
 * same. The name of its file is in common/paths.h. */
#pragma once

#include <glib.h>

/* The service-type of VPN connections, and the D-Bus name of their service; "wattle", the last
 * part, is the word for nmcli's vpn-type. */
#define WATTLE_VPN_SERVICE  "org.freedesktop.NetworkManager.wattle"
#define WATTLE_VPN_KEY_MESH "mesh" /* in vpn.data: the name of an installed mesh */

/* A UUID of version 5 (RFC 9562, 5.5) in lower case: the same for a mesh of that name everywhere
 * and for ever. The device is no part of it: whoever may only switch the mesh on and off cannot
 * read the key that tells which device this is, and a renamed device keeps its connection. */
char *wattle_nm_profile_uuid(const char *mesh);

/* The same of the VPN connection that stands for the mesh with Connection=vpn. */
char *wattle_nm_vpn_uuid(const char *mesh);

/* The same for the link that the VPN plugin has NetworkManager make for a VPN connection. */
char *wattle_nm_link_uuid(const char *vpn_uuid);
