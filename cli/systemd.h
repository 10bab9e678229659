/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd and systemd-networkd over the system bus: what 'systemctl' and 'networkctl' would do. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

gboolean wattle_systemd_open(sd_bus **ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ActiveState=active or reloading; a unit that is not there is not active. */
gboolean wattle_systemd_is_active(sd_bus *bus, const char *unit, gboolean *ret,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* When the unit last changed its state, a reload included (systemd >= 253): CLOCK_REALTIME. */
gboolean wattle_systemd_changed_at(sd_bus *bus, const char *unit, guint64 *ret_us,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* daemon-reload: the generators run again. */
gboolean wattle_systemd_reload(sd_bus *bus, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* method is StartUnit, StopUnit or RestartUnit; waits for the job, and fails if it does. */
gboolean wattle_systemd_run_job(sd_bus *bus, const char *method, const char *unit,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* networkctl reload: when this returns, networkd has read its files. */
gboolean wattle_networkd_reload(sd_bus *bus, GError **error) G_GNUC_WARN_UNUSED_RESULT;
