/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattled, as 'wattle apply' leaves it behind. */
#pragma once

#include <systemd/sd-bus.h>

/* Has wattled read the meshes anew, and starts it if one of them wants it (Migrate=). A host where
 * it is not installed, or masked, goes without. A failure is told and no more: no interface depends
 * on it. */
void wattle_wattled_reload(int root_fd, sd_bus *bus);
