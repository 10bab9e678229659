/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON that tailscaled answers LocalAPI's status with, and 'tailscale status --json' prints, as
 * a value. */
#pragma once

#include "common/tailnet-status.h"

#define WATTLE_TAILSCALE_STATUS_MAX (64 * 1024 * 1024) /* some KB a device */

/* status must be initialised. What is not as it should be in one device is left out of it, and a
 * device that is shared by others or is a location of Tailscale's is none of the tailnet. FALSE if
 * it is no status at all. */
gboolean wattle_tailscale_status_parse(const char *json, gsize size, WattleTailnetStatus *status,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
