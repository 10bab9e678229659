/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One word, as each kind of scalar: what is taken comes back the same through format and parse. */
#include <string.h>
#include <sys/socket.h>

#include "common/scalar.h"
#include "tests/fuzz/fuzz.h"

/* FALSE if and only if error is set. */
static gboolean took(gboolean ok, GError **error)
{
        g_assert_cmpint(ok, ==, *error == NULL);
        g_clear_error(error);
        return ok;
}

static void check_addr(const char *word)
{
        g_autoptr(GError) error = NULL;
        char text[WATTLE_ADDR_TEXT_MAX];
        WattleAddr addr, again;

        if (!took(wattle_addr_parse(word, &addr, &error), &error))
                return;
        g_assert_cmpuint(wattle_addr_format(&addr, text), ==, strlen(text));
        g_assert_true(wattle_addr_parse(text, &again, NULL));
        g_assert_true(wattle_addr_equal(&addr, &again));
}

static void check_prefix(const char *word)
{
        g_autoptr(GError) error = NULL;
        char text[WATTLE_PREFIX_TEXT_MAX];
        WattlePrefix prefix, again;

        if (!took(wattle_prefix_parse(word, &prefix, &error), &error))
                return;
        g_assert_cmpuint(wattle_prefix_format(&prefix, text), ==, strlen(text));
        g_assert_true(wattle_prefix_parse(text, &again, NULL));
        g_assert_cmpint(wattle_prefix_compare(&prefix, &again), ==, 0);
        g_assert_true(wattle_prefix_contains(&prefix, &again));
}

static void check_endpoint(const char *word)
{
        g_autoptr(WattleArena) arena = wattle_arena_new();
        g_autoptr(GError) error = NULL;
        char text[WATTLE_ENDPOINT_TEXT_MAX];
        WattleEndpoint endpoint, again;

        if (!took(wattle_endpoint_parse(word, arena, &endpoint, &error), &error))
                return;
        g_assert_cmpuint(endpoint.at.port, >, 0);
        g_assert_cmpuint(wattle_endpoint_format(&endpoint, text), ==, strlen(text));
        g_assert_cmpuint(strlen(text), <, WATTLE_ENDPOINT_TEXT_MAX - 1);
        g_assert_true(wattle_endpoint_parse(text, arena, &again, NULL));
        g_assert_true(wattle_endpoint_equal(&endpoint, &again));
}

static void check_socket_addr(const char *word)
{
        g_autoptr(GError) error = NULL;
        char text[WATTLE_SOCKET_ADDR_TEXT_MAX];
        WattleSocketAddr at, again;

        if (!took(wattle_socket_addr_parse(word, &at, &error), &error))
                return;
        g_assert_cmpuint(wattle_socket_addr_format(&at, text), ==, strlen(text));
        g_assert_true(wattle_socket_addr_parse(text, &again, NULL));
        g_assert_true(wattle_socket_addr_equal(&at, &again));
}

static void check_key(const char *word)
{
        g_autoptr(GError) error = NULL;
        char text[WATTLE_KEY_TEXT_MAX];
        WattleKey key;

        if (!took(wattle_key_parse(word, &key, &error), &error))
                return;
        wattle_key_format(&key, text);
        g_assert_cmpstr(text, ==, word);
}

static void check_numbers(const char *word)
{
        g_autoptr(GError) error = NULL;
        guint64 number;
        guint32 mark;
        guint16 port;
        gboolean yes;

        if (took(wattle_uint_parse(word, 5, 1000, &number, &error), &error))
                g_assert_true(number >= 5 && number <= 1000);
        if (took(wattle_mark_parse(word, &mark, &error), &error))
                g_assert_cmpuint(mark, >, 0);
        if (took(wattle_port_parse(word, &port, &error), &error))
                g_assert_cmpuint(port, >, 0);
        took(wattle_keepalive_parse(word, &port, &error), &error);
        if (took(wattle_boolean_parse(word, &yes, &error), &error))
                g_assert_true(yes == TRUE || yes == FALSE);
}

static void check_names(const char *word)
{
        static const char *const words[] = { "PublicKey", "PublicEndpoint", "Address", "MTU" };
        g_autoptr(GError) error = NULL;

        /* A label is a DNS name too, unless it is all digits; an interface is an identifier. */
        if (took(wattle_label_check(word, &error), &error) &&
            strspn(word, "0123456789") != strlen(word))
                g_assert_true(wattle_dns_name_check(word, NULL));
        took(wattle_dns_name_check(word, &error), &error);
        if (took(wattle_interface_name_check(word, &error), &error)) {
                g_assert_cmpuint(strlen(word), <=, WATTLE_INTERFACE_NAME_MAX);
                g_assert_true(wattle_identifier_check(word, WATTLE_MESH_NAME_MAX, NULL));
        }
        wattle_nearest_word(word, words, G_N_ELEMENTS(words));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        /* As the reader hands words on: ended by the first NUL. */
        g_autofree char *word = g_strndup(size > 0 ? (const char *)bytes : "", size);

        check_addr(word);
        check_prefix(word);
        check_endpoint(word);
        check_socket_addr(word);
        check_key(word);
        check_numbers(word);
        check_names(word);
        return 0;
}
