/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The units by which newer profiles of a mesh come and go, on a host that runs: wattle-generator
 * links them for the next boot. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

/* Starts those of a signed mesh that are installed and do not run, and stops those of a mesh that
 * is signed no more, or gone. interface is that of the mesh, or NULL if it is not to be here. The
 * first error is told when all were seen to. */
gboolean wattle_update_units_follow(sd_bus *bus, const char *mesh, gboolean is_signed,
                                    const char *interface,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
