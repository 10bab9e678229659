/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where each file of ours stands on a host, and what each unit of ours is called: said here, once,
 * to those who write it, read it, remove it and talk of it. Paths are relative to the root of the
 * host where it is not said that they are absolute. */
#pragma once

#include <glib.h>

/* What networkd, NetworkManager, sysctl and the credential store have of a mesh begins so. */
#define WATTLE_FILE_PREFIX "60-wattle-"

/* The same of a tailnet. */
#define WATTLE_TAILNET_FILE_PREFIX "60-tailnet-"

/* What is gone with a reboot and only we read. */
#define WATTLE_RUN_DIR "run/wattle"

/* Where the key of a mesh is unless PrivateKeyFile= says otherwise, for messages; absolute. */
#define WATTLE_KEY_FORMAT WATTLE_CONFDIR "/%s.key"

typedef enum {
        /* What the renderers make. */
        WATTLE_FILE_NETDEV,
        WATTLE_FILE_NETWORK,
        WATTLE_FILE_UNMANAGED, /* a word to NetworkManager to keep its hands off */
        WATTLE_FILE_SYSCTL,
        WATTLE_FILE_HOSTS,
        WATTLE_FILE_NAMES,         /* of common/names-layout.h */
        WATTLE_FILE_RECORDS,       /* for systemd-resolved */
        WATTLE_FILE_CARRIED_NAMES, /* as NAMES, of a mesh that a VPN connection carries */
        WATTLE_FILE_CARRIED_MESH,  /* its profile, for wattled, */
        WATTLE_FILE_CARRIED_LOCAL, /* and its local settings */
        WATTLE_FILE_FILTER,        /* of nft(8), for wattle-filter */
        WATTLE_FILE_FIREWALL,      /* what it asks of the host's own firewall: common/firewall.h */
        WATTLE_N_MESH_FILES,
        /* What they make of a tailnet, which is called otherwise: a host's mesh and tailnet may
         * have one name. */
        WATTLE_FILE_TAILNET_NETWORK = WATTLE_N_MESH_FILES,
        WATTLE_FILE_TAILNET_NETWORKD_CONF, /* networkd.conf.d(5): hands off rules of others */
        WATTLE_FILE_TAILNET_UNMANAGED,
        WATTLE_FILE_TAILNET_SYSCTL,
        WATTLE_FILE_TAILNET_ENVIRONMENT, /* of tailscaled.service */
        WATTLE_FILE_TAILNET_FILTER,      /* of nft(8), for wattle-filter */
        WATTLE_FILE_TAILNET_FIREWALL,    /* what it asks of the host's own firewall */
        WATTLE_N_RENDERED_FILES,
        /* What others make. */
        WATTLE_FILE_NM_PROFILE = WATTLE_N_RENDERED_FILES, /* of NetworkManager; has the key */
        WATTLE_FILE_OPENED,  /* what wattle-filter has opened in the host's firewall */
        WATTLE_FILE_UFW,     /* there while ufw is to let the mesh in */
        WATTLE_FILE_PENDING, /* there while an apply is not done: common/sys/deploy.h */
        WATTLE_FILE_LOADED,  /* the .netdev that networkd has loaded: cli/apply/swap.h */
        WATTLE_FILE_ASIDE,   /* the new .netdev, while that one is in its place */
        WATTLE_N_FILES,
} WattleFileKind;

/* "run/systemd/network/60-wattle-home.netdev" */
char *wattle_paths_file(WattleFileKind kind, const char *mesh);

/* The folder of it, without a slash at the end. */
const char *wattle_paths_folder(WattleFileKind kind);

/* The mesh that a name in that folder belongs to, "home" for "60-wattle-home.netdev"; NULL if it is
 * no such name. It may be no good name of a mesh. */
char *wattle_paths_mesh_of(WattleFileKind kind, const char *file_name);

/* Where the key of a mesh is, absolute; private_key_file is that of the local settings, or NULL. */
char *wattle_paths_key(const char *private_key_file, const char *mesh);

/* The profile that this host ran well with last, absolute; its signature is beside it. */
char *wattle_paths_last_good(const char *mesh);

/* The keys that are good no more although that profile lets them in (common/revocations.h),
 * absolute. */
char *wattle_paths_revocations(const char *mesh);

/* The invitation by which this host joined, absolute, until the profile is there. */
#define WATTLE_INVITATION_SUFFIX ".invite"
char *wattle_paths_invitation(const char *mesh);

/* A newer profile that is tried, or waits to be tried again, absolute; its signature is beside it.
 */
char *wattle_paths_candidate(const char *mesh);

/* What this host remembers of a mesh's profiles, absolute; it stays when the mesh is gone. */
char *wattle_paths_update_state(const char *mesh);

/* What the key is called as a credential of networkd's, in each credential store. */
char *wattle_paths_credential(const char *mesh);

#define WATTLE_UNIT_WATTLED  "wattled.service"
#define WATTLE_UNIT_NETWORKD "systemd-networkd.service"
#define WATTLE_UNIT_NM       "NetworkManager.service"
#define WATTLE_UNIT_RESOLVED "systemd-resolved.service"

/* Tailscale's own. */
#define WATTLE_UNIT_TAILSCALED "tailscaled.service"

#define WATTLE_UNIT_FETCH_SOCKET  "wattle-fetch.socket"
#define WATTLE_UNIT_LOOKUP_SOCKET "wattle-lookup.socket"

typedef enum {
        WATTLE_UNIT_NETWORKD_WRITER,
        WATTLE_UNIT_NM_WRITER,
        WATTLE_UNIT_FILTER,
        WATTLE_UNIT_UFW,
        WATTLE_UNIT_APPLY,
        WATTLE_UNIT_UP,
        WATTLE_UNIT_DOWN,
        WATTLE_UNIT_JOIN,
        WATTLE_UNIT_UPDATE,
        WATTLE_UNIT_UPDATE_SOCKET,
        WATTLE_UNIT_UPDATE_SOURCES,
        WATTLE_UNIT_UPDATE_TIMER,
        WATTLE_UNIT_SERVE_SOCKET,
        WATTLE_UNIT_PORTMAP,
        WATTLE_UNIT_PORTMAP_SOCKET,
        WATTLE_UNIT_RELAY,
        WATTLE_UNIT_RELAY_SOCKET,
        WATTLE_UNIT_TAILNET, /* writes the files of a tailnet, and no mesh's */
        WATTLE_UNIT_TAILSCALE,
        WATTLE_N_UNITS,
} WattleUnitKind;

/* "wattle-networkd@home.service"; with "" as mesh the template. */
char *wattle_paths_unit(WattleUnitKind kind, const char *mesh);
