/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names, paths and shapes of org.wattle1, for the side that offers it and the side that asks:
 * org.wattle1(5). */
#pragma once

#include <systemd/sd-bus.h>

#include "common/status.h"

#define WATTLE_BUS_NAME          "org.wattle1"
#define WATTLE_BUS_PATH          "/org/wattle1"
#define WATTLE_BUS_MESHES        "/org/wattle1/mesh" /* and below it an object for each */
#define WATTLE_BUS_MANAGER       "org.wattle1.Manager"
#define WATTLE_BUS_MESH          "org.wattle1.Mesh"
#define WATTLE_BUS_ERROR_NO_MESH "org.wattle1.Error.NoSuchMesh"
#define WATTLE_BUS_ERROR_NO_PEER "org.wattle1.Error.NoSuchPeer"
#define WATTLE_BUS_ERROR_FAILED  "org.wattle1.Error.Failed"

#define WATTLE_BUS_WAY         "(ssst)"
#define WATTLE_BUS_PEER_FIELDS "ssasbssttttts"
#define WATTLE_BUS_PEER        "(" WATTLE_BUS_PEER_FIELDS "a{sv})"

/* The struct of a peer; missing and revoked are not in it, for wattled's peers are neither. Both as
 * sd_bus_message_append(3) and sd_bus_message_read(3): below 0 on failure; reading says 0 at the
 * end of an array. What it reads is the arena's. */
int wattle_bus_append_peer(sd_bus_message *message, const WattlePeerStatus *peer);
int wattle_bus_read_peer(sd_bus_message *message, WattleArena *arena, WattlePeerStatus *peer);
