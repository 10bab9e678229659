/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layout of /run/wattle/MESH.names, an index of the names and addresses of a mesh. It is made
 * by common/render-names.c and read by libnss_wattle (nss/), which is loaded into any process of
 * the host: so there is no GLib here, and a reader needs a few short reads and no memory of its
 * own.
 *
 * Its parts follow one another without a gap, in this order; numbers are little-endian.
 *
 *   header            8 bytes of magic, then seven u32: version, size of the file, number of
 *                     buckets and of entries by name, number of buckets and of entries by address,
 *                     and 0
 *   buckets by name   u32 each: its first entry. One more ends the last: the number of entries
 *   entries by name   of a bucket after those of the one before it. 12 bytes: hash, where the name
 *                     stands in the file, where its record stands
 *   buckets by address, likewise
 *   entries by address  20 bytes: the address, where its record stands
 *   records           of a device each: u32 size of the record, a multiple of 4; u16 number of IPv6
 *                     addresses, of IPv4 addresses, of names, and 0; the IPv6 addresses, 16 bytes
 *                     each; the IPv4 ones, 4 bytes each; the names, each with a NUL behind it and
 *                     the canonical one first; NULs up to the size
 *
 * The number of buckets is a power of two, and the bucket of a hash its last bits. Names have no
 * dot at the end, and upper case is the same as lower case. By address an IPv4 one stands as
 * ::ffff:a.b.c.d (RFC 4291, 2.5.5.2). A reader refuses another version, and checks each number
 * before it is used: it must survive any file. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define WATTLE_NAMES_MAGIC   "WATNAMES" /* without its NUL */
#define WATTLE_NAMES_VERSION 1U

/* Where each number of the header stands. */
#define WATTLE_NAMES_AT_VERSION           8U
#define WATTLE_NAMES_AT_SIZE              12U
#define WATTLE_NAMES_AT_N_NAME_BUCKETS    16U
#define WATTLE_NAMES_AT_N_NAMES           20U
#define WATTLE_NAMES_AT_N_ADDRESS_BUCKETS 24U
#define WATTLE_NAMES_AT_N_ADDRESSES       28U

#define WATTLE_NAMES_HEADER_SIZE  36U
#define WATTLE_NAMES_BUCKET_SIZE  4U
#define WATTLE_NAMES_NAME_SIZE    12U
#define WATTLE_NAMES_ADDRESS_SIZE 20U
#define WATTLE_NAMES_RECORD_HEAD  12U

/* No file and no record is larger: 16384 devices, each with 16 addresses and 17 names, which stand
 * with the domain and without it (common/profile.h, common/value.h, common/scalar.h). */
#define WATTLE_NAMES_MAX_BYTES  (128U << 20)
#define WATTLE_NAMES_MAX_RECORD 8192U

/* A label, a dot and a domain, without a dot at the end. */
#define WATTLE_NAMES_MAX_NAME 317U

static inline uint32_t wattle_names_u16(const uint8_t *at)
{
        return at[0] | (uint32_t)at[1] << 8;
}

static inline uint32_t wattle_names_u32(const uint8_t *at)
{
        return wattle_names_u16(at) | wattle_names_u16(at + 2) << 16;
}

static inline void wattle_names_put_u16(uint8_t *at, uint32_t value)
{
        at[0] = (uint8_t)value;
        at[1] = (uint8_t)(value >> 8);
}

static inline void wattle_names_put_u32(uint8_t *at, uint32_t value)
{
        wattle_names_put_u16(at, value);
        wattle_names_put_u16(at + 2, value >> 16);
}

/* ASCII alone, whatever the locale. */
static inline uint8_t wattle_names_fold(uint8_t byte)
{
        return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

/* Of a name, or of the 16 bytes of an address: FNV-1a of the bytes in lower case. */
static inline uint32_t wattle_names_hash(const void *bytes, size_t n)
{
        const uint8_t *at = (const uint8_t *)bytes;
        uint32_t hash = 2166136261U;

        for (size_t i = 0; i < n; i++)
                hash = (hash ^ wattle_names_fold(at[i])) * 16777619U;
        return hash;
}
