/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd and systemd-networkd over the system bus: what 'systemctl' and 'networkctl' would do. */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

/* ActiveState=active or reloading; a unit that is not there is not active. */
gboolean wattle_systemd_is_active(sd_bus *bus, const char *unit, gboolean *ret,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* LoadState=loaded: neither missing nor masked nor with a bad unit file. */
gboolean wattle_systemd_is_loaded(sd_bus *bus, const char *unit, gboolean *ret,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ActiveState=failed: how its last run ended. */
gboolean wattle_systemd_has_failed(sd_bus *bus, const char *unit, gboolean *ret,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Names of the units that are active, of those that one of the globs matches; the list of globs
 * ends with NULL. */
gboolean wattle_systemd_list_active(sd_bus *bus, const char *const *globs, char ***ret,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* When the unit last changed its state, a reload included (systemd >= 253): CLOCK_REALTIME. */
gboolean wattle_systemd_changed_at(sd_bus *bus, const char *unit, guint64 *ret_us,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* daemon-reload: the generators run again. */
gboolean wattle_systemd_reload(sd_bus *bus, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* method is StartUnit, StopUnit, RestartUnit or ReloadOrRestartUnit; waits for the job, and fails
 * if it does. */
gboolean wattle_systemd_run_job(sd_bus *bus, const char *method, const char *unit,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same, which tells when systemd has taken the job on: from then on it is done whatever becomes
 * of us. */
typedef void (*WattleJobBegun)(gpointer data);
gboolean wattle_systemd_run_job_then(sd_bus *bus, const char *method, const char *unit,
                                     WattleJobBegun begun, gpointer data,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Starts or stops a unit that is not as it is wanted. One that is not loaded is not installed, and
 * no failure. */
gboolean wattle_systemd_follow(sd_bus *bus, const char *unit, gboolean wanted,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Has sysctl.d set again for an interface that is there, and for all: what udev asks of
 * systemd-sysctl when an interface appears. The tool knows which file of the admin's wins. */
gboolean wattle_systemd_apply_sysctls(const char *interface,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* networkctl reload: when this returns, networkd has read its files. */
gboolean wattle_networkd_reload(sd_bus *bus, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether a link of networkd's is up and has addresses that reach beyond it, or is down. Between
 * the two there is more: it is neither while addresses are missing. */
gboolean wattle_networkd_link_is(sd_bus *bus, guint32 ifindex, gboolean up, gboolean *ret,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Until it is so. */
gboolean wattle_networkd_wait_link(sd_bus *bus, guint32 ifindex, gboolean up,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
