/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sd-bus(3) in our manner: values that free themselves, errors as GError, and a wait with an end.
 */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

static inline void wattle_bus_clear_error(sd_bus_error *error)
{
        sd_bus_error_free(error);
}

static inline void wattle_bus_unref_message(sd_bus_message **message)
{
        sd_bus_message_unref(*message);
}

static inline void wattle_bus_unref_slot(sd_bus_slot **slot)
{
        sd_bus_slot_unref(*slot);
}

#define AUTO_BUS_ERROR   __attribute__((cleanup(wattle_bus_clear_error))) sd_bus_error
#define AUTO_BUS_MESSAGE __attribute__((cleanup(wattle_bus_unref_message))) sd_bus_message
#define AUTO_BUS_SLOT    __attribute__((cleanup(wattle_bus_unref_slot))) sd_bus_slot

/* The system bus. */
gboolean wattle_bus_open(sd_bus **ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "WHAT: " and the bus's words, or those of -result. Returns FALSE. */
gboolean wattle_bus_fail(GError **error, const char *what, const sd_bus_error *bus_error,
                         int result);

/* Handles what comes in until is_done says so; FALSE with an error if it does not within
 * limit_us. */
typedef gboolean (*WattleBusDone)(gpointer data);
gboolean wattle_bus_wait(sd_bus *bus, const char *what, guint64 limit_us, WattleBusDone is_done,
                         gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;
