/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reader of libnss_wattle in any file: it ends, stays within its buffers, and what it finds is
 * whole. Asked for are a few names and addresses, and what stands where names do. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/names-layout.h"
#include "nss/answer.h"
#include "tests/fuzz/fuzz.h"

#define MAX_NAMES 16

static void check_host(const struct hostent *host)
{
        g_assert_cmpuint(strlen(host->h_name), >, 0);
        g_assert_nonnull(host->h_addr_list[0]);
        for (char **at = host->h_aliases; *at; at++)
                g_assert_cmpuint(strlen(*at), >, 0);
}

static void check_answers(WattleIndex *index, const WattleIndexRecord *record)
{
        static const gsize sizes[] = { 0, 16, 100, 512, 1024, 64 * 1024 };
        static const guint8 address[16];

        for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
                g_autofree char *buffer = g_malloc(sizes[i]);
                struct gaih_addrtuple *list = NULL;
                struct hostent host;

                if (wattle_answer_host(index, record, AF_INET, &host, buffer, sizes[i]) ==
                    WATTLE_ANSWER_DONE)
                        check_host(&host);
                if (wattle_answer_host(index, record, AF_INET6, &host, buffer, sizes[i]) ==
                    WATTLE_ANSWER_DONE)
                        check_host(&host);
                if (wattle_answer_address(index, record, AF_INET6, address, sizeof address, &host,
                                          buffer, sizes[i]) == WATTLE_ANSWER_DONE)
                        check_host(&host);
                if (wattle_answer_list(index, record, &list, buffer, sizes[i]) ==
                    WATTLE_ANSWER_DONE)
                        for (; list; list = list->next)
                                g_assert_cmpuint(strlen(list->name), >, 0);
        }
}

static void ask_name(WattleIndex *index, const char *name, size_t n)
{
        WattleIndexRecord record;

        if (wattle_index_find_name(index, name, n, &record) == WATTLE_INDEX_FOUND)
                check_answers(index, &record);
}

static void ask_address(WattleIndex *index, const char *text)
{
        guint8 address[16];
        WattleIndexRecord record;

        g_assert_cmpint(inet_pton(AF_INET6, text, address), ==, 1);
        if (wattle_index_find_address(index, address, &record) == WATTLE_INDEX_FOUND)
                check_answers(index, &record);
}

static void ask_names_within(WattleIndex *index, const uint8_t *bytes, size_t size)
{
        guint n_asked = 0;

        for (size_t at = 0; at < size && n_asked < MAX_NAMES; at++) {
                size_t n = 0;

                while (at + n < size && bytes[at + n] > ' ' && bytes[at + n] < 0x7f)
                        n++;
                if (n > 0) {
                        ask_name(index, (const char *)bytes + at, n);
                        n_asked++;
                }
                at += n;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        static int fd = -1;
        WattleIndex index;

        if (fd < 0)
                fd = memfd_create("index", MFD_CLOEXEC);
        g_assert_cmpint(ftruncate(fd, 0), ==, 0);
        g_assert_cmpint(pwrite(fd, bytes, size, 0), ==, (gssize)size);
        if (!wattle_index_init(&index, fd, size))
                return 0;
        ask_name(&index, "anna", 4);
        ask_name(&index, "VPS.home", 8);
        ask_address(&index, "::ffff:10.77.0.2");
        ask_address(&index, "fd77::2");
        /* The records, and with them the names, are at the end. */
        ask_names_within(&index, bytes + size / 2, size - size / 2);
        return 0;
}
