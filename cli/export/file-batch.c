/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/export/file-batch.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/error.h"
#include "common/sys/file.h"

void wattle_file_batch_init(WattleFileBatch *batch, int dir_fd)
{
        batch->dir_fd = dir_fd;
        batch->n = 0;
}

static char *temporary_of(const WattleBatchFile *file)
{
        return g_strconcat(file->path, WATTLE_NEW_SUFFIX, NULL);
}

void wattle_file_batch_clear(WattleFileBatch *batch)
{
        for (guint i = 0; i < batch->n; i++) {
                WattleBatchFile *file = &batch->files[i];

                if (file->fd >= 0) {
                        g_autofree char *temporary = temporary_of(file);

                        wattle_below_unlink(batch->dir_fd, temporary);
                }
                wattle_fd_clear(&file->fd);
                g_clear_error(&file->error);
                g_free(file->path);
        }
        batch->n = 0;
}

gboolean wattle_file_batch_add(WattleFileBatch *batch, const char *path, guint mode,
                               const char *content, gsize size, GError **error)
{
        WattleBatchFile *file = &batch->files[batch->n];
        g_autofree char *temporary = g_strconcat(path, WATTLE_NEW_SUFFIX, NULL);
        int fd;

        g_return_val_if_fail(batch->n < WATTLE_FILE_BATCH_MAX, FALSE);
        fd = wattle_begin_new_file(batch->dir_fd, temporary, mode, NULL, content, size, error);
        if (fd < 0)
                return FALSE;
        /* A hint: fsync() is what counts. Without it each fsync() would find blocks that are not
         * chosen yet, and have the file system write its journal once more. */
        (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        *file = (WattleBatchFile){ .path = g_strdup(path), .fd = fd };
        batch->n++;
        return TRUE;
}

static void finish(const WattleFileBatch *batch, WattleBatchFile *file)
{
        g_autofree char *temporary = temporary_of(file);

        if (fsync(file->fd) < 0 || wattle_below_rename(batch->dir_fd, temporary, file->path) < 0) {
                wattle_error_set_errno(&file->error, errno, "%s", file->path);
                wattle_below_unlink(batch->dir_fd, temporary);
        }
        wattle_fd_clear(&file->fd);
}

void wattle_file_batch_finish(WattleFileBatch *batch)
{
        for (guint i = 0; i < batch->n; i++)
                finish(batch, &batch->files[i]);
}
