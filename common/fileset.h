/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files in memory: what a renderer makes and common/sys/install.h puts in place. Paths are relative
 * to the root of a host. */
#pragma once

#include <glib.h>

#include "common/endpoint.h"
#include "common/ip.h"
#include "common/key.h"
#include "common/paths.h"

typedef struct {
        WattleFileKind kind;
        char *path;       /* "run/systemd/network/60-wattle-home.netdev" */
        guint mode;       /* 0640 or 0644 */
        GString *content; /* whole lines of printable text, or bytes if it is binary */
        gboolean binary;
        gboolean is_bare; /* comments and empty lines are left out, for a code for a camera */
} WattleFile;

typedef struct {
        GPtrArray *files;          /* of WattleFile */
        WattleFileKind first, end; /* the kinds that there may be in it: whoever installs the set
                                      removes those of them that it lacks, and touches no others */
} WattleFileset;

/* Of a mesh; of one that a VPN connection carries, what is wattle-filter's, libnss_wattle's and
 * wattled's; and of a tailnet. */
void wattle_fileset_init(WattleFileset *files);
void wattle_fileset_init_carried(WattleFileset *files);
void wattle_fileset_init_carried_names(WattleFileset *files);
void wattle_fileset_init_carried_mesh(WattleFileset *files);
void wattle_fileset_init_tailnet(WattleFileset *files);
void wattle_fileset_clear(WattleFileset *files);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleFileset, wattle_fileset_clear)

/* A new empty file, which belongs to the set. */
WattleFile *wattle_fileset_add(WattleFileset *files, WattleFileKind kind, const char *mesh,
                               guint mode);

/* The file of that kind, or NULL. */
const WattleFile *wattle_fileset_find(const WattleFileset *files, WattleFileKind kind);

/* A set of kinds: the sum of these bits. */
#define WATTLE_FILE_BIT(kind) (1U << (kind))

guint wattle_file_bits_count(guint bits);

/* A text alone, without kind and path. */
void wattle_file_init(WattleFile *file);
void wattle_file_clear(WattleFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleFile, wattle_file_clear)

/* So much more is to come: the content need not grow step by step. */
void wattle_file_expect(WattleFile *file, gsize n);

/* The one way of text into a file. A text with a control character is a bug of ours (the readers
 * refuse it), and is left out; names of sections and keys are our own. */
void wattle_file_comment(WattleFile *file, const char *text);
void wattle_file_section(WattleFile *file, const char *name);
void wattle_file_set(WattleFile *file, const char *key, const char *value);
void wattle_file_set_uint(WattleFile *file, const char *key, guint64 value);
void wattle_file_set_key(WattleFile *file, const char *key, const WattleKey *public_key);
void wattle_file_set_socket_addr(WattleFile *file, const char *key, const WattleSocketAddr *at);
void wattle_file_set_endpoint(WattleFile *file, const char *key, const WattleEndpoint *endpoint);
void wattle_file_set_prefix(WattleFile *file, const char *key, const WattlePrefix *prefix);
/* A list on one line, joined by commas; n is at least 1. */
void wattle_file_set_prefixes(WattleFile *file, const char *key, const WattlePrefix *prefixes,
                              guint n);
