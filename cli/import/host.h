/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What another tool's file says of one WireGuard interface: one host, and the peers that it knows.
 * The parsers make it, a file for each format, and join.h makes one mesh of several. */
#pragma once

#include "common/arena.h"
#include "common/endpoint.h"
#include "common/key.h"
#include "common/report.h"
#include "common/value.h"

#define WATTLE_IMPORT_MAX_BYTES (8 * 1024 * 1024)

/* An address with a length, as it stands there: host bits are kept. */
typedef struct {
        WattleAddr addr;
        guint8 length;
        WattlePlace place;
} WattleImportRange;

typedef struct {
        WattlePlace place;
        const char *name; /* a DNS label from a comment; NULL: none */
        gboolean has_key;
        WattleKey public_key;
        GArray *allowed; /* of WattleImportRange */
        gboolean has_endpoint;
        WattleEndpoint endpoint;
        WattlePlace endpoint_place;
        WattleOptionalU16 keepalive_s;
} WattleImportPeer;

typedef struct {
        WattlePlace place;
        const char *name;      /* a DNS label from a comment or the file's path; NULL: none */
        const char *interface; /* as a .netdev calls it; NULL: not told */
        gboolean has_key;
        WattleKey public_key; /* no private key is kept */
        GArray *addresses;    /* of WattleImportRange */
        WattleOptionalU16 listen_port;
        WattleMtu mtu;
        gboolean learns; /* endpoints are those of the kernel, which learns them */
        GArray *peers;   /* of WattleImportPeer */
} WattleImportHost;

/* All hosts of all files; what they point to lies in the arena, file names too. */
typedef struct {
        WattleArena *arena;
        GPtrArray *hosts; /* of WattleImportHost */
        /* A file that another one names, of some 4 KiB at most; NULL if it is not to be had. The
         * caller sets it; as long as it is NULL nothing is opened. */
        GBytes *(*open)(const char *path);
} WattleImport;

void wattle_import_init(WattleImport *import);
void wattle_import_clear(WattleImport *import);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleImport, wattle_import_clear)

/* Owned by import. */
WattleImportHost *wattle_import_add_host(WattleImport *import, WattlePlace place);

/* Borrowed until the next one is added. */
WattleImportPeer *wattle_import_add_peer(WattleImportHost *host, WattlePlace place);

/* ADDRESS or ADDRESS/LENGTH, without a length that of one host. */
gboolean wattle_import_range_parse(const char *text, WattlePlace place, WattleImportRange *ret,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The prefix of a range, without host bits. */
WattlePrefix wattle_import_range_prefix(const WattleImportRange *range);

/* A name that people wrote, as a DNS label: "Anna's laptop" is anna-s-laptop. NULL if nothing is
 * left of it, or if it is a sentence or a setting that was commented out. */
char *wattle_import_label(const char *words);

/* The name in the comments of a section, line by line: "# Name = laptop" and "### Client laptop"
 * say it, "# laptop" may be it, and "# Email: " is of something else. What says it goes before what
 * may be it, else the later line before the earlier. */
typedef struct {
        char *name; /* NULL: none */
        gboolean is_said;
} WattleImportComment;

void wattle_import_comment_read(WattleImportComment *comment, const char *text);
void wattle_import_comment_clear(WattleImportComment *comment);

/* From "clients/laptop.conf": laptop. What is called as an interface, wg0, tells of no host; then
 * it is the folder's name. NULL if that is no name either. */
char *wattle_import_label_of_path(const char *path);
