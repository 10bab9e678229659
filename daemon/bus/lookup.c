/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/lookup.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include "common/sys/bus.h"
#include "common/sys/nm/dns.h"
#include "daemon/bus/asker.h"

#define RESOLVED "org.freedesktop.resolve1"

/* A server of a link that is silent: the host's own resolver is asked then. */
#define TIMEOUT_US (10 * G_USEC_PER_SEC)

/* NetworkManager has it at hand. */
#define NM_TIMEOUT_US (5 * G_USEC_PER_SEC)

/* For so long a question waits for a bus that is not there yet: wattled may be up before it, and
 * what is asked of others by then goes by the tunnel. */
#define PATIENCE_US (2 * G_USEC_PER_SEC)

#define MAX_ADDRESSES 8

struct WattleBusLookup {
        sd_bus *bus;
        WattleManager *manager;
        WattleAsker *asker;
        GHashTable *asked;         /* of Asked */
        sd_event_source *patience; /* NULL: it is over */
};

/* A name under way: systemd-resolved is asked for it, or where there is none NetworkManager for the
 * servers of the uplink, and then wattle-lookup. */
typedef struct {
        WattleBusLookup *lookup;
        WattleResolving *resolving;
        WattleUplink uplink;
        char *name;
        sd_bus_slot *slot;
        WattleAsking *asking; /* NULL: wattle-lookup is not asked, or has answered */
} Asked;

static void asked_free(gpointer data)
{
        Asked *asked = data;

        sd_bus_slot_unref(asked->slot);
        if (asked->asking)
                wattle_asking_cancel(asked->asking);
        g_free(asked->name);
        g_free(asked);
}

static void finish(Asked *asked, const WattleAddr *addresses, guint n)
{
        WattleResolving *resolving = asked->resolving;

        g_hash_table_remove(asked->lookup->asked, asked);
        wattle_resolving_answer(resolving, addresses, n);
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

static void on_asked(const WattleAddr *addresses, guint n, gpointer data)
{
        Asked *asked = data;

        asked->asking = NULL;
        finish(asked, addresses, n);
}

static int on_servers(sd_bus_message *reply, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Asked *asked = data;
        WattleLookupQuestion question = { .mark = asked->uplink.fwmark,
                                          .ifindex = asked->uplink.ifindex };
        char interface[IF_NAMESIZE];

        if (!sd_bus_message_is_method_error(reply, NULL) &&
            if_indextoname(asked->uplink.ifindex, interface))
                question.n_servers = wattle_nm_dns_read(reply, interface, question.servers,
                                                        G_N_ELEMENTS(question.servers));
        if (question.n_servers == 0) {
                finish(asked, NULL, 0);
                return 0;
        }
        g_strlcpy(question.name, asked->name, sizeof question.name);
        asked->asking = wattle_asker_ask(asked->lookup->asker, &question, on_asked, asked);
        return 0;
}

static gboolean ask_nm(Asked *asked)
{
        AUTO_BUS_MESSAGE *call = NULL;
        sd_bus *bus = asked->lookup->bus;

        asked->slot = sd_bus_slot_unref(asked->slot);
        return wattle_nm_dns_call(bus, &call) >= 0 &&
               sd_bus_call_async(bus, &asked->slot, call, on_servers, asked, NM_TIMEOUT_US) >= 0;
}

/* It does not run, or has no servers, for NetworkManager writes resolv.conf(5) itself. What it has
 * asked for in vain is asked for by nobody else past the tunnel: it may have to keep it from who
 * listens on the uplink, by DNS over TLS. */
static gboolean leaves_it_to_others(sd_bus_message *reply)
{
        static const char *const names[] = { SD_BUS_ERROR_SERVICE_UNKNOWN,
                                             SD_BUS_ERROR_NAME_HAS_NO_OWNER,
                                             RESOLVED ".NoNameServers" };

        for (guint i = 0; i < G_N_ELEMENTS(names); i++)
                if (sd_bus_message_is_method_error(reply, names[i]))
                        return TRUE;
        return FALSE;
}

static int on_reply(sd_bus_message *reply, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        Asked *asked = data;
        WattleAddr addresses[MAX_ADDRESSES];
        guint n = 0;

        if (leaves_it_to_others(reply) && ask_nm(asked))
                return 0;
        if (!sd_bus_message_is_method_error(reply, NULL) &&
            sd_bus_message_enter_container(reply, 'a', "(iiay)") > 0)
                while (n < MAX_ADDRESSES && read_address(reply, &addresses[n]))
                        n++;
        finish(asked, addresses, n);
        return 0;
}

/* With no flag resolved chooses the protocols. It is not to be started for this. */
static gboolean ask(const char *name, const WattleUplink *uplink, WattleResolving *resolving,
                    gpointer data)
{
        WattleBusLookup *lookup = data;
        AUTO_BUS_MESSAGE *call = NULL;
        Asked *asked = g_new(Asked, 1);

        *asked = (Asked){
                .lookup = lookup, .resolving = resolving, .uplink = *uplink, .name = g_strdup(name)
        };
        if ((sd_bus_is_ready(lookup->bus) <= 0 && !lookup->patience) ||
            sd_bus_message_new_method_call(lookup->bus, &call, RESOLVED,
                                           "/org/freedesktop/resolve1", RESOLVED ".Manager",
                                           "ResolveHostname") < 0 ||
            sd_bus_message_set_auto_start(call, FALSE) < 0 ||
            sd_bus_message_append(call, "isit", (gint32)uplink->ifindex, name, (gint32)AF_UNSPEC,
                                  G_GUINT64_CONSTANT(0)) < 0 ||
            sd_bus_call_async(lookup->bus, &asked->slot, call, on_reply, asked, TIMEOUT_US) < 0) {
                asked_free(asked);
                return FALSE;
        }
        g_hash_table_add(lookup->asked, asked);
        return TRUE;
}

/* To each that is under way, which are gone then. */
static void answer_none(WattleBusLookup *lookup)
{
        g_autoptr(GList) left = g_hash_table_get_keys(lookup->asked);

        for (const GList *item = left; item; item = item->next)
                finish(item->data, NULL, 0);
}

/* sd-bus counts no call's time before it is connected. */
static int on_patience(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t now,
                       void *data)
{
        WattleBusLookup *lookup = data;

        lookup->patience = sd_event_source_unref(lookup->patience);
        if (sd_bus_is_ready(lookup->bus) <= 0)
                answer_none(lookup);
        return 0;
}

WattleBusLookup *wattle_bus_lookup_new(sd_bus *bus, WattleManager *manager, const char *socket)
{
        WattleBusLookup *lookup = g_new0(WattleBusLookup, 1);

        lookup->bus = sd_bus_ref(bus);
        lookup->manager = manager;
        lookup->asker = wattle_asker_new(sd_bus_get_event(bus), socket);
        lookup->asked = g_hash_table_new_full(NULL, NULL, asked_free, NULL);
        (void)sd_event_add_time_relative(sd_bus_get_event(bus), &lookup->patience, CLOCK_MONOTONIC,
                                         PATIENCE_US, 0, on_patience, lookup);
        wattle_manager_set_lookup(manager, ask, lookup);
        return lookup;
}

void wattle_bus_lookup_free(WattleBusLookup *lookup)
{
        if (!lookup)
                return;
        wattle_manager_set_lookup(lookup->manager, NULL, NULL);
        answer_none(lookup);
        sd_event_source_disable_unref(lookup->patience);
        g_hash_table_unref(lookup->asked);
        wattle_asker_free(lookup->asker);
        sd_bus_unref(lookup->bus);
        g_free(lookup);
}
