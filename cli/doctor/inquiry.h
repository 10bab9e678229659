/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both a mesh's and a tailnet's doctor ask of this host, a question each. What cannot be had
 * is no answer, and no finding. */
#pragma once

#include <systemd/sd-bus.h>

#include "common/render.h"

/* What the kernel goes by: of rp_filter the stricter of the interface's and that of all
 * (ip-sysctl). */
gboolean wattle_doctor_read_sysctl(const WattleSysctl *wanted,
                                   guint *ret) G_GNUC_WARN_UNUSED_RESULT;

/* What 'nft list ruleset' shows to root; NULL without nft, or without leave to ask it. */
char *wattle_doctor_list_ruleset(void);

/* Whether NetworkManager manages an interface, if it knows that. It must be running, for it would
 * be started by being asked; so must networkd below. */
gboolean wattle_doctor_ask_nm(sd_bus *bus, const char *interface,
                              gboolean *ret_manages) G_GNUC_WARN_UNUSED_RESULT;

/* Whether NetworkManager has a name server of an interface that wattle-lookup can ask. */
gboolean wattle_doctor_has_servers(sd_bus *bus, const char *interface);

/* networkd's AdministrativeState of an interface; NULL: it does not tell. */
char *wattle_doctor_ask_networkd(sd_bus *bus, const char *interface);

/* Whether systemd-resolved itself, without asking anybody, has that address for the name. It must
 * be running. */
gboolean wattle_doctor_ask_resolved(sd_bus *bus, const char *name, const WattleAddr *addr,
                                    gboolean *ret_has_it) G_GNUC_WARN_UNUSED_RESULT;
