/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pairs of one relay: each has a UDP port, IPv4 and IPv6, and what pair.h lets pass goes from
 * one side to the other. */
#pragma once

#include "common/relay-message.h"
#include "relay/loop.h"

/* Pairs that one device may have, or a quarter of the ports if that is more. */
#define WATTLE_RELAY_SHARE_MIN 8

/* A pair over which nothing goes ends. */
#define WATTLE_RELAY_IDLE_US (60 * G_USEC_PER_SEC)

/* Larger datagrams are dropped: WireGuard's are as large as its MTU, and jumbo frames end here. */
#define WATTLE_RELAY_DATAGRAM_MAX 9216

typedef struct WattleRelayTable WattleRelayTable;

/* empty is called when the last pair has gone. NULL with an error if there is no timer to be had.
 */
WattleRelayTable *wattle_relay_table_new(WattleRelayLoop *loop, void (*empty)(gpointer data),
                                         gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_relay_table_free(WattleRelayTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleRelayTable, wattle_relay_table_free)

/* The port of the pair that open is about, a new one by chance of those that are free. */
void wattle_relay_table_open(WattleRelayTable *table, const WattleRelayMessage *open,
                             WattleRelayMessage *ret_opened);

void wattle_relay_table_count(const WattleRelayTable *table, WattleRelayCounters *ret);
