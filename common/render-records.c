/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The records that systemd-resolved gives out itself, in the format of systemd.rr(5): so the stub
 * at 127.0.0.53, the bus and nss-resolve know the devices as well. Names with their domain alone:
 * of two meshes that both have a device "nas" it would mix the addresses. */
#include <string.h>

#include "common/render.h"

#define RECORDS_SINCE 261

/* RFC 1035, 3.2.2, and RFC 3596, 2.1. */
#define TYPE_A    1
#define TYPE_PTR  12
#define TYPE_AAAA 28

/* About as many bytes as most devices take. */
#define DEVICE_BYTES 256

/* "d.c.b.a.in-addr.arpa" (RFC 1035, 3.5), and a nibble each below ip6.arpa (RFC 3596, 2.5). */
static void append_reverse_name(GString *text, const WattleAddr *addr)
{
        static const char digits[] = "0123456789abcdef";

        if (addr->family == AF_INET) {
                for (guint i = 4; i-- > 0;)
                        g_string_append_printf(text, "%u.", addr->bytes[i]);
                g_string_append(text, "in-addr.arpa");
                return;
        }
        for (guint i = 16; i-- > 0;) {
                const char nibbles[] = { digits[addr->bytes[i] & 15U], '.',
                                         digits[addr->bytes[i] >> 4], '.' };

                g_string_append_len(text, nibbles, sizeof nibbles);
        }
        g_string_append(text, "ip6.arpa");
}

/* All of it is letters, digits, hyphens and dots: nothing that JSON would have escaped. */
static void begin_record(GString *text, guint type)
{
        if (text->len > 0)
                g_string_append(text, ",\n");
        g_string_append_printf(text, "{\"key\":{\"type\":%u,\"name\":\"", type);
}

static void append_address(GString *text, const char *name, const char *domain,
                           const WattleAddr *addr)
{
        char address[WATTLE_ADDR_TEXT_MAX];

        wattle_addr_format(addr, address);
        begin_record(text, addr->family == AF_INET ? TYPE_A : TYPE_AAAA);
        g_string_append_printf(text, "%s.%s\"},\"address\":\"%s\"}", name, domain, address);
}

static void append_name(GString *text, const char *name, const char *domain, const WattleAddr *addr)
{
        begin_record(text, TYPE_PTR);
        append_reverse_name(text, addr);
        g_string_append_printf(text, "\"},\"name\":\"%s.%s\"}", name, domain);
}

static void append_device(GString *text, const WattleViewDevice *device, const char *domain)
{
        for (guint i = 0; i < device->n_addresses; i++) {
                const WattleAddr *addr = &device->addresses[i].value;

                append_address(text, device->name, domain, addr);
                for (guint j = 0; j < device->n_aliases; j++)
                        append_address(text, device->aliases[j].value, domain, addr);
                append_name(text, device->name, domain, addr);
        }
}

void wattle_render_records(const WattleView *view, guint systemd_version, WattleFileset *files)
{
        g_autofree const WattleViewDevice **devices = NULL;
        g_autoptr(GString) records = NULL;
        WattleFile *file;
        guint n = wattle_render_n_devices(view);

        if (!view->names || systemd_version < RECORDS_SINCE)
                return;
        devices = wattle_render_devices(view);
        records = g_string_sized_new((gsize)n * DEVICE_BYTES);
        for (guint i = 0; i < n; i++)
                append_device(records, devices[i], view->domain);
        file = wattle_fileset_add(files, WATTLE_FILE_RECORDS, view->mesh, 0644);
        /* JSON has no place for a comment that says where it is from. */
        g_string_append_printf(file->content, "[%s]\n", records->str);
}
