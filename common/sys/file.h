/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and folders below an open folder (dir_fd; AT_FDCWD for the one we are in): read, write,
 * list, make. Nothing here blocks, follows a link that it writes to, or lets the umask have a say.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* A file descriptor that closes itself; -1: none. */
typedef int WattleFd;

void wattle_fd_clear(WattleFd *fd);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleFd, wattle_fd_clear)

/* Whether there is something of that name; a link counts, wherever it goes. */
gboolean wattle_path_exists(int dir_fd, const char *path);

/* Whether it is a link to /dev/null, wherever the root is. */
gboolean wattle_path_is_masked(int dir_fd, const char *path);

/* All bytes of a regular file of at most max bytes; NULL with an error that does not name the file,
 * for which NOT_FOUND and UNSAFE (a folder, a FIFO, too large, written while it was read) are told
 * apart. Behind the bytes there is room for one more. */
GBytes *wattle_read_file(int dir_fd, const char *path, gsize max,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE with errno. */
gboolean wattle_write_all(int fd, const char *content, gsize size) G_GNUC_WARN_UNUSED_RESULT;

/* A new file in the place of any other, its mode and group (NULL: that which the kernel gives it)
 * before its content, and on the disk when this returns. For who renames it then: a reader may see
 * half of it. */
gboolean wattle_write_new_file(int dir_fd, const char *path, guint mode, const gid_t *group,
                               const char *content, gsize size,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same whole or not at all: written beside it, and renamed. */
gboolean wattle_write_file(int dir_fd, const char *path, guint mode, const char *content,
                           gsize size, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A name that was given in the folder of path is there after a lost machine too. */
gboolean wattle_sync_folder(int dir_fd, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What wattle_write_file() calls the file before it is whole: path and this. */
#define WATTLE_NEW_SUFFIX ".wattle-new"

/* The folders above a path, 0755, where they are missing. */
gboolean wattle_make_folders(int dir_fd, const char *path,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Names in a folder that begin and end so (and have no dot in front), sorted. No folder is an empty
 * one; of one that cannot be read NULL, with an error that does not name it. */
char **wattle_list_folder(int dir_fd, const char *folder, const char *prefix, const char *suffix,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
