/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The index of one mesh, as common/names-layout.h describes it, read from an open file. Nothing in
 * the file is believed before it is checked, and it is never mapped: who truncates a mapped file
 * ends the process that reads it, with SIGBUS. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A look-up of a small mesh takes one read. Small enough for the stack of any thread. */
#define WATTLE_INDEX_WINDOW 2048

typedef struct {
        uint32_t n_buckets, buckets; /* how many, and where they stand */
        uint32_t n_entries, entries, entry_size;
} WattleIndexTable;

typedef struct {
        int fd; /* borrowed */
        uint32_t size;
        WattleIndexTable names, addresses;
        uint32_t window_at, window_size; /* what of the file the window has */
        uint8_t window[WATTLE_INDEX_WINDOW];
} WattleIndex;

/* A device. Its content is the addresses, those of IPv6 first, and the names, as in the file. */
typedef struct {
        uint32_t n_ipv6, n_ipv4, n_names; /* n_names is at least 1 */
        uint32_t content, content_size;   /* where it stands */
} WattleIndexRecord;

typedef enum {
        WATTLE_INDEX_FOUND,
        WATTLE_INDEX_ABSENT,
        WATTLE_INDEX_BROKEN, /* the file is no index, or cannot be read */
} WattleIndexResult;

/* Of a file of that size. False if it is no index of this version. */
bool wattle_index_init(WattleIndex *index, int fd, uint64_t size);

/* Sets *ret if it is found. The name has n bytes, and may be in upper case. */
WattleIndexResult wattle_index_find_name(WattleIndex *index, const char *name, size_t n,
                                         WattleIndexRecord *ret);

/* The same; an IPv4 address as ::ffff:a.b.c.d. */
WattleIndexResult wattle_index_find_address(WattleIndex *index, const uint8_t address[static 16],
                                            WattleIndexRecord *ret);

/* Reads record->content_size bytes to content; true if they are what the record says: n_names
 * printable texts with their NULs behind the addresses. */
bool wattle_index_read_content(WattleIndex *index, const WattleIndexRecord *record,
                               uint8_t *content);
