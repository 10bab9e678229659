/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WireGuard's generic netlink on byte buffers (linux/wireguard.h; the kernel's
 * drivers/net/wireguard/netlink.c): what the kernel says of a device, what we want of it, the least
 * change between the two, and the messages that make it. No socket: that is
 * common/sys/kernel/wireguard.h.
 */
#pragma once

#include "common/arena.h"
#include "common/endpoint.h"
#include "common/ip.h"
#include "common/key.h"
#include "common/view.h"

typedef struct {
        WattleKey public_key;
        WattleSocketAddr endpoint; /* or none */
        guint16 keepalive_s;       /* 0: none */
        gboolean has_preshared_key;
        gint64 last_handshake_s; /* CLOCK_REALTIME; 0: never */
        guint64 rx_bytes, tx_bytes;
        WattlePrefix *allowed_ips; /* the arena's */
        guint n_allowed_ips;
} WattleWgPeer;

/* A device as the kernel tells it. Private and pre-shared keys are never taken out of the messages.
 */
typedef struct {
        WattleArena *arena;
        guint32 ifindex;
        WattleKey public_key; /* zero if it has no private key */
        guint16 listen_port;
        guint32 fwmark;
        GArray *peers; /* of WattleWgPeer */
} WattleWgDevice;

void wattle_wg_device_init(WattleWgDevice *device);
void wattle_wg_device_clear(WattleWgDevice *device);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleWgDevice, wattle_wg_device_clear)

/* Adds one message of a WG_CMD_GET_DEVICE dump (payload behind the generic netlink header). A peer
 * may go on in the next message. FALSE with WATTLE_ERROR_INVALID if it is no such message; the
 * device is then not to be used. */
gboolean wattle_wg_device_add_message(WattleWgDevice *device, gconstpointer payload, gsize size,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One change of one peer. */
typedef struct {
        WattleKey public_key;
        gboolean remove;
        gboolean is_new;
        const WattleSocketAddr
                *endpoint; /* borrowed; NULL: leave it as the kernel has it, learnt or set */
        gboolean set_keepalive;
        guint16 keepalive_s;
        gboolean replace_allowed_ips;
        const WattlePrefix *allowed_ips; /* borrowed of the view */
        guint n_allowed_ips;
} WattleWgPeerChange;

typedef struct {
        gboolean set_private_key; /* the caller has the key */
        gboolean set_listen_port;
        guint16 listen_port;
        gboolean set_fwmark;
        guint32 fwmark;
        GArray *peers; /* of WattleWgPeerChange, removals first */
} WattleWgChange;

void wattle_wg_change_clear(WattleWgChange *change);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleWgChange, wattle_wg_change_clear)

/* Tells whether the files said another endpoint for a peer before; only then is the kernel's
 * replaced. NULL: none changed. */
typedef gboolean (*WattleEndpointChanged)(const WattlePeer *peer, gpointer data);

/* The least that turns the device into what the view wants. An endpoint that the kernel learnt by
 * itself stays, and so does each session: no peer is replaced that only changes. Borrows from the
 * view. */
void wattle_wg_diff(const WattleWgDevice *device, const WattleView *view,
                    WattleEndpointChanged endpoint_changed, gpointer data, WattleWgChange *ret);

gboolean wattle_wg_change_is_empty(const WattleWgChange *change);

/* A change, or several, for people. */
typedef struct {
        guint n_new_peers, n_changed_peers, n_removed_peers;
        gboolean is_set; /* key, port or mark */
} WattleWgSummary;

void wattle_wg_summary_add(WattleWgSummary *summary, const WattleWgChange *change);

/* Netlink messages (GByteArray) of WG_CMD_SET_DEVICE, each complete and small enough for one
 * datagram. private_key is used if the change sets it. The arrays are wiped when freed. */
GPtrArray *wattle_wg_encode_change(guint16 family, guint32 ifindex, const WattleWgChange *change,
                                   const WattleKey *private_key);
