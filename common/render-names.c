/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <netinet/in.h>
#include <string.h>

#include "common/names-layout.h"
#include "common/render.h"
#include "common/top-domain.h"

/* An entry of either table before it has its place. */
typedef struct {
        guint32 hash;
        guint32 record;
        union {
                guint32 name; /* where it stands in the file */
                guint8 address[16];
        } key;
} Entry;

typedef struct {
        guint32 n_buckets, buckets, entries; /* where they stand */
        GArray *list;                        /* of Entry */
} Table;

typedef struct {
        GString *bytes;
        Table names, addresses;
        guint n_forms; /* of each name: 2, or with its domain alone 1 */
} Index;

static guint8 *at(const Index *index, gsize place)
{
        return (guint8 *)index->bytes->str + place;
}

static void append_number(Index *index, guint32 value, gsize size)
{
        guint8 bytes[4];

        wattle_names_put_u32(bytes, value);
        g_string_append_len(index->bytes, (const char *)bytes, (gssize)size);
}

static guint count_family(const WattleViewDevice *device, int family)
{
        guint n = 0;

        for (guint i = 0; i < device->n_addresses; i++)
                n += device->addresses[i].value.family == family;
        return n;
}

/* As the table by address has it. */
static void map_address(const WattleAddr *addr, guint8 ret[static 16])
{
        if (addr->family == AF_INET6) {
                memcpy(ret, addr->bytes, 16);
                return;
        }
        memset(ret, 0, 10);
        memset(ret + 10, 0xff, 2);
        memcpy(ret + 12, addr->bytes, 4);
}

static void append_addresses(Index *index, const WattleViewDevice *device, int family,
                             guint32 record)
{
        for (guint i = 0; i < device->n_addresses; i++) {
                const WattleAddr *addr = &device->addresses[i].value;
                Entry entry = { .record = record };

                if (addr->family != family)
                        continue;
                g_string_append_len(index->bytes, (const char *)addr->bytes,
                                    family == AF_INET6 ? 16 : 4);
                map_address(addr, entry.key.address);
                entry.hash = wattle_names_hash(entry.key.address, 16);
                g_array_append_val(index->addresses.list, entry);
        }
}

static void append_name(Index *index, const char *name, const char *domain, guint32 record)
{
        Entry entry = { .record = record, .key.name = (guint32)index->bytes->len };
        gsize n;

        g_string_append(index->bytes, name);
        if (domain) {
                g_string_append_c(index->bytes, '.');
                g_string_append(index->bytes, domain);
        }
        n = index->bytes->len - entry.key.name;
        g_string_append_c(index->bytes, '\0');
        entry.hash = wattle_names_hash(at(index, entry.key.name), n);
        g_array_append_val(index->names.list, entry);
}

static void append_names(Index *index, const char *name, const char *domain, guint32 record)
{
        append_name(index, name, domain, record);
        if (index->n_forms > 1)
                append_name(index, name, NULL, record);
}

static void append_record(Index *index, const WattleViewDevice *device, const char *domain)
{
        guint32 record = (guint32)index->bytes->len;

        append_number(index, 0, 4);
        append_number(index, count_family(device, AF_INET6), 2);
        append_number(index, count_family(device, AF_INET), 2);
        append_number(index, index->n_forms * (1U + device->n_aliases), 2);
        append_number(index, 0, 2);
        append_addresses(index, device, AF_INET6, record);
        append_addresses(index, device, AF_INET, record);
        append_names(index, device->name, domain, record);
        for (guint i = 0; i < device->n_aliases; i++)
                append_names(index, device->aliases[i].value, domain, record);
        append_number(index, 0, -index->bytes->len % 4);
        wattle_names_put_u32(at(index, record), (guint32)index->bytes->len - record);
}

/* Room for n entries, which stand behind what is there. */
static void table_init(Table *table, Index *index, guint n, guint entry_size)
{
        table->n_buckets = 1;
        while (table->n_buckets < n)
                table->n_buckets *= 2;
        table->buckets = (guint32)index->bytes->len;
        table->entries = table->buckets + (table->n_buckets + 1) * WATTLE_NAMES_BUCKET_SIZE;
        table->list = g_array_sized_new(FALSE, FALSE, sizeof(Entry), n);
        g_string_set_size(index->bytes, table->entries + n * entry_size);
}

static void put_entry(guint8 *place, const Entry *entry, guint size)
{
        if (size == WATTLE_NAMES_NAME_SIZE) {
                wattle_names_put_u32(place, entry->hash);
                wattle_names_put_u32(place + 4, entry->key.name);
        } else {
                memcpy(place, entry->key.address, 16);
        }
        wattle_names_put_u32(place + size - 4, entry->record);
}

/* Counts the entries of each bucket, and gives each its place. */
static void table_finish(Table *table, const Index *index, guint entry_size)
{
        g_autofree guint32 *next = g_new0(guint32, table->n_buckets + 1);

        for (guint i = 0; i < table->list->len; i++)
                next[(g_array_index(table->list, Entry, i).hash & (table->n_buckets - 1)) + 1]++;
        for (guint i = 0; i <= table->n_buckets; i++) {
                if (i > 0)
                        next[i] += next[i - 1];
                wattle_names_put_u32(at(index, table->buckets + i * WATTLE_NAMES_BUCKET_SIZE),
                                     next[i]);
        }
        for (guint i = 0; i < table->list->len; i++) {
                const Entry *entry = &g_array_index(table->list, Entry, i);
                guint32 place = next[entry->hash & (table->n_buckets - 1)]++;

                put_entry(at(index, table->entries + place * entry_size), entry, entry_size);
        }
        g_array_unref(table->list);
}

static void put_header(const Index *index, guint n_names, guint n_addresses)
{
        memset(at(index, 0), 0, WATTLE_NAMES_HEADER_SIZE);
        memcpy(at(index, 0), WATTLE_NAMES_MAGIC, WATTLE_NAMES_AT_VERSION);
        wattle_names_put_u32(at(index, WATTLE_NAMES_AT_VERSION), WATTLE_NAMES_VERSION);
        wattle_names_put_u32(at(index, WATTLE_NAMES_AT_SIZE), (guint32)index->bytes->len);
        wattle_names_put_u32(at(index, WATTLE_NAMES_AT_N_NAME_BUCKETS), index->names.n_buckets);
        wattle_names_put_u32(at(index, WATTLE_NAMES_AT_N_NAMES), n_names);
        wattle_names_put_u32(at(index, WATTLE_NAMES_AT_N_ADDRESS_BUCKETS),
                             index->addresses.n_buckets);
        wattle_names_put_u32(at(index, WATTLE_NAMES_AT_N_ADDRESSES), n_addresses);
}

static void render(const WattleView *view, WattleFile *file, guint n_forms)
{
        g_autofree const WattleViewDevice **devices = wattle_render_devices(view);
        Index index = { .bytes = file->content, .n_forms = n_forms };
        guint n = wattle_render_n_devices(view), n_names = 0, n_addresses = 0;

        file->binary = TRUE;
        for (guint i = 0; i < n; i++) {
                n_names += n_forms * (1U + devices[i]->n_aliases);
                n_addresses += devices[i]->n_addresses;
        }
        g_string_set_size(index.bytes, WATTLE_NAMES_HEADER_SIZE);
        table_init(&index.names, &index, n_names, WATTLE_NAMES_NAME_SIZE);
        table_init(&index.addresses, &index, n_addresses, WATTLE_NAMES_ADDRESS_SIZE);
        for (guint i = 0; i < n; i++)
                append_record(&index, devices[i], view->domain);
        table_finish(&index.names, &index, WATTLE_NAMES_NAME_SIZE);
        table_finish(&index.addresses, &index, WATTLE_NAMES_ADDRESS_SIZE);
        put_header(&index, n_names, n_addresses);
}

void wattle_render_names(const WattleView *view, WattleFileset *files)
{
        if (view->names)
                render(view, wattle_fileset_add(files, WATTLE_FILE_NAMES, view->mesh, 0644), 2);
}

void wattle_render_carried_names(const WattleView *view, const char *instance, WattleFileset *files)
{
        if (view->names && wattle_domain_judge(view->domain) == WATTLE_DOMAIN_PRIVATE)
                render(view, wattle_fileset_add(files, WATTLE_FILE_CARRIED_NAMES, instance, 0644),
                       1);
}
