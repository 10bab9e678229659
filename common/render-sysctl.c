/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/render.h"

typedef struct {
        WattleSysctl *values;
        guint n;
} List;

static const char *const names[] = {
        [WATTLE_SYSCTL_RP_FILTER] = "rp_filter",
        [WATTLE_SYSCTL_FORWARDING] = "forwarding",
        [WATTLE_SYSCTL_SRC_VALID_MARK] = "src_valid_mark",
        [WATTLE_SYSCTL_FORCE_FORWARDING] = "force_forwarding",
        [WATTLE_SYSCTL_SEND_REDIRECTS] = "send_redirects",
};

static void add(List *list, const char *family, const char *interface, WattleSysctlKind kind,
                guint value)
{
        WattleSysctl *sysctl = &list->values[list->n++];

        *sysctl = (WattleSysctl){ .kind = kind, .value = value };
        g_snprintf(sysctl->name, sizeof sysctl->name, "net.%s.conf.%s.%s", family,
                   interface ? interface : "all", names[kind]);
        sysctl->of_interface = interface != NULL;
}

/* From the mesh into the mesh: of IPv4 the interface by which a packet came decides. A packet that
 * leaves as it came would have the kernel tell its sender of a nearer way, which is none; that is
 * off only where neither the interface nor "all" has it. */
static void add_via(List *list, const WattleView *view)
{
        switch (view->via_ipv6) {
        case WATTLE_VIA_IPV6_NO:
                break;
        case WATTLE_VIA_IPV6_OF_INTERFACE:
                add(list, "ipv6", view->interface, WATTLE_SYSCTL_FORCE_FORWARDING, 1);
                break;
        case WATTLE_VIA_IPV6_OF_ALL:
                add(list, "ipv6", NULL, WATTLE_SYSCTL_FORWARDING, 1);
                break;
        }
        add(list, "ipv4", view->interface, WATTLE_SYSCTL_SEND_REDIRECTS, 0);
        add(list, "ipv4", NULL, WATTLE_SYSCTL_SEND_REDIRECTS, 0);
}

guint wattle_sysctls(const WattleView *view, WattleSysctl ret[static WATTLE_MAX_SYSCTLS])
{
        List list = { ret, 0 };

        /* Loose on this interface alone; the others keep what they have. */
        if (view->routing_client)
                add(&list, "ipv4", view->interface, WATTLE_SYSCTL_RP_FILTER, 2);
        if (view->routing_server || view->routing_via)
                add(&list, "ipv4", view->interface, WATTLE_SYSCTL_FORWARDING, 1);
        /* Out of the mesh: answers come in by the interfaces to which we forward, so one alone
         * would not do; and IPv6 knows only "all". */
        if (view->routing_server) {
                add(&list, "ipv4", NULL, WATTLE_SYSCTL_FORWARDING, 1);
                if (view->has_ipv6)
                        add(&list, "ipv6", NULL, WATTLE_SYSCTL_FORWARDING, 1);
        }
        if (view->routing_via)
                add_via(&list, view);
        /* Answers to marked packets come in by the physical interface: its reverse path is to be
         * looked up with the mark. */
        if (view->exit_node || view->coexist != WATTLE_COEXIST_NONE)
                add(&list, "ipv4", NULL, WATTLE_SYSCTL_SRC_VALID_MARK, 1);
        return list.n;
}

void wattle_render_sysctl_lines(const WattleSysctl *sysctls, guint n, WattleFile *file)
{
        for (guint i = 0; i < n; i++) {
                /* With a hyphen, for at boot systemd-sysctl comes before the interface, and would
                 * warn. */
                g_autofree char *key =
                        g_strconcat(sysctls[i].of_interface ? "-" : "", sysctls[i].name, NULL);

                wattle_file_set_uint(file, key, sysctls[i].value);
        }
}

void wattle_render_sysctl(const WattleView *view, WattleFileset *files)
{
        WattleSysctl sysctls[WATTLE_MAX_SYSCTLS];
        guint n = wattle_sysctls(view, sysctls);
        WattleFile *file;

        if (n == 0)
                return;
        file = wattle_fileset_add(files, WATTLE_FILE_SYSCTL, view->mesh, 0644);
        wattle_render_origin(view, file);
        wattle_render_sysctl_lines(sysctls, n, file);
}
