/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An interface of this host by its name, which has to be one of WireGuard's. */
#pragma once

#include <glib.h>

#include "common/wg-message.h"

/* *ret_found says whether there is one; an interface of another kind is an error that says what to
 * do. device must be initialised. */
gboolean wattle_link_get(const char *interface, WattleWgDevice *device, gboolean *ret_found,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* *ret_removed: it was there. */
gboolean wattle_link_remove(const char *interface, gboolean *ret_removed,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
