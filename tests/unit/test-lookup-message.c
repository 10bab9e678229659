/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/lookup-message.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define ZEROS_12 "\0\0\0\0\0\0\0\0\0\0\0\0"
#define HEAD     "WTQ1\0\0\xca\x6c\0\0\0\x03"
#define SERVER_4 "\x04\0\0\x35\xc0\0\x02\x35" ZEROS_12
#define SERVER_6 "\x06\0\0\x35\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
#define AT_4     "\x04\xc0\0\x02\x07" ZEROS_12
#define AT_6     "\x06\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"

/* Their ends are those of the array: a message has NULs in it. */
#define ROW(name, bytes, text)                                                                     \
        {                                                                                          \
                name, bytes, sizeof bytes - 1, text                                                \
        }

typedef struct {
        const char *name, *bytes;
        gsize size;
        const char *text;
} Row;

static const Row questions[] = {
        ROW("one", HEAD "\x01\x07\0\0" SERVER_4 "vps.net", "51820 by 3: 192.0.2.53:53 vps.net"),
        ROW("two", HEAD "\x02\x07\0\0" SERVER_6 SERVER_4 "vps.net",
            "51820 by 3: [fe80::1%3]:53 192.0.2.53:53 vps.net"),
        ROW("four", HEAD "\x04\x01\0\0" SERVER_4 SERVER_4 SERVER_4 SERVER_4 "a",
            "51820 by 3: 192.0.2.53:53 192.0.2.53:53 192.0.2.53:53 192.0.2.53:53 a"),
        ROW("nothing", "", "none"),
        ROW("cut", "WTQ1\0\0\xca\x6c\0\0\0\x03\x01\x07\0", "none"),
        ROW("cut name", HEAD "\x01\x07\0\0" SERVER_4 "vps.ne", "none"),
        ROW("long", HEAD "\x01\x07\0\0" SERVER_4 "vps.nett", "none"),
        ROW("other magic", "WTA1\0\0\xca\x6c\0\0\0\x03\x01\x07\0\0" SERVER_4 "vps.net", "none"),
        ROW("no server", HEAD "\0\x07\0\0vps.net", "none"),
        ROW("five", HEAD "\x05\x01\0\0" SERVER_4 SERVER_4 SERVER_4 SERVER_4 SERVER_4 "a", "none"),
        ROW("no name", HEAD "\x01\0\0\0" SERVER_4, "none"),
        ROW("a NUL in the name", HEAD "\x01\x07\0\0" SERVER_4 "vps\0net", "none"),
        ROW("a blank in the name", HEAD "\x01\x07\0\0" SERVER_4 "vps net", "none"),
        ROW("an address as name", HEAD "\x01\x07\0\0" SERVER_4 "1.2.3.4", "none"),
        ROW("no family", HEAD "\x01\x07\0\0\x05\0\0\x35\xc0\0\x02\x35" ZEROS_12 "vps.net", "none"),
        ROW("no port", HEAD "\x01\x07\0\0\x04\0\0\0\xc0\0\x02\x35" ZEROS_12 "vps.net", "none"),
        ROW("multicast", HEAD "\x01\x07\0\0\x04\0\0\x35\xe0\0\0\xfb" ZEROS_12 "vps.net", "none"),
};

static const Row answers[] = {
        ROW("none", "WTA1\0\0\0\0", "0:"),
        ROW("one", "WTA1\x01\0\0\0" AT_4, "0: 192.0.2.7"),
        ROW("two", "WTA1\x02\0\0\0" AT_4 AT_6, "0: 192.0.2.7 2001:db8::7"),
        ROW("eight", "WTA1\x08\0\0\0" AT_4 AT_4 AT_4 AT_4 AT_4 AT_4 AT_4 AT_6,
            "0: 192.0.2.7 192.0.2.7 192.0.2.7 192.0.2.7 192.0.2.7 192.0.2.7 192.0.2.7 "
            "2001:db8::7"),
        ROW("failure", "WTA1\0\0\0\x01", "1:"),
        ROW("nothing", "", "none"),
        ROW("cut", "WTA1\x01\0\0\0\x04\xc0\0\x02", "none"),
        ROW("long", "WTA1\x01\0\0\0" AT_4 "x", "none"),
        ROW("other magic", "WTQ1\0\0\0\0", "none"),
        ROW("nine", "WTA1\x09\0\0\0" AT_4 AT_4 AT_4 AT_4 AT_4 AT_4 AT_4 AT_4 AT_4, "none"),
        ROW("no family", "WTA1\x01\0\0\0\x02\xc0\0\x02\x07" ZEROS_12, "none"),
        ROW("a failure with addresses", "WTA1\x01\0\0\x01" AT_4, "none"),
};

static void question(gconstpointer data)
{
        const Row *row = data;
        g_autofree char *exact = g_memdup2(row->bytes, row->size);
        g_autoptr(GString) text = g_string_new(NULL);
        guint8 again[WATTLE_LOOKUP_QUESTION_MAX];
        WattleLookupQuestion read;

        if (!wattle_lookup_question_read(exact, row->size, &read)) {
                g_assert_cmpstr(row->text, ==, "none");
                return;
        }
        g_string_append_printf(text, "%u by %u:", read.mark, read.ifindex);
        for (guint i = 0; i < read.n_servers; i++) {
                char at[WATTLE_SOCKET_ADDR_TEXT_MAX];

                wattle_socket_addr_format(&read.servers[i], at);
                g_string_append_printf(text, " %s", at);
        }
        g_string_append_printf(text, " %s", read.name);
        g_assert_cmpstr(text->str, ==, row->text);
        g_assert_cmpuint(wattle_lookup_question_write(&read, again), ==, row->size);
        g_assert_cmpmem(again, row->size, row->bytes, row->size);
}

static void answer(gconstpointer data)
{
        const Row *row = data;
        g_autofree char *exact = g_memdup2(row->bytes, row->size);
        g_autoptr(GString) text = g_string_new(NULL);
        guint8 again[WATTLE_LOOKUP_ANSWER_MAX];
        WattleLookupAnswer read;

        if (!wattle_lookup_answer_read(exact, row->size, &read)) {
                g_assert_cmpstr(row->text, ==, "none");
                return;
        }
        g_string_append_printf(text, "%d:", read.failure);
        for (guint i = 0; i < read.n_addresses; i++) {
                char at[WATTLE_ADDR_TEXT_MAX];

                wattle_addr_format(&read.addresses[i], at);
                g_string_append_printf(text, " %s", at);
        }
        g_assert_cmpstr(text->str, ==, row->text);
        g_assert_cmpuint(wattle_lookup_answer_write(&read, again), ==, row->size);
        g_assert_cmpmem(again, row->size, row->bytes, row->size);
}

/* The longest of all still fits. */
static void longest(void)
{
        WattleLookupQuestion question = { .n_servers = WATTLE_LOOKUP_MAX_SERVERS }, read;
        WattleLookupAnswer answer = { .n_addresses = WATTLE_LOOKUP_MAX_ADDRESSES }, heard;
        guint8 asked[WATTLE_LOOKUP_QUESTION_MAX], said[WATTLE_LOOKUP_ANSWER_MAX];

        for (guint i = 0; i < question.n_servers; i++)
                question.servers[i] = (WattleSocketAddr){ { AF_INET6, { 0x20, 1 } }, 53, 0 };
        for (guint i = 0; i < answer.n_addresses; i++)
                answer.addresses[i] = (WattleAddr){ AF_INET6, { 0x20, 1 } };
        for (guint i = 0; i < WATTLE_LOOKUP_NAME_MAX; i++)
                question.name[i] = i % 2 ? '.' : 'a';
        g_assert_cmpuint(wattle_lookup_question_write(&question, asked), ==, sizeof asked);
        g_assert_true(wattle_lookup_question_read(asked, sizeof asked, &read));
        g_assert_cmpuint(wattle_lookup_answer_write(&answer, said), ==, sizeof said);
        g_assert_true(wattle_lookup_answer_read(said, sizeof said, &heard));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        add_rows("/lookup-message/question", questions, question);
        add_rows("/lookup-message/answer", answers, answer);
        g_test_add_func("/lookup-message/longest", longest);
        return g_test_run();
}
