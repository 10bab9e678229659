/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/ufw-unit.h"

#include <string.h>
#include <sys/inotify.h>

#include "common/paths.h"
#include "common/sys/bus-match.h"
#include "common/sys/bus.h"
#include "common/sys/log.h"
#include "common/text.h"

#define FOLDER "/etc/ufw"
#define CONF   "ufw.conf"

struct WattleUfwUnit {
        const char *mesh;
        sd_bus *bus;
        sd_event_source *conf;
        gboolean is_wanted;
};

void wattle_ufw_unit_free(WattleUfwUnit *unit)
{
        if (!unit)
                return;
        sd_event_source_disable_unref(unit->conf);
        sd_bus_close_unref(unit->bus);
        g_free(unit);
}

static int on_answer(sd_bus_message *reply, void *data, G_GNUC_UNUSED sd_bus_error *ret_error)
{
        const WattleUfwUnit *unit = data;
        const sd_bus_error *error = sd_bus_message_get_error(reply);
        g_autofree char *said = NULL;

        if (!error)
                return 0;
        said = wattle_text_clean(error->message ? error->message : error->name);
        wattle_log(WATTLE_LOG_WARNING, "mesh %s: ufw is not told: %s", unit->mesh, said);
        return 0;
}

static void tell(WattleUfwUnit *unit)
{
        g_autofree char *name = wattle_paths_unit(WATTLE_UNIT_UFW, unit->mesh);
        int result = sd_bus_call_method_async(unit->bus, NULL, "org.freedesktop.systemd1",
                                              "/org/freedesktop/systemd1",
                                              "org.freedesktop.systemd1.Manager",
                                              unit->is_wanted ? "ReloadOrRestartUnit" : "StopUnit",
                                              on_answer, unit, "ss", name, "replace");

        if (result < 0)
                wattle_log(WATTLE_LOG_WARNING, "mesh %s: ufw is not told: %s", unit->mesh,
                           g_strerror(-result));
}

void wattle_ufw_unit_want(WattleUfwUnit *unit, gboolean wanted)
{
        unit->is_wanted = wanted;
        tell(unit);
}

/* Whether ufw is enabled stands there, and in no other place. */
static int on_change(G_GNUC_UNUSED sd_event_source *source, const struct inotify_event *event,
                     void *data)
{
        WattleUfwUnit *unit = data;

        if (unit->is_wanted &&
            (event->mask & IN_Q_OVERFLOW || (event->len > 0 && strcmp(event->name, CONF) == 0)))
                tell(unit);
        return 0;
}

WattleUfwUnit *wattle_ufw_unit_new(sd_event *event, const char *address, const char *mesh)
{
        WattleUfwUnit *unit = g_new0(WattleUfwUnit, 1);
        int result = wattle_bus_start(&unit->bus, event, address, NULL, NULL);

        unit->mesh = mesh;
        if (result < 0)
                wattle_log(WATTLE_LOG_WARNING, "mesh %s: the system bus: %s", mesh,
                           g_strerror(-result));
        result = sd_event_add_inotify(event, &unit->conf, FOLDER,
                                      IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR, on_change, unit);
        if (result < 0)
                wattle_log(WATTLE_LOG_WARNING, "mesh %s: " FOLDER ": %s", mesh,
                           g_strerror(-result));
        return unit;
}
