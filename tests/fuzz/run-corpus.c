/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In place of libFuzzer: runs a target over the files and folders that are named, each file whole
 * and cut off at up to 64 places. */
#include <stdio.h>

#include "tests/fuzz/fuzz.h"

#define N_CUTS 64

static guint n_runs;

static void run_file(const char *path)
{
        g_autofree char *content = NULL;
        g_autoptr(GError) error = NULL;
        gsize size;

        if (!g_file_get_contents(path, &content, &size, &error))
                g_error("%s", error->message);
        for (gsize length = 0; length < size; length += size / N_CUTS + 1, n_runs++) {
                /* Of just this length, so that a read behind the end is seen. */
                g_autofree uint8_t *bytes = g_memdup2(content, length);

                LLVMFuzzerTestOneInput(bytes, length);
        }
        LLVMFuzzerTestOneInput((const uint8_t *)content, size);
        n_runs++;
}

static void run_folder(const char *path)
{
        g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(folder))) {
                g_autofree char *file = g_build_filename(path, name, NULL);

                run_file(file);
        }
}

int main(int argc, char **argv)
{
        LLVMFuzzerInitialize(&argc, &argv);
        for (int i = 1; i < argc; i++)
                if (g_file_test(argv[i], G_FILE_TEST_IS_DIR))
                        run_folder(argv[i]);
                else
                        run_file(argv[i]);
        printf("%u inputs\n", n_runs);
        return n_runs > 0 ? 0 : 1;
}
