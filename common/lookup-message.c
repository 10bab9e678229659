/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/lookup-message.h"

#include <string.h>

#include "common/big-endian.h"
#include "common/scalar.h"

#define QUESTION_HEAD 16
#define SERVER_SIZE   20
#define ANSWER_HEAD   8
#define ADDRESS_SIZE  17

static const guint8 question_magic[] = { 'W', 'T', 'Q', '1' };
static const guint8 answer_magic[] = { 'W', 'T', 'A', '1' };

static void put_address(guint8 *family, guint8 bytes[16], const WattleAddr *addr)
{
        *family = addr->family == AF_INET6 ? 6 : 4;
        memset(bytes, 0, 16);
        memcpy(bytes, addr->bytes, addr->family == AF_INET6 ? 16 : 4);
}

static gboolean get_address(guint8 family, const guint8 bytes[16], WattleAddr *ret)
{
        *ret = (WattleAddr){ .family = family == 6 ? AF_INET6 : AF_INET };
        memcpy(ret->bytes, bytes, family == 6 ? 16 : 4);
        return family == 4 || family == 6;
}

gsize wattle_lookup_question_write(const WattleLookupQuestion *question,
                                   guint8 bytes[WATTLE_LOOKUP_QUESTION_MAX])
{
        gsize length = strlen(question->name);
        guint8 *at = bytes + QUESTION_HEAD;

        memset(bytes, 0, QUESTION_HEAD);
        memcpy(bytes, question_magic, sizeof question_magic);
        wattle_put32(bytes + 4, question->mark);
        wattle_put32(bytes + 8, question->ifindex);
        bytes[12] = (guint8)question->n_servers;
        bytes[13] = (guint8)length;
        for (guint i = 0; i < question->n_servers; i++, at += SERVER_SIZE) {
                put_address(at, at + 4, &question->servers[i].addr);
                at[1] = 0;
                wattle_put16(at + 2, question->servers[i].port);
        }
        memcpy(at, question->name, length);
        return (gsize)(at - bytes) + length;
}

static gboolean read_server(const guint8 *bytes, guint32 ifindex, WattleSocketAddr *ret)
{
        if (!get_address(bytes[0], bytes + 4, &ret->addr) || wattle_addr_is_special(&ret->addr))
                return FALSE;
        ret->port = wattle_get16(bytes + 2);
        ret->scope = wattle_addr_has_scope(&ret->addr) ? ifindex : 0;
        return ret->port != 0;
}

gboolean wattle_lookup_question_read(gconstpointer bytes, gsize size, WattleLookupQuestion *ret)
{
        const guint8 *read = bytes, *at = read + QUESTION_HEAD;
        WattleLookupQuestion question = { 0 };
        gsize length;

        if (size < QUESTION_HEAD || memcmp(read, question_magic, sizeof question_magic) != 0)
                return FALSE;
        question.mark = wattle_get32(read + 4);
        question.ifindex = wattle_get32(read + 8);
        question.n_servers = read[12];
        length = read[13];
        if (question.n_servers < 1 || question.n_servers > WATTLE_LOOKUP_MAX_SERVERS ||
            length > WATTLE_LOOKUP_NAME_MAX ||
            size != QUESTION_HEAD + SERVER_SIZE * question.n_servers + length)
                return FALSE;
        for (guint i = 0; i < question.n_servers; i++, at += SERVER_SIZE)
                if (!read_server(at, question.ifindex, &question.servers[i]))
                        return FALSE;
        memcpy(question.name, at, length);
        if (strlen(question.name) != length || !wattle_dns_name_check(question.name, NULL))
                return FALSE;
        *ret = question;
        return TRUE;
}

gsize wattle_lookup_answer_write(const WattleLookupAnswer *answer,
                                 guint8 bytes[WATTLE_LOOKUP_ANSWER_MAX])
{
        guint8 *at = bytes + ANSWER_HEAD;

        memset(bytes, 0, ANSWER_HEAD);
        memcpy(bytes, answer_magic, sizeof answer_magic);
        bytes[4] = (guint8)answer->n_addresses;
        wattle_put16(bytes + 6, (guint16)answer->failure);
        for (guint i = 0; i < answer->n_addresses; i++, at += ADDRESS_SIZE)
                put_address(at, at + 1, &answer->addresses[i]);
        return (gsize)(at - bytes);
}

gboolean wattle_lookup_answer_read(gconstpointer bytes, gsize size, WattleLookupAnswer *ret)
{
        const guint8 *read = bytes, *at = read + ANSWER_HEAD;
        WattleLookupAnswer answer = { 0 };

        if (size < ANSWER_HEAD || memcmp(read, answer_magic, sizeof answer_magic) != 0)
                return FALSE;
        answer.n_addresses = read[4];
        answer.failure = wattle_get16(read + 6);
        if (answer.n_addresses > WATTLE_LOOKUP_MAX_ADDRESSES ||
            (answer.failure != 0 && answer.n_addresses > 0) ||
            size != ANSWER_HEAD + ADDRESS_SIZE * answer.n_addresses)
                return FALSE;
        for (guint i = 0; i < answer.n_addresses; i++, at += ADDRESS_SIZE)
                if (!get_address(at[0], at + 1, &answer.addresses[i]))
                        return FALSE;
        *ret = answer;
        return TRUE;
}
