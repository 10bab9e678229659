/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sockets inside one tunnel: probes go out and are answered, bound to the interface, so that
 * nothing of them is ever seen outside. See doc/hacking.md, "Probes are bound to the interface, and
 * as long as their answers". */
#pragma once

#include <systemd/sd-event.h>

#include "common/ip.h"
#include "common/message.h"

typedef struct WattleProber WattleProber;

typedef struct {
        /* Whether a question from there is to be answered now: it is a peer's address, and it does
         * not ask too often. */
        gboolean (*may_answer)(const WattleAddr *from, gpointer data);
        /* An answer came from there: of wattled, of ping, or that nobody listens on our port, which
         * says as well that the tunnel works. */
        void (*answered)(const WattleAddr *from, guint64 nonce, gboolean is_wattled, gpointer data);
        /* A wattled there tells of itself. */
        void (*hello)(const WattleAddr *from, const WattleHello *hello, gpointer data);
        /* A wattled there asks for a relay's port, or has one. */
        void (*pairing)(const WattleAddr *from, const WattlePairing *pairing, gpointer data);
        /* A wattled there asks for one of our beacons, or answers for its own. */
        void (*sighting)(const WattleAddr *from, const WattleSighting *sighting, gpointer data);
        gpointer data;
} WattleProberEvents;

/* How a probe asks. */
typedef enum {
        WATTLE_PROBE_BY_UDP,  /* wattled on the other side */
        WATTLE_PROBE_BY_ECHO, /* any host: ICMP echo */
} WattleProbeWay;

/* addresses are ours in the mesh; they need not be there yet. Without IPv4 or IPv6 in them, or in
 * the kernel, that family is left out; without a right to ping (ping_group_range), echoes are. NULL
 * with an error if nothing is left. */
WattleProber *wattle_prober_new(sd_event *event, const char *interface, const WattleAddr *addresses,
                                guint n_addresses, const WattleProberEvents *events,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
void wattle_prober_free(WattleProber *prober);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WattleProber, wattle_prober_free)

/* Whether an address of that family can be asked. */
gboolean wattle_prober_can(const WattleProber *prober, guint8 family, WattleProbeWay way);

/* Sends one packet; never waits. What cannot be sent is lost, as on any network. */
void wattle_prober_send(WattleProber *prober, const WattleAddr *to, WattleProbeWay way,
                        guint64 nonce);

/* The same for what we tell of ourselves. */
void wattle_prober_send_hello(WattleProber *prober, const WattleAddr *to, const WattleHello *hello);
void wattle_prober_send_pairing(WattleProber *prober, const WattleAddr *to,
                                const WattlePairing *pairing);
void wattle_prober_send_sighting(WattleProber *prober, const WattleAddr *to,
                                 const WattleSighting *sighting);
