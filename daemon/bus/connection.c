/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/connection.h"

#include "common/lookup-message.h"
#include "common/sys/bus-match.h"
#include "common/sys/log.h"
#include "daemon/bus/bus.h"
#include "daemon/bus/lookup.h"
#include "daemon/bus/metered.h"

struct WattleBusConnection {
        sd_event *event;
        char *address;
        WattleManager *manager;
        uid_t trusted_uid;
        sd_bus *bus;
        WattleBus *offer; /* NULL: nothing is offered now */
        WattleBusLookup *lookup;
        WattleMetered *metered;
        sd_event_source
                *reopen; /* the connection has ended, and is made anew when this is called */
};

static void close_connection(WattleBusConnection *connection)
{
        g_clear_pointer(&connection->metered, wattle_metered_free);
        g_clear_pointer(&connection->offer, wattle_bus_free);
        g_clear_pointer(&connection->lookup, wattle_bus_lookup_free);
        connection->bus = sd_bus_close_unref(connection->bus);
}

static void open_connection(WattleBusConnection *connection);

static int on_reopen(G_GNUC_UNUSED sd_event_source *source, void *data)
{
        WattleBusConnection *connection = data;

        close_connection(connection);
        open_connection(connection);
        return 0;
}

/* The bus may not be freed while it calls us. */
static int on_disconnected(G_GNUC_UNUSED sd_bus_message *signal, void *data,
                           G_GNUC_UNUSED sd_bus_error *error)
{
        WattleBusConnection *connection = data;

        wattle_log(WATTLE_LOG_INFO, "the system bus has gone: waiting for another");
        connection->reopen = sd_event_source_unref(connection->reopen);
        return sd_event_add_defer(connection->event, &connection->reopen, on_reopen, connection);
}

static void open_connection(WattleBusConnection *connection)
{
        g_autoptr(GError) error = NULL;
        int result = wattle_bus_start(&connection->bus, connection->event, connection->address,
                                      on_disconnected, connection);

        if (result < 0) {
                wattle_log(WATTLE_LOG_WARNING, "the system bus: %s", g_strerror(-result));
                return;
        }
        connection->lookup =
                wattle_bus_lookup_new(connection->bus, connection->manager, WATTLE_LOOKUP_SOCKET);
        connection->metered = wattle_metered_new(connection->bus, connection->manager);
        connection->offer = wattle_bus_new(connection->bus, connection->manager,
                                           connection->trusted_uid, &error);
        if (!connection->offer)
                wattle_log(WATTLE_LOG_WARNING, "%s", error->message);
}

WattleBusConnection *wattle_bus_connection_new(sd_event *event, const char *address,
                                               WattleManager *manager, uid_t trusted_uid)
{
        WattleBusConnection *connection = g_new(WattleBusConnection, 1);

        *connection = (WattleBusConnection){ .event = sd_event_ref(event),
                                             .address = g_strdup(address),
                                             .manager = manager,
                                             .trusted_uid = trusted_uid };
        open_connection(connection);
        return connection;
}

void wattle_bus_connection_free(WattleBusConnection *connection)
{
        if (!connection)
                return;
        sd_event_source_unref(connection->reopen);
        /* To flush one that waits for its bus would be to wait with it. */
        if (connection->bus && sd_bus_is_ready(connection->bus) > 0)
                sd_bus_flush(connection->bus);
        close_connection(connection);
        sd_event_unref(connection->event);
        g_free(connection->address);
        g_free(connection);
}
