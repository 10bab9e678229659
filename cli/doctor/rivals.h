/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a file of somebody else's is for an interface of ours: systemd.netdev(5),
 * systemd.network(5) and nm-settings-keyfile(5), read as their programs read them. What cannot be
 * told from the file alone, as a condition on the host, makes it no rival: a doctor does not guess.
 */
#pragma once

#include <glib.h>

/* texts: a file and then its drop-ins, of char *. Whether it makes an interface of that name. */
gboolean wattle_rival_makes(const GPtrArray *texts, const char *interface);

/* The same; whether its [Match] is true of a WireGuard interface of that name. */
gboolean wattle_rival_matches(const GPtrArray *texts, const char *interface);

/* Whether the connection is for that interface. What NetworkManager has only as long as a link is
 * up, of its own making or a VPN's, claims nothing. */
gboolean wattle_rival_connects(const char *text, const char *interface);

/* Files below the root that are for the interface of the mesh, and not ours, absolute: to makers
 * those that make it, .netdev and connections; to takers .network files that networkd reads before
 * ours and that match. *ret_wg_quick is the unit of wg-quick(8) if it is enabled, else NULL. */
void wattle_rivals_find(int root_fd, const char *mesh, const char *interface, GPtrArray *makers,
                        GPtrArray *takers, char **ret_wg_quick);
