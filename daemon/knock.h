/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A place of our own for each peer that nobody can call: an address of the loopback, which the
 * kernel has for the peer's endpoint. What it sends there, the first packet of a handshake, comes
 * to us in the same moment, and so nobody has to ask the kernel again and again whether a peer is
 * wanted. See doc/hacking.md, "A peer that nobody can call knocks at our own door". */
#pragma once

#include <systemd/sd-event.h>

#include "common/endpoint.h"

typedef struct WattleKnock WattleKnock;

/* The kernel has sent something to the place of that number. */
typedef void (*WattleKnocked)(guint32 number, gpointer data);

/* NULL with an error if there is no such socket to be had. */
WattleKnock *wattle_knock_new(sd_event *event, WattleKnocked knocked, gpointer data,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_knock_free(WattleKnock *knock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleKnock, wattle_knock_free)

#define WATTLE_KNOCK_PLACES (1u << 22) /* numbers are below; those of 127.64.0.0/10 */

void wattle_knock_place(const WattleKnock *knock, guint32 number, WattleSocketAddr *ret);
