/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The system bus as the verbs use it: errors as GError, and a wait with an end. */
#pragma once

#include <glib.h>

#include "common/sys/bus.h"

/* The system bus. */
gboolean wattle_bus_open(sd_bus **ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "WHAT: " and the bus's words, or those of -result. Returns FALSE. */
gboolean wattle_bus_fail(GError **error, const char *what, const sd_bus_error *bus_error,
                         int result);

/* Matches a signal of whoever has the name of a service now; if that is restarted, no more comes.
 */
gboolean wattle_bus_watch(sd_bus *bus, sd_bus_slot **ret_slot, const char *service,
                          const char *path, const char *interface, const char *member,
                          sd_bus_message_handler_t handler, void *data,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Handles what comes in until is_done says so; FALSE with an error if it does not within
 * limit_us. */
typedef gboolean (*WattleBusDone)(gpointer data);
gboolean wattle_bus_wait(sd_bus *bus, const char *what, guint64 limit_us, WattleBusDone is_done,
                         gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;
