/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/metered.h"

#include "common/sys/bus-match.h"
#include "common/sys/bus.h"

#define SERVICE "org.freedesktop.NetworkManager"
#define PATH    "/org/freedesktop/NetworkManager"

/* NMMetered of NetworkManager's D-Bus types. */
#define METERED_UNKNOWN   0
#define METERED_YES       1
#define METERED_GUESS_YES 3

struct WattleMetered {
        sd_bus *bus;
        WattleManager *manager;
        sd_bus_slot *changes, *question;
};

typedef struct {
        guint32 metered;
        const char *activating; /* the connection that is to be the way out; "/": none */
} Properties;

static int read_property(sd_bus_message *answer, Properties *ret)
{
        const char *name;
        int result = sd_bus_message_read(answer, "s", &name);

        if (result < 0)
                return result;
        if (g_strcmp0(name, "Metered") == 0)
                return sd_bus_message_read(answer, "v", "u", &ret->metered);
        if (g_strcmp0(name, "ActivatingConnection") == 0)
                return sd_bus_message_read(answer, "v", "o", &ret->activating);
        return sd_bus_message_skip(answer, "v");
}

static int read_properties(sd_bus_message *answer, Properties *ret)
{
        int result = sd_bus_message_enter_container(answer, 'a', "{sv}");

        while (result > 0) {
                result = sd_bus_message_enter_container(answer, 'e', "sv");
                if (result == 0)
                        return 0;
                if (result > 0)
                        result = read_property(answer, ret);
                if (result >= 0)
                        result = sd_bus_message_exit_container(answer);
        }
        return result;
}

/* While a connection comes up nobody knows it, and its link has an address already. */
static gboolean is_metered(const Properties *properties)
{
        return properties->metered == METERED_YES || properties->metered == METERED_GUESS_YES ||
               (properties->metered == METERED_UNKNOWN &&
                g_strcmp0(properties->activating, "/") != 0);
}

static int on_answer(sd_bus_message *answer, void *data, G_GNUC_UNUSED sd_bus_error *error)
{
        WattleMetered *metered = data;
        Properties properties = { .activating = "/" };

        metered->question = sd_bus_slot_unref(metered->question);
        if (!sd_bus_message_is_method_error(answer, NULL) &&
            read_properties(answer, &properties) < 0)
                return 0;
        wattle_manager_set_metered(metered->manager, is_metered(&properties));
        return 0;
}

/* One that does not run is not started for that. */
static int ask(WattleMetered *metered)
{
        AUTO_BUS_MESSAGE *message = NULL;
        int result = sd_bus_message_new_method_call(metered->bus, &message, SERVICE, PATH,
                                                    "org.freedesktop.DBus.Properties", "GetAll");

        metered->question = sd_bus_slot_unref(metered->question);
        if (result >= 0)
                result = sd_bus_message_set_auto_start(message, FALSE);
        if (result >= 0)
                result = sd_bus_message_append(message, "s", SERVICE);
        if (result >= 0)
                result = sd_bus_call_async(metered->bus, &metered->question, message, on_answer,
                                           metered, 0);
        return result;
}

static int on_changed(G_GNUC_UNUSED sd_bus_message *signal, void *data,
                      G_GNUC_UNUSED sd_bus_error *error)
{
        (void)ask(data);
        return 0;
}

WattleMetered *wattle_metered_new(sd_bus *bus, WattleManager *manager)
{
        WattleMetered *metered = g_new0(WattleMetered, 1);

        metered->bus = sd_bus_ref(bus);
        metered->manager = manager;
        if (wattle_bus_match_changes(bus, &metered->changes, SERVICE, PATH, on_changed, metered) >=
                    0 &&
            ask(metered) >= 0)
                return metered;
        wattle_metered_free(metered);
        return NULL;
}

void wattle_metered_free(WattleMetered *metered)
{
        if (!metered)
                return;
        sd_bus_slot_unref(metered->changes);
        sd_bus_slot_unref(metered->question);
        sd_bus_unref(metered->bus);
        g_free(metered);
}
