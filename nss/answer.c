/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nss/answer.h"

#include <arpa/inet.h>
#include <string.h>

typedef struct {
        char *at;
        size_t left;
} Room;

/* n bytes, aligned for all that an answer has; NULL if there are not so many. */
static void *take(Room *room, size_t n)
{
        size_t gap = -(uintptr_t)room->at % _Alignof(max_align_t);
        char *taken;

        if (room->left < gap || room->left - gap < n)
                return NULL;
        taken = room->at + gap;
        room->at = taken + n;
        room->left -= gap + n;
        return taken;
}

static char *first_name(const WattleIndexRecord *record, uint8_t *content)
{
        return (char *)content + record->n_ipv6 * 16 + record->n_ipv4 * 4;
}

/* The addresses of the device and its names, in the caller's room. */
static WattleAnswer take_content(WattleIndex *index, const WattleIndexRecord *record, Room *room,
                                 uint8_t **ret)
{
        uint8_t *content = take(room, record->content_size);

        if (!content)
                return WATTLE_ANSWER_NO_ROOM;
        if (!wattle_index_read_content(index, record, content))
                return WATTLE_ANSWER_BROKEN;
        *ret = content;
        return WATTLE_ANSWER_DONE;
}

/* All but the addresses. */
static WattleAnswer take_names(WattleIndex *index, const WattleIndexRecord *record, Room *room,
                               struct hostent *host, uint8_t **ret_content)
{
        char **aliases = take(room, record->n_names * sizeof *aliases), *name;
        WattleAnswer answer;

        if (!aliases)
                return WATTLE_ANSWER_NO_ROOM;
        answer = take_content(index, record, room, ret_content);
        if (answer != WATTLE_ANSWER_DONE)
                return answer;
        name = first_name(record, *ret_content);
        host->h_name = name;
        for (uint32_t i = 0; i + 1 < record->n_names; i++)
                aliases[i] = name += strlen(name) + 1;
        aliases[record->n_names - 1] = NULL;
        host->h_aliases = aliases;
        return WATTLE_ANSWER_DONE;
}

WattleAnswer wattle_answer_host(WattleIndex *index, const WattleIndexRecord *record, int family,
                                struct hostent *ret, char *buffer, size_t size)
{
        Room room = { buffer, size };
        uint32_t n = family == AF_INET6 ? record->n_ipv6 : record->n_ipv4;
        size_t length = family == AF_INET6 ? 16 : 4;
        struct hostent host = { .h_addrtype = family, .h_length = (int)length };
        WattleAnswer answer;
        uint8_t *content;
        char **addresses;

        if (n == 0)
                return WATTLE_ANSWER_NO_ADDRESS;
        addresses = take(&room, (n + 1) * sizeof *addresses);
        if (!addresses)
                return WATTLE_ANSWER_NO_ROOM;
        answer = take_names(index, record, &room, &host, &content);
        if (answer != WATTLE_ANSWER_DONE)
                return answer;
        if (family == AF_INET)
                content += record->n_ipv6 * 16;
        for (uint32_t i = 0; i < n; i++)
                addresses[i] = (char *)content + i * length;
        addresses[n] = NULL;
        host.h_addr_list = addresses;
        *ret = host;
        return WATTLE_ANSWER_DONE;
}

WattleAnswer wattle_answer_address(WattleIndex *index, const WattleIndexRecord *record, int family,
                                   const void *address, size_t address_size, struct hostent *ret,
                                   char *buffer, size_t size)
{
        Room room = { buffer, size };
        struct hostent host = { .h_addrtype = family, .h_length = (int)address_size };
        char **addresses = take(&room, 2 * sizeof *addresses);
        void *copy = take(&room, address_size);
        WattleAnswer answer;
        uint8_t *content;

        if (!addresses || !copy)
                return WATTLE_ANSWER_NO_ROOM;
        answer = take_names(index, record, &room, &host, &content);
        if (answer != WATTLE_ANSWER_DONE)
                return answer;
        addresses[0] = memcpy(copy, address, address_size);
        addresses[1] = NULL;
        host.h_addr_list = addresses;
        *ret = host;
        return WATTLE_ANSWER_DONE;
}

static void fill_item(struct gaih_addrtuple *item, const WattleIndexRecord *record,
                      uint8_t *content, uint32_t i)
{
        bool is_ipv6 = i < record->n_ipv6;
        const uint8_t *at = is_ipv6 ? content + i * 16
                                    : content + record->n_ipv6 * 16 + (i - record->n_ipv6) * 4;

        *item = (struct gaih_addrtuple){
                .name = first_name(record, content),
                .family = is_ipv6 ? AF_INET6 : AF_INET,
        };
        memcpy(item->addr, at, is_ipv6 ? 16 : 4);
}

WattleAnswer wattle_answer_list(WattleIndex *index, const WattleIndexRecord *record,
                                struct gaih_addrtuple **ret, char *buffer, size_t size)
{
        Room room = { buffer, size };
        uint32_t n = record->n_ipv6 + record->n_ipv4;
        struct gaih_addrtuple *items;
        WattleAnswer answer;
        uint8_t *content;

        if (n == 0)
                return WATTLE_ANSWER_NO_ADDRESS;
        items = take(&room, n * sizeof *items);
        if (!items)
                return WATTLE_ANSWER_NO_ROOM;
        answer = take_content(index, record, &room, &content);
        if (answer != WATTLE_ANSWER_DONE)
                return answer;
        for (uint32_t i = 0; i < n; i++) {
                fill_item(&items[i], record, content, i);
                items[i].next = i + 1 < n ? &items[i + 1] : NULL;
        }
        if (*ret)
                **ret = items[0];
        else
                *ret = items;
        return WATTLE_ANSWER_DONE;
}
