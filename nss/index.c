/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nss/index.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/names-layout.h"

/* All n bytes of the file from there on. */
static bool read_all(int fd, uint8_t *bytes, size_t n, uint32_t from)
{
        while (n > 0) {
                ssize_t done = pread(fd, bytes, n, from);

                if (done < 0 && errno == EINTR)
                        continue;
                if (done <= 0)
                        return false;
                bytes += done;
                n -= (size_t)done;
                from += (uint32_t)done;
        }
        return true;
}

/* The window begins so much before what is looked for: a name is asked for before the record that
 * it stands in. */
#define BEFORE 256

static bool move_window(WattleIndex *index, uint32_t from)
{
        uint32_t at = from < BEFORE ? 0 : from - BEFORE, left = index->size - at;
        uint32_t size = left < sizeof index->window ? left : sizeof index->window;

        index->window_at = at;
        index->window_size = 0;
        if (!read_all(index->fd, index->window, size, at))
                return false;
        index->window_size = size;
        return true;
}

/* n bytes of the file, but for BEFORE at most a window; good until the next call. NULL if the file
 * has not so many. */
static const uint8_t *look(WattleIndex *index, uint64_t from, uint32_t n)
{
        if (n > sizeof index->window - BEFORE || from > index->size || n > index->size - from)
                return NULL;
        if (from < index->window_at || from + n > (uint64_t)index->window_at + index->window_size)
                if (!move_window(index, (uint32_t)from))
                        return NULL;
        return index->window + (from - index->window_at);
}

/* The table whose two numbers stand there in the header; its parts begin at *at, which goes on
 * behind them. */
static bool table_init(WattleIndexTable *table, const uint8_t *numbers, uint32_t entry_size,
                       uint64_t *at)
{
        *table = (WattleIndexTable){
                .n_buckets = wattle_names_u32(numbers),
                .n_entries = wattle_names_u32(numbers + 4),
                .entry_size = entry_size,
        };
        if (table->n_buckets == 0 || (table->n_buckets & (table->n_buckets - 1)) != 0 ||
            table->n_buckets > WATTLE_NAMES_MAX_BYTES || table->n_entries > WATTLE_NAMES_MAX_BYTES)
                return false;
        table->buckets = (uint32_t)*at;
        *at += (uint64_t)(table->n_buckets + 1) * WATTLE_NAMES_BUCKET_SIZE;
        table->entries = (uint32_t)*at;
        *at += (uint64_t)table->n_entries * entry_size;
        return *at <= WATTLE_NAMES_MAX_BYTES;
}

bool wattle_index_init(WattleIndex *index, int fd, uint64_t size)
{
        uint64_t at = WATTLE_NAMES_HEADER_SIZE;
        const uint8_t *header;

        index->fd = fd;
        index->window_at = index->window_size = 0;
        if (size > WATTLE_NAMES_MAX_BYTES)
                return false;
        index->size = (uint32_t)size;
        header = look(index, 0, WATTLE_NAMES_HEADER_SIZE);
        return header && memcmp(header, WATTLE_NAMES_MAGIC, WATTLE_NAMES_AT_VERSION) == 0 &&
               wattle_names_u32(header + WATTLE_NAMES_AT_VERSION) == WATTLE_NAMES_VERSION &&
               wattle_names_u32(header + WATTLE_NAMES_AT_SIZE) == size &&
               table_init(&index->names, header + WATTLE_NAMES_AT_N_NAME_BUCKETS,
                          WATTLE_NAMES_NAME_SIZE, &at) &&
               table_init(&index->addresses, header + WATTLE_NAMES_AT_N_ADDRESS_BUCKETS,
                          WATTLE_NAMES_ADDRESS_SIZE, &at) &&
               at <= size;
}

/* The entries of the bucket that the hash belongs to: from *first up to *end. */
static bool find_bucket(WattleIndex *index, const WattleIndexTable *table, uint32_t hash,
                        uint32_t *first, uint32_t *end)
{
        uint32_t bucket = hash & (table->n_buckets - 1);
        const uint8_t *at =
                look(index, (uint64_t)table->buckets + bucket * WATTLE_NAMES_BUCKET_SIZE,
                     2 * WATTLE_NAMES_BUCKET_SIZE);

        if (!at)
                return false;
        *first = wattle_names_u32(at);
        *end = wattle_names_u32(at + WATTLE_NAMES_BUCKET_SIZE);
        return *first <= *end && *end <= table->n_entries;
}

static const uint8_t *look_at_entry(WattleIndex *index, const WattleIndexTable *table, uint32_t i)
{
        return look(index, table->entries + (uint64_t)i * table->entry_size, table->entry_size);
}

static WattleIndexResult read_record(WattleIndex *index, uint32_t place, WattleIndexRecord *ret)
{
        const uint8_t *head = look(index, place, WATTLE_NAMES_RECORD_HEAD);
        uint32_t size;

        if (!head)
                return WATTLE_INDEX_BROKEN;
        size = wattle_names_u32(head);
        if (size < WATTLE_NAMES_RECORD_HEAD || size > WATTLE_NAMES_MAX_RECORD ||
            size > index->size - place)
                return WATTLE_INDEX_BROKEN;
        *ret = (WattleIndexRecord){
                .n_ipv6 = wattle_names_u16(head + 4),
                .n_ipv4 = wattle_names_u16(head + 6),
                .n_names = wattle_names_u16(head + 8),
                .content = place + WATTLE_NAMES_RECORD_HEAD,
                .content_size = size - WATTLE_NAMES_RECORD_HEAD,
        };
        return ret->n_names > 0 && ret->n_ipv6 * 16 + ret->n_ipv4 * 4 + ret->n_names * 2 <=
                                           ret->content_size
                       ? WATTLE_INDEX_FOUND
                       : WATTLE_INDEX_BROKEN;
}

static bool is_name(const uint8_t *there, const char *name, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (wattle_names_fold(there[i]) != wattle_names_fold((uint8_t)name[i]))
                        return false;
        return there[n] == '\0';
}

WattleIndexResult wattle_index_find_name(WattleIndex *index, const char *name, size_t n,
                                         WattleIndexRecord *ret)
{
        uint32_t hash, first, end;

        if (n == 0 || n > WATTLE_NAMES_MAX_NAME)
                return WATTLE_INDEX_ABSENT;
        hash = wattle_names_hash(name, n);
        if (!find_bucket(index, &index->names, hash, &first, &end))
                return WATTLE_INDEX_BROKEN;
        for (uint32_t i = first; i < end; i++) {
                const uint8_t *entry = look_at_entry(index, &index->names, i), *there;
                uint32_t place;

                if (!entry)
                        return WATTLE_INDEX_BROKEN;
                if (wattle_names_u32(entry) != hash)
                        continue;
                place = wattle_names_u32(entry + 8);
                there = look(index, wattle_names_u32(entry + 4), (uint32_t)n + 1);
                if (!there)
                        return WATTLE_INDEX_BROKEN;
                if (is_name(there, name, n))
                        return read_record(index, place, ret);
        }
        return WATTLE_INDEX_ABSENT;
}

WattleIndexResult wattle_index_find_address(WattleIndex *index, const uint8_t address[static 16],
                                            WattleIndexRecord *ret)
{
        uint32_t hash = wattle_names_hash(address, 16), first, end;

        if (!find_bucket(index, &index->addresses, hash, &first, &end))
                return WATTLE_INDEX_BROKEN;
        for (uint32_t i = first; i < end; i++) {
                const uint8_t *entry = look_at_entry(index, &index->addresses, i);

                if (!entry)
                        return WATTLE_INDEX_BROKEN;
                if (memcmp(entry, address, 16) == 0)
                        return read_record(index, wattle_names_u32(entry + 16), ret);
        }
        return WATTLE_INDEX_ABSENT;
}

/* n printable texts, each with its NUL, and NULs up to the end. */
static bool are_names(const uint8_t *at, const uint8_t *end, uint32_t n)
{
        for (; n > 0; n--) {
                const uint8_t *begin = at;

                while (at<end && * at> ' ' && *at < 0x7f)
                        at++;
                if (at == begin || at == end || *at++ != '\0')
                        return false;
        }
        for (; at < end; at++)
                if (*at != '\0')
                        return false;
        return true;
}

bool wattle_index_read_content(WattleIndex *index, const WattleIndexRecord *record,
                               uint8_t *content)
{
        const uint8_t *names = content + record->n_ipv6 * 16 + record->n_ipv4 * 4;
        const uint8_t *there = look(index, record->content, record->content_size);

        if (there)
                memcpy(content, there, record->content_size);
        else if (!read_all(index->fd, content, record->content_size, record->content))
                return false;
        return are_names(names, content + record->content_size, record->n_names);
}
