/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What any program has to do that turns a mesh into files: with GLib loaded, read INPUT, and write
 * files of these sizes into FOLDER by way of temporary files. Nothing is parsed. */
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_file(const char *folder, int number, gsize size)
{
        g_autofree char *path = g_strdup_printf("%s/%d", folder, number);
        g_autofree char *temporary = g_strconcat(path, ".new", NULL);
        g_autofree char *content = g_malloc(size);
        int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

        memset(content, 'x', size);
        if (fd < 0 || write(fd, content, size) != (gssize)size || fsync(fd) < 0 || close(fd) < 0 ||
            rename(temporary, path) < 0)
                exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
        g_autofree char *input = NULL;
        gsize size;

        if (argc < 4 || !g_file_get_contents(argv[1], &input, &size, NULL))
                return EXIT_FAILURE;
        for (int i = 3; i < argc; i++)
                write_file(argv[2], i, (gsize)strtoul(argv[i], NULL, 10));
        return EXIT_SUCCESS;
}
