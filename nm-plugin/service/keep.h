/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A VPN connection as NetworkManager has stored it gets another profile; the rest of it, its
 * secrets too, stays. */
#pragma once

#include <NetworkManager.h>

/* Called from the main loop, once; error is NULL if it was kept. */
typedef void (*WattleKept)(const GError *error, gpointer data);

/* bus is borrowed for the call alone. */
void wattle_keep_profile(GDBusConnection *bus, const char *uuid, const char *profile,
                         WattleKept kept, gpointer data);
