/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What wattled and wattle-lookup hear of each other: a question or an answer, which is written
 * again as it was; and what NetworkManager calls a name server. */
#include <string.h>

#include "common/lookup-message.h"
#include "common/sys/nm/dns.h"
#include "tests/fuzz/fuzz.h"

static void question(const uint8_t *bytes, size_t size)
{
        guint8 again[WATTLE_LOOKUP_QUESTION_MAX];
        WattleLookupQuestion read, twice;

        if (!wattle_lookup_question_read(bytes, size, &read))
                return;
        g_assert_cmpuint(wattle_lookup_question_write(&read, again), ==, size);
        g_assert_true(wattle_lookup_question_read(again, size, &twice));
        g_assert_cmpuint(read.mark, ==, twice.mark);
        g_assert_cmpuint(read.n_servers, ==, twice.n_servers);
        g_assert_cmpstr(read.name, ==, twice.name);
        for (guint i = 0; i < read.n_servers; i++)
                g_assert_true(wattle_socket_addr_equal(&read.servers[i], &twice.servers[i]));
}

static void answer(const uint8_t *bytes, size_t size)
{
        guint8 again[WATTLE_LOOKUP_ANSWER_MAX];
        WattleLookupAnswer read, twice;

        if (!wattle_lookup_answer_read(bytes, size, &read))
                return;
        g_assert_cmpuint(wattle_lookup_answer_write(&read, again), ==, size);
        g_assert_true(wattle_lookup_answer_read(again, size, &twice));
        g_assert_cmpuint(read.n_addresses, ==, twice.n_addresses);
        g_assert_cmpint(read.failure, ==, twice.failure);
        g_assert_cmpmem(read.addresses, sizeof read.addresses, twice.addresses,
                        sizeof twice.addresses);
}

static void server(const uint8_t *bytes, size_t size)
{
        g_autofree char *text = g_strndup(size > 0 ? (const char *)bytes : "", size);
        WattleSocketAddr at;

        if (wattle_nm_dns_parse(text, &at))
                g_assert_true(at.port != 0 && at.scope == 0 && !wattle_addr_is_special(&at.addr) &&
                              wattle_addr_class(&at.addr) != WATTLE_ADDR_LOOPBACK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        question(bytes, size);
        answer(bytes, size);
        server(bytes, size);
        return 0;
}
