/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/doctor/inquiry.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/managers/bus.h"
#include "common/sys/nm/dns.h"

#define NM       "org.freedesktop.NetworkManager"
#define NETWORK1 "org.freedesktop.network1"
#define RESOLVE1 "org.freedesktop.resolve1"

/* org.freedesktop.resolve1(5) */
#define NO_CACHE   (UINT64_C(1) << 12)
#define NO_NETWORK (UINT64_C(1) << 15)

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

gboolean wattle_doctor_has_servers(sd_bus *bus, const char *interface)
{
        AUTO_BUS_MESSAGE *call = NULL, *reply = NULL;
        WattleSocketAddr server;

        return wattle_nm_dns_call(bus, &call) >= 0 &&
               sd_bus_call(bus, call, 0, NULL, &reply) >= 0 &&
               wattle_nm_dns_read(reply, interface, &server, 1) > 0;
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

/* What ResolveHostname answers begins with a(iiay): interface, family, address. */
static gboolean has_address(sd_bus_message *reply, const WattleAddr *addr)
{
        gint32 ifindex, family;
        const void *bytes;
        gsize size;

        if (sd_bus_message_enter_container(reply, 'a', "(iiay)") < 0)
                return FALSE;
        while (sd_bus_message_enter_container(reply, 'r', "iiay") > 0) {
                if (sd_bus_message_read(reply, "ii", &ifindex, &family) < 0 ||
                    sd_bus_message_read_array(reply, 'y', &bytes, &size) < 0 ||
                    sd_bus_message_exit_container(reply) < 0)
                        return FALSE;
                if (family == addr->family && size <= sizeof addr->bytes &&
                    memcmp(bytes, addr->bytes, size) == 0)
                        return TRUE;
        }
        return FALSE;
}

gboolean wattle_doctor_ask_resolved(sd_bus *bus, const char *name, const WattleAddr *addr,
                                    gboolean *ret_has_it)
{
        AUTO_BUS_ERROR error = SD_BUS_ERROR_NULL;
        AUTO_BUS_MESSAGE *reply = NULL;

        if (sd_bus_call_method(bus, RESOLVE1, "/org/freedesktop/resolve1", RESOLVE1 ".Manager",
                               "ResolveHostname", &error, &reply, "isit", 0, name,
                               (int)addr->family, NO_CACHE | NO_NETWORK) >= 0)
                *ret_has_it = has_address(reply, addr);
        else if (error.name && g_str_has_prefix(error.name, RESOLVE1 "."))
                *ret_has_it = FALSE;
        else
                return FALSE;
        return TRUE;
}
