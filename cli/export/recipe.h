/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the file of a device that runs no wattle is made: what its settings would say if it had any,
 * and what the program that reads the file needs. */
#pragma once

#include "common/ip.h"

#define WATTLE_EXPORT_MAX_DNS 8

typedef enum {
        WATTLE_EXPORT_ALL,
        WATTLE_EXPORT_RELAYS, /* those with Relay=yes, by which others are reached, and the exit
                                 node */
        WATTLE_EXPORT_PUBLIC, /* those with a PublicEndpoint=, and the exit node */
} WattleExportPeers;

typedef enum {
        WATTLE_EXPORT_WG_QUICK,
        WATTLE_EXPORT_NETWORKD,
        WATTLE_EXPORT_NM,
        WATTLE_EXPORT_OPENWRT,
} WattleExportFormat;

typedef struct {
        WattleExportFormat format;
        gboolean accept_routes;
        char *exit_node; /* NULL: none */
        WattleExportPeers peers;
        int endpoint_family; /* of addresses in endpoints; AF_UNSPEC: as on hosts that run wattle */
        WattleAddr dns[WATTLE_EXPORT_MAX_DNS];
        guint n_dns;
} WattleRecipe;

/* Zeroed, it is at its defaults. */
void wattle_recipe_clear(WattleRecipe *recipe);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WattleRecipe, wattle_recipe_clear)

/* One of the options of 'wattle export' that make a recipe, without its dashes. FALSE with an error
 * that begins with the option. */
gboolean wattle_recipe_set(WattleRecipe *recipe, const char *option, const char *value,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The options that make it, "peers=relays dns=10.7.0.1", and back. A recipe that is parsed into
 * must be zeroed. */
char *wattle_recipe_format(const WattleRecipe *recipe);
gboolean wattle_recipe_parse(WattleRecipe *recipe, const char *text,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
