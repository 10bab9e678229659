/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes of an index; what a reader finds in it is looked at by tests/unit/test-nss-index.c. */
#include <arpa/inet.h>
#include <string.h>

#include "common/names-layout.h"
#include "common/render.h"
#include "tests/unit/fixture.h"

static const char mesh[] = "[Mesh]\n"
                           "Subnet=10.77.0.0/24 fd77::/64\n"
                           "[Device vps]\n"
                           "PublicKey=" KEY_A "\n"
                           "Address=10.77.0.2 fd77::2\n"
                           "[Device anna]\n"
                           "PublicKey=" KEY_B "\n"
                           "Address=10.77.0.10\n"
                           "Alias=anna-laptop al\n"
                           "[Device old]\n"
                           "PublicKey=" KEY_C "\n"
                           "Address=10.77.0.99\n"
                           "State=revoked\n"
                           "[Device phone]\n"
                           "PublicKey=" KEY_D "\n"
                           "Address=10.77.0.20\n"
                           "Managed=no\n";

static const char lone[] = "[Mesh]\n"
                           "Subnet=10.77.0.0/24 fd77::/64\n"
                           "[Device a]\n"
                           "PublicKey=" KEY_A "\n"
                           "Address=10.77.0.2 fd77::2\n";

static const WattleFile *render(const WattleView *view, WattleFileset *files)
{
        wattle_fileset_init(files);
        wattle_render_names(view, files);
        return wattle_fileset_find(files, WATTLE_FILE_NAMES);
}

/* The whole file of one device, part by part. */
static const char lone_bytes[] =
        /* Header: the version, 168 bytes, 2 buckets and 2 entries in both tables. */
        "5741544e414d4553 01000000 a8000000 02000000 02000000 02000000 02000000 00000000 "
        /* By name, one in each bucket: its hash, where "a" or "a.home" stands, its record. */
        "00000000 01000000 02000000 "
        "2c290ce4 a3000000 7c000000 8963b2ff 9c000000 7c000000 "
        /* By address, one in each bucket. */
        "00000000 01000000 02000000 "
        "00000000000000000000ffff0a4d0002 7c000000 fd770000000000000000000000000002 7c000000 "
        /* The record: 44 bytes, an address of IPv6, one of IPv4, two names. */
        "2c000000 0100 0100 0200 0000 fd770000000000000000000000000002 0a4d0002 "
        "612e686f6d6500 6100 000000";

static void bytes(void)
{
        g_autoptr(WattleView) view = good_view(lone, "a", "");
        g_auto(WattleFileset) files = { 0 };
        const WattleFile *file = render(view, &files);
        g_autoptr(GString) wanted = g_string_new(lone_bytes), hex = g_string_new(NULL);

        g_assert_cmpuint(file->mode, ==, 0644);
        g_assert_true(file->binary);
        g_string_replace(wanted, " ", "", 0);
        for (gsize i = 0; i < file->content->len; i++)
                g_string_append_printf(hex, "%02x", (guchar)file->content->str[i]);
        g_assert_cmpstr(hex->str, ==, wanted->str);
}

static void print_address(const guint8 *bytes, int family, const char *names, const char *end,
                          GString *ret)
{
        char text[INET6_ADDRSTRLEN];

        g_string_append(ret, inet_ntop(family, bytes, text, sizeof text));
        for (; *names && names < end; names += strlen(names) + 1)
                g_string_append_printf(ret, " %s", names);
        g_string_append_c(ret, '\n');
}

/* The records as lines of hosts(5), each address with all names. */
static char *print_records(const GString *content)
{
        const guint8 *file = (const guint8 *)content->str, *at = file + WATTLE_NAMES_HEADER_SIZE;
        const guint8 *record;
        GString *text = g_string_new(NULL);

        at += (wattle_names_u32(file + WATTLE_NAMES_AT_N_NAME_BUCKETS) + 1) * 4 +
              wattle_names_u32(file + WATTLE_NAMES_AT_N_NAMES) * WATTLE_NAMES_NAME_SIZE +
              (wattle_names_u32(file + WATTLE_NAMES_AT_N_ADDRESS_BUCKETS) + 1) * 4 +
              wattle_names_u32(file + WATTLE_NAMES_AT_N_ADDRESSES) * WATTLE_NAMES_ADDRESS_SIZE;
        for (record = at; record < file + content->len; record += wattle_names_u32(record)) {
                guint n_ipv6 = wattle_names_u16(record + 4), n_ipv4 = wattle_names_u16(record + 6);
                const guint8 *ipv6 = record + WATTLE_NAMES_RECORD_HEAD, *ipv4 = ipv6 + 16 * n_ipv6;
                const char *names = (const char *)(ipv4 + 4 * n_ipv4);
                const char *end = (const char *)record + wattle_names_u32(record);

                for (guint i = 0; i < n_ipv4; i++)
                        print_address(ipv4 + 4 * i, AF_INET, names, end, text);
                for (guint i = 0; i < n_ipv6; i++)
                        print_address(ipv6 + 16 * i, AF_INET6, names, end, text);
        }
        g_assert_true(record == file + content->len);
        return g_string_free(text, FALSE);
}

/* The records are what hosts(5) has, whichever device we are: the same file on every host. */
static void as_hosts(void)
{
        static const char *const devices[] = { "anna", "phone", "vps" };

        for (guint i = 0; i < G_N_ELEMENTS(devices); i++) {
                g_autoptr(WattleView) view = good_view(mesh, devices[i], "");
                g_auto(WattleFileset) files = { 0 };
                g_autofree char *records = print_records(render(view, &files)->content);

                wattle_render_hosts(view, &files);
                g_assert_cmpstr(
                        records, ==,
                        strchr(wattle_fileset_find(&files, WATTLE_FILE_HOSTS)->content->str, '\n') +
                                1);
        }
}

static void unwanted(void)
{
        g_autoptr(WattleView) view = good_view(mesh, "vps", "Names=no");
        g_auto(WattleFileset) files = { 0 };

        g_assert_null(render(view, &files));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/render-names/bytes", bytes);
        g_test_add_func("/render-names/as-hosts", as_hosts);
        g_test_add_func("/render-names/unwanted", unwanted);
        return g_test_run();
}
