/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>

#include "common/render.h"

/* Behind the kernel's connection tracking (-200), before mangle (-150), where firewalld's and other
 * reverse path filters begin. */
#define PRIORITY_ANSWERS (-160)
/* Before those that stand in raw (-300), as the one of ip6tables(8) does: they see no ct mark. */
#define PRIORITY_CALLS (-310)
#define PRIORITY_SENT  (-150)
/* Behind connection tracking, and before the kill switch (0). */
#define PRIORITY_MULLVAD (-160)

static void begin_chain(WattleFile *file, const char *name, const char *type, const char *hook,
                        int priority)
{
        g_string_append_printf(
                file->content,
                "        chain %s {\n                type %s hook %s priority %d; policy accept;\n",
                name, type, hook, priority);
}

static void end_chain(WattleFile *file)
{
        g_string_append(file->content, "        }\n");
}

/* What WireGuard sends carries the mark, and so its connection does; what belongs to that
 * connection gets the mark again as it comes in, errors of routers on the way too. A peer that
 * calls first has no connection yet: it is known by the port. Not of what this host forwards, which
 * would leave past the exit node. */
static void render_mark(const WattleView *view, WattleFile *file)
{
        const guint32 mark = view->firewall_mark.value;

        begin_chain(file, "calls", "filter", "prerouting", PRIORITY_CALLS);
        g_string_append_printf(
                file->content,
                "                iifname != \"%s\" udp dport %u fib daddr type local "
                "meta mark set %u\n",
                view->interface, view->listen_port, mark);
        end_chain(file);
        begin_chain(file, "answers", "filter", "prerouting", PRIORITY_ANSWERS);
        g_string_append_printf(file->content,
                               "                iifname != \"%s\" ct mark %u meta mark set %u\n",
                               view->interface, mark, mark);
        end_chain(file);
        begin_chain(file, "sent", "filter", "output", PRIORITY_SENT);
        g_string_append_printf(file->content, "                meta mark %u ct mark set %u\n", mark,
                               mark);
        end_chain(file);
}

/* What WireGuard itself sends and gets, by its port, and inside the tunnel what this host alone
 * speaks. A chain of the type route looks the way up anew where the mark is another. Mullvad marks
 * nothing of it itself: that is for programs that it lets past its tunnel. */
static void render_mullvad(const WattleView *view, WattleFile *file)
{
        begin_chain(file, "mullvad-in", "filter", "prerouting", PRIORITY_MULLVAD);
        g_string_append_printf(
                file->content,
                "                iifname != \"%s\" udp dport %u fib daddr type local "
                "ct mark set 0x%x meta mark set 0x%x\n"
                "                iifname \"%s\" fib daddr type local ct mark set 0x%x\n",
                view->interface, view->listen_port, WATTLE_MULLVAD_CONNECTION_MARK,
                WATTLE_MULLVAD_MARK, view->interface, WATTLE_MULLVAD_CONNECTION_MARK);
        end_chain(file);
        begin_chain(file, "mullvad-out", "route", "output", PRIORITY_MULLVAD);
        g_string_append_printf(file->content,
                               "                oifname != \"%s\" udp sport %u ct mark set 0x%x "
                               "meta mark set 0x%x\n"
                               "                oifname \"%s\" ct mark set 0x%x\n",
                               view->interface, view->listen_port, WATTLE_MULLVAD_CONNECTION_MARK,
                               WATTLE_MULLVAD_MARK, view->interface,
                               WATTLE_MULLVAD_CONNECTION_MARK);
        end_chain(file);
}

static void accept_prefixes(const WattleView *view, const WattlePrefix *prefixes, guint n,
                            WattleFile *file)
{
        for (guint i = 0; i < n; i++) {
                char text[WATTLE_PREFIX_TEXT_MAX];

                wattle_prefix_format(&prefixes[i], text);
                g_string_append_printf(
                        file->content, "                oifname \"%s\" %s daddr %s accept\n",
                        view->interface, prefixes[i].addr.family == AF_INET6 ? "ip6" : "ip", text);
        }
}

/* A family without a way out is refused and not lost: programs then try the other one at once. */
static void render_no_exit(const WattleView *view, WattleFile *file)
{
        static const char reject[] =
                "                oifname \"%s\" meta nfproto %s reject with icmpx "
                "admin-prohibited\n";

        if (view->exit_ipv4 && view->exit_ipv6)
                return;
        begin_chain(file, "no-exit", "filter", "output", 0);
        accept_prefixes(view, view->addresses, view->n_addresses, file);
        accept_prefixes(view, view->subnets, view->n_subnets, file);
        accept_prefixes(view, view->routes, view->n_routes, file);
        if (!view->exit_ipv4)
                g_string_append_printf(file->content, reject, view->interface, "ipv4");
        if (!view->exit_ipv6)
                g_string_append_printf(file->content, reject, view->interface, "ipv6");
        end_chain(file);
}

/* Whatever its address, what leaves the mesh here carries ours. Two kinds of packet would pass by
 * masquerade: those that belong to no connection, as late ones of TCP, and those of a connection
 * that was made before this table. */
static void render_masquerade(const WattleView *view, WattleFile *file)
{
        const char *interface = view->interface;

        begin_chain(file, "strays", "filter", "forward", 0);
        g_string_append_printf(
                file->content,
                "                iifname \"%s\" oifname != \"%s\" ct state invalid,untracked "
                "drop\n"
                "                iifname \"%s\" oifname != \"%s\" ct state established "
                "ct direction original ct status & snat == 0 drop\n",
                interface, interface, interface, interface);
        end_chain(file);
        begin_chain(file, "leaving", "nat", "postrouting", 100);
        g_string_append_printf(file->content,
                               "                iifname \"%s\" oifname != \"%s\" masquerade\n",
                               interface, interface);
        end_chain(file);
}

/* The kernel forwards IPv6 between all interfaces for our sake: what does not come out of the mesh
 * is stopped. Not between tunnels and in bridges, where others look after it: other meshes,
 * containers and virtual machines. */
static void render_guard(const WattleView *view, WattleFile *file)
{
        begin_chain(file, "guard", "filter", "forward", 0);
        g_string_append_printf(file->content,
                               "                meta nfproto != ipv6 accept\n"
                               "                iifname \"%s\" accept\n"
                               "                meta iifkind { \"bridge\", \"wireguard\" } accept\n"
                               "                meta oifkind \"bridge\" accept\n"
                               "                drop\n",
                               view->interface);
        end_chain(file);
}

void wattle_render_filter(const WattleView *view, WattleFileset *files)
{
        WattleFile *file;

        if (!view->exit_node && !view->masquerade && view->via_ipv6 != WATTLE_VIA_IPV6_OF_ALL &&
            view->coexist == WATTLE_COEXIST_NONE)
                return;
        file = wattle_fileset_add(files, WATTLE_FILE_FILTER, view->mesh, 0644);
        wattle_render_origin(view, file);
        g_string_append_printf(
                file->content,
                "table inet " WATTLE_FILTER_TABLE_PREFIX "%s {\n        flags owner\n", view->mesh);
        if (view->exit_node || view->coexist == WATTLE_COEXIST_TAILSCALE)
                render_mark(view, file);
        if (view->exit_node)
                render_no_exit(view, file);
        if (view->coexist == WATTLE_COEXIST_MULLVAD)
                render_mullvad(view, file);
        if (view->masquerade)
                render_masquerade(view, file);
        if (view->via_ipv6 == WATTLE_VIA_IPV6_OF_ALL)
                render_guard(view, file);
        g_string_append(file->content, "}\n");
}
