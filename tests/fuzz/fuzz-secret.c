/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a private key's file. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/sys/secret.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        g_auto(WattleKey) key = { 0 };
        g_autoptr(GError) error = NULL;
        char text[WATTLE_KEY_TEXT_MAX];
        int fd = memfd_create("key", MFD_CLOEXEC);
        gboolean ok;

        g_assert_cmpint(write(fd, bytes, size), ==, size);
        g_assert_cmpint(lseek(fd, 0, SEEK_SET), ==, 0);
        ok = wattle_secret_read_fd(fd, "key", &key, &error);
        close(fd);
        g_assert_cmpint(ok, ==, error == NULL);
        if (!ok)
                return 0;
        /* One key, at most two blanks, and nothing else; the error of a bad one never quotes it. */
        wattle_key_format(&key, text);
        g_assert_cmpuint(size, >=, strlen(text));
        g_assert_cmpmem(bytes, strlen(text), text, strlen(text));
        g_assert_cmpuint(size, <=, strlen(text) + 2);
        for (size_t i = strlen(text); i < size; i++)
                g_assert_nonnull(memchr(" \t\r\n", bytes[i], 4));
        return 0;
}
