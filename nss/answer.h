/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device as glibc wants it: all of it in the caller's buffer, whose size the caller chose without
 * knowing ours. See nss/nss.h of glibc and its manual, "NSS Module Internals". */
#pragma once

#include <netdb.h>
#include <nss.h>
#include <stddef.h>

#include "nss/index.h"

typedef enum {
        WATTLE_ANSWER_DONE,
        WATTLE_ANSWER_NO_ROOM,    /* the buffer is too small; a larger one may do */
        WATTLE_ANSWER_NO_ADDRESS, /* the device has none of that family */
        WATTLE_ANSWER_BROKEN,
} WattleAnswer;

/* The device's addresses of that family. */
WattleAnswer wattle_answer_host(WattleIndex *index, const WattleIndexRecord *record, int family,
                                struct hostent *ret, char *buffer, size_t size);

/* The device with one address of it, of that family and so many bytes. */
WattleAnswer wattle_answer_address(WattleIndex *index, const WattleIndexRecord *record, int family,
                                   const void *address, size_t address_size, struct hostent *ret,
                                   char *buffer, size_t size);

/* All addresses, as a list. *ret may have a first item of the caller's own, or is NULL. */
WattleAnswer wattle_answer_list(WattleIndex *index, const WattleIndexRecord *record,
                                struct gaih_addrtuple **ret, char *buffer, size_t size);
