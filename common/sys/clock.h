/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clock of all that waits and counts here: it goes on while the host sleeps, and nobody sets
 * it. */
#pragma once

#include <glib.h>

/* CLOCK_BOOTTIME. */
gint64 wattle_clock_now_us(void);
