/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The name servers that NetworkManager has of a link, whoever of its connections is asked now: the
 * property Configuration of its DnsManager, which lists all of them, those of a connection that a
 * tunnel's negative priority silences too (src/core/dns/nm-dns-manager.c, 1.42 to 1.58). */
#pragma once

#include <systemd/sd-bus.h>

#include "common/endpoint.h"

#define WATTLE_NM_DNS_PORT 53

/* The call that asks for it; negative errno. It starts no NetworkManager. */
int wattle_nm_dns_call(sd_bus *bus, sd_bus_message **ret) G_GNUC_WARN_UNUSED_RESULT;

/* Of its reply, the servers of an interface, at most max, in the order in which they are asked; or,
 * if the administrator has set some for the whole host ([global-dns-domain-*] in
 * NetworkManager.conf(5)), those. Left out is what cannot be asked in plain DNS by a link: TLS, and
 * a forwarder on this host. Returns how many. */
guint wattle_nm_dns_read(sd_bus_message *reply, const char *interface, WattleSocketAddr *ret,
                         guint max);

/* A server as NetworkManager writes it: an address, maybe with %SCOPE or #NAME behind it, or
 * dns+udp://ADDRESS[:PORT]. FALSE: none that can be asked so. */
gboolean wattle_nm_dns_parse(const char *text, WattleSocketAddr *ret) G_GNUC_WARN_UNUSED_RESULT;
