/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and folders below an open folder (dir_fd; AT_FDCWD for the one we are in): read, write,
 * list, make. Nothing here blocks, follows a link that it writes to or one that leads out of that
 * folder, or lets the umask have a say.
 */
#pragma once

#include <glib.h>
#include <sys/stat.h>
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

/* The same, but it need not be on the disk yet: open, for who has fsync(2) see to that; -1 with an
 * error. */
int wattle_begin_new_file(int dir_fd, const char *path, guint mode, const gid_t *group,
                          const char *content, gsize size,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The file whole or not at all: written beside it, and renamed. */
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

/* The system calls of files below an open folder, as a process would make them whose root that
 * folder is (openat2(2), RESOLVE_IN_ROOT): no link, absolute or with "..", leads out of it. So
 * --root=DIR and --output=DIR touch nothing but DIR, whoever made the links in it. With AT_FDCWD
 * they are the plain calls, and the path is the caller's own word.
 *
 * All set errno as the calls of their names do. A kernel before 5.6, or a filter of system calls
 * that does not let openat2() through, as RestrictSUIDSGID= makes one, gives ENOSYS, and
 * wattle_root_open() says so first; but not for "/", nor for a name right in the folder. */

/* The folder that stands for /, for reading, or -1 with an error that names it. It may be a link
 * itself: the user named it. */
int wattle_root_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A link in the last place is followed below the folder, unless flags have O_NOFOLLOW. mode counts
 * with O_CREAT and O_TMPFILE alone. */
int wattle_below_open(int dir_fd, const char *path, int flags,
                      mode_t mode) G_GNUC_WARN_UNUSED_RESULT;

/* Of what a link in the last place leads to, and of that link. */
int wattle_below_stat(int dir_fd, const char *path, struct stat *ret);
int wattle_below_lstat(int dir_fd, const char *path, struct stat *ret);

gssize wattle_below_readlink(int dir_fd, const char *path, char *buffer, gsize size);

/* These never follow a link in the last place. A folder that is made is 0755 whatever the umask. */
int wattle_below_mkdir(int dir_fd, const char *path);
int wattle_below_unlink(int dir_fd, const char *path);
int wattle_below_rmdir(int dir_fd, const char *path);
int wattle_below_rename(int dir_fd, const char *from, const char *to);
/* Names a file that was opened with O_TMPFILE; never in the place of another. */
int wattle_below_name(int dir_fd, const char *path, int fd);
int wattle_below_link(int dir_fd, const char *from, const char *to);
