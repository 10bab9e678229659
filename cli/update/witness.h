/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Peers that can tell whether a new profile works here: they were heard under the old one, and both
 * let them in with the same key. */
#pragma once

#include <systemd/sd-bus.h>

#include "common/profile.h"
#include "common/status.h"

/* How long ago it may be that one was heard: a session of WireGuard lives for 180 s
 * (REJECT_AFTER_TIME, drivers/net/wireguard/messages.h). */
#define WATTLE_WITNESS_HEARD_S 180

/* now_s is CLOCK_REALTIME. */
gboolean wattle_witness_is_heard(const WattlePeerStatus *peer, gint64 now_s);

/* Names, the one that the profile came from (or NULL) first and then the last heard, at most
 * WATTLE_UPDATE_MAX_WITNESSES; NULL if there is none. now_s is CLOCK_REALTIME. */
char **wattle_witness_choose(const WattleStatus *status, const WattleProfile *old,
                             const WattleProfile *new, const char *source, gint64 now_s);

/* Has wattled ask all of them through the tunnel, again and again, until one answers; *ret_who is
 * which, or NULL if none did within limit_s. FALSE with an error if there is no bus to ask by. */
gboolean wattle_witness_wait(sd_bus *bus, const char *mesh, const char *const *names,
                             gint64 limit_s, char **ret_who,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
