/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattle-filter has opened in the host's firewall, and of which firewalld: kept in a file, so
 * that all of it can be closed behind a program that was killed. */
#pragma once

#include <glib.h>

typedef struct {
        int root_fd;
        char *path;
        char *owner;     /* firewalld's unique name on the bus; NULL: nothing is open */
        GHashTable *set; /* of char *: common/firewall.h has the words */
} WattleOpened;

void wattle_opened_init(WattleOpened *opened, int root_fd, const char *mesh);
void wattle_opened_clear(WattleOpened *opened);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleOpened, wattle_opened_clear)

/* What the file says. FALSE without an error if there is none. */
gboolean wattle_opened_load(WattleOpened *opened, GError **error);

/* Writes it; of an empty set there is no file. */
gboolean wattle_opened_save(const WattleOpened *opened, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* That firewalld has forgotten, or is another one now. */
void wattle_opened_forget(WattleOpened *opened, const char *owner);
