/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/language.h"
#include "common/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/error.h"

void wattle_fd_clear(WattleFd *fd)
{
        if (*fd >= 0)
                close(*fd);
        *fd = -1;
}

/* The kernel gives EAGAIN where ".." meets a rename somewhere on the host. */
#define MAX_TRIES 64

static int open_in(int dir_fd, const char *path, int flags, mode_t mode, guint64 resolve)
{
        const struct open_how how = { .flags = (guint64)(guint)(flags | O_CLOEXEC),
                                      .mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE
                                                      ? mode
                                                      : 0,
                                      .resolve = resolve };
        int fd;

        for (guint i = 0; i < MAX_TRIES; i++) {
                fd = (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof how);
                if (fd >= 0 || errno != EAGAIN)
                        break;
        }
        return fd;
}

static gboolean is_own_root(int fd)
{
        struct stat st, own;

        return fstat(fd, &st) == 0 && stat("/", &own) == 0 && st.st_dev == own.st_dev &&
               st.st_ino == own.st_ino;
}

/* RestrictSUIDSGID= of systemd has openat2() answered with ENOSYS, for a filter sees no mode in
 * memory. Below the root of this process the plain call does the same, since no link leaves that,
 * and for a name alone, which is then no link. */
static int open_plainly(int dir_fd, const char *path, int flags, mode_t mode)
{
        if (is_own_root(dir_fd))
                return openat(dir_fd, path, flags | O_CLOEXEC, mode);
        if (!strchr(path, '/') && strcmp(path, "..") != 0)
                return openat(dir_fd, path, flags | O_CLOEXEC | O_NOFOLLOW, mode);
        errno = ENOSYS;
        return -1;
}

int wattle_root_open(const char *path, GError **error)
{
        int fd = open_in(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, 0);

        if (fd < 0 && errno == ENOSYS && strcmp(path, "/") == 0)
                fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
                return fd;
        if (errno == ENOSYS)
                g_set_error(
                        error, WATTLE_ERROR, WATTLE_ERROR_FAILED,
                        _("%s: cannot be opened safely, for there is no openat2(): it takes Linux "
                          "5.6 or newer, and no sandbox that forbids it (RestrictSUIDSGID=no)"),
                        path);
        else
                wattle_error_set_errno(error, errno, "%s", path);
        return -1;
}

int wattle_below_open(int dir_fd, const char *path, int flags, mode_t mode)
{
        int fd;

        if (dir_fd == AT_FDCWD)
                return openat(dir_fd, path, flags | O_CLOEXEC, mode);
        fd = open_in(dir_fd, path, flags, mode, RESOLVE_IN_ROOT);
        return fd < 0 && errno == ENOSYS ? open_plainly(dir_fd, path, flags, mode) : fd;
}

/* A path in two: the folder above its last part, opened below the other, and that part. */
typedef struct {
        int folder;
        const char *name; /* within the path */
        WattleFd own;     /* folder, if it was opened for this */
} Place;

static void place_clear(Place *place)
{
        wattle_fd_clear(&place->own);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

#define NO_PLACE                                                                                   \
        {                                                                                          \
                .folder = -1, .own = -1                                                            \
        }

static gboolean find(Place *place, int dir_fd, const char *path)
{
        const char *slash = strrchr(path, '/');
        g_autofree char *folder = NULL;

        if (dir_fd == AT_FDCWD || !slash) {
                *place = (Place){ dir_fd, path, -1 };
                return TRUE;
        }
        folder = slash == path ? g_strdup("/") : g_strndup(path, (gsize)(slash - path));
        place->own = wattle_below_open(dir_fd, folder, O_PATH | O_DIRECTORY, 0);
        place->folder = place->own;
        place->name = slash + 1;
        return place->own >= 0;
}

int wattle_below_stat(int dir_fd, const char *path, struct stat *ret)
{
        g_auto(WattleFd) fd = wattle_below_open(dir_fd, path, O_PATH, 0);

        return fd < 0 ? -1 : fstat(fd, ret);
}

int wattle_below_lstat(int dir_fd, const char *path, struct stat *ret)
{
        g_auto(Place) place = NO_PLACE;

        return find(&place, dir_fd, path)
                       ? fstatat(place.folder, place.name, ret, AT_SYMLINK_NOFOLLOW)
                       : -1;
}

gssize wattle_below_readlink(int dir_fd, const char *path, char *buffer, gsize size)
{
        g_auto(Place) place = NO_PLACE;

        return find(&place, dir_fd, path) ? readlinkat(place.folder, place.name, buffer, size) : -1;
}

int wattle_below_mkdir(int dir_fd, const char *path)
{
        g_auto(Place) place = NO_PLACE;
        g_auto(WattleFd) fd = -1;

        if (!find(&place, dir_fd, path) || mkdirat(place.folder, place.name, 0755) < 0)
                return -1;
        fd = openat(place.folder, place.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -1 : fchmod(fd, 0755);
}

int wattle_below_unlink(int dir_fd, const char *path)
{
        g_auto(Place) place = NO_PLACE;

        return find(&place, dir_fd, path) ? unlinkat(place.folder, place.name, 0) : -1;
}

int wattle_below_rmdir(int dir_fd, const char *path)
{
        g_auto(Place) place = NO_PLACE;

        return find(&place, dir_fd, path) ? unlinkat(place.folder, place.name, AT_REMOVEDIR) : -1;
}

int wattle_below_rename(int dir_fd, const char *from, const char *to)
{
        g_auto(Place) a = NO_PLACE;
        g_auto(Place) b = NO_PLACE;

        return find(&a, dir_fd, from) && find(&b, dir_fd, to)
                       ? renameat(a.folder, a.name, b.folder, b.name)
                       : -1;
}

int wattle_below_name(int dir_fd, const char *path, int fd)
{
        g_autofree char *unnamed = g_strdup_printf("/proc/self/fd/%d", fd);
        g_auto(Place) place = NO_PLACE;

        return find(&place, dir_fd, path)
                       ? linkat(AT_FDCWD, unnamed, place.folder, place.name, AT_SYMLINK_FOLLOW)
                       : -1;
}

int wattle_below_link(int dir_fd, const char *from, const char *to)
{
        g_auto(Place) a = NO_PLACE;
        g_auto(Place) b = NO_PLACE;

        return find(&a, dir_fd, from) && find(&b, dir_fd, to)
                       ? linkat(a.folder, a.name, b.folder, b.name, 0)
                       : -1;
}
