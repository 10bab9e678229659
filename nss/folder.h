/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The folder of the host's indexes, /run/wattle. What somebody else than root could have written is
 * passed over: who answers for names decides where a user's passwords go. */
#pragma once

#include <limits.h>

#include "nss/index.h"

typedef struct {
        int folder_fd;
        int fd;                  /* of the index that is open; -1: none */
        char name[NAME_MAX + 1]; /* of that index, or of the last one */
        bool is_last;            /* there is no name behind that */
} WattleFolder;

/* False with errno, which is ENOENT if there is none. */
bool wattle_folder_open(WattleFolder *folder, const char *path);
void wattle_folder_close(WattleFolder *folder);

/* The next index that can be used, in the order of their names, which is the same each time. It is
 * good until the next call. False if there is none, or with errno set to something else than 0. */
bool wattle_folder_next(WattleFolder *folder, WattleIndex *ret);
