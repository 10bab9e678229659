/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What systemd is asked for: nothing waits for it. */
#pragma once

#include <gio/gio.h>

/* StartUnit, StopUnit or another method of its manager's that takes a unit and a mode. What fails
 * goes to the journal, after what, a static text: what it was for. */
void wattle_systemd_call(GDBusConnection *bus, const char *method, const char *unit,
                         const char *what);
