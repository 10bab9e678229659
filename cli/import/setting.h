/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The values that all formats have in common: each setting takes one value, of one word, and puts
 * it into the host or the peer that is being read. INVALID if the mesh could not have it. */
#pragma once

#include "cli/import/host.h"
#include "common/language.h"

typedef struct {
        WattleImport *import;
        WattleImportHost *host;
        WattleImportPeer *peer; /* NULL in a section of the interface */
} WattleImportTarget;

typedef gboolean (*WattleImportSetting)(const WattleImportTarget *target, const char *value,
                                        WattlePlace place, GError **error);

/* Of the host. Of a private key only the public half is kept. Port 0 has the kernel choose, as
 * without the line. */
gboolean wattle_import_set_private_key(const WattleImportTarget *target, const char *value,
                                       WattlePlace place, GError **error);
gboolean wattle_import_set_address(const WattleImportTarget *target, const char *value,
                                   WattlePlace place, GError **error);
gboolean wattle_import_set_listen_port(const WattleImportTarget *target, const char *value,
                                       WattlePlace place, GError **error);
gboolean wattle_import_set_mtu(const WattleImportTarget *target, const char *value,
                               WattlePlace place, GError **error);

/* Of the peer. */
gboolean wattle_import_set_public_key(const WattleImportTarget *target, const char *value,
                                      WattlePlace place, GError **error);
gboolean wattle_import_set_allowed(const WattleImportTarget *target, const char *value,
                                   WattlePlace place, GError **error);
gboolean wattle_import_set_endpoint(const WattleImportTarget *target, const char *value,
                                    WattlePlace place, GError **error);
gboolean wattle_import_set_keepalive(const WattleImportTarget *target, const char *value,
                                     WattlePlace place, GError **error);

/* Errors for a host without a private key (words say whose line is missing) and for its peers
 * without a public one, unless there were errors before, which they would follow from. */
void wattle_import_check_keys(const WattleImportHost *host, const char *words,
                              WattleReport *report);

/* Where what a mesh has no place for goes; for several formats. */
#define WATTLE_IMPORT_NO_PSK N_("wattle has no pre-shared keys: take it out on both sides at once")
#define WATTLE_IMPORT_NO_DNS N_("a mesh sets no name server: each host keeps its own")
#define WATTLE_IMPORT_MARK   N_("it is FirewallMark= in [Local] of this host")
#define WATTLE_IMPORT_ROUTES                                                                       \
        N_("routes come from Routes= and ExitNode= of the device that they lead to")
#define WATTLE_IMPORT_TABLE                                                                        \
        N_("routes go to the main table, on hosts with AcceptRoutes=yes in [Local]")
