/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/bus/acts.h"

#include <linux/netlink.h>
#include <net/if.h>

#include "common/sys/bus-status.h"
#include "common/sys/kernel/netlink.h"

/* As networkctl up and down of systemd 252 to 259: networkd sees the link change, and follows. */
static int switch_at_networkd(sd_bus_message *call, const WattleManagerMesh *mesh, gboolean up,
                              sd_bus_error *bus_error)
{
        g_auto(WattleNetlink) netlink = { 0 };
        g_autoptr(GError) error = NULL;
        guint32 ifindex = if_nametoindex(mesh->interface);

        if (ifindex == 0)
                return sd_bus_error_setf(bus_error, WATTLE_BUS_ERROR_FAILED,
                                         "There is no interface %s: 'wattle apply %s' makes it",
                                         mesh->interface, mesh->name);
        if (wattle_netlink_open(&netlink, NETLINK_ROUTE, &error) &&
            wattle_netlink_set_link_up(&netlink, ifindex, up, &error))
                return sd_bus_reply_method_return(call, NULL);
        return sd_bus_error_setf(bus_error, WATTLE_BUS_ERROR_FAILED, "%s: %s", mesh->interface,
                                 error->message);
}

/* NetworkManager lets root switch what it lets a user, and the command knows how. */
static int switch_at_nm(WattleJobs *jobs, sd_bus_message *call, uid_t uid,
                        const WattleManagerMesh *mesh, gboolean up, sd_bus_error *error)
{
        return wattle_jobs_start(jobs, call, uid, up ? WATTLE_JOB_UP : WATTLE_JOB_DOWN, mesh->name,
                                 error);
}

int wattle_act_switch(WattleJobs *jobs, sd_bus_message *call, uid_t uid,
                      const WattleManagerMesh *mesh, gboolean up, sd_bus_error *error)
{
        if (!mesh->interface)
                return sd_bus_error_setf(error, WATTLE_BUS_ERROR_FAILED, "%s", mesh->problem);
        return mesh->owner == WATTLE_OWNER_NETWORK_MANAGER
                       ? switch_at_nm(jobs, call, uid, mesh, up, error)
                       : switch_at_networkd(call, mesh, up, error);
}
