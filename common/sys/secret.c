/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"
#include "common/language.h"
#include "common/sys/file.h"

/* A key, its line end, and one byte more to notice what is longer. */
#define MAX_BYTES (WATTLE_KEY_TEXT_MAX + 2)

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse(GError **error, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        if (error)
                *error = g_error_new_valist(WATTLE_ERROR, WATTLE_ERROR_UNSAFE, format, args);
        va_end(args);
        return FALSE;
}

gboolean wattle_secret_read_fd(int fd, const char *what, WattleKey *ret, GError **error)
{
        char text[MAX_BYTES + 1];
        gsize n = 0;
        gssize got = 0;
        gboolean ok;

        while (n < MAX_BYTES && (got = read(fd, text + n, MAX_BYTES - n)) != 0) {
                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        break;
                n += (gsize)got;
        }
        if (got < 0) {
                sodium_memzero(text, sizeof text);
                return wattle_error_set_errno(error, errno, "%s", what);
        }
        /* Blanks to the last byte may have anything behind them, and so may a NUL: no key. */
        if (n == MAX_BYTES || memchr(text, '\0', n))
                n = 0;
        while (n > 0 && strchr(" \t\r\n", text[n - 1]))
                n--;
        text[n] = '\0';
        ok = wattle_key_parse(text, ret, error);
        sodium_memzero(text, sizeof text);
        if (!ok)
                g_prefix_error(error, "%s: ", what);
        return ok;
}

gboolean wattle_secret_read(int dir_fd, const char *path, WattleKey *ret, GError **error)
{
        g_auto(WattleFd) fd =
                wattle_below_open(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return wattle_error_set_errno(error, errno, "%s", path);
        if (!S_ISREG(st.st_mode))
                return refuse(error, _("%s: is not a regular file"), path);
        if (st.st_mode & (S_IRWXO | S_IWGRP))
                return refuse(
                        error,
                        _("%s: others can read or change this private key (mode %04o): chmod 0640 it, and "
                          "think of making a new one"),
                        path, st.st_mode & 07777);
        return wattle_secret_read_fd(fd, path, ret, error);
}

/* FALSE with errno; EFBIG: it goes on behind max bytes. */
static gboolean read_text(int fd, char *text, gsize max)
{
        gsize n = 0;

        for (;;) {
                gssize got = read(fd, text + n, max + 1 - n);

                if (got < 0 && errno == EINTR)
                        continue;
                if (got < 0)
                        return FALSE;
                n += (gsize)got;
                if (got == 0 || n > max)
                        break;
        }
        text[MIN(n, max)] = '\0';
        errno = EFBIG;
        return n <= max;
}

char *wattle_secret_read_text(int dir_fd, const char *path, gsize max, GError **error)
{
        g_auto(WattleFd) fd = wattle_below_open(dir_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
        struct stat st;
        char *text;

        if (fd < 0 || fstat(fd, &st) < 0)
                return wattle_error_set_errno(error, errno, "%s", path), NULL;
        if (!S_ISREG(st.st_mode))
                return refuse(error, _("%s: is not a regular file"), path), NULL;
        if (st.st_mode & (S_IRWXG | S_IRWXO))
                return refuse(error,
                              _("%s: others can read or change this secret key (mode %04o): chmod "
                                "0600 it, and think of making a new one"),
                              path, st.st_mode & 07777),
                       NULL;
        text = sodium_malloc(max + 1);
        if (!text)
                g_error("out of memory");
        if (read_text(fd, text, max))
                return text;
        wattle_error_set_errno(error, errno, "%s", path);
        sodium_free(text);
        return NULL;
}

static gboolean group_has(const struct stat *st, gid_t gid, mode_t group_bit, mode_t other_bit)
{
        return st->st_mode & (st->st_gid == gid ? group_bit : other_bit);
}

/* Every folder above the file must let the group through. */
static gboolean check_folders(int dir_fd, const char *path, gid_t gid, GError **error)
{
        g_autofree char *folder = g_path_get_dirname(path);
        struct stat st;

        if (strcmp(folder, path) == 0 || strcmp(folder, ".") == 0)
                return TRUE;
        if (!check_folders(dir_fd, folder, gid, error))
                return FALSE;
        if (wattle_below_stat(dir_fd, folder, &st) < 0)
                return wattle_error_set_errno(error, errno, "%s", folder);
        return group_has(&st, gid, S_IXGRP, S_IXOTH) ||
               refuse(error,
                      _("%s: systemd-networkd cannot look into this folder of the private key: chmod "
                        "o+x it, or move the key"),
                      folder);
}

gboolean wattle_secret_check_group(int dir_fd, const char *path, gid_t gid, GError **error)
{
        struct stat st;

        if (wattle_below_stat(dir_fd, path, &st) < 0)
                return wattle_error_set_errno(error, errno, "%s", path);
        if (!group_has(&st, gid, S_IRGRP, 0))
                return refuse(error,
                              _("%s: systemd-networkd cannot read this private key: chgrp "
                                "systemd-network and chmod 0640 it"),
                              path);
        return check_folders(dir_fd, path, gid, error);
}

/* A file without a name yet, in the folder of path: killed, we leave nothing there that would keep
 * the next key from being made. Where the file system knows no such files it has its name at once.
 */
static int open_new(int dir_fd, const char *path, gboolean *ret_is_named)
{
        g_autofree char *folder = g_path_get_dirname(path);
        int fd = wattle_below_open(dir_fd, folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

        *ret_is_named = fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR);
        return *ret_is_named
                       ? wattle_below_open(dir_fd, path,
                                           O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                                           0600)
                       : fd;
}

static gboolean fill(int fd, const char *text, gsize size, const gid_t *gid)
{
        return (!gid || fchown(fd, (uid_t)-1, *gid) == 0) && fchmod(fd, gid ? 0640 : 0600) == 0 &&
               wattle_write_all(fd, text, size) && fsync(fd) == 0;
}

static gboolean write_new(int dir_fd, const char *path, const char *text, gsize size,
                          const gid_t *gid, GError **error)
{
        gboolean is_named;
        g_auto(WattleFd) fd = open_new(dir_fd, path, &is_named);

        if (fd < 0)
                return wattle_error_set_errno(error, errno, "%s", path);
        if (fill(fd, text, size, gid) && (is_named || wattle_below_name(dir_fd, path, fd) == 0))
                return TRUE;
        wattle_error_set_errno(error, errno, "%s", path);
        if (is_named)
                wattle_below_unlink(dir_fd, path);
        return FALSE;
}

gboolean wattle_secret_write(int dir_fd, const char *path, const WattleKey *key, const gid_t *gid,
                             GError **error)
{
        char text[WATTLE_KEY_TEXT_MAX];
        gboolean ok;

        wattle_key_format(key, text);
        text[sizeof text - 1] = '\n';
        ok = write_new(dir_fd, path, text, sizeof text, gid, error);
        sodium_memzero(text, sizeof text);
        return ok;
}

gboolean wattle_secret_write_text(int dir_fd, const char *path, const char *text, GError **error)
{
        return write_new(dir_fd, path, text, strlen(text), NULL, error);
}
