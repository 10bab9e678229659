/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/render-tailnet.h"

/* Since when networkd has next hops of others to let be (networkd.conf(5)). The keys for rules and
 * routes are older than WATTLE_SYSTEMD_MIN. */
#define NEXT_HOPS_SINCE 256

static WattleFile *add(const WattleTailnet *tailnet, WattleFileKind kind, WattleFileset *files)
{
        g_autofree char *name = wattle_tailnet_name_of_path(tailnet->file);
        g_autofree char *file_name = g_path_get_basename(tailnet->file);
        g_autofree char *origin = g_strdup_printf(
                WATTLE_RENDER_ORIGIN_WORDS "%s. Change that, not this file.", file_name);
        WattleFile *file = wattle_fileset_add(files, kind, name, 0644);

        wattle_file_comment(file, origin);
        return file;
}

/* As systemd.exec(5), EnvironmentFile=, reads it: in quotes, and the reader has let nothing in that
 * would have to be escaped. */
static void set_quoted(WattleFile *file, const char *key, const char *value)
{
        g_autofree char *quoted = g_strconcat("\"", value, "\"", NULL);

        wattle_file_set(file, key, quoted);
}

/* All that tailscaled's unit knows is said, its defaults too: /etc/default/tailscaled is read
 * before this file, and of each variable the last one counts. */
static void render_environment(const WattleTailnet *tailnet, WattleFileset *files)
{
        WattleFile *file = add(tailnet, WATTLE_FILE_TAILNET_ENVIRONMENT, files);
        const char *tun =
                tailnet->interface.value ? tailnet->interface.value : WATTLE_TAILNET_USERSPACE;
        g_autoptr(GString) flags = g_string_new(NULL);

        g_string_printf(flags, "--tun=%s", tun);
        for (guint i = 0; i < tailnet->daemon_flags.n; i++)
                g_string_append_printf(flags, " %s", tailnet->daemon_flags.words[i].value);
        wattle_file_set_uint(file, "PORT", tailnet->port);
        set_quoted(file, "FLAGS", flags->str);
        if (tailnet->permit_cert_user)
                set_quoted(file, "TS_PERMIT_CERT_UID", tailnet->permit_cert_user);
        if (tailnet->disable_taildrop)
                wattle_file_set(file, "TS_DISABLE_TAILDROP", "true");
        if (tailnet->disable_upstream_logging)
                wattle_file_set(file, "TS_NO_LOGS_NO_SUPPORT", "true");
}

/* networkd would else take its rules, routes and next hops for left-overs, and remove them. */
static void render_networkd(const WattleTailnet *tailnet, guint systemd_version,
                            WattleFileset *files)
{
        WattleFile *file = add(tailnet, WATTLE_FILE_TAILNET_NETWORK, files);

        wattle_file_section(file, "Match");
        wattle_file_set(file, "Name", tailnet->interface.value);
        wattle_file_section(file, "Link");
        wattle_file_set(file, "Unmanaged", "yes");
        wattle_file_set(file, "ActivationPolicy", "manual");
        file = add(tailnet, WATTLE_FILE_TAILNET_NETWORKD_CONF, files);
        wattle_file_section(file, "Network");
        wattle_file_set(file, "ManageForeignRoutingPolicyRules", "no");
        wattle_file_set(file, "ManageForeignRoutes", "no");
        if (systemd_version >= NEXT_HOPS_SINCE)
                wattle_file_set(file, "ManageForeignNextHops", "no");
}

/* The same settings as those of a mesh that does the same; a tailnet has both families. */
guint wattle_tailnet_sysctls(const WattleTailnet *tailnet,
                             WattleSysctl ret[static WATTLE_MAX_SYSCTLS])
{
        gboolean is_client = wattle_tailnet_is_client(tailnet);
        const WattleView like = {
                .interface = tailnet->interface.value,
                .routing_client = is_client,
                .routing_server = wattle_tailnet_is_server(tailnet),
                .exit_node = is_client ? tailnet->exit_node.value : NULL,
                .has_ipv6 = TRUE,
        };

        return wattle_sysctls(&like, ret);
}

static void render_sysctl(const WattleTailnet *tailnet, WattleFileset *files)
{
        WattleSysctl sysctls[WATTLE_MAX_SYSCTLS];
        guint n = wattle_tailnet_sysctls(tailnet, sysctls);

        if (n > 0)
                wattle_render_sysctl_lines(sysctls, n,
                                           add(tailnet, WATTLE_FILE_TAILNET_SYSCTL, files));
}

/* Packets of tailscaled's own carry this, in a byte of the mark (Tailscale's util/linuxfw). */
#define MARK      "0x00080000"
#define MARK_BITS "0x00ff0000"
#define MARK_REST "0xff00ffff"

/* As common/render-filter.c has it of a mesh with an exit node: what tailscaled sends marks its
 * connection, and answers get the mark again as they come in, for filters that are strict about the
 * way back. tailscaled itself has no such rules. Who calls first is known by the port, if it is
 * told which. In the byte alone: others have their own. */
static void render_filter(const WattleTailnet *tailnet, WattleFileset *files)
{
        static const char remark[] = "meta mark set meta mark & " MARK_REST " | " MARK "\n";
        g_autofree char *name = wattle_tailnet_name_of_path(tailnet->file);
        const char *interface = tailnet->interface.value;
        GString *text;

        if (!tailnet->exit_node.value || !wattle_tailnet_is_client(tailnet))
                return;
        text = add(tailnet, WATTLE_FILE_TAILNET_FILTER, files)->content;
        g_string_append_printf(text,
                               "table inet " WATTLE_FILTER_TABLE_PREFIX "%s {\n"
                               "        flags owner\n",
                               name);
        if (tailnet->port > 0)
                g_string_append_printf(
                        text,
                        "        chain calls {\n"
                        "                type filter hook prerouting priority -310; policy accept;\n"
                        "                iifname != \"%s\" udp dport %u fib daddr type local %s"
                        "        }\n",
                        interface, tailnet->port, remark);
        g_string_append_printf(
                text,
                "        chain answers {\n"
                "                type filter hook prerouting priority -160; policy accept;\n"
                "                iifname != \"%s\" ct mark & " MARK_BITS " == " MARK " %s"
                "        }\n"
                "        chain sent {\n"
                "                type filter hook output priority -150; policy accept;\n"
                "                meta mark & " MARK_BITS " == " MARK
                " ct mark set ct mark & " MARK_REST " | " MARK "\n"
                "        }\n"
                "}\n",
                interface, remark);
}

/* With the interface, for no mesh's settings say it. */
static void render_firewall(const WattleTailnet *tailnet, WattleFileset *files)
{
        g_autofree char *port = g_strdup_printf("%u/udp", tailnet->port);
        WattleFile *file;

        if (tailnet->firewall.kind == WATTLE_FIREWALL_NO)
                return;
        file = add(tailnet, WATTLE_FILE_TAILNET_FIREWALL, files);
        wattle_file_section(file, "Firewall");
        wattle_file_set(file, "Interface", tailnet->interface.value);
        wattle_render_zones(&tailnet->firewall, file);
        wattle_file_set(file, "Port", port);
}

void wattle_render_tailnet(const WattleTailnet *tailnet, guint systemd_version,
                           WattleFileset *files)
{
        g_autofree char *name = wattle_tailnet_name_of_path(tailnet->file);
        g_autofree char *section = g_strconcat("tailnet-", name, NULL);

        render_environment(tailnet, files);
        if (!tailnet->interface.value)
                return;
        render_networkd(tailnet, systemd_version, files);
        wattle_render_nm_hands_off(section, tailnet->interface.value,
                                   add(tailnet, WATTLE_FILE_TAILNET_UNMANAGED, files));
        render_sysctl(tailnet, files);
        render_filter(tailnet, files);
        render_firewall(tailnet, files);
}
