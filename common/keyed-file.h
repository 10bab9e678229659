/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file for a device that runs no wattle: text with a place for one line that has the private key
 * in it. Only what wattle_keyed_file_join() makes is a secret. */
#pragma once

#include "common/fileset.h"
#include "common/key.h"

typedef struct {
        WattleFile text;  /* all but that line; kind, path and mode are not used */
        gsize key_at;     /* where the line goes */
        char *key_before; /* what stands before the key in it, as in "PrivateKey="; NULL: this
                             file has no key */
        const char *key_after;
        GArray *part_ends; /* of gsize: where each part of the text ends that another file may take
                              over; NULL: nobody has said */
} WattleKeyedFile;

void wattle_keyed_file_init(WattleKeyedFile *file);
void wattle_keyed_file_clear(WattleKeyedFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleKeyedFile, wattle_keyed_file_clear)

/* The line with the key goes here, behind what was written so far. after is borrowed. */
void wattle_keyed_file_place(WattleKeyedFile *file, const char *before, const char *after);

/* The whole text. private_key may be NULL: a comment then says where to put it. The one output that
 * may hold a secret, so it is in memory of libsodium: free it with sodium_free(), which wipes it.
 */
char *wattle_keyed_file_join(const WattleKeyedFile *file, const WattleKey *private_key);

/* The same without a key, which is no secret: the caller g_free()s it. Of 10 000 files, libsodium's
 * memory for each was half of the work. */
char *wattle_keyed_file_without_key(const WattleKeyedFile *file);
