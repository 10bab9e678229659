/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sys/other-meshes.h"

#include <string.h>

#include "common/sys/host.h"

/* This mesh and another. */
typedef struct {
        WattlePlace place; /* of ours, for the report */
        const WattleView *ours, *theirs;
        const char *their_path;
        WattleReport *report;
} Pair;

static void compare_interfaces(const Pair *pair)
{
        const char *interface = pair->ours->interface;

        if (strcmp(interface, pair->theirs->interface) != 0)
                return;
        if (strcmp(pair->ours->mesh, pair->theirs->mesh) > 0)
                wattle_report_error(pair->report, pair->place,
                                    "interface %s is that of mesh %s (%s): write another "
                                    "Interface= below [Local]",
                                    interface, pair->theirs->mesh, pair->their_path);
        else
                wattle_report_warning(pair->report, pair->place,
                                      "mesh %s (%s) wants interface %s too, and is left out",
                                      pair->theirs->mesh, pair->their_path, interface);
}

static void compare_ports(const Pair *pair)
{
        guint port = pair->ours->listen_port;

        if (port == pair->theirs->listen_port)
                wattle_report_warning(pair->report, pair->place,
                                      "mesh %s (%s) listens on port %u too, so that only one of "
                                      "them can be up: write ListenPort= below [Local]",
                                      pair->theirs->mesh, pair->their_path, port);
}

static void compare_marks(const Pair *pair)
{
        const WattleOptionalU32 *mark = &pair->ours->firewall_mark;

        if (mark->given && pair->theirs->firewall_mark.given &&
            mark->value == pair->theirs->firewall_mark.value &&
            (pair->ours->exit_node || pair->theirs->exit_node))
                wattle_report_warning(pair->report, pair->place,
                                      "mesh %s (%s) has firewall mark %u too, which chooses the "
                                      "routes to an exit node: write FirewallMark= below [Local]",
                                      pair->theirs->mesh, pair->their_path, mark->value);
}

static void compare(int root_fd, const char *name, Pair *pair)
{
        g_auto(WattleReport) unheard = { 0 };
        g_auto(WattleMesh) mesh = { 0 };
        g_autoptr(WattleView) view = NULL;

        wattle_report_init(&unheard);
        if (!wattle_mesh_load(&mesh, root_fd, name, WATTLE_LOAD_OR_LAST_GOOD, &unheard) ||
            !mesh.local.enable)
                return;
        view = wattle_host_view(root_fd, &mesh, NULL, WATTLE_OWNER_AUTO, &unheard);
        if (!view)
                return;
        pair->theirs = view;
        pair->their_path = mesh.path;
        compare_interfaces(pair);
        compare_ports(pair);
        compare_marks(pair);
}

gboolean wattle_other_meshes_check(int root_fd, const WattleMesh *mesh, const WattleView *view,
                                   WattleReport *report)
{
        Pair pair = { .place = { mesh->profile->file, 0, 0 }, .ours = view, .report = report };
        g_auto(WattleReport) unheard = { 0 };
        g_auto(GStrv) names = NULL;
        guint n_errors = report->n_errors;

        wattle_report_init(&unheard);
        names = wattle_mesh_list(root_fd, &unheard);
        for (guint i = 0; names[i]; i++)
                if (strcmp(names[i], view->mesh) != 0)
                        compare(root_fd, names[i], &pair);
        return report->n_errors == n_errors;
}
