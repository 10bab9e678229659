/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The .netdev files that networkd loaded last. From 257 on it compares inode and time of a file
 * with those of the one that it loaded, and a reload that brings no more than new routes replaces
 * all peers if they differ. So a loaded file is kept, by a hard link in run/wattle, for as long as
 * networkd has not read a newer one, and lies in its old place for the time of a reload. See
 * doc/hacking.md, "The loaded file is swapped in for a reload". */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

/* The first version that does so. */
#define WATTLE_NETDEV_RELOADED_SINCE 257

/* Before the .netdev file of a mesh changes: keeps it, if none is kept that networkd still has
 * loaded. */
gboolean wattle_swap_keep(int root_fd, sd_bus *bus, const char *mesh,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* After they changed: one that is in place again, or belongs to nothing any more, is not kept. */
void wattle_swap_tidy(int root_fd, const char *mesh);

/* Has networkd read its files with those that it has loaded in place, of all meshes, so that it
 * sees changes of .network files alone. */
gboolean wattle_swap_reload(int root_fd, sd_bus *bus, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Puts the new files in their places after a run that was killed in the middle of a reload. */
gboolean wattle_swap_recover(int root_fd, GError **error) G_GNUC_WARN_UNUSED_RESULT;
