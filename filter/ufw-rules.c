/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter/ufw-rules.h"

#include <string.h>

#define TRUSTING_ZONE "trusted"

/* Of 'wattle ', as ufw has comments in its file. */
#define COMMENT_IN_FILE "comment=776174746c6520"

static void add_port(GPtrArray *rules, const WattleFirewallPort *port, const char *interface)
{
        const char *protocol = wattle_port_protocol_name(port->protocol);
        char numbers[WATTLE_PORT_TEXT_MAX];

        wattle_port_format(&(WattlePort){ .first = port->ports.first, .last = port->ports.last },
                           ":", numbers);
        g_ptr_array_add(rules, port->side == WATTLE_PORT_BY_MESH
                                       ? g_strdup_printf("allow in on %s to any port %s proto %s",
                                                         interface, numbers, protocol)
                                       : g_strdup_printf("allow %s/%s", numbers, protocol));
}

void wattle_ufw_add_wanted(GPtrArray *rules, const WattleFirewall *firewall, const char *interface)
{
        gboolean is_trusted = g_strcmp0(firewall->trust, TRUSTING_ZONE) == 0;

        if (is_trusted)
                g_ptr_array_add(rules, g_strdup_printf("allow in on %s", interface));
        for (guint i = 0; i < firewall->ports->len && firewall->is_auto; i++) {
                const WattleFirewallPort *port =
                        &g_array_index(firewall->ports, WattleFirewallPort, i);

                if (port->side == WATTLE_PORT_BY_UPLINK || !is_trusted)
                        add_port(rules, port, interface);
        }
}

/* What a line "### tuple ### allow udp 51820 ..." shares with a rule like it: a port or the
 * interface. */
static gboolean shares_word(const char *tuple, const char *rule)
{
        static const char *const common[] = { "allow", "in",    "on",  "to",  "any",
                                              "port",  "proto", "udp", "tcp", NULL };
        g_auto(GStrv) words = g_strsplit_set(rule, " /", -1);

        for (char **word = words; *word; word++)
                if (!g_strv_contains(common, *word) && strstr(tuple, *word))
                        return TRUE;
        return FALSE;
}

gboolean wattle_ufw_may_matter(const char *file, const GPtrArray *wanted)
{
        g_auto(GStrv) lines = g_strsplit(file, "\n", -1);

        for (char **line = lines; *line; line++) {
                if (!g_str_has_prefix(*line, "### tuple ###"))
                        continue;
                if (strstr(*line, COMMENT_IN_FILE))
                        return TRUE;
                for (guint i = 0; i < wanted->len; i++)
                        if (shares_word(*line, g_ptr_array_index(wanted, i)))
                                return TRUE;
        }
        return FALSE;
}

static gboolean contains(const GPtrArray *rules, const char *rule)
{
        for (guint i = 0; i < rules->len; i++)
                if (strcmp(g_ptr_array_index(rules, i), rule) == 0)
                        return TRUE;
        return FALSE;
}

/* Of "ufw RULE comment 'TEXT'", which is cut up; a comment has no quotes in it. NULL if it is
 * another line. */
static const char *read_line(char *line, gboolean *ret_is_ours)
{
        static const char before[] = "ufw ", middle[] = " comment '";
        char *comment;

        if (!g_str_has_prefix(line, before))
                return NULL;
        comment = strstr(line + strlen(before), middle);
        *ret_is_ours = comment && g_str_has_prefix(comment + strlen(middle), WATTLE_UFW_COMMENT);
        if (comment)
                *comment = '\0';
        return line + strlen(before);
}

void wattle_ufw_plan(char **shown, const GPtrArray *wanted, GPtrArray *ret_remove,
                     GPtrArray *ret_add)
{
        g_autoptr(GPtrArray) there = g_ptr_array_new();

        for (char **line = shown; *line; line++) {
                gboolean is_ours;
                const char *rule = read_line(*line, &is_ours);

                if (!rule)
                        continue;
                g_ptr_array_add(there, (gpointer)rule);
                if (is_ours && !contains(wanted, rule))
                        g_ptr_array_add(ret_remove, (gpointer)rule);
        }
        for (guint i = 0; i < wanted->len; i++) {
                gpointer rule = g_ptr_array_index(wanted, i);

                if (!contains(there, rule) && !contains(ret_add, rule))
                        g_ptr_array_add(ret_add, rule);
        }
}
