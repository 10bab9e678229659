/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WireGuard devices of this kernel: read one, change one. Both need CAP_NET_ADMIN. */
#pragma once

#include "common/sys/kernel/netlink.h"
#include "common/wg-message.h"

typedef struct {
        WattleNetlink netlink;
        guint16 family;
} WattleWireguard;

/* NOT_FOUND: the kernel has no WireGuard (yet: a link of that kind loads it). */
gboolean wattle_wireguard_open(WattleWireguard *wireguard,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_wireguard_close(WattleWireguard *wireguard);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleWireguard, wattle_wireguard_close)

/* device must be initialised. NOT_FOUND: there is no interface of that name; FAILED also for one of
 * another kind. */
gboolean wattle_wireguard_get(WattleWireguard *wireguard, const char *interface,
                              WattleWgDevice *device, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Carries out a change, message by message. private_key is needed if the change sets it, else NULL.
 */
gboolean wattle_wireguard_set(WattleWireguard *wireguard, guint32 ifindex,
                              const WattleWgChange *change, const WattleKey *private_key,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
