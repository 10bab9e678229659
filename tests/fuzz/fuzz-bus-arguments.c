/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One text of a call on the bus, as each kind of argument: what is taken is what it says it is. */
#include <string.h>

#include "common/scalar.h"
#include "daemon/bus/arguments.h"
#include "tests/fuzz/fuzz.h"

/* FALSE if and only if error is set. */
static gboolean took(gboolean ok, GError **error)
{
        g_assert_cmpint(ok, ==, *error == NULL);
        g_clear_error(error);
        return ok;
}

static void check_names(const char *text)
{
        g_autoptr(GError) error = NULL;

        if (took(wattle_bus_parse_mesh(text, &error), &error)) {
                g_assert_cmpuint(strlen(text), <=, WATTLE_MESH_NAME_MAX);
                g_assert_null(strpbrk(text, "/.\n "));
        }
        if (took(wattle_bus_parse_peer(text, &error), &error))
                g_assert_cmpuint(strlen(text), <=, WATTLE_DNS_LABEL_MAX);
}

static void check_endpoint(const char *text)
{
        g_autoptr(GError) error = NULL;
        WattleSocketAddr to, again;
        char formatted[WATTLE_SOCKET_ADDR_TEXT_MAX];

        if (!took(wattle_bus_parse_endpoint(text, &to, &error), &error))
                return;
        if (!wattle_socket_addr_is_set(&to)) {
                g_assert_cmpstr(text, ==, "");
                return;
        }
        g_assert_false(wattle_addr_is_special(&to.addr));
        wattle_socket_addr_format(&to, formatted);
        g_assert_true(wattle_bus_parse_endpoint(formatted, &again, NULL));
        g_assert_true(wattle_socket_addr_equal(&to, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        /* sd-bus hands texts on without a NUL in them. */
        g_autofree char *text = g_strndup(size > 0 ? (const char *)bytes : "", size);

        check_names(text);
        check_endpoint(text);
        return 0;
}
