/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wattled, as whoever has changed a mesh of this host leaves it behind. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

/* Has wattled read the meshes anew, and starts it if one of them wants it (Migrate=). A host where
 * it is not installed, or masked, goes without. No interface depends on it: after an error the
 * endpoints of the peers are not looked after, and no more. */
gboolean wattle_wattled_reload(int root_fd, sd_bus *bus, GError **error) G_GNUC_WARN_UNUSED_RESULT;
