/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A number for bytes, to tell whether they are what they were (FNV-1a). Of what a stranger chooses
 * it proves nothing. */
#pragma once

#include <glib.h>

#define WATTLE_DIGEST_EMPTY G_GUINT64_CONSTANT(0xcbf29ce484222325)

/* Of what digest is of, and then the bytes. */
guint64 wattle_digest(guint64 digest, gconstpointer bytes, gsize size);
