/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a caller of the bus has done to an interface. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

#include "daemon/bus/jobs.h"
#include "daemon/manager.h"

/* Starts or stops the interface as its owner would: the link for systemd-networkd, which wattled
 * may do itself, and by 'wattle up' and 'wattle down' as root for NetworkManager. Replies when
 * networkd has been told, or NetworkManager has done it. */
int wattle_act_switch(WattleJobs *jobs, sd_bus_message *call, uid_t uid,
                      const WattleManagerMesh *mesh, gboolean up, sd_bus_error *error);
