/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/message.h"

#include <netinet/in.h>
#include <string.h>

static const guint8 magic[] = { 'W', 'T', 'L', '1' };

void wattle_probe_write(const WattleProbe *probe, guint8 bytes[WATTLE_PROBE_SIZE])
{
        guint64 nonce = GUINT64_TO_BE(probe->nonce);

        memset(bytes, 0, WATTLE_PROBE_SIZE);
        memcpy(bytes, magic, sizeof magic);
        bytes[4] = (guint8)probe->kind;
        memcpy(bytes + 8, &nonce, sizeof nonce);
}

gboolean wattle_probe_read(gconstpointer bytes, gsize size, WattleProbe *ret)
{
        const guint8 *read = bytes;
        guint64 nonce;

        if (size != WATTLE_PROBE_SIZE || memcmp(read, magic, sizeof magic) != 0 ||
            (read[4] != WATTLE_PROBE_QUESTION && read[4] != WATTLE_PROBE_ANSWER) || read[5] != 0 ||
            read[6] != 0 || read[7] != 0)
                return FALSE;
        memcpy(&nonce, read + 8, sizeof nonce);
        *ret = (WattleProbe){ (WattleProbeKind)read[4], GUINT64_FROM_BE(nonce) };
        return TRUE;
}

static gsize addr_size(guint8 family)
{
        return family == AF_INET6 ? 16 : 4;
}

#define HELLO      3
#define HELLO_ASKS 1
#define LINK       1
#define MAPPED     3
#define KEY        2
#define THING_SIZE 20

static guint8 *write_link(const WattleAddr *link, guint8 *thing)
{
        thing[0] = LINK;
        thing[1] = link->family == AF_INET6 ? 6 : 4;
        memcpy(thing + 4, link->bytes, addr_size(link->family));
        return thing + THING_SIZE;
}

static guint8 *write_key(const WattleBeaconKey *key, guint8 *thing)
{
        thing[0] = KEY;
        memcpy(thing + 4, key->bytes, sizeof key->bytes);
        return thing + THING_SIZE;
}

static guint8 *write_mapped(const WattleSocketAddr *mapped, guint8 *thing)
{
        guint16 port = GUINT16_TO_BE(mapped->port);

        if (!wattle_socket_addr_is_set(mapped))
                return thing;
        thing[0] = MAPPED;
        thing[1] = mapped->addr.family == AF_INET6 ? 6 : 4;
        memcpy(thing + 2, &port, sizeof port);
        memcpy(thing + 4, mapped->addr.bytes, addr_size(mapped->addr.family));
        return thing + THING_SIZE;
}

gsize wattle_hello_write(const WattleHello *hello, guint8 bytes[WATTLE_HELLO_SIZE])
{
        guint16 port = GUINT16_TO_BE(hello->listen_port);
        guint64 serial = GUINT64_TO_BE(hello->serial);
        guint8 *thing = bytes + WATTLE_HELLO_LEAST_SIZE;

        memcpy(bytes, magic, sizeof magic);
        bytes[4] = HELLO;
        bytes[5] = hello->asks ? HELLO_ASKS : 0;
        memcpy(bytes + 6, &port, sizeof port);
        memcpy(bytes + 8, &serial, sizeof serial);
        memcpy(bytes + 16, hello->sum, sizeof hello->sum);
        memset(thing, 0, WATTLE_HELLO_SIZE - WATTLE_HELLO_LEAST_SIZE);
        for (guint i = 0; i < hello->n_links; i++)
                thing = write_link(&hello->links[i], thing);
        for (guint i = 0; i < hello->n_keys; i++)
                thing = write_key(&hello->keys[i], thing);
        thing = write_mapped(&hello->mapped, thing);
        return hello->asks ? WATTLE_HELLO_SIZE : (gsize)(thing - bytes);
}

guint64 wattle_hello_sum(const guint8 sum[WATTLE_HELLO_SUM_BYTES])
{
        guint64 value;

        memcpy(&value, sum, sizeof value);
        return GUINT64_FROM_BE(value);
}

static void read_link(const guint8 *thing, WattleHello *ret)
{
        WattleAddr *addr;

        if (ret->n_links == WATTLE_HELLO_MAX_LINKS || (thing[1] != 4 && thing[1] != 6))
                return;
        addr = &ret->links[ret->n_links++];
        *addr = (WattleAddr){ .family = thing[1] == 6 ? AF_INET6 : AF_INET };
        memcpy(addr->bytes, thing + 4, addr_size(addr->family));
}

static void read_mapped(const guint8 *thing, WattleHello *ret)
{
        WattleAddr addr = { .family = thing[1] == 6 ? AF_INET6 : AF_INET };
        guint16 port;

        memcpy(&port, thing + 2, sizeof port);
        if (port == 0 || (thing[1] != 4 && thing[1] != 6))
                return;
        memcpy(addr.bytes, thing + 4, addr_size(addr.family));
        ret->mapped = (WattleSocketAddr){ .addr = addr, .port = GUINT16_FROM_BE(port) };
}

static void read_things(const guint8 *bytes, gsize size, WattleHello *ret)
{
        for (; size >= THING_SIZE; bytes += THING_SIZE, size -= THING_SIZE)
                if (bytes[0] == LINK)
                        read_link(bytes, ret);
                else if (bytes[0] == MAPPED)
                        read_mapped(bytes, ret);
                else if (bytes[0] == KEY && ret->n_keys < WATTLE_HELLO_MAX_KEYS)
                        memcpy(ret->keys[ret->n_keys++].bytes, bytes + 4, WATTLE_BEACON_KEY_SIZE);
}

gboolean wattle_hello_read(gconstpointer bytes, gsize size, WattleHello *ret)
{
        const guint8 *read = bytes;
        WattleHello hello = { 0 };
        guint16 port;
        guint64 serial;

        if (size < WATTLE_HELLO_LEAST_SIZE || size > WATTLE_HELLO_MAX_SIZE ||
            memcmp(read, magic, sizeof magic) != 0 || read[4] != HELLO)
                return FALSE;
        memcpy(&port, read + 6, sizeof port);
        memcpy(&serial, read + 8, sizeof serial);
        memcpy(hello.sum, read + 16, sizeof hello.sum);
        hello.asks = (read[5] & HELLO_ASKS) != 0;
        hello.listen_port = GUINT16_FROM_BE(port);
        hello.serial = GUINT64_FROM_BE(serial);
        if (hello.serial > G_MAXINT64)
                return FALSE;
        read_things(read + WATTLE_HELLO_LEAST_SIZE, size - WATTLE_HELLO_LEAST_SIZE, &hello);
        *ret = hello;
        return TRUE;
}

#define PAIRING 4

/* No scope: it would mean another link there. */
static void write_seen(const WattleSocketAddr *seen, guint8 *bytes)
{
        guint16 port = GUINT16_TO_BE(seen->port);

        if (!wattle_socket_addr_is_set(seen))
                return;
        bytes[0] = seen->addr.family == AF_INET6 ? 6 : 4;
        memcpy(bytes + 2, &port, sizeof port);
        memcpy(bytes + 4, seen->addr.bytes, addr_size(seen->addr.family));
}

void wattle_pairing_write(const WattlePairing *pairing, guint8 bytes[WATTLE_PAIRING_SIZE])
{
        guint16 port = GUINT16_TO_BE(pairing->port);

        memset(bytes, 0, WATTLE_PAIRING_SIZE);
        memcpy(bytes, magic, sizeof magic);
        bytes[4] = PAIRING;
        bytes[5] = (guint8)pairing->kind;
        memcpy(bytes + 6, &port, sizeof port);
        memcpy(bytes + 8, pairing->other.bytes, WATTLE_KEY_SIZE);
        write_seen(&pairing->seen, bytes + 40);
        bytes[41] = pairing->goes_on ? 1 : 0;
        write_seen(&pairing->you, bytes + 60);
}

static gboolean read_seen(const guint8 *bytes, WattleSocketAddr *ret)
{
        guint16 port;

        if (bytes[0] == 0)
                return TRUE;
        if (bytes[0] != 4 && bytes[0] != 6)
                return FALSE;
        memcpy(&port, bytes + 2, sizeof port);
        *ret = (WattleSocketAddr){ .addr.family = bytes[0] == 6 ? AF_INET6 : AF_INET,
                                   .port = GUINT16_FROM_BE(port) };
        memcpy(ret->addr.bytes, bytes + 4, addr_size(ret->addr.family));
        return ret->port != 0;
}

static gboolean may_have_port(const WattlePairing *pairing)
{
        if (pairing->kind == WATTLE_PAIRING_INTRODUCED)
                return TRUE;
        return (pairing->port != 0) == (pairing->kind == WATTLE_PAIRING_OFFERED);
}

gboolean wattle_pairing_read(gconstpointer bytes, gsize size, WattlePairing *ret)
{
        const guint8 *read = bytes;
        WattlePairing pairing = { 0 };
        guint16 port;

        if (size < WATTLE_PAIRING_LEAST_SIZE || size > WATTLE_HELLO_MAX_SIZE ||
            memcmp(read, magic, sizeof magic) != 0 || read[4] != PAIRING ||
            read[5] < WATTLE_PAIRING_ASKED || read[5] > WATTLE_PAIRING_INTRODUCED)
                return FALSE;
        memcpy(&port, read + 6, sizeof port);
        memcpy(pairing.other.bytes, read + 8, WATTLE_KEY_SIZE);
        pairing.kind = (WattlePairingKind)read[5];
        pairing.port = GUINT16_FROM_BE(port);
        if (!may_have_port(&pairing) || !read_seen(read + 40, &pairing.seen) ||
            (size >= WATTLE_PAIRING_SIZE && !read_seen(read + 60, &pairing.you)))
                return FALSE;
        if (pairing.kind == WATTLE_PAIRING_INTRODUCED) {
                if (!wattle_socket_addr_is_set(&pairing.seen))
                        return FALSE;
                pairing.goes_on = (read[41] & 1) != 0;
        }
        *ret = pairing;
        return TRUE;
}

#define SIGHTING 5

void wattle_sighting_write(const WattleSighting *sighting, guint8 bytes[WATTLE_SIGHTING_SIZE])
{
        memset(bytes, 0, WATTLE_SIGHTING_SIZE);
        memcpy(bytes, magic, sizeof magic);
        bytes[4] = SIGHTING;
        bytes[5] = (guint8)sighting->kind;
        memcpy(bytes + 8, sighting->nonce, sizeof sighting->nonce);
}

gboolean wattle_sighting_read(gconstpointer bytes, gsize size, WattleSighting *ret)
{
        const guint8 *read = bytes;

        if (size < WATTLE_SIGHTING_SIZE || size > WATTLE_HELLO_MAX_SIZE ||
            memcmp(read, magic, sizeof magic) != 0 || read[4] != SIGHTING ||
            read[5] < WATTLE_SIGHTING_ASKED || read[5] > WATTLE_SIGHTING_DENIED)
                return FALSE;
        ret->kind = (WattleSightingKind)read[5];
        memcpy(ret->nonce, read + 8, sizeof ret->nonce);
        return TRUE;
}
