/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals, and whose they are. A bus delivers a signal that is sent to us alone whatever we have
 * matched, and sd-bus lets everybody pass for a well-known name; so any local user could tell us
 * that systemd has done a job. Here alone a program of ours matches signals. */
#pragma once

#include <systemd/sd-bus.h>

/* A connection to the bus of that address, which comes about by itself, and with watch_bind waits
 * for the bus; below 0 on failure. event NULL: for calls that wait. on_end, if given, hears that it
 * has ended. */
int wattle_bus_start(sd_bus **ret, sd_event *event, const char *address,
                     sd_bus_message_handler_t on_end, void *data);

/* Those of the one connection that is called owner, a unique name (":1.7") which the bus gave:
 * that of the sender of an answer, or of GetNameOwner. Sent at once, and in order before the calls
 * that follow; below 0 on failure. */
int wattle_bus_match(sd_bus *bus, sd_bus_slot **ret_slot, const char *owner, const char *path,
                     const char *interface, const char *member, sd_bus_message_handler_t handler,
                     void *data);

/* Those of whoever has the name of a service then, or says so: the handler may believe nothing of
 * them, and ask for the state anew. For a service that may come and go. */
int wattle_bus_match_hints(sd_bus *bus, sd_bus_slot **ret_slot, const char *service,
                           const char *path_namespace, sd_bus_message_handler_t handler,
                           void *data);

/* That properties of one object have changed; likewise. */
int wattle_bus_match_changes(sd_bus *bus, sd_bus_slot **ret_slot, const char *service,
                             const char *path, sd_bus_message_handler_t handler, void *data);

/* That the connection has ended, which libsystemd itself tells, and no bus. */
int wattle_bus_match_end(sd_bus *bus, sd_bus_message_handler_t handler, void *data);

/* That the name of a service has another owner, or says so: the handler asks who it is. */
int wattle_bus_match_owner(sd_bus *bus, sd_bus_slot **ret_slot, const char *service,
                           sd_bus_message_handler_t handler, void *data);

/* Asks the bus who has the name of a service; the answer comes to handler, "s" or an error. */
int wattle_bus_ask_owner(sd_bus *bus, sd_bus_slot **ret_slot, const char *service,
                         sd_bus_message_handler_t handler, void *data);
