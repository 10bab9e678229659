/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a tailnet fares, as tailscaled says it: a plain value, and the text by which
 * wattle-tailscale, which reads tailscaled's JSON, hands it to the command, which reads none. The
 * text is between the two of one version and no interface: sections and keys as in our other files.
 */
#pragma once

#include "common/arena.h"
#include "common/endpoint.h"
#include "common/ip.h"
#include "common/key.h"
#include "common/report.h"

/* By Tailscale's numbers, ipn/backend.go. */
typedef enum {
        WATTLE_TAILNET_NO_STATE,
        WATTLE_TAILNET_IN_USE_OTHER_USER,
        WATTLE_TAILNET_NEEDS_LOGIN,
        WATTLE_TAILNET_NEEDS_MACHINE_AUTH,
        WATTLE_TAILNET_STOPPED,
        WATTLE_TAILNET_STARTING,
        WATTLE_TAILNET_RUNNING,
        WATTLE_TAILNET_N_STATES,
} WattleTailnetState;

/* As Tailscale calls them: "NeedsLogin". What no name fits is FALSE. */
const char *wattle_tailnet_state_name(WattleTailnetState state);
gboolean wattle_tailnet_state_parse(const char *text,
                                    WattleTailnetState *ret) G_GNUC_WARN_UNUSED_RESULT;

/* The addresses of all devices of all tailnets are in these, one of IPv4 and one of IPv6
 * (Tailscale's net/tsaddr). */
#define WATTLE_TAILNET_N_RANGES 2
extern const WattlePrefix wattle_tailnet_ranges[WATTLE_TAILNET_N_RANGES];

#define WATTLE_TAILNET_MAX_DEVICES 16384
#define WATTLE_TAILNET_MAX_HEALTH  32
#define WATTLE_TAILNET_TEXT_MAX    512 /* of a warning, an address on the web */

typedef struct {
        WattleAddr *addresses;
        guint n;
} WattleTailnetAddresses;

typedef struct {
        WattlePrefix *prefixes;
        guint n;
} WattleTailnetRoutes;

typedef struct {
        const char *name; /* a DNS label; no two are the same */
        gboolean is_self, is_online;
        gboolean is_active;   /* packets went to it lately, by endpoint or relay */
        gboolean exit_node;   /* others may leave through it */
        WattleKey public_key; /* all zero: it has none */
        WattleTailnetAddresses addresses;
        WattleTailnetRoutes routes; /* subnets behind it */
        WattleSocketAddr endpoint;  /* the direct way to it; or none */
        const char *os;             /* "linux", "iOS"; NULL: not told */
        const char *relay;          /* Tailscale's, as "fra": near the device; NULL: none */
        guint64 last_handshake_s;   /* CLOCK_REALTIME; 0: never, or not told */
        guint64 rx_bytes, tx_bytes;
} WattleTailnetDevice;

typedef struct {
        WattleArena *arena;
        WattleTailnetState state;
        const char *auth_url; /* where somebody can log in; NULL: nowhere */
        const char *health[WATTLE_TAILNET_MAX_HEALTH]; /* what Tailscale warns of */
        guint n_health;
        GArray *devices; /* of WattleTailnetDevice, by name */
} WattleTailnetStatus;

/* Exit statuses of wattle-tailscale for the command, beside success and failure, which is explained
 * on stderr. */
#define WATTLE_TAILSCALE_EXIT_ABSENT         3 /* tailscaled does not answer */
#define WATTLE_TAILSCALE_EXIT_NEEDS_LOGIN    4
#define WATTLE_TAILSCALE_EXIT_NEEDS_APPROVAL 5
#define WATTLE_TAILSCALE_EXIT_ALREADY        6 /* there was nothing to turn on or off */

void wattle_tailnet_status_init(WattleTailnetStatus *status);
void wattle_tailnet_status_clear(WattleTailnetStatus *status);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleTailnetStatus, wattle_tailnet_status_clear)

/* Ours; NULL: it is not told. */
const WattleTailnetDevice *wattle_tailnet_status_self(const WattleTailnetStatus *status);

/* For who fills one: texts that are not ours as one clean line, bounded; NULL if nothing is left.
 */
const char *wattle_tailnet_status_text(WattleTailnetStatus *status, const char *text);

/* One more warning, unless there is no room. */
void wattle_tailnet_status_add_health(WattleTailnetStatus *status, const char *text);

/* Sorts the devices, and tells those of one name apart: "pc", "pc-2". */
void wattle_tailnet_status_sort(WattleTailnetStatus *status);

char *wattle_tailnet_status_write(const WattleTailnetStatus *status);

/* status must be initialised. FALSE with errors in the report. */
gboolean wattle_tailnet_status_read(WattleTailnetStatus *status, gconstpointer bytes, gsize size,
                                    const char *file,
                                    WattleReport *report) G_GNUC_WARN_UNUSED_RESULT;
