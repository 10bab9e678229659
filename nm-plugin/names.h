/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the VPN plugin is called: by NetworkManager, by its service, by its editors. */
#pragma once

/* The service-type of its connections, and the D-Bus name of its service; "wattle", the last part,
 * is the word for nmcli's vpn-type. */
#define WATTLE_VPN_SERVICE "org.freedesktop.NetworkManager.wattle"
