/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this host is: its name, its systemd, the manager that owns its interfaces, and its private
 * key; and so its view of a mesh. Everything is read from files below a root: no bus, no NSS, no
 * other program. */
#pragma once

#include "common/sys/load.h"
#include "common/view.h"

/* The short host name in lower case, for identity. Never NULL. */
char *wattle_host_name(void);

/* The manager for Owner=auto: NetworkManager if its service is installed, enabled and not masked,
 * else networkd. */
WattleOwner wattle_host_owner(int root_fd);

/* Whether the part of wattle for NetworkManager is installed: a build or a package may leave it
 * out.
 */
gboolean wattle_host_has_nm_writer(int root_fd);

/* The unit of an interface: "sys-subsystem-net-devices-home.device". */
char *wattle_device_unit(const char *interface);

/* Whether systemd-resolved is installed. */
gboolean wattle_host_has_resolved(int root_fd);

/* Whether the unit of wattle-filter is installed, which needs nftables. */
gboolean wattle_host_has_filter(int root_fd);

/* Whether ufw is installed, and what speaks to it. */
gboolean wattle_host_has_ufw(int root_fd);

/* The same of wattle-lookup, which needs c-ares. */
gboolean wattle_host_has_lookup(int root_fd);

/* The same of wattle-portmap, which needs libminiupnpc and libnatpmp. */
gboolean wattle_host_has_portmap(int root_fd);

/* The same of wattle-relay, which needs libb2. */
gboolean wattle_host_has_relay(int root_fd);

/* The same of wattle-tailscale, which needs libcurl and jansson. */
gboolean wattle_host_has_tailscale(int root_fd);

/* The same of wattle-update. */
gboolean wattle_host_has_update(int root_fd);

/* Whether this kernel can forward IPv6 by one interface alone. */
gboolean wattle_host_has_force_forwarding(int root_fd);

/* The same of libnss_wattle. */
gboolean wattle_host_has_nss_module(int root_fd);

/* The same of the VPN plugin, which Connection=vpn needs. */
gboolean wattle_host_has_vpn_plugin(int root_fd);

/* The version of the systemd that is installed: 252 for 252.39. Read off libsystemd-shared's file
 * name; that of the build if there is none. */
guint wattle_host_systemd_version(int root_fd);

/* The file that should hold the mesh's private key: PrivateKeyFile=, or /etc/wattle/MESH.key. */
char *wattle_host_key_file(const WattleMesh *mesh);

/* Whether systemd keeps the mesh's key as a credential that networkd imports (/etc/credstore and
 * its encrypted twin). */
gboolean wattle_host_has_key_credential(int root_fd, const char *mesh_name);

/* This host's view of a mesh. as, if given, names the device, and then neither key nor host name is
 * asked. owner is WATTLE_OWNER_AUTO to let the local settings and the host decide. A private key
 * that is missing or not readable for us is no error here; one that is wrong is. NULL with errors
 * in the report. */
WattleView *wattle_host_view(int root_fd, const WattleMesh *mesh, const char *as, WattleOwner owner,
                             WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;

/* Whether wattle may run here: a device with Managed=no is one where it does not. */
gboolean wattle_host_check_managed(const WattleMesh *mesh, const WattleView *view,
                                   WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;
