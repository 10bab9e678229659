/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What any program has to do that turns a mesh into files: with GLib loaded, read INPUT, and write
 * files of these sizes into FOLDER by way of temporary files, or with "batch" in front of INPUT so
 * many at a time, of which the disk is waited for once. Nothing is parsed. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH 128

static char *name(const char *folder, int number, const char *suffix)
{
        return g_strdup_printf("%s/%d%s", folder, number, suffix);
}

static int write_file(const char *folder, int number, gsize size)
{
        g_autofree char *temporary = name(folder, number, ".new");
        g_autofree char *content = g_malloc(size);
        int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

        memset(content, 'x', size);
        if (fd < 0 || write(fd, content, size) != (gssize)size)
                exit(EXIT_FAILURE);
        return fd;
}

static void finish_file(const char *folder, int number, int fd)
{
        g_autofree char *path = name(folder, number, "");
        g_autofree char *temporary = name(folder, number, ".new");

        if (fsync(fd) < 0 || close(fd) < 0 || rename(temporary, path) < 0)
                exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
        gboolean is_batch = argc > 1 && strcmp(argv[1], "batch") == 0;
        int n_batch = is_batch ? BATCH : 1, first = is_batch ? 4 : 3, fds[BATCH];
        g_autofree char *input = NULL;
        gsize size;

        if (argc <= first || !g_file_get_contents(argv[first - 2], &input, &size, NULL))
                return EXIT_FAILURE;
        for (int i = first; i < argc; i += n_batch) {
                int n = MIN(argc - i, n_batch);

                for (int j = 0; j < n; j++) {
                        fds[j] = write_file(argv[first - 1], i + j,
                                            (gsize)strtoul(argv[i + j], NULL, 10));
                        if (is_batch)
                                (void)sync_file_range(fds[j], 0, 0, SYNC_FILE_RANGE_WRITE);
                }
                for (int j = 0; j < n; j++)
                        finish_file(argv[first - 1], i + j, fds[j]);
        }
        return EXIT_SUCCESS;
}
