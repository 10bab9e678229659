/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/table.h"

#include <nftables/libnftables.h>

#include "common/error.h"
#include "filter/refusal.h"

struct WattleTable {
        char *name;
        struct nft_ctx *nft;
};

static void set_error(GError **error, const char *said)
{
        g_autofree char *words = wattle_refusal_explain(said);

        g_set_error(error, WATTLE_ERROR, WATTLE_ERROR_FAILED, "nftables: %s", words);
}

static gboolean run(const WattleTable *table, const char *commands, GError **error)
{
        if (nft_run_cmd_from_buffer(table->nft, commands) == 0)
                return TRUE;
        set_error(error, nft_ctx_get_error_buffer(table->nft));
        return FALSE;
}

/* One of that name without an owner is nobody's: somebody has loaded the file, or an older version
 * has left it. That of another that runs is refused, for nobody may change it. */
WattleTable *wattle_table_new(const char *name, const char *text, GError **error)
{
        g_autoptr(WattleTable) table = g_new0(WattleTable, 1);
        g_autofree char *commands =
                g_strdup_printf("table inet %s\ndelete table inet %s\n%s", name, name, text);

        table->name = g_strdup(name);
        table->nft = nft_ctx_new(NFT_CTX_DEFAULT);
        if (!table->nft || nft_ctx_buffer_error(table->nft) != 0) {
                set_error(error, "no memory");
                return NULL;
        }
        return run(table, commands, error) ? g_steal_pointer(&table) : NULL;
}

gboolean wattle_table_replace(WattleTable *table, const char *text, GError **error)
{
        g_autofree char *commands = g_strdup_printf("delete table inet %s\n%s", table->name, text);

        return run(table, commands, error);
}

void wattle_table_free(WattleTable *table)
{
        if (!table)
                return;
        if (table->nft)
                nft_ctx_free(table->nft);
        g_free(table->name);
        g_free(table);
}
