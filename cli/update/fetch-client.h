/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has wattle-fetch get a file over HTTP, in a process that may do nothing else. */
#pragma once

#include "cli/update/fetch-request.h"

typedef void (*WattleFetchProgress)(guint64 done, guint64 total, gpointer data);

/* The bytes, at most request->limit; socket_path is WATTLE_FETCH_PATH but for tests. NULL with an
 * error that names the URL: NOT_FOUND if wattle-fetch is not there, or the server does not have it.
 * progress may be NULL. */
GBytes *wattle_fetch(const char *socket_path, const WattleFetchRequest *request,
                     WattleFetchProgress progress, gpointer data,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
