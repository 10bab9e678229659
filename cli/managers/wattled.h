/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattled as its callers see it: org.wattle1(5). */
#pragma once

#include <systemd/sd-bus.h>

#include "common/status.h"

/* Whether somebody has its name now; nothing is started. */
gboolean wattle_wattled_is_running(sd_bus *bus);

/* What it tells of a mesh. status must be initialised. FALSE with NOT_FOUND if it does not have it,
 * else with FAILED. */
gboolean wattle_wattled_load(sd_bus *bus, const char *mesh, WattleStatus *status,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One peer; NOT_FOUND if there is none of that name. What it points to is the arena's. */
gboolean wattle_wattled_get_peer(sd_bus *bus, const char *mesh, const char *device,
                                 WattleArena *arena, WattlePeerStatus *ret,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A way to a peer that wattled knows of; texts are for people. */
typedef struct {
        WattleSocketAddr at;
        const char *learnt, *reached;
        guint64 held_s; /* until it is tried again; 0: it was not tried in vain */
} WattleWay;

/* All of them, into an array of WattleWay; texts are the arena's. */
gboolean wattle_wattled_list_ways(sd_bus *bus, const char *mesh, const char *device,
                                  WattleArena *arena, GArray *ret,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Calls a method of the mesh that changes something: with no arguments, or with those that are
 * given, in this order. polkit may ask for a password, on the terminal or the desktop. */
gboolean wattle_wattled_call(sd_bus *bus, const char *mesh, const char *method, const char *device,
                             const char *endpoint, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Asks a peer through the tunnel: handler has the reply of Probe, an error if the peer does not
 * answer. As sd_bus_call_async(3). */
int wattle_wattled_probe(sd_bus *bus, sd_bus_slot **ret_slot, const char *mesh, const char *device,
                         sd_bus_message_handler_t handler, gpointer data);

/* Has its changes wake up whoever waits for the bus. */
gboolean wattle_wattled_watch(sd_bus *bus, sd_bus_message_handler_t handler, gpointer data,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
