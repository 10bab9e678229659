/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/nss/replace.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

#define INDEX     "/run/wattle/home.names"
#define NEW_INDEX INDEX ".wattle-new"

bool replacement_read(Replacement *replacement, const char *path)
{
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0)
                return false;
        n = read(fd, replacement->bytes, sizeof replacement->bytes);
        close(fd);
        if (n <= 0 || n == sizeof replacement->bytes)
                return false;
        replacement->n = (size_t)n;
        return true;
}

bool replacement_put(const Replacement *replacement)
{
        int fd = open(NEW_INDEX, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        bool is_whole;

        if (fd < 0)
                return false;
        is_whole = write(fd, replacement->bytes, replacement->n) == (ssize_t)replacement->n;
        close(fd);
        return is_whole && rename(NEW_INDEX, INDEX) == 0;
}
