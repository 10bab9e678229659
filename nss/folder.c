/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nss/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".names"

static bool is_of_root(const struct stat *st)
{
        return st->st_uid == 0 && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static void close_index(WattleFolder *folder)
{
        if (folder->fd >= 0)
                close(folder->fd);
        folder->fd = -1;
}

bool wattle_folder_open(WattleFolder *folder, const char *path)
{
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat st;

        if (fd < 0)
                return false;
        if (fstat(fd, &st) < 0 || !is_of_root(&st)) {
                close(fd);
                errno = EPERM;
                return false;
        }
        *folder = (WattleFolder){ .folder_fd = fd, .fd = -1 };
        return true;
}

void wattle_folder_close(WattleFolder *folder)
{
        close_index(folder);
        close(folder->folder_fd);
}

static bool is_index(const char *name)
{
        size_t n = strlen(name);

        return name[0] != '.' && n > strlen(SUFFIX) &&
               strcmp(name + n - strlen(SUFFIX), SUFFIX) == 0;
}

/* Of the names of indexes behind last, next is the first, and n how many there are. */
static void consider(const char *name, const char *last, char next[static NAME_MAX + 1],
                     unsigned *n)
{
        if (!is_index(name) || strcmp(name, last) <= 0)
                return;
        if (*n == 0 || strcmp(name, next) < 0)
                strcpy(next, name);
        (*n)++;
}

/* The first name behind folder->name takes its place. The folder is read anew for each, so that
 * there is no list to keep: nearly always there is one mesh. readdir(3) would allocate 32 KiB. */
static bool find_next(WattleFolder *folder)
{
        _Alignas(struct dirent64) char entries[2048];
        char next[NAME_MAX + 1];
        unsigned n_names = 0;
        ssize_t n;

        if (*folder->name && lseek(folder->folder_fd, 0, SEEK_SET) < 0)
                return false;
        while ((n = getdents64(folder->folder_fd, entries, sizeof entries)) > 0)
                for (ssize_t at = 0; at < n;) {
                        const struct dirent64 *entry = (const void *)(entries + at);

                        consider(entry->d_name, folder->name, next, &n_names);
                        at += entry->d_reclen;
                }
        if (n < 0)
                return false;
        if (n_names > 0)
                strcpy(folder->name, next);
        folder->is_last = n_names <= 1;
        return n_names > 0;
}

/* A file that has gone, or is none of ours, is as if it were not there; a process that may open no
 * more files has to be told. */
static bool open_index(WattleFolder *folder, WattleIndex *index)
{
        struct stat st;

        folder->fd = openat(folder->folder_fd, folder->name,
                            O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        return folder->fd >= 0 && fstat(folder->fd, &st) == 0 && S_ISREG(st.st_mode) &&
               is_of_root(&st) && wattle_index_init(index, folder->fd, (uint64_t)st.st_size);
}

bool wattle_folder_next(WattleFolder *folder, WattleIndex *ret)
{
        for (;;) {
                close_index(folder);
                errno = 0;
                if (folder->is_last || !find_next(folder))
                        return false;
                if (open_index(folder, ret))
                        return true;
                if (folder->fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
                        return false;
        }
}
