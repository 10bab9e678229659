/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/bus-match.h"

#include <errno.h>
#include <stdio.h>

#define MAX_MATCH 512

int wattle_bus_start(sd_bus **ret, sd_event *event, const char *address,
                     sd_bus_message_handler_t on_end, void *data)
{
        int result = sd_bus_new(ret);

        if (result >= 0)
                result = sd_bus_set_address(*ret, address);
        if (result >= 0)
                result = sd_bus_set_bus_client(*ret, 1);
        if (result >= 0)
                result = sd_bus_set_watch_bind(*ret, event != NULL);
        if (result >= 0)
                result = sd_bus_start(*ret);
        if (result >= 0 && on_end)
                result = wattle_bus_match_end(*ret, on_end, data);
        if (result >= 0 && event)
                result = sd_bus_attach_event(*ret, event, SD_EVENT_PRIORITY_NORMAL);
        return result;
}

/* libsystemd's bus-match.c compares a sender that begins with a colon, and no other. */
int wattle_bus_match(sd_bus *bus, sd_bus_slot **ret_slot, const char *owner, const char *path,
                     const char *interface, const char *member, sd_bus_message_handler_t handler,
                     void *data)
{
        if (owner[0] != ':')
                return -EINVAL;
        return sd_bus_match_signal_async(bus, ret_slot, owner, path, interface, member, handler,
                                         NULL, data);
}

int wattle_bus_match_hints(sd_bus *bus, sd_bus_slot **ret_slot, const char *service,
                           const char *path_namespace, sd_bus_message_handler_t handler, void *data)
{
        char match[MAX_MATCH];

        snprintf(match, sizeof match, "type='signal',sender='%s',path_namespace='%s'", service,
                 path_namespace);
        return sd_bus_add_match_async(bus, ret_slot, match, handler, NULL, data);
}

int wattle_bus_match_changes(sd_bus *bus, sd_bus_slot **ret_slot, const char *service,
                             const char *path, sd_bus_message_handler_t handler, void *data)
{
        return sd_bus_match_signal_async(bus, ret_slot, service, path,
                                         "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                         handler, NULL, data);
}

int wattle_bus_match_end(sd_bus *bus, sd_bus_message_handler_t handler, void *data)
{
        return sd_bus_match_signal(bus, NULL, NULL, "/org/freedesktop/DBus/Local",
                                   "org.freedesktop.DBus.Local", "Disconnected", handler, data);
}

int wattle_bus_match_owner(sd_bus *bus, sd_bus_slot **ret_slot, const char *service,
                           sd_bus_message_handler_t handler, void *data)
{
        char match[MAX_MATCH];

        snprintf(match, sizeof match,
                 "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='%s'",
                 service);
        return sd_bus_add_match_async(bus, ret_slot, match, handler, NULL, data);
}

int wattle_bus_ask_owner(sd_bus *bus, sd_bus_slot **ret_slot, const char *service,
                         sd_bus_message_handler_t handler, void *data)
{
        return sd_bus_call_method_async(bus, ret_slot, "org.freedesktop.DBus",
                                        "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                        "GetNameOwner", handler, data, "s", service);
}
