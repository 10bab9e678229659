/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/lookup.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/sys/bus.h"

#define RESOLVED "org.freedesktop.resolve1"

/* A server of a link that is silent: the host's own resolver is asked then. */
#define TIMEOUT_US (10 * G_USEC_PER_SEC)

#define MAX_ADDRESSES 8

struct WattleBusLookup {
        sd_bus *bus;
        WattleManager *manager;
        GHashTable *asked; /* of Asked */
};

typedef struct {
        WattleBusLookup *lookup;
        WattleResolving *resolving;
        sd_bus_slot *slot;
} Asked;

static void asked_free(gpointer data)
{
        Asked *asked = data;

        sd_bus_slot_unref(asked->slot);
        g_free(asked);
}

static gboolean read_address(sd_bus_message *reply, WattleAddr *ret)
{
        gint32 ifindex, family;
        const void *bytes;
        size_t size;
        gboolean ok = sd_bus_message_enter_container(reply, 'r', "iiay") > 0 &&
                      sd_bus_message_read(reply, "ii", &ifindex, &family) > 0 &&
                      sd_bus_message_read_array(reply, 'y', &bytes, &size) > 0 &&
                      sd_bus_message_exit_container(reply) > 0;

        if (!ok || (family != AF_INET && family != AF_INET6) ||
            size != (family == AF_INET ? 4 : 16))
                return FALSE;
        *ret = (WattleAddr){ .family = (guint8)family };
        memcpy(ret->bytes, bytes, size);
        return TRUE;
}

static int on_reply(sd_bus_message *reply, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Asked *asked = data;
        WattleResolving *resolving = asked->resolving;
        WattleAddr addresses[MAX_ADDRESSES];
        guint n = 0;

        if (!sd_bus_message_is_method_error(reply, NULL) &&
            sd_bus_message_enter_container(reply, 'a', "(iiay)") > 0)
                while (n < MAX_ADDRESSES && read_address(reply, &addresses[n]))
                        n++;
        g_hash_table_remove(asked->lookup->asked, asked);
        wattle_resolving_answer(resolving, addresses, n);
        return 0;
}

/* With no flag resolved chooses the protocols. It is not to be started for this. */
static gboolean ask(const char *name, guint32 ifindex, WattleResolving *resolving, gpointer data)
{
        WattleBusLookup *lookup = data;
        AUTO_BUS_MESSAGE *call = NULL;
        Asked *asked = g_new0(Asked, 1);

        *asked = (Asked){ .lookup = lookup, .resolving = resolving };
        if (sd_bus_is_ready(lookup->bus) <= 0 ||
            sd_bus_message_new_method_call(lookup->bus, &call, RESOLVED,
                                           "/org/freedesktop/resolve1", RESOLVED ".Manager",
                                           "ResolveHostname") < 0 ||
            sd_bus_message_set_auto_start(call, FALSE) < 0 ||
            sd_bus_message_append(call, "isit", (gint32)ifindex, name, (gint32)AF_UNSPEC,
                                  G_GUINT64_CONSTANT(0)) < 0 ||
            sd_bus_call_async(lookup->bus, &asked->slot, call, on_reply, asked, TIMEOUT_US) < 0) {
                asked_free(asked);
                return FALSE;
        }
        g_hash_table_add(lookup->asked, asked);
        return TRUE;
}

WattleBusLookup *wattle_bus_lookup_new(sd_bus *bus, WattleManager *manager)
{
        WattleBusLookup *lookup = g_new0(WattleBusLookup, 1);

        lookup->bus = sd_bus_ref(bus);
        lookup->manager = manager;
        lookup->asked = g_hash_table_new_full(NULL, NULL, asked_free, NULL);
        wattle_manager_set_lookup(manager, ask, lookup);
        return lookup;
}

void wattle_bus_lookup_free(WattleBusLookup *lookup)
{
        g_autoptr(GList) left = NULL;

        if (!lookup)
                return;
        wattle_manager_set_lookup(lookup->manager, NULL, NULL);
        left = g_hash_table_get_keys(lookup->asked);
        for (const GList *item = left; item; item = item->next)
                wattle_resolving_answer(((const Asked *)item->data)->resolving, NULL, 0);
        g_hash_table_unref(lookup->asked);
        sd_bus_unref(lookup->bus);
        g_free(lookup);
}
