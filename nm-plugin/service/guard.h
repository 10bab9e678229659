/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who clears up after a service that was killed: a child that only waits for its parent to end, and
 * then removes the connection that it was told of. NetworkManager can do that itself
 * (bind-activation), but not before 1.52, and not for an interface that is there already. */
#pragma once

#include <glib.h>

typedef struct {
        int fd; /* of the pipe to the child; -1: none */
} WattleGuard;

/* Forks: before there are threads, and before a bus. */
gboolean wattle_guard_start(WattleGuard *guard, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* From now on the connection of that UUID is to go with us; NULL: none is. */
void wattle_guard_set(WattleGuard *guard, const char *uuid);
