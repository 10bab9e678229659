/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sd-bus(3) in our manner: values that free themselves. */
#pragma once

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
