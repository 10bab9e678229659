/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many files, each whole or not at all and on the disk, as wattle_write_file() writes one. But the
 * disk is waited for once for all of them, and has begun while the next ones are written. */
#pragma once

#include <glib.h>

/* Each of them is open until all are on the disk. */
#define WATTLE_FILE_BATCH_MAX 128

typedef struct {
        char *path;
        int fd;
        GError *error; /* set when the batch is finished, if this one is not there */
} WattleBatchFile;

typedef struct {
        int dir_fd; /* borrowed; AT_FDCWD for the folder that we are in */
        WattleBatchFile files[WATTLE_FILE_BATCH_MAX];
        guint n;
} WattleFileBatch;

void wattle_file_batch_init(WattleFileBatch *batch, int dir_fd);

/* What was not finished leaves no trace. */
void wattle_file_batch_clear(WattleFileBatch *batch);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleFileBatch, wattle_file_batch_clear)

/* One more, of which the batch has room. FALSE with an error that names it: then it is none of the
 * batch. */
gboolean wattle_file_batch_add(WattleFileBatch *batch, const char *path, guint mode,
                               const char *content, gsize size,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Each file has its name now, or an error. They stay in the batch to be looked at. */
void wattle_file_batch_finish(WattleFileBatch *batch);
