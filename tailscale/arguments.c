/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tailscale/arguments.h"

static void add(GPtrArray *words, const char *flag, const char *value)
{
        if (value)
                g_ptr_array_add(words, g_strdup_printf("--%s=%s", flag, value));
}

static void add_switch(GPtrArray *words, const char *flag, const WattleTailnetSwitch *value)
{
        if (value->given)
                add(words, flag, value->value ? "true" : "false");
}

static void add_list(GPtrArray *words, const char *flag, const WattleTailnetList *list)
{
        g_autoptr(GString) joined = g_string_new(NULL);

        for (guint i = 0; i < list->n; i++)
                g_string_append_printf(joined, "%s%s", i > 0 ? "," : "", list->words[i].value);
        if (list->n > 0)
                add(words, flag, joined->str);
}

static void add_flags(GPtrArray *words, const WattleTailnetList *flags)
{
        for (guint i = 0; i < flags->n; i++)
                g_ptr_array_add(words, g_strdup(flags->words[i].value));
}

/* What both commands know. */
static void add_settings(GPtrArray *words, const WattleTailnet *tailnet)
{
        add_switch(words, "accept-routes", &tailnet->accept_routes);
        add_list(words, "advertise-routes", &tailnet->advertise_routes);
        add_switch(words, "advertise-exit-node", &tailnet->advertise_exit_node);
        add_switch(words, "ssh", &tailnet->ssh);
        add(words, "hostname", tailnet->hostname.value);
}

static char **finish(GPtrArray *words)
{
        g_ptr_array_add(words, NULL);
        return (char **)g_ptr_array_free(words, FALSE);
}

/* Without ExitNode=: its name is looked up among the devices of the tailnet, which are not known
 * before the login. "set" follows. */
char **wattle_tailscale_up(const WattleTailnet *tailnet, const char *key_path)
{
        g_autofree char *key = g_strconcat("file:", key_path, NULL);
        GPtrArray *words = g_ptr_array_new();

        g_ptr_array_add(words, g_strdup("up"));
        g_ptr_array_add(words, g_strdup("--reset"));
        add(words, "auth-key", key);
        add(words, "login-server", tailnet->login_server.value);
        add_list(words, "advertise-tags", &tailnet->advertise_tags);
        add_settings(words, tailnet);
        add_flags(words, &tailnet->up_flags);
        return finish(words);
}

char **wattle_tailscale_set(const WattleTailnet *tailnet)
{
        GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

        g_ptr_array_add(words, g_strdup("set"));
        add_settings(words, tailnet);
        add(words, "exit-node", tailnet->exit_node.value);
        /* It asks whether that shall be in spite of a strict filter on an uplink, and nobody would
         * answer. The filter does no harm: src_valid_mark, which wattle has set, and the mark that
         * tailscaled restores see to that. */
        if (tailnet->exit_node.value)
                add(words, "accept-risk", "linux-strict-rp-filter");
        add_flags(words, &tailnet->set_flags);
        if (words->len == 1) {
                g_ptr_array_unref(words);
                return NULL;
        }
        return finish(words);
}

static void add_parameter(GString *text, const char *name, const char *value)
{
        g_string_append_printf(text, "%c%s=%s", text->len > 0 ? '&' : '?', name, value);
}

char *wattle_tailscale_key_parameters(const WattleTailnet *tailnet)
{
        GString *text = g_string_new(NULL);

        if (tailnet->ephemeral.given)
                add_parameter(text, "ephemeral", tailnet->ephemeral.value ? "true" : "false");
        if (tailnet->preauthorized.given)
                add_parameter(text, "preauthorized",
                              tailnet->preauthorized.value ? "true" : "false");
        if (tailnet->base_url.value)
                add_parameter(text, "baseURL", tailnet->base_url.value);
        return g_string_free(text, FALSE);
}
