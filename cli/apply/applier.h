/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What 'wattle apply' has to work with on this host. */
#pragma once

#include <glib.h>
#include <sys/types.h>
#include <systemd/sd-bus.h>

typedef struct {
        int root_fd;
        sd_bus *bus;        /* the system bus */
        gid_t networkd_gid; /* of systemd-network */
} WattleApplier;
