/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/export/output.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/export/key-line.h"
#include "cli/print.h"
#include "common/error.h"
#include "common/render.h"
#include "common/sys/file.h"

static const struct {
        gsize offset, size;
        const char *bytes;
} origins[] = {
        { 0, sizeof "# " WATTLE_RENDER_ORIGIN_WORDS - 1, "# " WATTLE_RENDER_ORIGIN_WORDS },
        { 0, sizeof WATTLE_EXPORT_SVG_ORIGIN - 1, WATTLE_EXPORT_SVG_ORIGIN },
        { WATTLE_EXPORT_PNG_ORIGIN_OFFSET, WATTLE_EXPORT_PNG_ORIGIN_SIZE,
          WATTLE_EXPORT_PNG_ORIGIN },
};

static gboolean is_ours(int fd)
{
        char found[128];
        gssize n = read(fd, found, sizeof found);

        for (guint i = 0; i < G_N_ELEMENTS(origins); i++)
                if (n >= (gssize)(origins[i].offset + origins[i].size) &&
                    memcmp(found + origins[i].offset, origins[i].bytes, origins[i].size) == 0)
                        return TRUE;
        return FALSE;
}

/* Whether nothing is lost: no such file can be seen, or it begins as those that were made here. */
static gboolean may_replace(const char *file)
{
        g_auto(WattleFd) fd = -1;
        struct stat st;

        if (lstat(file, &st) < 0)
                return TRUE; /* writing says what is wrong, if that is not all */
        fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        return fd >= 0 && S_ISREG(st.st_mode) && is_ours(fd);
}

static gboolean check_replace(const char *file)
{
        if (may_replace(file))
                return TRUE;
        wattle_print_error("%s exists already, was not made by export, and is left as it is: name "
                           "another file",
                           file);
        return FALSE;
}

gboolean wattle_export_write(const char *file, gconstpointer bytes, gsize size)
{
        g_autoptr(GError) error = NULL;

        if (!check_replace(file))
                return FALSE;
        if (wattle_write_file(AT_FDCWD, file, 0600, bytes, size, &error))
                return TRUE;
        wattle_print_error("%s", error->message);
        return FALSE;
}

/* Twice the room, and no copy left behind. */
static char *grow(char *text, gsize *size)
{
        char *larger = sodium_malloc(2 * *size);

        if (!larger)
                g_error("out of memory");
        memcpy(larger, text, *size);
        sodium_free(text);
        *size *= 2;
        return larger;
}

static char *read_all(int fd, gsize size, GError **error)
{
        char *text = sodium_malloc(size);
        gsize length = 0;

        if (!text)
                g_error("out of memory");
        for (;;) {
                gssize n = read(fd, text + length, size - length - 1);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0) {
                        text[length] = '\0';
                        if (n == 0)
                                return text;
                        wattle_error_set_errno(error, errno, "reading");
                        sodium_free(text);
                        return NULL;
                }
                length += (gsize)n;
                if (length + 1 == size)
                        text = grow(text, &size);
        }
}

char *wattle_export_read(const char *path, GError **error)
{
        g_auto(WattleFd) fd = -1;
        struct stat st;
        char *text;

        if (strcmp(path, "-") == 0)
                return read_all(STDIN_FILENO, 4096, error);
        fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0) {
                wattle_error_set_errno(error, errno, "%s", path);
                return NULL;
        }
        if (!S_ISREG(st.st_mode)) {
                wattle_error_refuse(error, "%s: is not a regular file", path);
                return NULL;
        }
        text = read_all(fd, (gsize)st.st_size + 2, error);
        if (!text)
                g_prefix_error(error, "%s: ", path);
        return text;
}

static gboolean update(const char *path, const char *old, const char *text, WattleFileBatch *batch,
                       WattleExportOutcome *ret)
{
        g_autoptr(GError) error = NULL;
        struct stat st;

        if (old && strcmp(old, text) == 0 && lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
            (st.st_mode & 07777) == 0600) {
                *ret = WATTLE_EXPORT_SAME;
                return TRUE;
        }
        if (!check_replace(path))
                return FALSE;
        if (!wattle_file_batch_add(batch, path, 0600, text, strlen(text), &error)) {
                wattle_print_error("%s", error->message);
                return FALSE;
        }
        *ret = old ? WATTLE_EXPORT_CHANGED : WATTLE_EXPORT_NEW;
        return TRUE;
}

gboolean wattle_export_update(const char *path, const WattleKeyedFile *file,
                              const WattleKey *private_key, const WattleKey *public_key,
                              WattleFileBatch *batch, WattleExportOutcome *ret)
{
        g_auto(WattleKey) found = { 0 };
        char *old = wattle_export_read(path, NULL), *text;
        gboolean ok;

        if (!old && !private_key) {
                g_autofree char *plain = wattle_keyed_file_without_key(file);

                return update(path, NULL, plain, batch, ret);
        }

        /* What cannot be read is for the writing to refuse. */
        if (old && !private_key && wattle_key_line_find(file, old, public_key, &found))
                private_key = &found;
        text = wattle_keyed_file_join(file, private_key);
        ok = update(path, old, text, batch, ret);
        sodium_free(text);
        sodium_free(old);
        return ok;
}
