/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/doctor/inquiry.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/managers/bus.h"

#define NM       "org.freedesktop.NetworkManager"
#define NETWORK1 "org.freedesktop.network1"

#define PROC_SYS "/proc/sys/"

static gboolean read_number(const char *name, guint *ret)
{
        g_autofree char *path = g_strconcat(PROC_SYS, name, NULL);
        g_autofree char *text = NULL;

        /* Interface names of ours have no dots. */
        g_strdelimit(path + strlen(PROC_SYS), ".", '/');
        if (!g_file_get_contents(path, &text, NULL, NULL))
                return FALSE;
        *ret = (guint)g_ascii_strtoull(text, NULL, 10);
        return TRUE;
}

gboolean wattle_doctor_read_sysctl(const WattleSysctl *wanted, guint *ret)
{
        guint all;

        if (!read_number(wanted->name, ret))
                return FALSE;
        if (wanted->kind == WATTLE_SYSCTL_RP_FILTER &&
            read_number("net.ipv4.conf.all.rp_filter", &all))
                *ret = MAX(*ret, all);
        return TRUE;
}

char *wattle_doctor_list_ruleset(void)
{
        const char *argv[] = { "nft", "list", "ruleset", NULL };
        g_autofree char *ruleset = NULL;
        int status = -1;

        if (geteuid() != 0 ||
            !g_spawn_sync("/", (char **)argv, NULL,
                          G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &ruleset,
                          NULL, &status, NULL) ||
            status != 0)
                return NULL;
        return g_steal_pointer(&ruleset);
}

gboolean wattle_doctor_ask_nm(sd_bus *bus, const char *interface, gboolean *ret_manages)
{
        AUTO_BUS_MESSAGE *reply = NULL;
        const char *device;
        int managed = 0;

        if (sd_bus_call_method(bus, NM, "/org/freedesktop/NetworkManager", NM, "GetDeviceByIpIface",
                               NULL, &reply, "s", interface) < 0 ||
            sd_bus_message_read(reply, "o", &device) <= 0 ||
            sd_bus_get_property_trivial(bus, NM, device, NM ".Device", "Managed", NULL, 'b',
                                        &managed) < 0)
                return FALSE;
        *ret_manages = managed != 0;
        return TRUE;
}

char *wattle_doctor_ask_networkd(sd_bus *bus, const char *interface)
{
        AUTO_BUS_MESSAGE *reply = NULL;
        const char *link;
        gint32 ifindex;
        char *state = NULL, *text;

        if (sd_bus_call_method(bus, NETWORK1, "/org/freedesktop/network1", NETWORK1 ".Manager",
                               "GetLinkByName", NULL, &reply, "s", interface) < 0 ||
            sd_bus_message_read(reply, "io", &ifindex, &link) <= 0 ||
            sd_bus_get_property_string(bus, NETWORK1, link, NETWORK1 ".Link", "AdministrativeState",
                                       NULL, &state) < 0)
                return NULL;
        text = g_strdup(state);
        free(state);
        return text;
}
