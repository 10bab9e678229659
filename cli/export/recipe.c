/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/export/recipe.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/error.h"

static const char *const peers_words[] = {
        [WATTLE_EXPORT_ALL] = "all",
        [WATTLE_EXPORT_RELAYS] = "relays",
        [WATTLE_EXPORT_PUBLIC] = "public",
        NULL,
};

static const char *const format_words[] = {
        [WATTLE_EXPORT_WG_QUICK] = "wg-quick",
        [WATTLE_EXPORT_NETWORKD] = "networkd",
        [WATTLE_EXPORT_NM] = "nm",
        [WATTLE_EXPORT_OPENWRT] = "openwrt",
        NULL,
};

static const char *const family_words[] = { "auto", "4", "6", NULL };
static const int families[] = { AF_UNSPEC, AF_INET, AF_INET6 };

void wattle_recipe_clear(WattleRecipe *recipe)
{
        g_free(recipe->exit_node);
}

/* The index of a word in a list that ends with NULL. */
static gboolean find_word(const char *const *words, const char *text, guint *ret, GError **error)
{
        g_autofree char *all = NULL;

        for (guint i = 0; words[i]; i++)
                if (strcmp(words[i], text) == 0) {
                        *ret = i;
                        return TRUE;
                }
        all = g_strjoinv(", ", (char **)words);
        return wattle_error_refuse(error, "'%s' is none of %s", text, all);
}

static gboolean set_exit_node(WattleRecipe *recipe, const char *value, G_GNUC_UNUSED GError **error)
{
        g_free(recipe->exit_node);
        recipe->exit_node = g_strdup(value);
        return TRUE;
}

static gboolean set_accept_routes(WattleRecipe *recipe, G_GNUC_UNUSED const char *value,
                                  G_GNUC_UNUSED GError **error)
{
        recipe->accept_routes = TRUE;
        return TRUE;
}

static gboolean set_peers(WattleRecipe *recipe, const char *value, GError **error)
{
        guint word = 0;

        if (!find_word(peers_words, value, &word, error))
                return FALSE;
        recipe->peers = (WattleExportPeers)word;
        return TRUE;
}

static gboolean set_format(WattleRecipe *recipe, const char *value, GError **error)
{
        guint word = 0;

        if (!find_word(format_words, value, &word, error))
                return FALSE;
        recipe->format = (WattleExportFormat)word;
        return TRUE;
}

static gboolean set_endpoint_family(WattleRecipe *recipe, const char *value, GError **error)
{
        guint word = 0;

        if (!find_word(family_words, value, &word, error))
                return FALSE;
        recipe->endpoint_family = families[word];
        return TRUE;
}

static gboolean set_dns(WattleRecipe *recipe, const char *value, GError **error)
{
        g_auto(GStrv) texts = g_strsplit(value, ",", -1);
        guint n = g_strv_length(texts);

        if (n > WATTLE_EXPORT_MAX_DNS)
                return wattle_error_refuse(error, "%u are too many: %d at most", n,
                                           WATTLE_EXPORT_MAX_DNS);
        for (guint i = 0; i < n; i++)
                if (!wattle_addr_parse(texts[i], &recipe->dns[i], error))
                        return FALSE;
        recipe->n_dns = n;
        return TRUE;
}

static const struct {
        const char *option;
        gboolean (*set)(WattleRecipe *recipe, const char *value, GError **error);
} rows[] = {
        { "accept-routes", set_accept_routes },
        { "exit-node", set_exit_node },
        { "format", set_format },
        { "peers", set_peers },
        { "endpoint-family", set_endpoint_family },
        { "dns", set_dns },
};

gboolean wattle_recipe_set(WattleRecipe *recipe, const char *option, const char *value,
                           GError **error)
{
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
                if (strcmp(rows[i].option, option) != 0)
                        continue;
                if (rows[i].set(recipe, value, error))
                        return TRUE;
                g_prefix_error(error, "--%s: ", option);
                return FALSE;
        }
        return wattle_error_refuse(error, "--%s: there is no such option", option);
}

static void append_dns(const WattleRecipe *recipe, GString *text)
{
        char addr[WATTLE_ADDR_TEXT_MAX];

        for (guint i = 0; i < recipe->n_dns; i++) {
                wattle_addr_format(&recipe->dns[i], addr);
                g_string_append_printf(text, "%s%s", i == 0 ? " dns=" : ",", addr);
        }
}

char *wattle_recipe_format(const WattleRecipe *recipe)
{
        GString *text = g_string_new("format=");

        g_string_append(text, format_words[recipe->format]);
        if (recipe->accept_routes)
                g_string_append(text, " accept-routes=yes");
        if (recipe->exit_node)
                g_string_append_printf(text, " exit-node=%s", recipe->exit_node);
        if (recipe->peers != WATTLE_EXPORT_ALL)
                g_string_append_printf(text, " peers=%s", peers_words[recipe->peers]);
        if (recipe->endpoint_family != AF_UNSPEC)
                g_string_append_printf(text, " endpoint-family=%s",
                                       recipe->endpoint_family == AF_INET ? "4" : "6");
        append_dns(recipe, text);
        return g_string_free(text, FALSE);
}

gboolean wattle_recipe_parse(WattleRecipe *recipe, const char *text, GError **error)
{
        g_auto(GStrv) words = g_strsplit(text, " ", -1);

        for (guint i = 0; words[i]; i++) {
                char *equals = strchr(words[i], '=');

                if (!equals)
                        return wattle_error_refuse(error, "'%s' has no =", words[i]);
                *equals = '\0';
                if (!wattle_recipe_set(recipe, words[i], equals + 1, error))
                        return FALSE;
        }
        return TRUE;
}
