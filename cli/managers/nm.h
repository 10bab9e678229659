/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NetworkManager over the system bus: what 'nmcli' would do. Connections are known by their UUID
 * and by the path of their object; so are active ones, which have another path. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

gboolean wattle_nm_is_running(sd_bus *bus, gboolean *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Has it read NetworkManager.conf and conf.d again. */
gboolean wattle_nm_reload_config(sd_bus *bus, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Has it read one profile again, or all of them, which also forgets those whose file is gone.
 * Root's. */
gboolean wattle_nm_load_profile(sd_bus *bus, const char *file,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean wattle_nm_load_all_profiles(sd_bus *bus, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The connection of that UUID; *ret is NULL if there is none. */
gboolean wattle_nm_find(sd_bus *bus, const char *uuid, char **ret,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The file that a connection was read from. */
gboolean wattle_nm_get_file(sd_bus *bus, const char *connection, char **ret,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes a connection, and the file that it was read from. Root's. */
gboolean wattle_nm_delete(sd_bus *bus, const char *connection,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The active connection of that UUID, which may still be on its way up, or be on its way down; *ret
 * is NULL if there is none. */
gboolean wattle_nm_find_active(sd_bus *bus, const char *uuid, char **ret,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The UUID of the VPN connection that names an installed mesh and is up, or its link alone:
 * wattle's own or one that a user made, but none that carries a mesh of that name. There is one
 * interface, so there is one at most; *ret is NULL if there is none, or NetworkManager does not
 * show it to us. */
gboolean wattle_nm_find_vpn(sd_bus *bus, const char *mesh, char **ret,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A mesh that a VPN connection has inside. */
typedef struct {
        char *mesh;
        char *connection; /* its name for people */
} WattleNmInlineMesh;

/* Those whose VPN is up, or its link alone, of WattleNmInlineMesh; without those that
 * NetworkManager does not show to us. */
gboolean wattle_nm_list_inline_meshes(sd_bus *bus, GPtrArray **ret,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The interface of an active connection; NULL if it has none. */
char *wattle_nm_get_interface(sd_bus *bus, const char *active);

typedef enum {
        WATTLE_NM_WAS_UP,
        WATTLE_NM_CAME_UP,
        WATTLE_NM_IS_GONE, /* it was on its way down, or it is no more */
} WattleNmSettled;

/* Waits until an active connection is no longer on its way. One that fails on its way up is an
 * error, which says why. */
gboolean wattle_nm_settle(sd_bus *bus, const char *active, WattleNmSettled *ret,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Both wait for the end of it; the error says why not. */
gboolean wattle_nm_activate(sd_bus *bus, const char *connection,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean wattle_nm_deactivate(sd_bus *bus, const char *active,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What differs between a profile and what runs of it. */
typedef struct {
        gboolean addresses; /* or routes, or anything else of [ipv4] and [ipv6] */
        gboolean routing;   /* how an exit node is used */
        gboolean zone;      /* of firewalld */
        gboolean link;      /* the interface's name or MTU: that takes a new activation */
} WattleNmDifference;

gboolean wattle_nm_compare(sd_bus *bus, const char *connection, const char *active,
                           WattleNmDifference *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Brings addresses, routes, the zone and WireGuard to what the profile says, and ends no session: a
 * peer has the endpoint of the table (text of the public key to text), which is the one it has now,
 * and else that of the profile; peers that the profile has no more are still there, without
 * addresses. */
gboolean wattle_nm_reapply(sd_bus *bus, const char *connection, const char *active,
                           GHashTable *endpoints, GError **error) G_GNUC_WARN_UNUSED_RESULT;
